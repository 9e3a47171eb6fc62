"""What is not in the figures stands on the page, in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from exporter.chargeback.completeness_figures import Awaited, Gap, ReportOf
from exporter.chargeback.figures import Chargeback
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


def test_without_documents_budgets_are_not_known() -> None:
    unread = replace(rich(), budgets=(), documents_read=False)
    root = read(page(unread))
    assert "no documents were read. CONFIG_PATH names" in text(by_id(root, "budgets"))
    assert "No documents were read (CONFIG_PATH)." in text(root)
    assert "None configured" not in text(root)
    assert "None configured" in text(read(page(replace(rich(), budgets=()))))


def test_a_period_before_is_missed_only_where_it_was_asked_for() -> None:
    alone = replace(rich(), total_before=None)
    said = "No period before to compare with: no row of the period before is exported"
    assert said in text(read(page(replace(alone, compare_asked=True))))
    assert "No period before" not in text(read(page(alone)))


def test_of_a_month_that_is_over_there_is_no_forecast_but_what_it_lacks() -> None:
    first = replace(BUDGETS[0], over=True, forecast=None, missing_hours=Decimal(5))
    root = read(page(replace(rich(), budgets=(first,))))
    told = text(by_id(root, "budgets"))
    assert "the month is over; 5.0 hours of it are not exported, so the true spend" in told
    assert figures(root, "budget_missing_hours") == [5]
    assert "The month is over, so there is no forecast." in text(root)
    whole = replace(first, missing_hours=Decimal(0))
    assert "not exported, so" not in text(read(page(replace(rich(), budgets=(whole,)))))


def test_a_page_of_some_namespaces_says_what_it_leaves_out() -> None:
    report = rich()
    some = replace(report, pools=(), scope=replace(report.scope, namespaces=("search", "<b>*")))
    root = read(page(some))
    assert "Every figure is of rows of search, <b>*." in text(root)
    assert "Left out: others hold these pools too" in text(by_id(root, "pools"))
    assert "shared out to these namespaces and inside the total" in text(root)
    assert figures(root, "unobserved_cost") == figures(root, "unpooled_cost") == []
    left = replace(some, total=replace(some.total, idle=Decimal(0)), budgets=())
    told = text(read(page(left)))
    assert "Left out Nobody's GPU-time is in no row of these namespaces." in told
    assert told.count("No budget is set for these namespaces.") == 2


def test_rows_of_other_time_than_the_name_says_are_told() -> None:
    told = text(by_id(read(page(lacking(misplaced=("a/key", "b/key")))), "completeness"))
    assert "they count where they belong: 2 objects. a/key" in told
