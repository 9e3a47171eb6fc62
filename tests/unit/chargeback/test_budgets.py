"""Budgets month to date; the worked examples of docs/budgets.md are computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.chargeback.budgets import budget_lines
from exporter.chargeback.figures import BudgetLine
from exporter.chargeback.month import MonthSpend
from exporter.documents.kinds import TokenBudget
from exporter.periods import DAY_SECONDS as DAY
from exporter.periods import HOUR_SECONDS as HOUR
from exporter.periods import month_of

OCTOBER = 1_790_812_800  # 2026-10-01T00:00:00Z; the month has 744 hours
HOURS = 744


def budget(
    name: str = "chat",
    namespace: str = "chat",
    limit: str = "1200",
    thresholds: Sequence[tuple[int, str]] = (),
    home: str | None = None,
) -> TokenBudget:
    return TokenBudget.model_validate(
        {
            "metadata": {"name": name, "namespace": home},
            "spec": {
                "scope": {"namespace": namespace},
                "monthlyLimitUSD": Decimal(limit),
                "alertThresholds": [
                    {"percent": percent, "severity": severity} for percent, severity in thresholds
                ],
            },
        }
    )


def october() -> MonthSpend:
    return MonthSpend(month_of(OCTOBER), ["chat"])


def hourly(
    spend: MonthSpend,
    hours: Sequence[int],
    cost: str,
    namespace: str = "chat",
    *,
    cluster: str = "prod",
    report: str | None = None,
) -> None:
    """Each of these hours of October costs the namespace so much."""
    for hour in hours:
        start = OCTOBER + hour * HOUR
        spend.spend(cluster, report, (start, start + HOUR), namespace, Decimal(cost))


def days(
    spend: MonthSpend, first: int, last: int, cost: str, *, report: str, cluster: str = "prod"
) -> None:
    """One period from the first day of October to the last one, counted from 1."""
    span = OCTOBER + (first - 1) * DAY, OCTOBER + last * DAY
    spend.spend(cluster, report, span, "chat", Decimal(cost))


def line_of(spend: MonthSpend, one: TokenBudget | None = None) -> BudgetLine:
    (line,) = budget_lines([budget() if one is None else one], spend)
    return line


def amounts(line: BudgetLine) -> tuple[object, object]:
    """Spend and forecast."""
    return line.spend, line.forecast


def test_worked_example_of_ten_days_by_the_hour() -> None:
    # Three days at 1 an hour (72), seven days at 2 an hour (336): 408 after 240 of 744 hours.
    # The last seven days cost 2 an hour; 504 hours are to come: 408 + 2 x 504 = 1416.
    spend = october()
    hourly(spend, range(72), "1")
    hourly(spend, range(72, 240), "2")
    line = line_of(spend)
    assert (line.month, *amounts(line)) == ("2026-10", 408, 1416)
    assert (line.utilization, line.forecast_utilization) == (Decimal("0.34"), Decimal("1.18"))


def test_worked_example_of_two_clusters_one_with_a_gap() -> None:
    # blue: 144 of the first 168 hours at 0.50 = 72; green: seven days at 6 = 42: together 114.
    # An exported hour costs 0.50 in blue and 42 / 168 = 0.25 in green; 576 hours are to come:
    # 114 + 576 x 0.50 + 576 x 0.25 = 546. The 24 hours that are missing stay missing.
    spend = october()
    hourly(spend, [*range(48), *range(72, 168)], "0.50", cluster="blue")
    for day in range(1, 8):
        days(spend, day, day, "6", report="chat-daily", cluster="green")
    line = line_of(spend)
    assert amounts(line) == (114, 546)


def test_the_first_hour_of_a_month_stands_for_all_of_it() -> None:
    spend = october()
    hourly(spend, [0], "1.5")
    assert line_of(spend).forecast == Decimal("1.5") * HOURS


def test_only_the_last_seven_days_are_looked_at() -> None:
    spend = october()
    hourly(spend, range(100), "1000")
    hourly(spend, range(100, 268), "1")
    assert line_of(spend).forecast == 100_000 + 168 + (HOURS - 268)


def test_at_the_end_of_the_month_the_forecast_is_the_spend() -> None:
    spend = october()
    hourly(spend, range(HOURS), "0.01")
    assert amounts(line_of(spend)) == (Decimal("7.44"), Decimal("7.44"))


def test_hours_in_which_only_others_cost_something_count_as_hours() -> None:
    spend = october()
    hourly(spend, range(48), "1", "others")
    hourly(spend, range(24), "1")
    assert line_of(spend).forecast == 24 + Decimal("0.5") * (HOURS - 48)


def test_an_exported_period_without_rows_counts_as_exported() -> None:
    spend = october()
    hourly(spend, range(24), "1")
    for hour in range(24, 48):
        spend.cover("prod", None, (OCTOBER + hour * HOUR, OCTOBER + (hour + 1) * HOUR))
    assert spend.until == OCTOBER + 2 * DAY
    assert line_of(spend).forecast == 24 + Decimal("0.5") * (HOURS - 48)


def test_a_namespace_without_rows_spends_nothing() -> None:
    spend = october()
    hourly(spend, range(10), "1", "others")
    line = line_of(spend)
    assert (*amounts(line), line.utilization) == (0, 0, Decimal(0))


def test_without_anything_exported_there_is_no_forecast() -> None:
    line = line_of(october())
    assert (*amounts(line), line.forecast_utilization) == (0, None, None)
    assert october().until is None


def test_a_report_goes_on_from_where_it_is_exported_to() -> None:
    # A daily report ends at midnight, the hourly one has ten hours more: they must not dilute it.
    spend = october()
    for day in range(1, 11):
        days(spend, day, day, "24", report="chat-daily")
    hourly(spend, range(250), "0.1")
    assert line_of(spend).forecast == 240 + 504 + Decimal("0.1") * HOURS


def test_rows_longer_than_a_day_are_spread_over_their_hours() -> None:
    # October 2026 begins on a Thursday: four days at 1 an hour, then a week at 2 an hour.
    spend = october()
    days(spend, 1, 4, "96", report="weekly")
    days(spend, 5, 11, "336", report="weekly")
    assert line_of(spend).forecast == 96 + 336 + 2 * (HOURS - 264)


def test_a_part_of_a_longer_row_counts_by_its_hours() -> None:
    # The last seven days are the 9th to the 15th: three days of the week, four days of their own.
    spend = october()
    days(spend, 5, 11, "336", report="weekly")
    days(spend, 12, 15, "96", report="weekly")
    mean = Decimal(3 * 48 + 96) / 168
    expected = 432 + mean * (HOURS - 15 * 24)
    assert line_of(spend).forecast == expected.quantize(Decimal("1e-9"))


def test_a_weekly_report_is_not_taken_for_gone_before_its_next_week_ends() -> None:
    spend = october()
    days(spend, 5, 11, "168", report="weekly")
    hourly(spend, range(18 * 24 + 1), "0", "others")
    assert line_of(spend).forecast == 168 + (HOURS - 11 * 24)


@pytest.mark.parametrize(("days_ago", "goes_on"), [(7, True), (8, False)])
def test_a_cluster_that_is_gone_does_not_go_on(days_ago: int, goes_on: bool) -> None:
    spend = october()
    end = (20 - days_ago) * 24
    hourly(spend, range(end), "1", cluster="gone")
    hourly(spend, range(20 * 24), "0", cluster="there")
    assert line_of(spend).forecast == end + (HOURS - end if goes_on else 0)


def test_a_month_that_is_whole_costs_what_it_costs() -> None:
    spend = october()
    days(spend, 1, 31, "1000", report="monthly")
    assert amounts(line_of(spend)) == (1000, 1000)


@pytest.mark.parametrize("span", [(-1, 0), (-1, 1), (HOURS, HOURS + 1), (HOURS - 1, HOURS + 1)])
def test_what_is_not_wholly_inside_the_month_is_left_out(span: tuple[int, int]) -> None:
    spend = october()
    start, end = (OCTOBER + hour * HOUR for hour in span)
    spend.spend("prod", None, (start, end), "chat", Decimal(1))
    assert amounts(line_of(spend)) == (0, None)
    assert spend.until is None


def test_amounts_of_eighteen_digits_add_up_exactly() -> None:
    spend = october()
    hourly(spend, [0], "123456789012.000000000000000001")
    hourly(spend, [1], "0.000000000000000001")
    assert line_of(spend).spend == Decimal("123456789012.000000000000000002")


def test_absurd_amounts_are_forecast_too() -> None:
    # An hour of 1e20 less the last of 18 digits, and 743 more of it: with nine digits 743e20.
    spend = october()
    hour = Decimal("99999999999999999999.999999999999999999")
    hourly(spend, [0], str(hour))
    assert line_of(spend).forecast == Decimal("74399999999999999999999.999999999999999999")


def test_a_namespace_of_a_report_without_a_finished_period_has_no_forecast() -> None:
    # It may cost anything: nothing is known of it. In another report's rows it is.
    reports = {"chat": {"monthly", None}}
    spend = MonthSpend(month_of(OCTOBER), ["chat"], reports)
    hourly(spend, range(24), "1", "others")
    assert amounts(line_of(spend)) == (0, None)
    hourly(spend, range(24), "1")
    assert amounts(line_of(spend)) == (24, HOURS)


def test_a_namespace_of_reports_that_are_all_there_costs_nothing() -> None:
    spend = MonthSpend(month_of(OCTOBER), ["chat"], {"chat": {"daily", None}})
    hourly(spend, range(24), "1", "others")
    spend.cover("prod", "daily", (OCTOBER, OCTOBER + DAY))
    assert amounts(line_of(spend)) == (0, 0)


def test_the_clusters_that_a_sum_is_over_are_named() -> None:
    spend = october()
    hourly(spend, [0], "1", cluster="green")
    hourly(spend, [0], "1", cluster="blue")
    hourly(spend, [0], "1", "others", cluster="red")
    assert line_of(spend).clusters == ("blue", "green")


THRESHOLDS = ((50, "warning"), (80, "warning"), (100, "critical"), (120, "critical"))


@pytest.mark.parametrize(
    ("cost", "reached"),
    [
        ("0", (None, None)),
        ("49.99", (None, None)),
        ("50", (50, "warning")),
        ("99.999999999999", (80, "warning")),
        ("100", (100, "critical")),
        ("1000", (120, "critical")),
    ],
)
def test_the_highest_threshold_reached_is_named(
    cost: str, reached: tuple[int | None, str | None]
) -> None:
    spend = october()
    hourly(spend, [0], cost)
    line = line_of(spend, budget(limit="100", thresholds=THRESHOLDS))
    assert (line.reached_percent, line.reached_severity) == reached


def test_of_two_thresholds_at_the_same_percentage_the_critical_one_counts() -> None:
    spend = october()
    hourly(spend, [0], "80")
    thresholds = [(80, "critical"), (80, "warning")]
    lines = [
        line_of(spend, budget(limit="100", thresholds=order))
        for order in (thresholds, thresholds[::-1])
    ]
    assert {line.reached_severity for line in lines} == {"critical"}


@pytest.mark.parametrize(("cost", "reached"), [("0", None), ("0.000000001", 120)])
def test_with_a_limit_of_zero_the_first_cent_reaches_every_threshold(
    cost: str, reached: int | None
) -> None:
    spend = october()
    hourly(spend, [0], cost)
    line = line_of(spend, budget(limit="0", thresholds=THRESHOLDS))
    assert (line.utilization, line.reached_percent) == (None, reached)


def test_the_fullest_budget_comes_first_and_equal_ones_by_name() -> None:
    spend = october()
    for namespace, cost in (("a", "10"), ("b", "50"), ("c", "50"), ("free", "0.01")):
        hourly(spend, [0], cost, namespace)
    limits = {"a": "100", "b": "100", "c": "100", "free": "0", "none": "100", "nothing": "0"}
    budgets = [budget(name, name, limit) for name, limit in limits.items()]
    expected = ["free", "b", "c", "a", "none", "nothing"]
    for order in (budgets, budgets[::-1]):
        assert [line.name for line in budget_lines(order, spend)] == expected


def test_budgets_of_one_name_in_two_namespaces_carry_theirs() -> None:
    budgets = [budget("team", "chat", home="one"), budget("team", "code", home="two"), budget("x")]
    names = {(line.name, line.namespace) for line in budget_lines(budgets, october())}
    assert names == {("one/team", "chat"), ("two/team", "code"), ("x", "chat")}


@given(
    st.lists(
        st.tuples(st.sampled_from(["blue", "green"]), st.integers(0, HOURS - 1), st.integers(0, 9)),
        max_size=30,
    )
)
def test_spend_is_the_sum_and_no_forecast_is_below_it(
    parts: list[tuple[str, int, int]],
) -> None:
    spend = october()
    for cluster, hour, cost in parts:
        hourly(spend, [hour], str(cost), cluster=cluster)
    line = line_of(spend)
    assert line.spend == sum(cost for _, _, cost in parts)
    assert (line.forecast is None) is (not parts)
    assert line.forecast is None or line.forecast >= line.spend
