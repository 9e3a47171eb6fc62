"""Objects come in order, whole or with a fault, and only so many are fetched ahead."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pytest

from exporter.commands.reporting import reading
from exporter.commands.reporting.reading import read_objects
from exporter.errors import StoreFailed, UnreadableFile, UnusableError
from exporter.storage.local import LocalStore
from tests.unit.commands.reporting.stored import at, key_of, object_of, put, rows_of, store_in
from tests.unit.storage.objects import CountedStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path)


def some(names: Sequence[str]) -> list[str]:
    return [name for name in names if name in ("EffectiveCost", "x-InferCluster")]


@pytest.mark.parametrize("extension", ["parquet", "csv"])
def test_the_columns_asked_for_come_with_all_rows(store: LocalStore, extension: str) -> None:
    keys = [put(store, at(10, hour), extension=extension) for hour in range(3)]
    found = list(read_objects(store, [object_of(key) for key in keys], some))
    assert [one.found.key for one in found] == keys
    for one in found:
        assert one.batch is not None
        assert one.batch.schema.names == ["EffectiveCost", "x-InferCluster"]
        assert one.batch["x-InferCluster"].to_pylist() == ["prod", "prod"]
        assert (one.text, one.fault) == (extension == "csv", None)


def test_a_parquet_file_of_several_batches_is_one(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.files.reading._ROWS_PER_BATCH", 1)
    key = put(store, at(10))
    (one,) = read_objects(store, [object_of(key)], some)
    assert one.batch is not None
    assert one.batch.num_rows == 2


@pytest.mark.parametrize("extension", ["parquet", "csv"])
def test_an_object_without_rows_has_its_columns(store: LocalStore, extension: str) -> None:
    nothing = rows_of(at(10), at(10, 1)).slice(0, 0)
    key = put(store, at(10), table=nothing, extension=extension)
    (one,) = read_objects(store, [object_of(key)], some)
    assert one.batch is not None
    assert (one.batch.num_rows, one.batch.schema.names) == (0, ["EffectiveCost", "x-InferCluster"])


def test_what_cannot_be_read_is_a_fault_and_the_rest_follows(store: LocalStore) -> None:
    whole = put(store, at(10))
    broken = put(store, at(10, 1), body=store.get(whole)[:-9])
    gone = key_of(at(10, 2))
    keys = [broken, gone, whole]
    found = list(read_objects(store, [object_of(key) for key in keys], some))
    assert [one.fault is None for one in found] == [False, False, True]
    assert "is no whole Parquet file" in (found[0].fault or "")
    assert "there is no such object" in (found[1].fault or "")
    assert [one.batch is None for one in found] == [True, True, False]


def test_half_an_object_is_none(store: LocalStore) -> None:
    body = store.get(put(store, at(9), extension="csv"))
    key = put(store, at(10), body=body + b"a line cut sho", extension="csv")
    (one,) = read_objects(store, [object_of(key)], some)
    assert one.batch is None
    assert "fields, the header" in (one.fault or "")


def test_what_the_choice_of_columns_refuses_is_a_fault(store: LocalStore) -> None:
    def none(_names: Sequence[str]) -> list[str]:
        raise UnreadableFile("holds something else")

    (one,) = read_objects(store, [object_of(put(store, at(10)))], none)
    assert one.fault == "holds something else"


class Counting(CountedStore):
    """Ends altogether at one key."""

    ends_at = ""

    def download(self, key: str, into: BinaryIO) -> None:
        if key == self.ends_at:
            raise UnusableError("no access")
        super().download(key, into)


def test_a_store_that_fails_altogether_ends_the_reading(store: LocalStore) -> None:
    keys = [put(store, at(10, hour)) for hour in range(2)]
    counting = Counting(store)
    counting.ends_at = keys[1]
    found = read_objects(counting, [object_of(key) for key in keys], some)
    assert next(found).fault is None
    with pytest.raises(UnusableError, match="no access"):
        next(found)


def test_no_more_than_some_are_fetched_before_their_turn(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_AHEAD", 3)
    keys = [put(store, at(10, hour)) for hour in range(12)]
    counted = CountedStore(store)
    found = read_objects(counted, [object_of(key) for key in keys], some)
    next(found)
    assert counted.count("download") <= 4
    found.close()  # type: ignore[attr-defined]
    gc.collect()
    assert counted.count("download") <= 4


def test_large_objects_wait_on_disk(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where there is no room they say so, with what to do."""
    monkeypatch.setattr(reading, "_MEMORY_BYTES", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    with pytest.raises(UnusableError, match=r"cannot be kept in .*not there.* set TMPDIR"):
        list(read_objects(store, [object_of(put(store, at(10)))], some))


def test_types_are_those_of_the_file(store: LocalStore) -> None:
    (one,) = read_objects(store, [object_of(put(store, at(10)))], some)
    assert one.batch is not None
    assert one.batch.schema.field("EffectiveCost").type == pa.decimal128(38, 18)


def test_a_store_s_own_words_are_the_fault(store: LocalStore) -> None:
    class Refusing(CountedStore):
        def download(self, key: str, into: BinaryIO) -> None:
            raise StoreFailed("s3://b/k: cannot read: SlowDown")

    (one,) = read_objects(Refusing(store), [object_of(put(store, at(10)))], some)
    assert one.fault == "s3://b/k: cannot read: SlowDown"
