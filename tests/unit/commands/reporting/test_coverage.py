"""Time that no object holds, and time that two hold."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from exporter.chargeback.completeness_figures import Awaited, Gap
from exporter.commands.reporting.coverage import (
    Coverage,
    Held,
    Times,
    as_awaited,
    as_gaps,
    due_until,
    held,
    is_misplaced,
    outside,
)
from exporter.commands.reporting.objects import DataObject, Series, Window
from exporter.periods import Schedule, period_at, rfc3339
from tests.unit.commands.reporting.stored import (
    DAILY,
    HOURLY,
    MONTHLY,
    WEEKLY,
    at,
    key_of,
    object_of,
)

DAYS: Window = (at(10), at(12))


def hour(day: int, number: int, *, readable: bool = True, cluster: str = "prod") -> Held:
    found = object_of(key_of(at(day, number), cluster=cluster))
    (one,) = held(found, (), readable=readable)
    return one


def longer(
    start: int, schedule: Schedule, *, rows: bool = True, readable: bool = True, **named: str
) -> Held:
    """A day, week or month, with rows over all of it or without any."""
    found = object_of(key_of(start, schedule, **named))
    period = period_at(schedule, start)
    spans = [(period.start, period.end)] if rows and readable else []
    (one,) = held(found, spans, readable=readable)
    return one


def coverage(*objects: Held, window: Window = DAYS) -> Coverage:
    made = Coverage(window)
    for one in objects:
        made.add(one)
    return made


def silent(_last: DataObject) -> Schedule | None:
    """A store that keeps no metadata."""
    return None


def gaps(
    found: Coverage,
    limit: int = DAYS[1],
    schedule: Schedule | None = None,
    expected: Mapping[Series, Schedule] | None = None,
) -> list[tuple[str, str, str]]:
    times = found.times(limit, lambda _last: schedule, expected or {})
    return [
        (series.report, rfc3339(a)[5:13], rfc3339(b)[5:13])
        for series, one in times.items()
        for a, b in one.gaps
    ]


def every_hour(*but: tuple[int, int], cluster: str = "prod") -> list[Held]:
    return [hour(d, h, cluster=cluster) for d in (10, 11) for h in range(24) if (d, h) not in but]


def test_nothing_is_missing_where_every_hour_is_there() -> None:
    assert gaps(coverage(*every_hour())) == []


def test_hours_between_others_are_missing_as_one() -> None:
    found = coverage(*every_hour((10, 5), (10, 6), (11, 0)))
    assert gaps(found) == [
        ("default", "03-10T05", "03-10T07"),
        ("default", "03-11T00", "03-11T01"),
    ]


def test_the_beginning_and_the_end_of_the_window_are_missing_too() -> None:
    assert gaps(coverage(hour(10, 3))) == [
        ("default", "03-10T00", "03-10T03"),
        ("default", "03-10T04", "03-12T00"),
    ]


def test_what_is_not_due_yet_is_not_missing() -> None:
    found = coverage(hour(10, 0), hour(10, 1))
    assert gaps(found, limit=at(10, 2) + 1800) == []
    assert gaps(found, limit=at(10, 4) + 1800) == [("default", "03-10T02", "03-10T04")]


def test_what_a_later_object_shows_to_be_due_is_missing() -> None:
    assert gaps(coverage(hour(10, 0), hour(10, 9)), limit=at(10, 2)) == [
        ("default", "03-10T01", "03-10T09")
    ]


def test_an_object_that_cannot_be_read_holds_nothing() -> None:
    whole = every_hour((10, 5))
    assert gaps(coverage(*whole, hour(10, 5, readable=False))) == [
        ("default", "03-10T05", "03-10T06")
    ]
    lonely = coverage(hour(10, 5, readable=False))
    assert gaps(lonely, limit=at(10)) == [("default", "03-10T00", "03-10T06")]


def test_each_report_of_each_cluster_has_its_own_gaps() -> None:
    found = coverage(
        *every_hour((10, 0)),
        longer(at(10), DAILY, report="team"),
        *every_hour((11, 3), cluster="west"),
    )
    times = found.times(DAYS[1], silent, {})
    missing = [(s.cluster_slug, s.report, a) for s, one in times.items() for a, _ in one.gaps]
    assert missing == [
        ("prod", "default", at(10)),
        ("prod", "team", at(11)),
        ("west", "default", at(11, 3)),
    ]


def test_a_day_that_is_not_over_is_not_missing_of_a_daily_report() -> None:
    found = coverage(longer(at(10), DAILY))
    assert gaps(found, limit=at(11, 20)) == []
    assert gaps(found, limit=at(12)) == [("default", "03-11T00", "03-12T00")]


def test_a_day_without_rows_is_there() -> None:
    found = coverage(longer(at(10), DAILY, rows=False), longer(at(11), DAILY))
    assert gaps(found) == []


def test_a_week_without_rows_is_as_long_as_its_metadata_says() -> None:
    """2026-03-09 is a Monday."""
    window = at(9), at(16)
    found = coverage(longer(at(9), WEEKLY, rows=False), window=window)
    assert gaps(found, at(16), WEEKLY) == []
    assert gaps(found, at(16)) == [("default", "03-10T00", "03-16T00")]


@pytest.mark.parametrize(
    ("schedule", "start", "limit", "until"),
    [(WEEKLY, 9, at(20), None), (WEEKLY, 9, at(23), "03-23"), (MONTHLY, 1, at(31), None)],
)
def test_without_metadata_the_rows_tell_the_schedule(
    schedule: Schedule, start: int, limit: int, until: str | None
) -> None:
    """The next week is missing once it is over."""
    found = coverage(longer(at(start), schedule), window=(at(start), at(31)))
    missing = gaps(found, limit)
    assert missing == ([] if until is None else [("default", "03-16T00", f"{until}T00")])


def test_an_object_of_other_time_is_passed_over() -> None:
    found = coverage(hour(9, 23), longer(at(1), DAILY, report="team"), hour(12, 0))
    assert (found.objects, found.clusters, gaps(found)) == ([], set(), [])


def test_a_longer_object_reaches_into_the_window() -> None:
    found = coverage(longer(at(1), MONTHLY))
    assert (len(found.objects), gaps(found)) == (1, [])


def test_an_hour_inside_a_month_does_not_end_it() -> None:
    assert gaps(coverage(longer(at(1), MONTHLY), hour(10, 0))) == []


def test_a_report_that_is_expected_and_has_nothing_is_missing_altogether() -> None:
    found = coverage(*every_hour())
    assert gaps(
        found, expected=dict.fromkeys([Series("west", None), Series("prod", None)], HOURLY)
    ) == [("default", "03-10T00", "03-12T00")]


def test_only_objects_that_can_be_read_are_counted() -> None:
    assert len(coverage(hour(10, 0), hour(10, 1, readable=False)).objects) == 1


def test_gaps_have_the_names_of_clusters() -> None:
    times = {Series("a-b.12345678", "team"): Times(HOURLY, ((1, 2),), 3)}
    (gap,) = as_gaps(times, {"a-b.12345678": "a b"})
    assert (gap.cluster, gap.report, gap.start, gap.end) == ("a b", "team", 1, 2)


def doubles(found: Coverage) -> list[tuple[str, str]]:
    return [
        (one.key.rpartition("/")[2], other.key.rpartition("/")[2])
        for one, other, _ in found.doubled()
    ]


def test_a_day_and_one_of_its_hours_hold_the_same_time() -> None:
    found = coverage(longer(at(10), DAILY), hour(10, 5), hour(11, 5))
    assert doubles(found) == [
        ("infer-focus-prod-2026-03-10.parquet", "infer-focus-prod-2026-03-10-05.parquet")
    ]


def test_a_week_holds_what_a_day_of_it_holds() -> None:
    found = coverage(longer(at(9), WEEKLY), longer(at(12), DAILY), window=(at(9), at(16)))
    assert len(doubles(found)) == 1


def test_the_longest_object_is_compared_with_all_later_ones() -> None:
    """Not only with the next one."""
    found = coverage(longer(at(1), MONTHLY), hour(10, 0), hour(10, 1))
    assert len(doubles(found)) == 2


def test_neighbours_and_other_reports_hold_other_time() -> None:
    found = coverage(
        longer(at(10), DAILY),
        hour(11, 0),
        longer(at(10), DAILY, report="team"),
        longer(at(10), DAILY, cluster="west"),
    )
    assert doubles(found) == []


def test_a_day_without_rows_doubles_nothing() -> None:
    assert doubles(coverage(longer(at(10), DAILY, rows=False), hour(10, 5))) == []


def spans(start: int, schedule: Schedule, *periods: Window) -> list[Window]:
    """What an object with rows of these periods holds."""
    found = held(object_of(key_of(start, schedule)), sorted(periods))
    return [(one.start, one.end or 0) for one in found]


HOUR_5 = at(10, 5), at(10, 6)
HOUR_6 = at(10, 6), at(10, 7)
HOUR_9 = at(10, 9), at(10, 10)


@pytest.mark.parametrize(
    ("start", "schedule", "periods", "held_spans"),
    [
        pytest.param(at(10, 5), HOURLY, [HOUR_5], [HOUR_5], id="its own hour"),
        pytest.param(at(10, 5), HOURLY, [HOUR_9], [HOUR_9], id="another hour alone"),
        pytest.param(at(10, 5), HOURLY, [HOUR_5, HOUR_9], [HOUR_5, HOUR_9], id="another besides"),
        pytest.param(
            *(at(10, 5), HOURLY, [HOUR_9, (at(10, 10), at(10, 11))], [(at(10, 9), at(10, 11))]),
            id="others in a row",
        ),
        pytest.param(at(10, 5), HOURLY, [(at(10), at(11))], [(at(10), at(11))], id="a whole day"),
        pytest.param(at(10), DAILY, [(at(10), at(11))], [(at(10), at(11))], id="its own day"),
        pytest.param(at(10), DAILY, [HOUR_5, HOUR_6], [(at(10), at(10, 7))], id="hours of its day"),
        pytest.param(at(10), DAILY, [(at(12), at(13))], [(at(12), at(13))], id="another day"),
        pytest.param(at(10), DAILY, [(at(9), at(10))], [(at(9), at(10))], id="the day before"),
        pytest.param(at(9), WEEKLY, [(at(9), at(16))], [(at(9), at(16))], id="its own week"),
    ],
)
def test_rows_hold_the_time_they_are_of(
    start: int, schedule: Schedule, periods: list[Window], held_spans: list[Window]
) -> None:
    assert spans(start, schedule, *periods) == held_spans
    own = spans(start, schedule, *periods)[0][0] == start and len(held_spans) == 1
    assert is_misplaced(object_of(key_of(start, schedule)), periods) is not own


def test_an_object_is_counted_once_whatever_it_holds() -> None:
    found = coverage(*held(object_of(key_of(at(10, 5))), [HOUR_5, HOUR_9]))
    assert len(found.objects) == 1
    assert doubles(found) == []


def test_where_rows_stand_twice_their_own_time_is_told() -> None:
    misplaced = held(object_of(key_of(at(10, 5))), [HOUR_9])
    ((_, _, moment),) = coverage(*misplaced, hour(10, 9)).doubled()
    assert moment == at(10, 9)


def test_hours_are_hourly() -> None:
    assert gaps(coverage(hour(10, 0)), limit=at(10, 1), schedule=HOURLY) == []


def test_a_report_whose_next_period_is_not_due_has_its_rows_later() -> None:
    """2026-03-09 is a Monday: of the week to the 16th nothing can be there on the 12th."""
    found = coverage(*every_hour())
    times = found.times(DAYS[1], silent, {Series("prod", "team"): WEEKLY})
    assert as_awaited(times, {"prod": "prod"}, DAYS[1]) == [
        Awaited("prod", "team", "weekly", *DAYS)
    ]
    assert gaps(found, expected={Series("prod", "team"): WEEKLY}) == []


def test_what_others_have_no_rows_of_either_is_not_waited_for() -> None:
    found = coverage(hour(10, 0), hour(10, 1), longer(at(9), WEEKLY, report="team"))
    times = found.times(at(10, 2), silent, {})
    assert as_awaited(times, {"prod": "prod"}, at(10, 2)) == []


def test_periods_without_rows_are_as_long_as_metadata_or_neighbours_say() -> None:
    window = at(9), at(30)
    (of_week,) = held(object_of(key_of(at(9), WEEKLY, report="w")), (), schedule=WEEKLY)
    days = [longer(at(10), DAILY), longer(at(11), DAILY, rows=False)]
    found = coverage(of_week, *days, window=window)
    assert dict(found.without_rows(silent, {})) == {
        Series("prod", "w"): (at(9), at(16)),
        Series("prod", None): (at(11), at(12)),
    }


def test_a_period_without_rows_is_as_long_as_documents_say() -> None:
    """Where nothing that was read tells."""
    found = coverage(longer(at(9), WEEKLY, rows=False), window=(at(9), at(30)))
    documented = {Series("prod", None): WEEKLY}
    assert dict(found.without_rows(silent, documented)) == {Series("prod", None): (at(9), at(16))}
    assert dict(found.without_rows(silent, {})) == {Series("prod", None): (at(9), at(10))}


def test_a_month_that_is_over_is_due_in_a_report_on_one_of_its_days() -> None:
    day = at(10), at(11)
    assert due_until(at(10, 20), 10, 24, day) == at(9, 20) - 600
    assert due_until(at(11, 1), 10, 24, day) == at(11)
    assert due_until(at(20), 10, 24, day) == at(19) - 600


def test_gaps_outside_of_a_window_are_cut_at_its_edges() -> None:
    found = outside([Gap("a", "b", 0, 10), Gap("a", "b", 4, 6), Gap("a", "b", 6, 20)], (3, 8))
    assert [(gap.start, gap.end) for gap in found] == [(0, 3), (8, 10), (8, 20)]
