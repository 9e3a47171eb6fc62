"""Reports that must be there and are not, are not due, or can be held against nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from exporter.chargeback.completeness_figures import Awaited, ReportOf
from exporter.cost.billing import ReportPlan
from exporter.errors import ConfigurationError
from exporter.periods import Schedule
from exporter.storage.local import LocalStore
from tests.unit.commands.reporting.stored import (
    DAILY,
    DAY,
    HOUR,
    HOURLY,
    MONTHLY,
    WEEKLY,
    at,
    put,
    rows_of,
    store_in,
)
from tests.unit.commands.reporting.test_making import APRIL_2, budget, costing, gaps, made

#: Of the rows of the builders.
NAMESPACE = rows_of(at(10), at(11))["x-InferNamespace"][0].as_py()
EMPTY = rows_of(at(10), at(11)).slice(0, 0)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path)


def plan(name: str, schedule: Schedule, *, side: bool = False) -> ReportPlan:
    return ReportPlan(name, schedule, ("pool", None), None, side)


def whole_day(store: LocalStore, day: int, *, cluster: str = "prod", cost: int = 1) -> None:
    for hour in range(24):
        costing(store, cost, at(day, hour), cluster=cluster)


def daily(store: LocalStore, day: int, cost: int = 7, *, described: bool = True) -> None:
    table = rows_of(at(day), at(day + 1), cost)
    put(store, at(day), DAILY, report="team", table=table, described=described)


@pytest.mark.parametrize("described", [True, False])
def test_a_report_of_which_nothing_is_left_is_missing(store: LocalStore, described: bool) -> None:
    """It was there two days before; nobody had to ask for a comparison."""
    whole_day(store, 10)
    daily(store, 8, described=described)
    assert gaps(made(store)) == [("prod", "team", "03-10T00", "03-11T00")]


def test_a_cluster_of_which_nothing_is_left_is_missing(store: LocalStore) -> None:
    whole_day(store, 10)
    costing(store, 1, at(9, 23), cluster="west")
    assert gaps(made(store)) == [("west", "default", "03-10T00", "03-11T00")]
    assert gaps(made(store, clusters=("prod",))) == []


def test_a_report_that_ended_more_than_a_week_before_is_not_missed(store: LocalStore) -> None:
    whole_day(store, 10)
    costing(store, 1, at(2, 21), cluster="gone")
    costing(store, 1, at(2, 22), cluster="west")
    assert [gap[0] for gap in gaps(made(store))] == ["west"]


def test_a_month_that_is_over_and_not_written_is_missing(store: LocalStore) -> None:
    """February's is there. In March it is due once March is over, and the lookback with it."""
    whole_day(store, 10)
    table = rows_of(at(1, month=2), at(1))
    put(store, at(1, month=2), MONTHLY, report="m", table=table)
    running = made(store, now=at(20))
    assert gaps(running) == []
    assert running.chargeback.completeness.awaited == (
        Awaited("prod", "m", "monthly", at(10), at(11)),
    )
    late = made(store, now=APRIL_2 + DAY)
    assert gaps(late) == [("prod", "m", "03-10T00", "03-11T00")]
    assert late.chargeback.completeness.awaited == ()


def test_the_reports_of_the_documents_are_expected(store: LocalStore) -> None:
    """Without an object anywhere; side reports are not in the billing dataset. A week that is not
    over is not missing.
    """
    whole_day(store, 10)
    plans = [plan("team", DAILY), plan("w", WEEKLY), plan("twice", DAILY, side=True)]
    found = made(store, plans=[*plans, ReportPlan("default", HOURLY, None, None, False)])
    assert [gap[1] for gap in gaps(found)] == ["team", "w"]
    assert made(store, now=at(11, 1)).chargeback.completeness.awaited == ()
    early = made(store, plans=plans, now=at(11, 1))
    assert gaps(early) == [("prod", "team", "03-10T00", "03-11T00")]
    awaited = early.chargeback.completeness.awaited
    assert [(one.report, one.schedule) for one in awaited] == [("w", "weekly")]


def test_the_documents_are_those_of_their_cluster(store: LocalStore) -> None:
    """With CLUSTER_NAME, if it is reported on; a report's name is its slug there."""
    for cluster in ("prod", "west"):
        whole_day(store, 10, cluster=cluster)
    plans = [plan("a team", DAILY)]
    assert [gap[0] for gap in gaps(made(store, plans=plans, home="west"))] == ["west"]
    assert [gap[0] for gap in gaps(made(store, plans=plans, home="other"))] == ["prod", "west"]


def test_a_report_that_ends_before_the_others_is_not_whole_yet(store: LocalStore) -> None:
    """Hours until noon of today, days until its midnight."""
    daily(store, 9)
    whole_day(store, 9)
    for hour in range(12):
        costing(store, 1, at(10, hour))
    found = made(store, "2026-W11", now=at(10, 13)).chargeback.completeness
    assert found.gaps == ()
    assert found.awaited == (Awaited("prod", "team", "daily", at(10), at(10, 12)),)


def test_a_period_without_rows_makes_a_forecast_cheaper(store: LocalStore) -> None:
    """Two days at 14 and two without rows: 28 / 96 hours x the 648 hours to come = 189.

    The metadata says how long they are, or the days before.
    """
    for described in (True, False):
        for day in (1, 2):
            daily(store, day, described=described)
        for day in (3, 4):
            put(store, at(day), DAILY, report="team", table=EMPTY, described=described)
        found = made(store, "2026-03", budgets=[budget(NAMESPACE, 9)], now=at(5, 1))
        (line,) = found.chargeback.budgets
        assert [line.spend, line.forecast] == [14, 14 + Decimal(14) / 96 * 648]


def test_a_gap_of_the_budgets_month_is_told_in_a_report_on_a_day(store: LocalStore) -> None:
    for day in (1, 3, 4):
        daily(store, day)
    found = made(store, "2026-03-03", budgets=[budget(NAMESPACE, 9)], now=at(5)).chargeback
    told = [(gap.report, gap.start, gap.end) for gap in found.completeness.budget_gaps]
    assert told == [("team", at(2), at(3))]
    assert found.completeness.gaps == ()
    assert made(store, "2026-03-03").chargeback.completeness.budget_gaps == ()


def test_what_cannot_be_read_of_the_month_leaves_no_budget(store: LocalStore) -> None:
    """As for a run; outside of the month it does not matter."""
    daily(store, 3)
    broken = put(store, at(1), DAILY, report="team", body=b"PAR1 no more")
    found = made(store, "2026-03-03", budgets=[budget(NAMESPACE, 9)]).chargeback
    assert found.budgets == ()
    assert (found.completeness.budgets_fault or "").startswith(f"{broken}: is no whole Parquet")
    assert found.completeness.unreadable == (broken,)
    costing(store, 1, at(1, month=4))
    week = made(store, "2026-W14", budgets=[budget(NAMESPACE, 9)]).chargeback
    assert len(week.budgets) == 1


def test_a_namespace_in_two_clusters_has_one_sum(store: LocalStore) -> None:
    for cluster in ("prod", "west"):
        costing(store, 3, at(10), cluster=cluster)
    (line,) = made(store, budgets=[budget(NAMESPACE, 9)]).chargeback.budgets
    assert line.spend == 6
    assert line.clusters == ("prod", "west")
    (one,) = made(store, budgets=[budget(NAMESPACE, 9)], clusters=("west",)).chargeback.budgets
    assert one.clusters == ("west",)


def test_what_a_namespace_costs_is_not_known_before_its_report_is_written(
    store: LocalStore,
) -> None:
    costing(store, 3, at(10))
    month = plan("m", MONTHLY)
    nobody = budget("nobody", 9)
    (unknown,) = made(store, budgets=[nobody], plans=[month], now=at(20)).chargeback.budgets
    assert [unknown.spend, unknown.forecast] == [0, None]
    (known,) = made(store, budgets=[nobody], now=at(20)).chargeback.budgets
    assert known.forecast == 0


def test_of_a_month_that_is_over_there_is_no_forecast_but_what_it_lacks(store: LocalStore) -> None:
    whole_day(store, 10)
    daily(store, 10)
    (line,) = made(store, budgets=[budget(NAMESPACE, 9)]).chargeback.budgets
    assert [line.forecast, line.over, line.missing_hours] == [None, True, 720]
    (running,) = made(store, budgets=[budget(NAMESPACE, 9)], now=at(11, 1)).chargeback.budgets
    assert [running.over, running.missing_hours] == [False, 216]


def test_only_reports_that_may_hold_a_namespace_are_missed_by_its_budget(
    store: LocalStore,
) -> None:
    whole_day(store, 10)
    hourly = ReportPlan("default", HOURLY, None, None, False)
    other = ReportPlan("team", DAILY, ("pool", None), frozenset({"other"}), False)
    plans = [hourly, other]
    found = made(store, budgets=[budget(NAMESPACE, 9), budget("other", 9)], plans=plans)
    lines = {line.namespace: line.missing_hours for line in found.chargeback.budgets}
    assert lines == {NAMESPACE: 720, "other": 744}


def test_of_a_month_of_which_nothing_is_exported_there_is_no_budget(store: LocalStore) -> None:
    """The week ends in April, its rows in March: unknown is not zero."""
    costing(store, 3, at(30))
    found = made(store, "2026-W14", budgets=[budget(NAMESPACE, 9)]).chargeback
    assert found.budgets == ()
    assert found.completeness.budgets_fault == "nothing of 2026-04 is exported"


def test_rows_of_another_hour_than_the_objects_name_count_in_their_own(store: LocalStore) -> None:
    """So the hour of the name is missing, and the object is named."""
    whole_day(store, 10)
    key = put(store, at(10, 5), table=rows_of(at(10, 7), at(10, 8), 1))
    store.delete(put(store, at(10, 7)))
    found = made(store)
    assert gaps(found) == [("prod", "default", "03-10T05", "03-10T06")]
    assert found.chargeback.completeness.misplaced == (key,)
    assert found.chargeback.total.cost == 48 - 2


def test_rows_of_an_hour_that_another_object_holds_are_not_counted_twice(
    store: LocalStore,
) -> None:
    whole_day(store, 10)
    put(store, at(10, 5), table=rows_of(at(10, 7), at(10, 8), 1))
    with pytest.raises(ConfigurationError, match="both hold 2026-03-10T07:00:00Z of one report"):
        made(store)


def test_without_a_period_before_there_is_nothing_to_compare_with(store: LocalStore) -> None:
    costing(store, 3, at(10))
    found = made(store, compare=True).chargeback
    assert (found.total_before, found.compare_asked) == (None, True)
    assert found.no_comparison == "no row of the period before is exported"
    assert made(store).chargeback.no_comparison is None
    costing(store, 3, at(9))
    assert made(store, compare=True).chargeback.no_comparison is None


def test_where_no_report_can_be_compared_that_is_why(store: LocalStore) -> None:
    """A month stands beside March, whose hours are the only other rows."""
    february = rows_of(at(1, month=2), at(1), 50)
    put(store, at(1, month=2), MONTHLY, report="m", table=february)
    costing(store, 3, at(10))
    found = made(store, "2026-03", compare=True, now=at(11)).chargeback
    assert found.no_comparison == "the period before has no time of the same length"


def test_a_cluster_that_was_not_there_before_is_new(store: LocalStore) -> None:
    costing(store, 3, at(9))
    costing(store, 3, at(10))
    costing(store, 5, at(10), cluster="west")
    found = made(store, compare=True, clusters=("west",)).chargeback
    assert found.total.cost == 10
    assert found.total_before is None


def weeks(store: LocalStore, month: int, *spans: tuple[int, int]) -> None:
    """Rows of a week at 1 a day."""
    for first, last in spans:
        start, end = at(first, month=month), at(last, month=month) + DAY
        table = rows_of(start, end).slice(0, 1)
        place = table.schema.get_field_index("EffectiveCost")
        field = table.schema.field(place)
        cost = pa.array([Decimal(last - first + 1)], field.type)
        put(store, start, WEEKLY, report="w", table=table.set_column(place, field, cost))


def test_a_running_month_is_compared_with_as_much_of_the_one_before(store: LocalStore) -> None:
    """Weeks of April 2026 end on the 5th and 12th, those of March on the 1st, 8th and 15th."""
    weeks(store, 3, (1, 1), (2, 8), (9, 15), (16, 22))
    weeks(store, 4, (1, 5), (6, 12))
    for month in (3, 4):
        for day in range(1, 15):
            costing(store, 1, at(day, month=month))
    found = made(store, "2026-04", compare=True, now=at(14, 4, month=4)).chargeback
    assert found.completeness.not_compared == (ReportOf("prod", "w"),)
    assert found.total.cost == 12 + 28
    assert found.total_compared is not None
    assert found.total_before is not None
    assert [found.total_compared.cost, found.total_before.cost] == [28, 28]
    assert sum(line.compared.cost for line in found.groups if line.compared is not None) == 28


def test_each_report_is_compared_up_to_its_own_end(store: LocalStore) -> None:
    """Days are exported to the 9th, hours to noon of the 10th: with no more of last month."""
    for month, hours in ((2, 24), (3, 12)):
        for day in (8, 9, 10):
            for hour in range(hours if day == 10 else 24):
                start = at(day, hour, month=month)
                put(store, start, table=rows_of(start, start + HOUR, 1))
            start = at(day, month=month)
            if (month, day) != (3, 10):
                put(store, start, DAILY, report="team", table=rows_of(start, start + DAY, 7))
    found = made(store, "2026-03", compare=True, now=at(10, 13)).chargeback
    assert found.total_before is not None
    assert found.total.cost == found.total_before.cost == 2 * (60 + 14)
    assert (found.total_compared, found.completeness.not_compared) == (None, ())


def test_a_report_that_is_not_due_at_all_is_compared_with_nothing(store: LocalStore) -> None:
    costing(store, 3, at(10, month=2))
    costing(store, 3, at(10))
    february = rows_of(at(1, month=2), at(1), 50)
    put(store, at(1, month=2), MONTHLY, report="m", table=february)
    found = made(store, "2026-03", compare=True, now=at(11)).chargeback
    assert found.completeness.not_compared == (ReportOf("prod", "m"),)
    assert found.total_before is not None
    assert found.total_before.cost == found.total.cost == 6


def test_hours_that_nothing_longer_stands_beside_are_all_compared(store: LocalStore) -> None:
    costing(store, 3, at(9))
    costing(store, 3, at(10))
    found = made(store, compare=True).chargeback
    assert found.total_compared is None
    assert [line.compared for line in found.groups] == [None] * len(found.groups)
