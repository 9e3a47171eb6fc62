from __future__ import annotations

from pathlib import Path

import pytest

from exporter.errors import WriteRefused
from exporter.periods import Period
from exporter.storage.keys import slug
from exporter.storage.local import LocalStore
from exporter.storage.publish import Outcome, WriteRules, publish
from exporter.storage.record import Totals
from tests.unit.storage.objects import (
    MARCH,
    PARQUET,
    CountedStore,
    at,
    candidate,
    data_keys,
    day,
    days_of,
    destination,
    hour,
    hours_of,
    month,
    publish_all,
    totals,
    week,
)

FOLDER = "focus/version=focus-1.3/year=2026/month=03/day=10/"
KEY = f"{FOLDER}infer-focus-prod-2026-03-10-14.parquet"
BACKFILL = WriteRules(current_month_start=MARCH.current_month_start, restate=False)
FORCE = WriteRules(current_month_start=MARCH.current_month_start, force=True)


@pytest.fixture
def store(tmp_path: Path) -> CountedStore:
    return CountedStore(LocalStore(tmp_path))


def refusal(store: CountedStore, reason: str, key: str = KEY) -> str:
    return f"{store.describe()}{key} is not written: {reason}"


def lose_metadata(store: CountedStore, key: str = KEY) -> None:
    store.put(key, store.get(key), {}, PARQUET)


def test_a_missing_object_is_written_with_its_record(store: CountedStore) -> None:
    to = destination(store)
    one = candidate(hour())
    assert publish(to, one, MARCH) is Outcome.WRITTEN
    assert store.get(KEY) == b"rows"
    stored = store.head(KEY)
    assert stored is not None
    assert stored.metadata == to.record(one).to_metadata()
    assert data_keys(store) == ["infer-focus-prod-2026-03-10-14.parquet"]


def test_an_unchanged_object_is_not_written_again(store: CountedStore) -> None:
    publish(destination(store), candidate(hour()), MARCH)
    store.calls.clear()
    assert publish(destination(store), candidate(hour()), MARCH) is Outcome.UNCHANGED
    assert store.count("put") == 0


def test_a_changed_object_is_replaced(store: CountedStore) -> None:
    publish(destination(store), candidate(hour(), b"one"), MARCH)
    assert publish(destination(store), candidate(hour(), b"two"), MARCH) is Outcome.WRITTEN
    assert store.get(KEY) == b"two"


@pytest.mark.parametrize("rules", [MARCH, FORCE])
def test_another_clusters_object_is_never_replaced(store: CountedStore, rules: WriteRules) -> None:
    theirs = destination(store, cluster="a b")
    ours = destination(store, cluster=slug("a b"))
    key = theirs.key("default", hour(), "parquet")
    other = candidate(hour(), b"other")
    store.put(key, b"theirs", ours.record(other).to_metadata() | {"cluster": "x"}, PARQUET)
    with pytest.raises(WriteRefused) as caught:
        publish(theirs, other, rules)
    assert str(caught.value) == refusal(
        store,
        "the object there belongs to cluster 'x', not to 'a b'; choose another name or prefix, no"
        " flag replaces it",
        key,
    )
    assert store.get(key) == b"theirs"


def test_another_reports_object_is_never_replaced(store: CountedStore) -> None:
    to = destination(store, reports=["a"])
    one = candidate(hour(), report="a")
    key = to.key("a", hour(), "parquet")
    store.put(key, b"theirs", to.record(one).to_metadata() | {"report": "A"}, PARQUET)
    with pytest.raises(WriteRefused, match=r"belongs to report 'A', not to 'a'"):
        publish(to, one, FORCE)


@pytest.mark.parametrize(
    ("seen", "shortfall"),
    [
        (totals(tokens=99), "tokens 100, now 99"),
        (totals(tokens=500, energy=1_999), "energy mJ 2000, now 1999"),
        (totals(gpu=0), "GPU-hours/1e9 3000, now 0"),
    ],
)
def test_a_poorer_object_is_refused_unless_forced(
    store: CountedStore, seen: Totals, shortfall: str
) -> None:
    publish(destination(store), candidate(hour(), b"rich"), MARCH)
    poor = candidate(hour(), b"poor", seen=seen)
    with pytest.raises(WriteRefused) as caught:
        publish(destination(store), poor, MARCH)
    assert str(caught.value) == refusal(
        store, f"what is stored saw more ({shortfall}); --force replaces it"
    )
    assert store.get(KEY) == b"rich"
    assert publish(destination(store), poor, FORCE) is Outcome.WRITTEN
    assert store.get(KEY) == b"poor"


def test_the_same_content_keeps_the_higher_totals(store: CountedStore) -> None:
    to = destination(store)
    publish(to, candidate(hour(), seen=totals(100, 2_000, 3_000)), MARCH)
    assert publish(to, candidate(hour(), seen=totals(90, 2_000, 3_000)), MARCH) is Outcome.UNCHANGED
    assert publish(to, candidate(hour(), seen=totals(90, 2_500, 3_000)), MARCH) is Outcome.WRITTEN
    stored = store.head(KEY)
    assert stored is not None
    assert (
        stored.metadata
        == to.record(candidate(hour(), seen=totals(100, 2_500, 3_000))).to_metadata()
    )


def schema_of(store: CountedStore) -> str | None:
    stored = store.head(KEY)
    return None if stored is None else stored.metadata.get("schema-id")


def test_the_same_content_keeps_the_schema_it_was_written_with(store: CountedStore) -> None:
    """A new version of the program does not write every CSV file again."""
    to = destination(store)
    publish(to, candidate(hour(), schema_id="schema-1"), MARCH)
    newer = candidate(hour(), schema_id="schema-2")
    assert publish(to, newer, MARCH) is Outcome.UNCHANGED
    richer = candidate(hour(), schema_id="schema-2", seen=totals(200))
    assert publish(to, richer, MARCH) is Outcome.WRITTEN
    assert schema_of(store) == "schema-1"
    other = candidate(hour(), b"other", schema_id="schema-2", seen=totals(200))
    publish(to, other, MARCH)
    assert schema_of(store) == "schema-2"


def test_an_object_that_names_no_schema_gets_one(store: CountedStore) -> None:
    """It was written before there were schemas."""
    to = destination(store, ternary_prefix="ternary/")
    publish(to, candidate(hour(), schema_id=None), MARCH)
    assert publish(to, candidate(hour()), BACKFILL) is Outcome.WRITTEN
    assert schema_of(store) == "schema-1"
    assert store.head(f"ternary/{KEY}").metadata == store.head(KEY).metadata  # type: ignore[union-attr]
    assert publish(to, candidate(hour()), BACKFILL) is Outcome.UNCHANGED


def test_lost_metadata_is_repaired_where_the_content_is_the_same(store: CountedStore) -> None:
    publish(destination(store), candidate(hour()), MARCH)
    lose_metadata(store)
    assert publish(destination(store), candidate(hour()), BACKFILL) is Outcome.WRITTEN
    assert publish(destination(store), candidate(hour()), BACKFILL) is Outcome.UNCHANGED


def test_an_object_without_metadata_counts_as_richer(store: CountedStore) -> None:
    store.put(KEY, b"PAR1 by hand PAR1", {}, PARQUET)
    with pytest.raises(WriteRefused) as caught:
        publish(destination(store), candidate(hour()), MARCH)
    assert str(caught.value) == refusal(
        store,
        "the object there has no infer-focus metadata and may have seen more; --force replaces it",
    )
    assert publish(destination(store), candidate(hour()), FORCE) is Outcome.WRITTEN


def test_a_billed_month_changes_only_with_restate(store: CountedStore) -> None:
    april = WriteRules(current_month_start=at("2026-04-01"), restate=False)
    restate = WriteRules(current_month_start=at("2026-04-01"), restate=True)
    run = WriteRules(current_month_start=at("2026-04-01"))
    to = destination(store)
    assert publish(to, candidate(hour(), b"1"), april) is Outcome.WRITTEN
    assert publish(to, candidate(hour(), b"1"), april) is Outcome.UNCHANGED
    with pytest.raises(WriteRefused) as caught:
        publish(to, candidate(hour(), b"2"), april)
    assert str(caught.value) == refusal(
        store, "2026-03 is billed and its content would change; --restate changes it"
    )
    assert publish(to, candidate(hour(), b"2"), restate) is Outcome.WRITTEN
    assert publish(to, candidate(hour(), b"3"), run) is Outcome.WRITTEN


def test_the_current_month_needs_no_restate(store: CountedStore) -> None:
    publish(destination(store), candidate(hour(), b"1"), BACKFILL)
    assert publish(destination(store), candidate(hour(), b"2"), BACKFILL) is Outcome.WRITTEN


def test_all_reasons_are_said_at_once(store: CountedStore) -> None:
    to = destination(store)
    publish(to, candidate(month(), b"1"), MARCH)
    key = to.key("default", month(), "parquet")
    april = WriteRules(current_month_start=at("2026-04-01"), restate=False)
    with pytest.raises(WriteRefused) as caught:
        publish(to, candidate(month(), b"2", seen=totals(tokens=1)), april)
    assert str(caught.value) == refusal(
        store,
        "what is stored saw more (tokens 100, now 1); --force replaces it; 2026-03 is billed and"
        " its content would change; --restate changes it",
        key,
    )


STORED_FIRST = [
    pytest.param(hour(), day(), "hourly", "2026-03-10T14", "2026-03-10T15", id="hour in day"),
    pytest.param(day(), hour(), "daily", "2026-03-10", "2026-03-11", id="day around hour"),
    pytest.param(*(month(), hour(), "monthly", "2026-03-01", "2026-04-01"), id="month around hour"),
    pytest.param(
        *(week("2026-03-10"), hour("2026-03-15T23"), "weekly", "2026-03-09", "2026-03-16"),
        id="week around hour",
    ),
    pytest.param(month(), day(), "monthly", "2026-03-01", "2026-04-01", id="month around day"),
    pytest.param(
        *(day("2026-03-31"), month(), "daily", "2026-03-31", "2026-04-01"), id="day in month"
    ),
]


@pytest.mark.parametrize(("stored", "period", "schedule", "start", "end"), STORED_FIRST)
def test_the_same_time_in_another_granularity_stops_the_write(
    store: CountedStore, stored: Period, period: Period, schedule: str, start: str, end: str
) -> None:
    to = destination(store)
    publish(to, candidate(stored, b"old"), MARCH)
    with pytest.raises(WriteRefused) as caught:
        publish(destination(store), candidate(period, b"new", seen=totals(9**9, 9**9, 9**9)), MARCH)
    place = store.describe() + to.key("default", stored, "parquet")
    ends = [f"{text if 'T' in text else text + 'T00'}:00:00Z" for text in (start, end)]
    assert str(caught.value) == refusal(
        store,
        f"{place} is in another granularity ({schedule}) and covers {'/'.join(ends)};"
        " --replace-layout removes it",
        to.key("default", period, "parquet"),
    )
    assert len(data_keys(store)) == 1


def test_a_longer_period_under_the_same_key_stops_the_write(store: CountedStore) -> None:
    to = destination(store)
    publish(to, candidate(month(), b"old"), MARCH)
    key = to.key("default", day("2026-03-01"), "parquet")
    with pytest.raises(WriteRefused) as caught:
        publish(to, candidate(day("2026-03-01"), b"old"), MARCH)
    assert str(caught.value) == refusal(
        store,
        "the object there is in another granularity (monthly) and covers"
        " 2026-03-01T00:00:00Z/2026-04-01T00:00:00Z; --replace-layout removes it",
        key,
    )


def test_several_objects_are_counted_in_one_line(store: CountedStore) -> None:
    to = destination(store)
    publish_all(to, [candidate(one) for one in hours_of(day())])
    with pytest.raises(WriteRefused) as caught:
        publish(to, candidate(day(), seen=totals(10**6, 10**6, 10**6)), MARCH)
    assert str(caught.value) == refusal(
        store,
        f"{store.describe()}{FOLDER}infer-focus-prod-2026-03-10-00.parquet is in another"
        " granularity (hourly) and covers 2026-03-10T00:00:00Z/2026-03-10T01:00:00Z (and 23 more);"
        " --replace-layout removes it",
        to.key("default", day(), "parquet"),
    )


def test_another_format_stops_the_write(store: CountedStore) -> None:
    publish(destination(store), candidate(hour(), b"csv", extension="csv"), MARCH)
    with pytest.raises(WriteRefused) as caught:
        publish(destination(store), candidate(hour()), MARCH)
    place = f"{store.describe()}{FOLDER}infer-focus-prod-2026-03-10-14.csv"
    assert str(caught.value) == refusal(
        store,
        f"{place} is in another format (csv) and covers 2026-03-10T14:00:00Z/2026-03-10T15:00:00Z;"
        " --replace-layout removes it",
    )


def test_another_report_set_stops_the_write(store: CountedStore) -> None:
    publish(destination(store), candidate(hour()), MARCH)
    now = destination(store, reports=["default", "team-a"], report_set="set-2")
    with pytest.raises(WriteRefused) as caught:
        publish(now, candidate(day(), report="team-a"), MARCH)
    assert str(caught.value) == refusal(
        store,
        f"{store.describe()}{KEY} is of another report set and covers"
        " 2026-03-10T14:00:00Z/2026-03-10T15:00:00Z; --replace-layout removes it",
        now.key("team-a", day(), "parquet"),
    )
    with pytest.raises(WriteRefused) as caught:
        publish(now, candidate(hour(), b"less"), MARCH)
    assert str(caught.value) == refusal(
        store,
        "the object there is of another report set and covers"
        " 2026-03-10T14:00:00Z/2026-03-10T15:00:00Z; --replace-layout removes it",
    )


def test_unchanged_content_moves_to_the_new_report_set(store: CountedStore) -> None:
    publish(destination(store), candidate(hour()), MARCH)
    now = destination(store, reports=["default", "team-a"], report_set="set-2")
    assert publish(now, candidate(hour()), MARCH) is Outcome.WRITTEN
    assert publish(now, candidate(day(), report="team-a"), MARCH) is Outcome.WRITTEN


def test_reports_of_one_set_lie_side_by_side(store: CountedStore) -> None:
    to = destination(store, reports=["default", "team-a", "team-b"])
    one_day = [candidate(one) for one in hours_of(day())]
    others = [candidate(day(), report="team-a"), candidate(month(), report="team-b")]
    assert set(publish_all(to, one_day + others)) == {Outcome.WRITTEN}
    again = destination(store, reports=["default", "team-a", "team-b"])
    assert set(publish_all(again, others + one_day)) == {Outcome.UNCHANGED}


@pytest.mark.parametrize(
    ("stored", "period"),
    [
        (hour("2026-03-10T13"), hour()),
        (day("2026-03-09"), day()),
        (day("2026-03-01"), day()),
        (week("2026-03-02"), week("2026-03-09")),
        (week("2026-03-30"), week("2026-04-01")),
        (month("2026-02-01"), month()),
        (day("2026-03-09"), hour()),
        (hour("2026-03-09T23"), day()),
        (hour("2026-03-11T00"), day()),
        (month("2026-02-01"), day("2026-03-01")),
        (day("2026-04-01"), month()),
    ],
)
def test_neighbours_in_time_do_not_conflict(
    store: CountedStore, stored: Period, period: Period
) -> None:
    publish(destination(store), candidate(stored), MARCH)
    assert publish(destination(store), candidate(period), MARCH) is Outcome.WRITTEN
    assert len(data_keys(store)) == 2


@pytest.mark.parametrize("text", ["2026-03-10T13", "2026-03-10T15"])
def test_neighbours_in_another_format_do_not_conflict(store: CountedStore, text: str) -> None:
    publish(destination(store), candidate(hour(text), extension="csv"), MARCH)
    assert publish(destination(store), candidate(hour()), MARCH) is Outcome.WRITTEN


@pytest.mark.parametrize(
    ("cluster", "layout"),
    [("prod-eu", "focus-1.3"), ("pro", "focus-1.3"), ("prod", "infercost-1.0")],
)
def test_other_clusters_and_layouts_do_not_conflict(
    store: CountedStore, cluster: str, layout: str
) -> None:
    publish(destination(store, cluster=cluster, layout=layout), candidate(day()), MARCH)
    assert publish(destination(store), candidate(hour()), MARCH) is Outcome.WRITTEN


def test_foreign_files_in_the_folder_are_ignored(store: CountedStore) -> None:
    for name in ("infer-focus-prod-notes.parquet", "infer-focus-prod-2026-03-11.parquet"):
        store.put(FOLDER + name, b"x", {}, PARQUET)
    assert publish(destination(store), candidate(hour()), MARCH) is Outcome.WRITTEN


def test_another_cluster_under_a_name_like_ours_is_ignored(store: CountedStore) -> None:
    to = destination(store)
    record = to.record(candidate(day())).to_metadata() | {"cluster": "twin"}
    store.put(to.key("default", day(), "parquet"), b"x", record, PARQUET)
    assert publish(to, candidate(hour()), MARCH) is Outcome.WRITTEN


def test_a_report_of_unknown_set_stops_new_content_only(store: CountedStore) -> None:
    to = destination(store, reports=["default", "team-a"])
    publish_all(to, [candidate(hour()), candidate(day(), report="team-a")])
    lose_metadata(store)
    lose_metadata(store, to.key("team-a", day(), "parquet"))
    again = destination(store, reports=["default", "team-a"])
    with pytest.raises(WriteRefused) as caught:
        publish(again, candidate(hour("2026-03-10T15")), MARCH)
    place = store.describe() + to.key("team-a", day(), "parquet")
    assert str(caught.value) == refusal(
        store,
        f"{place} has no infer-focus metadata and may have seen more; --force replaces it;"
        f" {place} is of a report set that is not known, since its metadata is lost and covers"
        " 2026-03-10T00:00:00Z/2026-03-11T00:00:00Z; --replace-layout removes it",
        to.key("default", hour("2026-03-10T15"), "parquet"),
    )
    assert publish_all(again, [candidate(hour()), candidate(day(), report="team-a")]) == [
        Outcome.WRITTEN,
        Outcome.WRITTEN,
    ]
    assert publish(again, candidate(hour("2026-03-10T15")), MARCH) is Outcome.WRITTEN


def test_a_neighbour_without_metadata_does_not_stop_a_daily_report(store: CountedStore) -> None:
    to = destination(store)
    publish_all(to, [candidate(day("2026-03-01")), candidate(day("2026-03-09"))])
    for one in ("2026-03-01", "2026-03-09"):
        lose_metadata(store, to.key("default", day(one), "parquet"))
    again = destination(store)
    assert publish(again, candidate(day("2026-03-10")), MARCH) is Outcome.WRITTEN


def test_a_daily_object_without_metadata_stops_its_hours(store: CountedStore) -> None:
    store.put(f"{FOLDER}infer-focus-prod-2026-03-10.parquet", b"x", {}, PARQUET)
    with pytest.raises(WriteRefused, match=r"is in another granularity \(daily\) and covers"):
        publish(destination(store), candidate(hour()), FORCE)


def test_an_unchanged_object_beside_its_double_is_refused(store: CountedStore) -> None:
    to = destination(store)
    publish(to, candidate(hour()), MARCH)
    daily = destination(store).record(candidate(day())).to_metadata()
    store.put(to.key("default", day(), "parquet"), b"daily", daily, PARQUET)
    with pytest.raises(WriteRefused, match=r"is in another granularity \(daily\)"):
        publish(destination(store), candidate(hour()), MARCH)


def test_the_ternary_copy_is_written_with_its_object(store: CountedStore) -> None:
    to = destination(store, ternary_prefix="ternary/")
    publish(to, candidate(hour()), MARCH)
    assert store.get(f"ternary/{KEY}") == b"rows"
    assert store.head(f"ternary/{KEY}").metadata == store.head(KEY).metadata  # type: ignore[union-attr]
    assert publish(to, candidate(hour()), MARCH) is Outcome.UNCHANGED


@pytest.mark.parametrize("fault", ["lost", "stale"])
def test_a_bad_ternary_copy_is_repaired_beside_an_unchanged_object(
    store: CountedStore, fault: str
) -> None:
    to = destination(store, ternary_prefix="ternary/")
    publish(to, candidate(hour()), MARCH)
    if fault == "lost":
        store.delete(f"ternary/{KEY}")
    else:
        stale = to.record(candidate(hour(), b"old")).to_metadata()
        store.put(f"ternary/{KEY}", b"old", stale, PARQUET)
    store.calls.clear()
    assert publish(to, candidate(hour()), BACKFILL) is Outcome.WRITTEN
    assert [call for call in store.calls if call.startswith("put")] == [f"put ternary/{KEY}"]
    assert store.get(f"ternary/{KEY}") == b"rows"


def test_another_clusters_ternary_copy_is_not_replaced(store: CountedStore) -> None:
    to = destination(store, ternary_prefix="ternary/")
    theirs = to.record(candidate(hour())).to_metadata() | {"cluster": "x"}
    store.put(f"ternary/{KEY}", b"theirs", theirs, PARQUET)
    with pytest.raises(WriteRefused) as caught:
        publish(to, candidate(hour()), FORCE)
    assert str(caught.value) == refusal(
        store,
        "the object there belongs to cluster 'x', not to 'prod'; choose another name or prefix, no"
        " flag replaces it",
        f"ternary/{KEY}",
    )


def test_a_month_of_hours_lists_each_day_once(store: CountedStore) -> None:
    to = destination(store)
    publish_all(to, [candidate(one) for one in hours_of(month())[: 9 * 24]])
    # the weeks of these days begin on the 1st (cut by the month), the 2nd and the 9th
    assert store.count("list") == 9


def test_a_month_of_hours_asks_for_each_object_once(store: CountedStore) -> None:
    to = destination(store, reports=["default", "team-a"])
    publish_all(to, [candidate(one, report="team-a") for one in days_of(month())[:3]])
    store.calls.clear()
    again = destination(store, reports=["default", "team-a"])
    publish_all(again, [candidate(one) for one in hours_of(month())[: 3 * 24]])
    # own object before each write, and each daily neighbour once
    assert store.count("head") == 3 * 24 + 3
