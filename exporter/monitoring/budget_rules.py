"""Budgets: what a namespace has cost in this calendar month (UTC), and the alerts on it.

A run pushes it, worked out from the exported rows. Without that it is summed here; PromQL has no
range "since the first of the month", so each amount is recorded with the number of its month as a
label; the sum over 31 days of the series of this month holds no other month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from exporter.documents.kinds import TokenBudget
from exporter.monitoring.cost_rules import NAMESPACE_COST
from exporter.monitoring.promql import Grouping, decimal_text, equals, literal, matches, selected
from exporter.monitoring.pushed import pushed
from exporter.monitoring.rule import Alert, RecordingRule, Rule
from exporter.monitoring.run_metrics import BUDGET_FORECAST, BUDGET_LIMIT, BUDGET_UTILIZATION

OF_MONTH = "infer_focus:namespace:cost_per_hour_of_month"
TO_DATE = "infer_focus:namespace:cost_month_to_date"
PROJECTED = "infer_focus:namespace:cost_projected_month"
UTILIZATION = "infer_focus:budget:utilization_ratio"
PROJECTED_UTILIZATION = "infer_focus:budget:projected_utilization_ratio"

#: How often the amounts are recorded; each stands for this time.
INTERVAL_SECONDS = 300
#: The longest month.
DAYS_NEEDED = 31

_THIS_MONTH = 'count_values("month", month())'
_HOURS_LEFT = "((days_in_month() - day_of_month() + 1) * 24 - hour() - minute() / 60)"
_HELD_FOR = {"critical": "1m", "warning": "5m"}
_RECORDED_HERE = (
    "It counts since these rules are evaluated; the exported rows decide what is billed."
)
_PUSHED = "It is that of the exported rows, as of the last run that pushed it."


def pushed_budget_rules(
    budgets: Sequence[tuple[str, TokenBudget]], grouping: Grouping
) -> Iterator[Rule]:
    """The rules of named budgets from what the runs pushed; each run counts its own clusters."""
    for record, series in (
        (UTILIZATION, BUDGET_UTILIZATION),
        (PROJECTED_UTILIZATION, f"{BUDGET_FORECAST} / {BUDGET_LIMIT}"),
    ):
        yield RecordingRule(record, pushed(series, grouping, "budget", "namespace"))
    yield from _alerts(budgets, _PUSHED)
    yield _forecast("the mean of its last seven days", _PUSHED)


def recorded_budget_rules(budgets: Sequence[tuple[str, TokenBudget]]) -> Iterator[Rule]:
    """The rules of named budgets, whatever the number of clusters: a budget is of a namespace."""
    money = "by (namespace, currency)"
    hourly = f"sum {money} ({NAMESPACE_COST})"
    yield RecordingRule(OF_MONTH, f"{hourly}\n* on () group_left (month) {_THIS_MONTH}")
    summed = f"sum_over_time({OF_MONTH}[{_days(DAYS_NEEDED)}]) and on (month) {_THIS_MONTH}"
    yield RecordingRule(TO_DATE, f"sum {money} ({summed})\n* {INTERVAL_SECONDS} / 3600")
    daily = f"sum {money} (sum_over_time({OF_MONTH}[{_days(1)}])) * {INTERVAL_SECONDS} / 86400"
    yield RecordingRule(PROJECTED, f"{TO_DATE}\n+ ({daily})\n* on () group_left () {_HOURS_LEFT}")
    for label, budget in budgets:
        yield from _ratios(label, budget)
    yield from _alerts(budgets, _RECORDED_HERE)
    yield _forecast("that of the last day", _RECORDED_HERE)


def _days(days: int) -> str:
    """A window with as many samples as intervals in these days.

    Half an interval less, since Prometheus 2 counts a sample on the window's left edge, 3 does not.
    """
    return f"{days * 86_400 - INTERVAL_SECONDS // 2}s"


def _ratios(label: str, budget: TokenBudget) -> Iterator[RecordingRule]:
    scope = [equals("namespace", budget.spec.scope.namespace)]
    limit = decimal_text(budget.spec.monthly_limit_usd)
    labels = {"budget": label}
    yield RecordingRule(UTILIZATION, f"{selected(TO_DATE, scope)} / {limit}", labels)
    yield RecordingRule(PROJECTED_UTILIZATION, f"{selected(PROJECTED, scope)} / {limit}", labels)


def _alerts(budgets: Sequence[tuple[str, TokenBudget]], counted: str) -> Iterator[Alert]:
    """One for each severity and percentage, for all budgets that name it."""
    labels: dict[tuple[str, int], set[str]] = {}
    for label, budget in budgets:
        for one in budget.spec.alert_thresholds:
            labels.setdefault((one.severity, one.percent), set()).add(label)
    for (severity, percent), names in sorted(labels.items()):
        yield _alert(severity, percent, sorted(names), counted)


def _alert(severity: str, percent: int, names: Sequence[str], counted: str) -> Alert:
    series = selected(UTILIZATION, [matches("budget", "|".join(map(literal, names)))])
    return Alert(
        f"InferFocusBudget{severity.capitalize()}",
        f"{series} >= {decimal_text(Decimal(percent) / 100)}",
        _HELD_FOR[severity],
        severity,
        "Namespace {{ $labels.namespace }} has used {{ $value | humanizePercentage }}"
        " of budget {{ $labels.budget }}",
        f"The threshold is {percent} % of the monthly limit, the spend that of this"
        f" calendar month (UTC). {counted}",
        {"threshold_percent": str(percent)},
    )


def _forecast(rate: str, counted: str) -> Alert:
    return Alert(
        "InferFocusBudgetForecast",
        f"{PROJECTED_UTILIZATION} > 1",
        "1h",
        "info",
        "At this rate namespace {{ $labels.namespace }} exceeds budget {{ $labels.budget }}",
        f"The spend to date and {rate}, held to the end of the month (UTC), are "
        f"{{{{ $value | humanizePercentage }}}} of the monthly limit. {counted}",
    )
