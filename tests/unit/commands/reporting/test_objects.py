"""Which objects a window needs is known from their names; nothing else is listed or read."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.commands.reporting.objects import (
    Series,
    Window,
    cluster_names,
    days_to_list,
    doubled,
    find_objects,
    layouts_of,
    refuse_doubles,
    schedule_of,
)
from exporter.errors import ConfigurationError
from exporter.periods import Schedule
from exporter.storage.local import LocalStore
from tests.unit.commands.reporting.stored import (
    DAILY,
    DAY,
    HOUR,
    HOURLY,
    MARCH,
    MONTHLY,
    PREFIX,
    WEEKLY,
    at,
    key_of,
    keys_of,
    object_of,
    put,
    store_in,
)
from tests.unit.storage.objects import CountedStore

TENTH: Window = (at(10), at(11))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path)


def put_empty(store: LocalStore, *keys: str) -> list[str]:
    for key in keys:
        store.put(key, b"", {}, "text/csv")
    return list(keys)


def test_an_hour_is_found_by_its_name(store: LocalStore) -> None:
    found = put_empty(store, key_of(at(10)), key_of(at(10, 23)))
    put_empty(store, key_of(at(9, 23)), key_of(at(11)))
    assert keys_of(find_objects(store, PREFIX, TENTH)) == found


def test_an_hour_of_the_window_s_day_may_still_lie_outside(store: LocalStore) -> None:
    put_empty(store, key_of(at(10, 5)), key_of(at(10, 12)))
    assert find_objects(store, PREFIX, (at(10, 6), at(10, 12))) == []


def test_longer_periods_are_found_where_they_start(store: LocalStore) -> None:
    """2026-03-10 is a Tuesday: its week starts on the ninth."""
    wanted = [
        key_of(at(1), MONTHLY, report="monthly"),
        key_of(at(9), WEEKLY, report="weekly"),
        key_of(at(10), DAILY, report="daily"),
    ]
    put_empty(store, *wanted, key_of(at(8), DAILY, report="daily"))
    assert sorted(keys_of(find_objects(store, PREFIX, TENTH))) == sorted(wanted)


def test_a_week_that_a_month_cuts_begins_with_the_month() -> None:
    """2026-04-01 is a Wednesday."""
    first = at(2, month=4)
    assert [str(day) for day in days_to_list((first, first + DAY))] == ["2026-04-01", "2026-04-02"]


def test_only_the_days_that_matter_are_listed(store: LocalStore) -> None:
    put_empty(store, key_of(at(10)))
    counted = CountedStore(store)
    find_objects(counted, PREFIX, TENTH)
    days = "focus/version=focus-1.3/year=2026/month=03/day="
    assert sorted(counted.calls) == [
        "folders focus/version=",
        *(f"list {days}{day:02d}/" for day in (1, 9, 10)),
    ]


def test_every_layout_below_the_prefix_is_looked_at(store: LocalStore) -> None:
    layouts = ["focus-1.0", "focus-1.4", "infercost-1.0"]
    keys = [key_of(at(10, n), layout=name) for n, name in enumerate(layouts)]
    put_empty(store, *keys, key_of(at(10, 9), prefix="other/", layout="focus-1.1"))
    assert layouts_of(store, PREFIX) == layouts
    assert keys_of(find_objects(store, PREFIX, TENTH)) == keys
    assert keys_of(find_objects(store, PREFIX, TENTH, layout="focus-1.4")) == keys[1:2]


def test_without_a_prefix_layouts_lie_at_the_top(store: LocalStore) -> None:
    keys = put_empty(store, key_of(at(10), prefix=""))
    assert keys_of(find_objects(store, "", TENTH)) == keys


def test_side_reports_copies_and_metadata_are_not_looked_at(store: LocalStore) -> None:
    put_empty(store, key_of(at(10), prefix="focus/reports/finance/"))
    put_empty(store, key_of(at(10), prefix="ternary/focus/"))
    put_empty(store, "focus/metadata/prod/recency/2026-03-10.json")
    assert find_objects(store, PREFIX, TENTH) == []


def test_clusters_are_told_apart_by_their_whole_name(store: LocalStore) -> None:
    keys = [key_of(at(10), cluster=name) for name in ("prod", "prod-eu")]
    put_empty(store, *keys)
    assert keys_of(find_objects(store, PREFIX, TENTH, clusters={"prod"})) == keys[:1]
    assert keys_of(find_objects(store, PREFIX, TENTH)) == keys


def test_files_of_other_names_are_named(store: LocalStore) -> None:
    day = "focus/version=focus-1.3/year=2026/month=03/day=10/"
    strange = [f"{day}infer-focus-prod-2026-03-11-00.parquet", f"{day}part-0.csv.gz"]
    put_empty(store, key_of(at(10)), *strange, f"{day}_SUCCESS", f"{day}.hidden.csv")
    strangers: list[str] = []
    found = find_objects(store, PREFIX, TENTH, strangers=strangers)
    assert keys_of(found) == [key_of(at(10))]
    assert strangers == strange


@pytest.mark.parametrize(
    "other", [{"extension": "csv"}, {"layout": "infercost-1.0"}], ids=["format", "layout"]
)
@pytest.mark.parametrize("schedule", [HOURLY, DAILY])
def test_the_same_time_in_two_objects_is_refused(
    store: LocalStore, schedule: Schedule, other: dict[str, str]
) -> None:
    keys = [key_of(at(10), schedule), key_of(at(10), schedule, **other)]
    put_empty(store, *keys)
    with pytest.raises(ConfigurationError) as raised:
        refuse_doubles(store, find_objects(store, PREFIX, MARCH))
    assert all(f"{store.describe()}{key}" in str(raised.value) for key in keys)
    assert "hold 2026-03-10T00:00:00Z" in str(raised.value)


def test_the_same_time_of_other_reports_and_clusters_is_none(store: LocalStore) -> None:
    put_empty(store, key_of(at(10)), key_of(at(10), report="team"), key_of(at(10), cluster="eu"))
    put_empty(store, key_of(at(10, 1), layout="focus-1.2"), key_of(at(10), DAILY))
    objects = find_objects(store, PREFIX, MARCH)
    refuse_doubles(store, objects)
    assert len(objects) == 5


def test_the_remedy_of_two_layouts_is_to_read_one(store: LocalStore) -> None:
    one, other = (object_of(key_of(at(10), layout=f"focus-1.{n}")) for n in (2, 3))
    assert str(doubled(store, one, other)).endswith("read one layout with --layout 1.2")
    same = object_of(key_of(at(10), DAILY))
    assert str(doubled(store, same, other)).endswith(
        "remove one of them with backfill --replace-layout"
    )


def test_the_name_behind_a_hash_stands_in_the_metadata(store: LocalStore) -> None:
    put(store, at(10), cluster="prod eu/1")
    put(store, at(10), cluster="lost name", described=False)
    put(store, at(10), cluster="plain")
    objects = find_objects(store, PREFIX, TENTH)
    counted = CountedStore(store)
    names = cluster_names(counted, objects)
    lost = next(slug for slug in names if slug.startswith("lost-name."))
    assert sorted(names.values()) == sorted(["plain", "prod eu/1", lost])
    assert counted.count("head") == 2


def test_a_schedule_is_known_from_the_name_or_the_metadata(store: LocalStore) -> None:
    put(store, at(1), MONTHLY)
    put(store, at(2), WEEKLY, described=False)
    keys = [key_of(at(10)), key_of(at(1), MONTHLY), key_of(at(2), WEEKLY)]
    assert [schedule_of(store, object_of(key)) for key in keys] == [HOURLY, MONTHLY, None]


def test_an_object_knows_its_report_and_hour() -> None:
    found = object_of(key_of(at(10, 7), report="team"))
    assert (found.series, found.start, found.end) == (
        Series("prod", "team"),
        at(10, 7),
        at(10, 7) + HOUR,
    )
    assert (found.series.report, Series("prod", None).report) == ("team", "default")
    assert object_of(key_of(at(10), DAILY)).end is None
