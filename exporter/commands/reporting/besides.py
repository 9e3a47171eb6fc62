"""Sentences below the tables of a report: what its budgets are not, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.chargeback.figures import BudgetLine, Chargeback
from exporter.commands.reporting.words import hours, money, name


def of_budgets(report: Chargeback) -> Iterator[str]:
    """Why there are none, what they add up, and why there is no forecast."""
    if not report.documents_read:
        yield "no documents were read (CONFIG_PATH): no budgets, and cloud prices of the package"
    yield from _over_clusters(report)
    over = [line for line in report.budgets if line.over]
    if over:
        yield f"{over[0].month} is over, so there is no forecast"
    for missing in sorted({line.missing_hours for line in over if line.missing_hours}):
        yield _missing([line for line in over if line.missing_hours == missing])


def _missing(lines: list[BudgetLine]) -> str:
    names = ", ".join(name(line.name) for line in lines)
    amount = f"{hours(lines[0].missing_hours)} hours of {lines[0].month} are not exported"
    return f"{amount}, so the true spend is higher of {names}"


def _over_clusters(report: Chargeback) -> Iterator[str]:
    """A run counts its own cluster only, so that its numbers are others."""
    for line in report.budgets:
        if len(line.clusters) > 1:
            where = ", ".join(map(name, line.clusters))
            yield (
                f"budget {name(line.name)} is a sum over clusters {where}; `infer-focus run` of"
                " each cluster counts its own"
            )


def left_out(report: Chargeback) -> Iterator[str]:
    """What a report on some namespaces cannot say, and what of it stands in their rows."""
    if report.scope.namespaces:
        yield "pools, and what nobody used of them, are left out: ask without --namespace"
        if report.total.idle:
            yield f"idle cost that is shared out to these namespaces: {money(report.total.idle)}"
