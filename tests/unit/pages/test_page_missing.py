"""What is not in the figures stands on the page, in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from exporter.chargeback.figures import Awaited, Chargeback, Gap, ReportOf
from exporter.pages.page import page
from tests.unit.pages.chargebacks import BUDGETS, rich
from tests.unit.pages.documents import by_id, figures, read, text

DAY = 86_400


def lacking(report: Chargeback | None = None, **missing: Any) -> Chargeback:
    """A month of which these are missing and nothing else."""
    found = rich() if report is None else report
    return replace(found, completeness=replace(found.completeness, gaps=(), **missing))


def test_a_report_that_is_not_written_yet_is_told_above_the_figures() -> None:
    awaited = Awaited("prod", "team", "weekly", 0, DAY)
    root = read(page(lacking(awaited=(awaited,))))
    assert "Not everything is written yet. 1 report has no rows yet" in text(root)
    told = text(by_id(root, "completeness"))
    assert "every charge period that is due has its object" in told
    assert "prodteamweekly1970-01-011970-01-02" in told
    assert "Not everything is written yet" not in text(read(page(lacking())))


def test_what_the_budgets_month_lacks_is_told() -> None:
    gaps = (Gap("prod", "team", 0, DAY),)
    root = read(page(lacking(budget_gaps=gaps, unreadable=("a/key",))))
    assert figures(root, "budget_gap_hours") == [24]
    assert "1 object. a/key" in text(by_id(root, "completeness"))


def test_budgets_that_could_not_be_evaluated_are_not_called_missing() -> None:
    unknown = replace(rich(), budgets=())
    root = read(page(lacking(unknown, budgets_fault="a/key: is no <whole> file")))
    told = text(by_id(root, "budgets"))
    assert "could not be evaluated" in told
    assert "a/key: is no <whole> file" in told
    assert "No budgets are configured" not in told
    assert "None configured" not in text(root)


def test_a_budget_over_several_clusters_names_them() -> None:
    line = replace(BUDGETS[0], clusters=("blue", "green"))
    told = text(by_id(read(page(replace(rich(), budgets=(line,)))), "budgets"))
    assert "a sum over clusters blue, green; infer-focus run of each cluster counts" in told
    one = replace(line, clusters=("blue",))
    assert "a sum over" not in text(read(page(replace(rich(), budgets=(one,)))))


def test_changes_are_of_what_is_compared() -> None:
    """A quarter of what it was before; of the first group nothing is compared, so it is not new."""
    found = lacking(not_compared=(ReportOf("prod", "team"),))
    assert found.total_before is not None
    quarter = replace(found.total, cost=found.total_before.cost / 4)
    first = replace(
        found.groups[0], before=None, compared=replace(found.groups[0].sums, cost=Decimal(0))
    )
    compared = replace(found, total_compared=quarter, groups=(first, *found.groups[1:]))
    root = read(page(compared))
    assert figures(root, "total_change") == [Decimal("-0.75")]
    assert figures(root, "groups_change") == [Decimal("-0.75")]
    assert len(figures(root, "group_change")) == len(figures(read(page(found)), "group_change")) - 1
    assert "team of prod. These reports are in the sums" in text(by_id(root, "completeness"))
