"""The budgets of a report: what their namespaces cost in the month that it ends in."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.chargeback.budgets import budget_lines, namespaces_of, spend_of
from exporter.chargeback.figures import BudgetLine
from exporter.chargeback.month import MonthSpend
from exporter.commands.reporting.coverage import AskSchedule, Coverage
from exporter.commands.reporting.expecting import reports_by_namespace
from exporter.commands.reporting.gathering import Gathered
from exporter.commands.reporting.known import Expecting
from exporter.commands.reporting.objects import Series, Window
from exporter.commands.reporting.terms import Terms
from exporter.periods import Schedule, day_of


def spend_in(month: Window, terms: Terms) -> MonthSpend:
    """What is to be filled with the rows of a month."""
    reports = reports_by_namespace(terms.plans, namespaces_of(terms.budgets))
    return spend_of(terms.budgets, month, reports)


def budgets_of(
    found: Gathered, terms: Terms, how: Expecting, expected: Mapping[Series, Schedule]
) -> tuple[BudgetLine, ...]:
    """Those of the namespaces that are shown.

    None of a month of which something cannot be read: half a sum would be a wrong one.
    """
    month = found.month
    if month is None or found.of_month is None or budgets_fault(found) is not None:
        return ()
    over = month.end <= terms.now
    limit = month.end if over else how.due((month.start, month.end))
    lack(month, found.of_month, limit, how.ask, expected)
    lines = budget_lines(terms.budgets, month, over=over)
    shown = {budget.spec.scope.namespace for budget in terms.budgets if terms.shows(budget)}
    return tuple(line for line in lines if line.namespace in shown)


def lack(
    month: MonthSpend,
    coverage: Coverage,
    limit: int,
    ask: AskSchedule,
    expected: Mapping[Series, Schedule],
) -> None:
    """Tell a month which time up to a limit, unix seconds, is not exported."""
    for series, times in coverage.times(limit, ask, expected).items():
        for gap in times.gaps:
            month.lack(series.report_slug, gap)


def cover_periods_without_rows(
    found: Gathered, how: Expecting, expected: Mapping[Series, Schedule]
) -> None:
    """They count as exported for the budgets, as an hour without rows does."""
    if found.month is not None:
        for series, period in found.everything.without_rows(how.ask, expected):
            found.month.cover(found.names[series.cluster_slug], series.report_slug, period)


def budgets_fault(found: Gathered) -> str | None:
    """Why budgets cannot be evaluated; null if they can, and if there are none."""
    month = found.month
    if month is None:
        return None
    of_month = (
        f"{each.key}: {reason}"
        for each, reason in found.faults
        if month.start <= each.start < month.end
    )
    nothing = None if month.until is not None else nothing_exported(month)
    return next(of_month, nothing)


def nothing_exported(month: MonthSpend) -> str:
    """Unknown spend is not spend of zero."""
    return f"nothing of {day_of(month.start):%Y-%m} is exported"
