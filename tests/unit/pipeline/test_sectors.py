"""Which time sectors a day has, whoever knows of them: this run, an earlier one, or the listing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from exporter.cost.billing import ReportPlan
from exporter.focus.recency import Recency, TimeSector
from exporter.periods import Period, Schedule, day_of, period_at
from exporter.pipeline.homes import Home
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.sectors import Ended, recency_of_day
from exporter.pipeline.tasks import Task
from exporter.storage.keys import layout_name
from exporter.storage.local import LocalStore
from exporter.storage.publish import publish
from tests.unit.storage.objects import (
    MARCH,
    PARQUET,
    CountedStore,
    at,
    candidate,
    day,
    destination,
    hour,
    month,
    week,
)

DAY = day_of(at("2026-03-10"))
NINE, TEN, ELEVEN = (hour(f"2026-03-10T{number:02}") for number in (9, 10, 11))
BEFORE, NOW = at("2026-03-10T13"), at("2026-03-10T14")
#: Of one instance, by the hour of the start: complete, last updated.
Told = dict[int, tuple[bool, int]]


@pytest.fixture
def store(tmp_path: Path) -> CountedStore:
    return CountedStore(LocalStore(tmp_path))


def plan(schedule: Schedule = Schedule.HOURLY, name: str = "default") -> ReportPlan:
    return ReportPlan(name, schedule, None, None, False)


HOURLY = plan()


def home(
    store: CountedStore,
    *plans: ReportPlan,
    version: str = "1.3",
    prefix: str = "x-Infer",
) -> Home:
    members = plans or (HOURLY,)
    names = [member.name for member in members]
    to = destination(store, reports=names, layout=layout_name(version))
    return Home("prod", to, members, version, prefix)


def stored(where: Home, *periods: Period, report: str = "default") -> None:
    """Objects of these periods, as if other runs had written them."""
    other = destination(where.destination.store, layout=where.destination.layout)
    for period in periods:
        publish(other, candidate(period, str(period).encode(), report=report), MARCH)


def ended(
    period: Period,
    ending: Ending = Ending.WRITTEN,
    *,
    complete: bool = True,
    report: ReportPlan = HOURLY,
    in_place: bool | None = None,
) -> Ended:
    made = ending in (Ending.WRITTEN, Ending.UNCHANGED)
    outcome = Outcome("prod", Task(report, period), ending, complete=made and complete)
    return Ended(outcome, made if in_place is None else in_place)


def known(
    where: Home, sectors: Mapping[Period, bool], report: ReportPlan = HOURLY
) -> dict[str, Recency]:
    """What was written BEFORE: whether each period was complete."""
    instance_id = where.instance(report).id
    found = {p.start: TimeSector(p.start, p.end, told, BEFORE) for p, told in sectors.items()}
    return {instance_id: Recency(instance_id, BEFORE, BEFORE, found)}


def told(
    where: Home,
    ended: Iterable[Ended] = (),
    known: Mapping[str, Recency] | None = None,
    report: ReportPlan = HOURLY,
) -> Told:
    """The sectors of the report's instance, which must be the only one."""
    found = recency_of_day(where, DAY, ended, known or {}, NOW)
    assert [recency.instance_id for recency in found] == [where.instance(report).id] * len(found)
    return {
        sector.start % 86_400 // 3600: (sector.complete, sector.updated)
        for recency in found
        for sector in recency.sectors.values()
    }


def instances(found: Sequence[Recency]) -> dict[str, list[int]]:
    return {r.instance_id: [start % 86_400 // 3600 for start in r.sectors] for r in found}


def test_what_was_written_is_as_complete_as_its_source(store: CountedStore) -> None:
    where = home(store)
    stored(where, NINE, TEN)
    assert told(where, [ended(NINE), ended(TEN, complete=False)]) == {
        9: (True, NOW),
        10: (False, NOW),
    }


def test_a_failed_period_is_a_sector_although_nothing_is_there(store: CountedStore) -> None:
    where = home(store)
    assert told(where, [ended(NINE, Ending.FAILED)]) == {9: (False, NOW)}


@pytest.mark.parametrize("was", [True, False])
def test_a_failed_period_whose_older_object_stays_is_as_complete_as_that(
    was: bool, store: CountedStore
) -> None:
    """Its data is what it was: a store at the edge of its retention takes nothing away."""
    where = home(store)
    stored(where, NINE)
    before = known(where, {NINE: was})
    assert told(where, [ended(NINE, Ending.FAILED)], before) == {9: (was, BEFORE)}


def test_a_failed_period_whose_object_is_gone_is_no_longer_complete(store: CountedStore) -> None:
    where = home(store)
    before = known(where, {NINE: True})
    assert told(where, [ended(NINE, Ending.FAILED)], before) == {9: (False, BEFORE)}


def test_a_skipped_period_has_no_sector(store: CountedStore) -> None:
    assert told(home(store), [ended(NINE, Ending.SKIPPED)]) == {}


def test_a_period_that_fails_again_changes_nothing(store: CountedStore) -> None:
    where = home(store)
    before = known(where, {NINE: False})
    (found,) = recency_of_day(where, DAY, [ended(NINE, Ending.FAILED)], before, NOW)
    assert found is before[found.instance_id]


@pytest.mark.parametrize(
    ("was", "read_whole", "is_complete"),
    [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
)
def test_unchanged_content_keeps_its_time_and_is_as_complete_as_ever(
    was: bool, read_whole: bool, is_complete: bool, store: CountedStore
) -> None:
    """Labels that cannot be read for once do not make an object incomplete that has them."""
    where = home(store)
    stored(where, NINE)
    before = known(where, {NINE: was})
    again = ended(NINE, Ending.UNCHANGED, complete=read_whole)
    assert told(where, [again], before) == {9: (is_complete, BEFORE)}


def test_unchanged_content_without_a_sector_gets_one(store: CountedStore) -> None:
    where = home(store)
    stored(where, NINE)
    assert told(where, [ended(NINE, Ending.UNCHANGED)]) == {9: (True, NOW)}


def test_written_again_is_updated_again(store: CountedStore) -> None:
    where = home(store)
    stored(where, NINE)
    assert told(where, [ended(NINE)], known(where, {NINE: False})) == {9: (True, NOW)}


def test_earlier_sectors_stay_as_long_as_their_object(store: CountedStore) -> None:
    """One object was removed since."""
    where = home(store)
    stored(where, NINE)
    before = known(where, {NINE: True, TEN: True})
    assert told(where, [ended(ELEVEN)], before) == {9: (True, BEFORE), 11: (True, NOW)}


def test_an_earlier_failure_stays_a_gap_until_it_is_filled(store: CountedStore) -> None:
    """The lookback has moved on; that nobody has the hour is still worth knowing."""
    where = home(store)
    stored(where, TEN)
    before = known(where, {NINE: False})
    assert told(where, [ended(TEN)], before) == {9: (False, BEFORE), 10: (True, NOW)}


def test_objects_nobody_knows_of_are_not_complete(store: CountedStore) -> None:
    """A run that is killed has written objects and no recency."""
    where = home(store)
    stored(where, NINE, TEN, ELEVEN)
    assert told(where, [ended(ELEVEN)], known(where, {NINE: True})) == {
        9: (True, BEFORE),
        10: (False, NOW),
        11: (True, NOW),
    }


def test_a_day_that_was_only_looked_at_keeps_its_recency(store: CountedStore) -> None:
    where = home(store)
    stored(where, NINE)
    before = known(where, {NINE: True})
    (found,) = recency_of_day(where, DAY, [], before, NOW)
    assert found is before[found.instance_id]


def test_nothing_there_and_nothing_known_is_nothing(store: CountedStore) -> None:
    assert recency_of_day(home(store), DAY, [], {}, NOW) == []


def test_a_candidate_that_could_not_replace_an_old_object_failed(store: CountedStore) -> None:
    where = home(store)
    assert told(where, [ended(NINE, in_place=False)]) == {9: (False, NOW)}


@pytest.mark.parametrize("schedule", [Schedule.DAILY, Schedule.WEEKLY, Schedule.MONTHLY])
def test_a_longer_object_nobody_knows_of_is_asked_for_its_period(
    store: CountedStore, schedule: Schedule
) -> None:
    """On the first of a month that is a Sunday all three have the same name."""
    report = plan(schedule)
    where, first = home(store, report), at("2026-02-01")
    period = period_at(schedule, first)
    stored(where, period)
    (found,) = recency_of_day(where, day_of(first), [], {}, NOW)
    assert found.instance_id == where.instance(report).id
    assert found.sectors == {first: TimeSector(first, period.end, False, NOW)}


def test_a_longer_object_of_another_schedule_is_none_of_the_reports(store: CountedStore) -> None:
    where = home(store, plan(Schedule.DAILY))
    stored(where, month("2026-03-01"))
    assert recency_of_day(where, day_of(at("2026-03-01")), [], {}, NOW) == []


@pytest.mark.parametrize(
    ("schedule", "first", "sectors"),
    [(Schedule.DAILY, "2026-03-10", 1), (Schedule.WEEKLY, "2026-03-10", 0)],
    ids=["fits", "a week does not begin on a Tuesday"],
)
def test_a_longer_object_without_metadata_is_taken_for_the_reports(
    store: CountedStore, schedule: Schedule, first: str, sectors: int
) -> None:
    where = home(store, plan(schedule))
    store.put(where.destination.key("default", day(first), "parquet"), b"x", {}, PARQUET)
    found = recency_of_day(where, day_of(at(first)), [], {}, NOW)
    assert len(found) == sectors


def test_objects_of_reports_that_are_not_configured_have_no_sector_of_their_own(
    store: CountedStore,
) -> None:
    where = home(store)
    stored(where, NINE, report="gone")
    assert recency_of_day(where, DAY, [], {}, NOW) == []


def test_a_report_that_is_gone_keeps_what_it_wrote(store: CountedStore) -> None:
    gone = plan(name="gone")
    where = home(store)
    stored(where, NINE, report="gone")
    before = known(home(store, gone), {NINE: True, TEN: False}, gone)
    found = recency_of_day(where, DAY, [ended(TEN)], before, NOW)
    assert instances(found) == {where.instance(HOURLY).id: [10], where.instance(gone).id: [9]}


def test_another_granularity_takes_the_place_of_the_old_one(store: CountedStore) -> None:
    """The hours were removed when the day was written, complete or not."""
    daily = plan(Schedule.DAILY)
    where = home(store, daily)
    stored(where, day("2026-03-10"))
    before = known(where, {NINE: True, TEN: False}, HOURLY)
    found = [ended(day("2026-03-10"), report=daily)]
    assert told(where, found, before, daily) == {0: (True, NOW)}


def test_a_week_gives_way_to_the_day_under_its_key(store: CountedStore) -> None:
    """2026-03-02 is a Monday."""
    daily, weekly = plan(Schedule.DAILY), plan(Schedule.WEEKLY)
    where, monday = home(store, daily), day("2026-03-02")
    stored(where, monday)
    before = known(where, {week("2026-03-02"): True}, weekly)
    found = recency_of_day(where, day_of(monday.start), [ended(monday, report=daily)], before, NOW)
    assert instances(found) == {where.instance(daily).id: [0]}


def test_columns_under_another_prefix_take_the_place_of_the_old_ones(store: CountedStore) -> None:
    """Hour by hour, as they are written: the key is the same, the instance is another."""
    where, other = home(store, prefix="x_Infer"), home(store)
    stored(where, NINE, TEN)
    before = known(other, {NINE: True, TEN: True})
    found = recency_of_day(where, DAY, [ended(TEN)], before, NOW)
    assert instances(found) == {
        where.instance(HOURLY).id: [10],
        other.instance(HOURLY).id: [9],
    }
    failed = recency_of_day(where, DAY, [ended(TEN, Ending.FAILED)], before, NOW)
    assert instances(failed) == {
        where.instance(HOURLY).id: [10],
        other.instance(HOURLY).id: [9, 10],
    }


def test_another_focus_version_lies_beside(store: CountedStore) -> None:
    """Its sectors stay as long as its own objects."""
    where, other = home(store, version="1.4"), home(store, version="1.3")
    stored(other, NINE)
    stored(where, TEN)
    before = known(other, {NINE: True, TEN: True})
    found = recency_of_day(where, DAY, [ended(TEN)], before, NOW)
    assert instances(found) == {
        where.instance(HOURLY).id: [10],
        other.instance(HOURLY).id: [9],
    }


def test_a_day_is_listed_once(store: CountedStore) -> None:
    """And no object is asked for, if all are known."""
    where = home(store)
    stored(where, NINE, TEN)
    store.calls.clear()
    recency_of_day(where, DAY, [ended(TEN)], known(where, {NINE: True}), NOW)
    assert store.calls == [
        "list focus/version=focus-1.3/year=2026/month=03/day=10/infer-focus-prod-"
    ]
