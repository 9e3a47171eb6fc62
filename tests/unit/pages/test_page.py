from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from xml.etree.ElementTree import Element

import pytest

from exporter.chargeback.completeness_figures import Estimate
from exporter.chargeback.figures import Chargeback
from exporter.pages.names import readable
from exporter.pages.page import page
from tests.unit.pages.chargebacks import BUDGETS, NOTHING, cloud, empty, rich, unix
from tests.unit.pages.documents import by_id, figures, read, text
from tests.unit.pages.read_pages import PAGES, read_page
from tests.unit.pages.spending import H100, Cell, days_of
from tests.unit.pages.test_charts import HOSTILE


@pytest.fixture(scope="module", params=list(PAGES))
def named(request: pytest.FixtureRequest) -> tuple[Chargeback, Element]:
    return PAGES[request.param], read_page(request.param)


@pytest.fixture(scope="module")
def month() -> Element:
    return read_page("a month")


def test_the_page_is_the_same_for_the_same_figures() -> None:
    assert page(rich()) == page(rich())


def test_figures_of_groups_and_of_days_add_up_to_the_total(
    named: tuple[Chargeback, Element],
) -> None:
    report, root = named
    (total,) = figures(root, "total")
    assert total == report.total.cost
    for of in ("group_cost", "day_cost", "band_day", "band_total"):
        if found := figures(root, of):
            assert sum(found) == total, of
    assert sum(figures(root, "group_tokens")) == report.total.tokens
    assert all(found == total for found in figures(root, "groups_total"))


def test_every_group_model_pool_and_budget_has_its_line(month: Element) -> None:
    report = rich()
    nobodys = ("__idle__", "__unobserved__")
    in_order = sorted(report.groups, key=lambda line: line.values[0] in nobodys)
    assert figures(month, "group_cost") == [line.sums.cost for line in in_order]
    assert figures(month, "model_cost") == [line.sums.cost for line in report.models]
    assert figures(month, "model_per_million") == [
        line.sums.cost_per_million_tokens for line in report.models
    ]
    assert figures(month, "model_marginal") == [
        line.sums.marginal_per_million_tokens for line in report.models
    ]
    assert figures(month, "model_utilization") == [line.gpu_utilization for line in report.models]
    assert figures(month, "pool_idle") == [line.idle_cost for line in report.pools]
    assert figures(month, "pool_completeness") == [line.completeness for line in report.pools]
    assert figures(month, "budget_spend") == [line.spend for line in report.budgets]
    assert figures(month, "budget_forecast") == [
        line.forecast for line in report.budgets if line.forecast is not None
    ]
    assert figures(month, "day_cost") == list(report.daily_cost)
    assert figures(month, "model_day") == [
        line.daily_per_million[at]
        for at in range(31)
        for line in report.models
        if line.daily_per_million[at] is not None
    ]


def test_what_is_in_no_pool_is_told_where_pools_are() -> None:
    report = rich(days=days_of(rich().days[4], 1))
    assert "Left out here" not in page(report)
    first, *others = report.pools
    mixed = replace(
        report,
        pools=(replace(first, undetailed_cost=Decimal("12.5")), *others),
        completeness=replace(report.completeness, unpooled_cost=Decimal("20.25")),
    )
    root = read(page(mixed))
    assert figures(root, "pool_undetailed") == [Decimal("12.5")]
    assert figures(root, "pools_left_out") == figures(root, "unpooled_cost") == [Decimal("20.25")]
    assert "Left out here: EUR 20.25 of rows that know no GPU-time" in text(by_id(root, "pools"))
    none = text(by_id(read(page(replace(mixed, pools=()))), "pools"))
    assert "No row names both a pool and its GPU-time." in none


def test_a_tag_spelled_as_idle_time_is_not_called_idle() -> None:
    report = rich(("tag:team",), days=days_of(rich().days[4], 1))
    research = next(line for line in report.groups if line.values == ("research",))
    spelled = tuple(replace(research, values=(value,)) for value in ("__idle__", "(none)"))
    root = read(page(replace(report, groups=(*report.groups, *spelled))))
    names = [text(row[0]) for row in by_id(root, "groups").iter("tr")][1:-1]
    assert names[-4:] == ["__idle__", "(none)", "Idle", "Unobserved"]
    assert "no tag team" in names


@pytest.mark.parametrize("total", ["0.009999999", "0", "-5"])
def test_of_less_than_a_cent_there_is_no_share(total: str) -> None:
    report = rich(days=days_of(rich().days[4], 1))
    root = read(page(replace(report, total=replace(report.total, cost=Decimal(total)))))
    for of in ("group_share", "groups_share", "estimate_share", "total_idle_share"):
        assert figures(root, of) == []
    assert "Share of the total not known" in text(next(root.iter("header")))
    assert "%" not in text(next(by_id(root, "cost").iter("figure")))


def test_budgets_say_their_state_in_words(month: Element) -> None:
    rows = [text(row) for row in by_id(month, "budget-use").iter("tr")][1:]
    assert "Over the limit threshold of 100 % reached: critical" in rows[0]
    assert "Will end over the limit threshold of 80 % reached: warning" in rows[1]
    assert rows[2].endswith("– Within the limit")
    assert "1 of 3 over the limit" in text(next(month.iter("header")))
    assert "2 are forecast to end over the limit" in text(next(month.iter("header")))


def test_what_is_missing_is_said_where_the_sums_are(month: Element) -> None:
    header = text(next(month.iter("header")))
    assert "Data is missing. 3 gaps in the period" in header
    assert figures(month, "gap_hours") == [24, 24, 8]
    last = [text(cell) for cell in list(by_id(month, "gaps").iter("tr"))[3]]
    assert last == ["prod-us", "research-daily", "2026-10-21 06:00", "2026-10-21 14:00", "8.0"]
    lacking = [text(row[0]) for row in by_id(month, "days").iter("tr") if row.get("class")]
    assert lacking == ["2026-10-13 no data", "2026-10-21 a part is missing"]
    completeness = text(by_id(month, "completeness"))
    for words in (
        *("the rated power of the hardware", "158.2 GPU-hours that no sample shows"),
        *("rows of 1 object.", "infer-focus-prod-eu--weekly.parquet"),
    ):
        assert words in completeness


def test_a_part_of_a_period_says_how_far_it_reaches() -> None:
    report = rich()
    partly = replace(report, scope=replace(report.scope, until=unix(2026, 10, 20, 14)))
    assert "Part of the period. The last exported charge period ends at 2026-10-20 14:00 UTC" in (
        text(next(read(page(partly)).iter("header")))
    )
    assert "Part of the period" not in page(report)


def test_nothing_is_said_in_words() -> None:
    words = text(read(page(replace(empty(), compare_asked=True))))
    for sentence in (
        *("No rows. Nothing that was read is of this period", "No rows, so nothing to divide."),
        *("No day of the period has data.", "No row names a model", "No row names a pool."),
        *("No budgets are configured.", "No cloud comparison:", "None: no object was expected."),
        *("No row tells how its energy", "No object reaches over the edge"),
        *("The rows do not tell what the cost is made of.", "No period before to compare with"),
        *("The contracted price of the internal rate card", "No row is longer than a day."),
    ):
        assert sentence in words


def test_one_day_has_no_trend() -> None:
    words = text(by_id(read_page("one day"), "trend"))
    assert words == "Cost by day The figures are of one day, 2026-10-05, so there is no trend."


def test_models_without_a_price_have_a_line_and_no_bar() -> None:
    report = rich()
    bare = replace(
        report.models[0], sums=NOTHING, daily_per_million=(None,) * 31, gpu_utilization=None
    )
    root = read(page(replace(report, models=(bare,))))
    section = by_id(root, "models")
    assert not list(section.iter("figure"))
    assert [mark.get("title") for mark in section.iter("abbr")][:2] == [
        "no tokens with a price",
        "no tokens with a price, or no electricity of active time in the rows",
    ]
    some = read(page(replace(report, models=(*report.models, bare))))
    assert len(list(by_id(some, "models").iter("figure"))) == 1


def test_a_catalog_without_a_match_and_a_limit_of_zero() -> None:
    report = rich()
    line = replace(BUDGETS[0], limit=Decimal(0), reached_severity=None)
    comparison = replace(cloud(), lines=(), sources=(), every_entry=True)
    words = text(read(page(replace(report, budgets=(line,), cloud=comparison))))
    assert "No model of this period has an entry of the catalog to be compared with." in words
    assert "every entry of the catalog is shown" in words
    assert "Fullest: research-monthly, – of EUR 0.00." in words
    assert "1 is forecast to end over the limit" in words


def test_many_models_are_spread_over_tables_of_six() -> None:
    cells = tuple(Cell("t", f"model-{n:02}", H100, f"{n + 1}", 10**9, 50) for n in range(14))
    root = read(page(rich(cells=cells)))
    captions = [text(caption) for caption in by_id(root, "models").iter("caption")]
    what = "Amortized cost in EUR per million tokens by day"
    assert captions[1:] == [f"{what} ({n} of 3)" for n in (1, 2, 3)]
    assert len(figures(root, "model_day")) == 14 * 30
    assert "of the 12 dearest models" in text(by_id(root, "models"))


def test_names_of_users_are_text_and_nothing_else() -> None:
    given = page(named_by_users(HOSTILE))
    given.encode()
    root = read(given)
    usual = read(page(named_by_users([f"name-{at:02}" for at in range(len(HOSTILE))])))
    assert [part.tag for part in root.iter()] == [part.tag for part in usual.iter()]
    assert [sorted(part.attrib) for part in root.iter()] == [
        sorted(part.attrib) for part in usual.iter()
    ]
    for section in ("groups", "model-costs", "pool-costs", "budget-use", "cloud-costs", "gaps"):
        names = {name.text: name.get("title") for name in by_id(root, section).iter("bdi")}
        for hostile in map(readable, HOSTILE):
            assert names[hostile] == hostile, section


def named_by_users(names: Sequence[str]) -> Chargeback:
    """A day with these names in every place that users fill."""
    report = rich(days=days_of(rich().days[0], 2))
    line, model, pool = report.groups[0], report.models[0], report.pools[0]
    of_cloud, gap = cloud().lines[0], report.completeness.gaps[0]
    first = names[0]
    return replace(
        report,
        keys=(f"tag:{first}", "model"),
        scope=replace(report.scope, clusters=tuple(names), layouts=tuple(names), currency=names[1]),
        groups=tuple(replace(line, values=(name, name)) for name in names),
        models=tuple(replace(model, model=name, cost_profiles=(name,)) for name in names),
        pools=tuple(
            replace(pool, cluster=name, cost_profile=name, gpu_model=name) for name in names
        ),
        budgets=tuple(
            replace(BUDGETS[0], name=name, namespace=name, reached_severity=name) for name in names
        ),
        cloud=replace(
            cloud(),
            sources=tuple(names),
            lines=tuple(
                replace(of_cloud, model=name, provider=name, cloud_model=name, tier=name)
                for name in names
            ),
        ),
        completeness=replace(
            report.completeness,
            gaps=tuple(replace(gap, cluster=name, report=name) for name in names),
            estimates=tuple(Estimate("allocation", name, None, Decimal(1)) for name in names),
            straddling=tuple(names),
        ),
    )
