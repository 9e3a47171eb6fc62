from __future__ import annotations

from pathlib import Path

import pytest

from exporter.periods import day_of
from exporter.storage.destination import DAYS_KEPT
from exporter.storage.keys import side_prefix
from exporter.storage.local import LocalStore
from exporter.storage.publish import Outcome, publish
from tests.unit.storage.objects import (
    MARCH,
    PARQUET,
    CountedStore,
    at,
    candidate,
    day,
    destination,
    hour,
    tile_days,
)


@pytest.fixture
def store(tmp_path: Path) -> CountedStore:
    return CountedStore(LocalStore(tmp_path))


def test_existing_keys_are_those_of_the_cluster_and_days(store: CountedStore) -> None:
    to = destination(store, reports=["default", "team-a"])
    ours = [
        candidate(hour("2026-03-10T00")),
        candidate(hour("2026-03-10T23")),
        candidate(day("2026-03-10"), report="team-a"),
    ]
    for one in [*ours, candidate(hour("2026-03-11T00"))]:
        publish(to, one, MARCH)
    publish(destination(store, cluster="prod-eu"), candidate(hour("2026-03-10T01")), MARCH)
    fresh = destination(store)
    assert fresh.existing_keys([day_of(at("2026-03-10")), day_of(at("2026-03-09"))]) == {
        to.key(one.report, one.period, "parquet") for one in ours
    }


def test_an_object_in_the_wrong_folder_does_not_exist(store: CountedStore) -> None:
    key = destination(store).key("default", day("2026-03-10"), "parquet")
    store.put(key.replace("day=10", "day=11"), b"x", {}, PARQUET)
    days = [day_of(at("2026-03-10")), day_of(at("2026-03-11"))]
    assert destination(store).existing_keys(days) == set()


def test_listings_follow_own_writes_and_removals(store: CountedStore) -> None:
    to, today = destination(store), [day_of(at("2026-03-10"))]
    key = to.key("default", hour(), "parquet")
    assert to.existing_keys(today) == set()
    publish(to, candidate(hour()), MARCH)
    assert to.existing_keys(today) == {key}
    to.remove(key)
    assert to.existing_keys(today) == set()
    assert store.count("list") == len({"2026-03-10", "2026-03-09", "2026-03-01"})


def test_only_so_many_days_stay_in_memory(store: CountedStore) -> None:
    to = destination(store)
    days = tile_days("2026-03-01", DAYS_KEPT + 1)
    to.existing_keys(days)
    store.calls.clear()
    to.existing_keys(days[1:])
    assert store.count("list") == 0
    to.existing_keys(days[:1])
    assert store.count("list") == 1


def test_removing_takes_the_copy_too(store: CountedStore) -> None:
    to = destination(store, ternary_prefix="ternary/")
    publish(to, candidate(hour()), MARCH)
    to.remove(to.key("default", hour(), "parquet"))
    assert list(store.list_keys("")) == []


def test_side_reports_are_apart_from_the_billing_dataset(store: CountedStore) -> None:
    billing = destination(store)
    aside = destination(store, reports=["team-a"], prefix=side_prefix("focus/", "team-a"))
    publish(billing, candidate(hour()), MARCH)
    publish(aside, candidate(day(), report="team-a"), MARCH)
    assert aside.key("team-a", day(), "parquet") == (
        "focus/reports/team-a/version=focus-1.3/year=2026/month=03/day=10/"
        "infer-focus-prod--team-a-2026-03-10.parquet"
    )


def test_a_key_of_another_program_is_a_mistake_of_the_caller(store: CountedStore) -> None:
    store.put("focus/notes.txt", b"", {}, PARQUET)
    with pytest.raises(ValueError, match=r"not the key of an exported object: focus/notes\.txt"):
        destination(store).head("focus/notes.txt")


def test_objects_of_another_layout_are_found_beside(store: CountedStore) -> None:
    publish(destination(store, layout="focus-1.4"), candidate(hour()), MARCH)
    to, today = destination(store), day_of(at("2026-03-10"))
    assert to.objects_on(today) == {}
    (key,) = to.objects_of_layout("focus-1.4", today)
    assert key == destination(store, layout="focus-1.4").key("default", hour(), "parquet")


def test_the_record_of_an_object_is_asked_for_once(store: CountedStore) -> None:
    publish(destination(store), candidate(hour()), MARCH)
    to = destination(store)
    key = to.key("default", hour(), "parquet")
    store.calls.clear()
    assert to.known_record(key) == to.known_record(key) == to.record(candidate(hour()))
    assert store.count("head") == 1
    assert to.known_record(to.key("default", hour("2026-03-10T15"), "parquet")) is None


def test_an_object_that_vanished_after_listing_is_no_conflict(store: CountedStore) -> None:
    publish(destination(store), candidate(day()), MARCH)
    to = destination(store)
    (key,) = to.existing_keys([day_of(at("2026-03-10"))])
    store.delete(key)
    assert publish(to, candidate(hour()), MARCH) is Outcome.WRITTEN


def test_an_object_of_a_day_never_listed_can_be_removed(store: CountedStore) -> None:
    publish(destination(store), candidate(hour()), MARCH)
    to = destination(store)
    to.remove(to.key("default", hour(), "parquet"))
    assert list(store.list_keys("")) == []
