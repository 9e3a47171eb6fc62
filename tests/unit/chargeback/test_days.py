"""Figures by day; rows longer than a day are spread over theirs."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from exporter.chargeback.decimals import evenly
from exporter.periods import DAY_SECONDS, HOUR_SECONDS, Schedule
from tests.builders import NOON, make_charges, make_charges_of, table_of
from tests.unit.chargeback.reports import DAY, MARCH, costing, decimals, moved, nano, report_of

WEEK = DAY[0] - DAY_SECONDS, DAY[0] + 6 * DAY_SECONDS  # Monday 9 March to Sunday


def costs(*tables: pa.Table) -> dict[int, str]:
    """The cost of each day of March that has one, in cents and fractions."""
    days = report_of(*tables).daily_cost
    return {day + 1: f"{cost:f}".rstrip("0") for day, cost in enumerate(days) if cost}


def test_equal_parts_add_up_the_rest_goes_to_the_last() -> None:
    assert list(evenly(Decimal(10), 3)) == [
        Decimal("3.333333333333333333"),
        Decimal("3.333333333333333333"),
        Decimal("3.333333333333333334"),
    ]
    assert list(evenly(Decimal("-0.000000000000000001"), 2)) == [
        Decimal("-0.000000000000000001"),
        0,
    ]
    assert list(evenly(Decimal("7.5"), 1)) == [Decimal("7.5")]


def test_parts_keep_more_digits_than_python_does_by_default() -> None:
    assert list(evenly(Decimal("98765432109876.543210987654321013"), 2)) == [
        Decimal("49382716054938.271605493827160506"),
        Decimal("49382716054938.271605493827160507"),
    ]


def test_hours_add_up_to_their_day() -> None:
    # 6.000000001 an hour, two hours of the tenth and one of the eleventh.
    hour = table_of(make_charges(), schedule=Schedule.HOURLY)
    starts = (DAY[0], DAY[1] - HOUR_SECONDS, DAY[1])
    report = report_of(*(moved(hour, start, start + HOUR_SECONDS) for start in starts))
    assert len(report.days) == 11
    assert report.daily_cost[8:] == decimals(0, "12.000000002", "6.000000001")
    assert not report.scope.spread


def test_a_week_is_spread_evenly_over_its_days() -> None:
    # 10 over seven days: 1.428571428571428571 and for Sunday the 0.000000000000000003 left.
    week = table_of(costing(amortization_nano=nano("10")), schedule=Schedule.WEEKLY)
    report = report_of(moved(week, *WEEK))
    assert report.scope.spread
    assert report.daily_cost[8:] == (
        *(Decimal("1.428571428571428571"),) * 6,
        Decimal("1.428571428571428574"),
    )
    assert sum(report.daily_cost) == report.total.cost == 10


def test_a_week_beside_days_costs_their_sum_on_each() -> None:
    week = moved(table_of(costing(amortization_nano=nano("7"))), *WEEK)
    day = moved(table_of(costing(amortization_nano=nano("3"))), *DAY)
    assert costs(week, day) == {9: "1.", 10: "4.", 11: "1.", 12: "1.", 13: "1.", 14: "1.", 15: "1."}


def test_the_days_of_groups_add_up_to_those_of_all() -> None:
    # 10 and 1 over seven days each leave another rest than 11 do.
    charges = costing(namespace=["chat", "search"], amortization_nano=nano("10", "1"))
    report = report_of(moved(table_of(charges), *WEEK))
    for day, cost in enumerate(report.daily_cost):
        assert sum(group.days[day] for group in report.groups) == cost


def test_a_price_of_tokens_by_day_is_that_of_its_rows() -> None:
    # A week of 7 for 7 million tokens, and on the tenth 9 for 3 million more.
    tokens = {"tokens_output": 0, "tokens_cached": 0}
    week = costing(amortization_nano=nano("7"), tokens_input=7_000_000, **tokens)
    day = costing(amortization_nano=nano("9"), tokens_input=3_000_000, **tokens)
    report = report_of(moved(table_of(week), *WEEK), moved(table_of(day), *DAY))
    (model,) = report.models
    assert model.daily_per_million[:8] == (None,) * 8
    assert model.daily_per_million[8:11] == decimals(1, "2.5", 1)


def test_days_without_a_price_of_tokens_have_none() -> None:
    report = report_of(table_of(make_charges_of("unpriced")))
    (model,) = report.models
    assert model.daily_per_million == (None,) * 10


def test_days_end_with_the_last_one_that_has_rows() -> None:
    hour = moved(table_of(make_charges()), NOON, NOON + HOUR_SECONDS)
    report = report_of(hour)
    assert (report.scope.until, len(report.days)) == (NOON + HOUR_SECONDS, 10)
    whole = report_of(moved(table_of(make_charges()), *MARCH))
    assert (len(whole.days), str(whole.days[-1])) == (31, "2026-03-31")
