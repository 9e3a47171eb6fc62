"""What a report says on a terminal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from exporter.chargeback.cloud_figures import BreakEven
from exporter.chargeback.completeness_figures import Awaited, Completeness, Estimate, Gap, ReportOf
from exporter.chargeback.figures import Chargeback
from exporter.commands.reporting.table import report_table
from exporter.commands.reporting.words import money
from tests.unit.pages.chargebacks import empty, rich

BY_BOTH = rich(("sub-account", "model"))
NONE_MISSING = Completeness((), (), Decimal(0), Decimal(0), Decimal(0), 0, ())


def section(text: str, title: str) -> list[str]:
    """The lines of a table below its title, until the next empty one after its cells."""
    lines = text.partition(f"\n{title}")[2].splitlines()[4:]
    return lines[: lines.index("")] if "" in lines else lines


@pytest.mark.parametrize("terminal", [60, 80, 100, None])
@pytest.mark.parametrize("report", [BY_BOTH, rich(), empty()], ids=["two keys", "one", "empty"])
def test_no_line_is_wider_than_the_terminal(report: Chargeback, terminal: int | None) -> None:
    """But those with a path or an address, which stay whole to be copied."""
    wide = [line for line in report_table(report, terminal).splitlines() if len(line) > 100]
    assert wide == []
    limit = terminal or 100
    for line in report_table(report, terminal).splitlines():
        assert len(line) <= max(limit, 80) or "/" in line, line


def test_the_headline_is_what_was_spent() -> None:
    first = report_table(BY_BOTH).splitlines()[0]
    assert first == f"GPU cost of 2026-10: {money(BY_BOTH.total.cost)} EUR"


def test_below_it_stand_change_budget_and_idle() -> None:
    text = report_table(BY_BOTH).partition("\n\n")[0]
    assert "+8.7 % on the period before" in text
    budget = BY_BOTH.budgets[0]
    assert f"fullest budget: {budget.name}" in text
    assert f"idle: {money(BY_BOTH.total.idle)}" in text
    assert "48,211 rows of 1,462 objects of prod-eu, prod-us, 2026-10-01 to 2026-11-01" in text


def test_a_report_of_a_part_of_its_period_says_so() -> None:
    scope = replace(BY_BOTH.scope, until=BY_BOTH.scope.start + 86_400 + 3600)
    text = report_table(replace(BY_BOTH, scope=scope)).replace("\n  ", " ")
    assert "2026-10-01 to 2026-10-02T01:00:00Z; the period ends 2026-11-01" in text
    assert "the period ends" not in report_table(BY_BOTH)


def test_contracted_prices_are_told() -> None:
    assert "contracted prices" not in report_table(BY_BOTH)
    scope = replace(BY_BOTH.scope, contracted=True)
    assert "amounts are contracted prices" in report_table(replace(BY_BOTH, scope=scope))


def test_every_group_has_a_line_and_they_have_a_total() -> None:
    lines = section(report_table(rich()), "Cost by sub-account")
    costs = [money(group.sums.cost) for group in rich().groups]
    assert len([line for line in lines if line.strip()]) == len(costs)
    assert all(any(cost in line for line in lines) for cost in costs)
    assert money(rich().total.cost) in report_table(rich()).partition("\nModels")[0]


def test_models_pools_budgets_and_cloud_have_a_table() -> None:
    text = report_table(BY_BOTH)
    assert len(section(text, "Models")) == len(BY_BOTH.models)
    assert len(section(text, "Pools")) == len(BY_BOTH.pools)
    assert len(section(text, "Budgets of 2026-10")) == len(BY_BOTH.budgets)
    assert BY_BOTH.cloud is not None
    assert len(section(text, "Cloud: US dollars per 1M tokens")) == len(BY_BOTH.cloud.lines)
    assert f"prices of {BY_BOTH.cloud.last_verified}" in text


def test_prices_of_others_come_with_their_sources() -> None:
    assert BY_BOTH.cloud is not None
    shown = BY_BOTH.cloud.lines[0].provider
    sources = (f"{shown}: https://example.com/a", "Somebody: https://example.com/b")
    cloud = replace(BY_BOTH.cloud, sources=sources)
    text = report_table(replace(BY_BOTH, cloud=cloud))
    assert "https://example.com/a" in text
    assert "https://example.com/b" not in text
    unnamed = replace(cloud, sources=("https://example.com/c",))
    assert "https://example.com/c" in report_table(replace(BY_BOTH, cloud=unnamed))


def test_a_cloud_that_is_cheaper_than_the_electricity_never_evens() -> None:
    assert BY_BOTH.cloud is not None
    zero = replace(BY_BOTH.cloud.lines[0], break_even_tokens_per_day=0)
    lines = tuple(
        replace(zero, break_even=known, break_even_tokens_per_day=None)
        for known in (BreakEven.NEVER, BreakEven.NOT_KNOWN, BreakEven.CONTRACTED)
    )
    text = report_table(replace(BY_BOTH, cloud=replace(BY_BOTH.cloud, lines=(zero, *lines))))
    found = section(text, "Cloud")
    assert [line.split()[-1] for line in found] == ["0", "never", "-", "-"]
    words = text.replace("\n  ", " ")
    for reason in (
        "never: the cloud costs no more than the electricity of the own tokens",
        "not known where rows do not say what tokens add to the electricity",
        "no break-even of contracted prices",
    ):
        assert reason in words


def test_an_entry_that_no_comparison_chose_is_said_to_be_the_dearest() -> None:
    assert BY_BOTH.cloud is not None
    models = "meta-llama/Llama-3.1-70B-Instruct, BAAI/bge-m3"
    said = f"shown for {models}: the entry with the highest savings"
    words = report_table(BY_BOTH).replace("\n  ", " ")
    assert said in words
    assert "with comparisons in CloudPricing" in words
    every = replace(BY_BOTH.cloud, every_entry=True)
    assert "highest savings" not in report_table(replace(BY_BOTH, cloud=every))
    many = tuple(replace(BY_BOTH.cloud.lines[0], model=f"m{number}") for number in range(4))
    text = report_table(replace(BY_BOTH, cloud=replace(BY_BOTH.cloud, lines=many)))
    assert "shown for 4 models: the entry" in text


def test_cloud_costs_that_are_upper_bounds_are_told() -> None:
    assert BY_BOTH.cloud is not None
    assert "at most" not in report_table(BY_BOTH)
    lines = tuple(replace(line, upper_bound=True) for line in BY_BOTH.cloud.lines)
    text = report_table(replace(BY_BOTH, cloud=replace(BY_BOTH.cloud, lines=lines)))
    assert "do not say which tokens were cached: there they cost so much at most" in text


def test_what_pools_do_not_hold_is_told() -> None:
    assert "other rows" not in report_table(BY_BOTH)
    assert "in no figure of pools" not in report_table(BY_BOTH)
    first, *others = BY_BOTH.pools
    mixed = replace(
        BY_BOTH,
        pools=(replace(first, undetailed_cost=Decimal("1234.5")), *others),
        completeness=replace(BY_BOTH.completeness, unpooled_cost=Decimal("2345.6")),
    )
    text = report_table(mixed)
    assert "other rows" in text
    assert "1,234.50" in section(text, "Pools")[0]
    assert "in no figure of pools: 2,345.60 EUR of rows without GPU-hours" in text


@pytest.mark.parametrize("total", ["0.009", "0", "-5"])
def test_of_less_than_a_cent_there_is_no_share(total: str) -> None:
    report = rich()
    small = replace(report, total=replace(report.total, cost=Decimal(total)))
    assert "%" in "".join(section(report_table(replace(report, total_before=None)), "Cost by"))
    lines = section(report_table(replace(small, total_before=None)), "Cost by")
    assert "%" not in "".join(lines)


def test_a_group_that_was_not_there_before_is_new() -> None:
    report = rich()
    groups = tuple(replace(group, before=None) for group in report.groups)
    lines = section(report_table(replace(report, groups=groups)), "Cost by")
    assert all(" new " in line for line in lines if line.strip())
    assert " new " not in report_table(replace(report, groups=groups, total_before=None))


def test_everything_that_is_missing_is_told() -> None:
    text = report_table(BY_BOTH).partition("Missing or estimated")[2].replace("\n  ", " ")
    assert "no data: 2026-10-13 to 2026-10-14 of prod-us, report default" in text
    assert "no data: 2026-10-21T06:00:00Z to 2026-10-21T14:00:00Z of prod-us" in text
    assert "not observed: 158.2 GPU-hours, 304.30 EUR" in text
    assert "tokens without a known GPU cost nothing" in text
    assert "power source tdp: 512.2 GPU-hours, 911.12 EUR" in text
    assert "allocation requests: - GPU-hours, 232.88 EUR" in text
    assert "infer-focus-prod-eu--weekly.parquet" in text
    assert "energy-counter" not in text
    assert "gpu-time" not in text


def test_if_nothing_is_that_is_told_too() -> None:
    exact = Estimate("power source", "energy-counter", Decimal(1), Decimal(1))
    whole = replace(NONE_MISSING, estimates=(exact,))
    text = report_table(replace(BY_BOTH, completeness=whole))
    assert text.endswith("\n\nNothing is missing or estimated.\n")


def test_of_many_gaps_the_first_are_shown() -> None:
    gaps = tuple(Gap("prod", "default", day * 86_400, day * 86_400 + 1) for day in range(20))
    found = replace(NONE_MISSING, gaps=gaps)
    text = report_table(replace(BY_BOTH, completeness=found))
    assert text.count("no data: ") == 12
    assert "and 8 more gaps: --format json has all of them" in text


def test_a_report_that_is_not_written_yet_is_told() -> None:
    awaited = Awaited("prod", "team", "weekly", 0, 86_400)
    found = replace(NONE_MISSING, awaited=(awaited,))
    text = report_table(replace(BY_BOTH, completeness=found))
    assert "not written yet: 1970-01-01 to 1970-01-02 of prod, report team, which is weekly" in text
    assert "Nothing is missing" not in text
    many = replace(NONE_MISSING, awaited=(awaited,) * 20)
    assert "and 8 more reports not written yet" in report_table(replace(BY_BOTH, completeness=many))


def test_what_the_budgets_month_lacks_is_told() -> None:
    gap, fault = Gap("prod", "team", 0, 86_400), "a/key: is no whole Parquet file"
    found = replace(
        NONE_MISSING, budget_gaps=(gap,) * 13, budgets_fault=fault, unreadable=("a/key",)
    )
    text = report_table(replace(BY_BOTH, completeness=found)).replace("\n  ", " ")
    assert "in no budget: no data: 1970-01-01 to 1970-01-02 of prod, report team" in text
    assert "and 1 more gap of the budgets' month" in text
    assert "budgets could not be evaluated: a/key: is no whole Parquet file" in text
    assert "could not be read: 1 object such as a/key" in text


def test_a_budget_over_several_clusters_says_so() -> None:
    """A run of one cluster logs and pushes its own part."""
    line = replace(BY_BOTH.budgets[0], clusters=("blue", "green"))
    text = report_table(replace(BY_BOTH, budgets=(line,))).replace("\n  ", " ")
    assert f"budget {line.name} is a sum over clusters blue, green; `infer-focus run` of" in text
    one = replace(line, clusters=("blue",))
    assert "a sum over" not in report_table(replace(BY_BOTH, budgets=(one,)))


def test_changes_are_of_what_is_compared() -> None:
    """Half of everything, and of the first group nothing."""
    assert BY_BOTH.total_before is not None
    half = replace(BY_BOTH.total, cost=BY_BOTH.total_before.cost / 2)
    nothing = replace(BY_BOTH.groups[0].sums, cost=Decimal(0))
    first = replace(BY_BOTH.groups[0], before=None, compared=nothing)
    report = replace(
        BY_BOTH,
        total_compared=half,
        groups=(first, *BY_BOTH.groups[1:]),
        completeness=replace(NONE_MISSING, not_compared=(ReportOf("prod", "team"),)),
    )
    text = report_table(report).replace("\n  ", " ")
    assert "-50 % on the period before" in text
    assert f"compared: {money(half.cost)} of this period" in text
    assert "since it has no time of this length: team of prod" in text
    assert " new " not in section(report_table(report), "Cost by")[0]


def test_a_name_cannot_forge_a_line() -> None:
    scope = replace(BY_BOTH.scope, clusters=("a\nTotal: 0", "\x1b[2Jb"))
    text = report_table(replace(BY_BOTH, scope=scope))
    assert "a\\nTotal: 0" in text
    assert "\x1b" not in text


def test_an_empty_report_has_no_empty_tables() -> None:
    text = report_table(empty())
    assert "Cost by" not in text
    assert "Models" not in text


def words(report: Chargeback) -> str:
    """The table as one line."""
    return " ".join(report_table(report).split())


def test_without_documents_budgets_are_not_known() -> None:
    said = "no documents were read (CONFIG_PATH): no budgets, and cloud prices of the package"
    assert said in words(replace(BY_BOTH, budgets=(), documents_read=False))
    assert "no documents" not in words(BY_BOTH)


def test_a_comparison_with_nothing_says_so_where_it_was_asked_for() -> None:
    alone = replace(BY_BOTH, total_before=None)
    said = "nothing to compare with: no row of the period before is exported"
    assert said in words(replace(alone, compare_asked=True))
    assert "nothing to compare" not in words(alone)


def test_of_a_month_that_is_over_is_said_what_it_lacks() -> None:
    over = tuple(
        replace(line, over=True, forecast=None, missing_hours=Decimal(missing))
        for line, missing in zip(BY_BOTH.budgets, (5, 0, 5), strict=True)
    )
    text = words(replace(BY_BOTH, budgets=over))
    assert "2026-10 is over, so there is no forecast" in text
    said = "5.0 hours of 2026-10 are not exported, so the true spend is higher of"
    assert f"{said} research-monthly, search-monthly" in text
    assert "is over" not in words(BY_BOTH)


def test_what_a_report_on_some_namespaces_leaves_out_is_told() -> None:
    some = replace(BY_BOTH, pools=(), scope=replace(BY_BOTH.scope, namespaces=("a*", "b")))
    text = words(some)
    assert "only of namespaces a*, b" in text
    assert "pools, and what nobody used of them, are left out: ask without --namespace" in text
    assert "idle: " not in text
    assert f"shared out to these namespaces: {money(BY_BOTH.total.idle)}" in text
    nothing = replace(some, total=replace(some.total, idle=Decimal(0)))
    assert "shared out" not in words(nothing)


def test_rows_of_other_time_than_the_name_says_are_told() -> None:
    found = replace(NONE_MISSING, misplaced=("a/key", "b/key"))
    text = words(replace(BY_BOTH, completeness=found))
    assert "they count where they belong: 2 objects such as a/key" in text
