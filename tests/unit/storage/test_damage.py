"""An object that nobody can read is made again; one that somebody may need stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from exporter.errors import WriteRefused
from exporter.periods import day_of
from exporter.storage.damage import damage_of
from exporter.storage.local import LocalStore
from exporter.storage.publish import Outcome, WriteRules, publish
from exporter.storage.store import StoredObject
from tests.unit.storage.objects import (
    MARCH,
    PARQUET,
    CountedStore,
    at,
    candidate,
    destination,
    hour,
    totals,
)

KEY = "focus/version=focus-1.3/year=2026/month=03/day=10/infer-focus-prod-2026-03-10-14.parquet"
DAY = day_of(hour().start)
WHOLE = b"PAR1....rows....footPAR1"
BILLED = WriteRules(current_month_start=at("2026-04-01"), restate=False)


class BucketLike(CountedStore):
    """Metadata stay whatever the content, as those of S3 do."""

    def __init__(self, store: LocalStore) -> None:
        super().__init__(store)
        self._kept: dict[str, Mapping[str, str]] = {}

    def put(self, key: str, body: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        super().put(key, body, metadata, content_type)
        self._kept[key] = metadata

    def head(self, key: str) -> StoredObject | None:
        found = super().head(key)
        return None if found is None else StoredObject(key, self._kept[key], found.size)

    def damage(self, body: bytes) -> None:
        self._store.put(KEY, body, {}, PARQUET)


@pytest.fixture
def store(tmp_path: Path) -> BucketLike:
    return BucketLike(LocalStore(tmp_path))


@pytest.mark.parametrize(
    ("body", "extension", "damage"),
    [
        (WHOLE, "parquet", ""),
        (b"", "parquet", "it is empty"),
        (b"", "csv", "it is empty"),
        (WHOLE[:-1], "parquet", "it is no whole Parquet file"),
        (WHOLE[1:], "parquet", "it is no whole Parquet file"),
        (b"PAR1", "parquet", "it is no whole Parquet file"),
        (b"a,b\n1,2\n", "csv", ""),
        (b"a,b\n1,", "csv", "its last line is cut off"),
    ],
)
def test_what_no_program_can_read(body: bytes, extension: str, damage: str) -> None:
    assert damage_of(body, extension) == damage


@pytest.mark.parametrize("body", [b"", WHOLE[:-3], b"<html>"])
def test_a_damaged_object_without_metadata_is_made_again_also_in_a_billed_month(
    store: BucketLike, body: bytes
) -> None:
    store.put(KEY, body, {}, PARQUET)
    with capture_logs() as logs:
        assert publish(destination(store), candidate(hour(), WHOLE), BILLED) is Outcome.WRITTEN
    assert store.get(KEY) == WHOLE
    (warned,) = logs
    assert warned["event"] == "object is damaged and made again"
    assert warned["object"] == store.describe() + KEY


def test_an_object_of_another_size_than_its_metadata_tell_is_made_again(store: BucketLike) -> None:
    """Nothing is read for that, and a billed month has its bytes back without a flag."""
    publish(destination(store), candidate(hour(), WHOLE), MARCH)
    store.damage(WHOLE[:-5])
    store.calls.clear()
    assert publish(destination(store), candidate(hour(), WHOLE), BILLED) is Outcome.WRITTEN
    assert store.count("get") == 0
    assert store.get(KEY) == WHOLE


def test_other_bytes_of_the_same_size_are_found_with_force_only(store: BucketLike) -> None:
    force = WriteRules(current_month_start=MARCH.current_month_start, force=True)
    publish(destination(store), candidate(hour(), WHOLE), MARCH)
    store.damage(WHOLE[::-1])
    assert publish(destination(store), candidate(hour(), WHOLE), MARCH) is Outcome.UNCHANGED
    assert publish(destination(store), candidate(hour(), WHOLE), force) is Outcome.WRITTEN
    assert store.get(KEY) == WHOLE
    assert publish(destination(store), candidate(hour(), WHOLE), force) is Outcome.UNCHANGED


def test_a_damaged_object_that_saw_more_is_left_to_a_person(store: BucketLike) -> None:
    """An older version of it may be restored; what the source shows now is less."""
    publish(destination(store), candidate(hour(), WHOLE), MARCH)
    store.damage(b"")
    poorer = candidate(hour(), WHOLE[::-1], seen=totals(tokens=1))
    with pytest.raises(WriteRefused, match="saw more"):
        publish(destination(store), poorer, MARCH)


def test_an_empty_object_is_not_listed(store: BucketLike) -> None:
    to = destination(store)
    store.put(KEY, b"", {}, PARQUET)
    assert to.objects_on(DAY) == {}
    store.put(KEY, WHOLE, {}, PARQUET)
    assert [*destination(store).objects_on(DAY)] == [KEY]


def test_a_copy_for_ternary_of_another_size_is_made_again(store: BucketLike) -> None:
    to = destination(store, ternary_prefix="ternary/")
    publish(to, candidate(hour(), WHOLE), MARCH)
    store._store.put(f"ternary/{KEY}", b"", {}, PARQUET)
    again = destination(store, ternary_prefix="ternary/")
    assert publish(again, candidate(hour(), WHOLE), MARCH) is Outcome.WRITTEN
    assert store.get(f"ternary/{KEY}") == WHOLE


@pytest.mark.parametrize(
    ("was", "now", "then"),
    [(None, True, None), (False, True, True), (True, False, True), (False, False, False)],
)
def test_an_object_stays_as_complete_as_it_ever_was(
    store: BucketLike, was: bool | None, now: bool, then: bool | None
) -> None:
    publish(destination(store), replace(candidate(hour(), WHOLE), complete=was), MARCH)
    to = destination(store)
    publish(to, replace(candidate(hour(), WHOLE), complete=now), MARCH)
    record = to.known_record(KEY)
    assert record is not None
    assert record.complete is then
