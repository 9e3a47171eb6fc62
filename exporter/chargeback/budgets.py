"""TokenBudgets against what their namespaces have cost in a calendar month."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from exporter.chargeback.coverage import Span
from exporter.chargeback.decimals import EXACT
from exporter.chargeback.figures import BudgetLine
from exporter.chargeback.month import MonthSpend
from exporter.documents.kinds import AlertThreshold, TokenBudget
from exporter.monitoring.groups import labels_of
from exporter.periods import day_of

#: A forecast is an estimate; a sum of rows keeps all its digits.
_DIGITS = Decimal(1).scaleb(-9)
_ABOVE_ALL = Decimal("Infinity")


def spend_of(
    budgets: Sequence[TokenBudget],
    month: Span,
    reports: Mapping[str, Collection[str | None]] | None = None,
) -> MonthSpend:
    """What is to be filled with the rows of a month, for the namespaces of these budgets.

    `reports` as in MonthSpend.
    """
    return MonthSpend(month, namespaces_of(budgets), reports)


def namespaces_of(budgets: Sequence[TokenBudget]) -> set[str]:
    """Those that have a budget."""
    return {budget.spec.scope.namespace for budget in budgets}


def budget_lines(
    budgets: Sequence[TokenBudget], spend: MonthSpend, *, over: bool = False
) -> list[BudgetLine]:
    """One line for each budget, the fullest first, equally full ones by name.

    Budgets of one name in two namespaces are called `namespace/name`. Of a month that is `over`
    there is nothing to forecast.
    """
    named = zip(labels_of(budgets), budgets, strict=True)
    lines = [_line(label, budget, spend, over) for label, budget in named]
    return sorted(lines, key=lambda line: (-_fullness(line), line.name, line.namespace))


def _line(label: str, budget: TokenBudget, month: MonthSpend, over: bool) -> BudgetLine:
    namespace = budget.spec.scope.namespace
    spend, to_come = month.to_date(namespace), None if over else month.to_come(namespace)
    reached, clusters = _reached(budget, spend), month.clusters(namespace)
    return BudgetLine(
        name=label,
        namespace=namespace,
        month=f"{day_of(month.start):%Y-%m}",
        spend=spend,
        limit=budget.spec.monthly_limit_usd,
        forecast=None if to_come is None else EXACT.add(spend, _rounded(to_come)),
        reached_percent=None if reached is None else reached.percent,
        reached_severity=None if reached is None else reached.severity,
        clusters=clusters,
        over=over,
        missing_hours=month.missing_hours(namespace),
    )


def _rounded(amount: Decimal) -> Decimal:
    return EXACT.quantize(amount, _DIGITS)


def _reached(budget: TokenBudget, spend: Decimal) -> AlertThreshold | None:
    """The highest threshold reached; with a limit of 0 the first cent reaches all of them."""
    limit = budget.spec.monthly_limit_usd
    reached = [
        one
        for one in budget.spec.alert_thresholds
        if spend > 0 and EXACT.multiply(spend, 100) >= EXACT.multiply(limit, one.percent)
    ]
    return max(reached, key=lambda one: (one.percent, one.severity == "critical"), default=None)


def _fullness(line: BudgetLine) -> Decimal:
    """The share of the limit that is spent, unlimited where anything is spent of nothing."""
    if line.utilization is not None:
        return line.utilization
    return _ABOVE_ALL if line.spend > 0 else Decimal(0)
