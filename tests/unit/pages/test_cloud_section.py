"""Own tokens at cloud prices, as the page shows them."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from exporter.chargeback.cloud_figures import BreakEven, CloudComparison
from exporter.pages.page import page
from tests.unit.pages.chargebacks import cloud, rich
from tests.unit.pages.documents import by_id, figures, read, text
from tests.unit.pages.read_pages import read_page
from tests.unit.pages.spending import days_of


@pytest.fixture(scope="module")
def month() -> Element:
    return read_page("a month")


def test_every_cloud_price_stands_with_tier_date_source_and_utilization(month: Element) -> None:
    comparison = cloud()
    section = by_id(month, "cloud")
    words = text(section)
    assert "The prices were read on 2026-10-07" in words
    assert "1.08 USD per EUR" in words
    for source in comparison.sources:
        assert source in words
    for of, expected in (
        ("cloud_per_million", [line.cloud_per_million_usd for line in comparison.lines]),
        ("own_utilization", [line.utilization for line in comparison.lines]),
        ("savings", [line.savings_usd for line in comparison.lines]),
        ("break_even", [190_300_000, 918_000_000]),
        ("tokens_per_day", [line.tokens_per_day for line in comparison.lines]),
    ):
        assert figures(section, of) == expected
    assert "above break-even" in words
    assert "below break-even" in words
    assert "open-weights alike" in words


def test_negative_savings_are_never_shown_as_a_gain(month: Element) -> None:
    cells = [cell for cell in month.iter("td") if figures(cell, "savings")]
    assert [cell.get("class") for cell in cells] == ["n saved", "n dearer", "n dearer"]
    assert ["cloud is cheaper" in text(cell) for cell in cells] == [False, True, True]
    assert text(cells[1]).startswith("−2,868.27")


def test_never_is_said_where_no_number_of_tokens_breaks_even(month: Element) -> None:
    cells = [cell for cell in by_id(month, "cloud-costs").iter("td") if text(cell) == "never"]
    (mark,) = cells[0]
    assert len(cells) == 1
    assert mark.get("title") == (
        "no number of tokens does: the cloud costs no more than the electricity of the own ones"
    )


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (BreakEven.NOT_KNOWN, "not known: some rows do not say what tokens add to the electricity"),
        (BreakEven.CONTRACTED, "contracted prices do not fall with the number of tokens"),
    ],
)
def test_no_break_even_is_a_dash_with_its_reason(known: BreakEven, why: str) -> None:
    line = replace(cloud().lines[0], break_even=known, break_even_tokens_per_day=None)
    table = by_id(with_cloud(replace(cloud(), lines=(line,))), "cloud-costs")
    assert "never" not in text(table)
    assert why in [mark.get("title") for mark in table.iter("abbr")]


def with_cloud(comparison: CloudComparison) -> Element:
    """The page of a day with another comparison."""
    return read(page(replace(rich(days=days_of(rich().days[4], 1)), cloud=comparison)))


def test_a_cloud_cost_that_is_an_upper_bound_says_so(month: Element) -> None:
    assert "At most." not in text(by_id(month, "cloud"))
    first, *others = cloud().lines
    bound = with_cloud(replace(cloud(), lines=(replace(first, upper_bound=True), *others)))
    assert "do not say how many prompt tokens were cached" in text(by_id(bound, "cloud"))
    cells = [text(cell) for cell in bound.iter("td") if figures(cell, "cloud_cost")]
    assert [cell.endswith("at most") for cell in cells] == [True, False, False]


def test_models_beside_the_dearest_entry_are_not_said_to_be_compared_with_their_like(
    month: Element,
) -> None:
    words = text(by_id(month, "cloud"))
    names = "meta-llama/Llama-3.1-70B-Instruct, BAAI/bge-m3"
    assert f"Not like with like. No comparison of the price catalog names {names}:" in words
    assert "comparisons in a CloudPricing document" in words
    assert "frontier highest savings" in words
    every = text(by_id(with_cloud(replace(cloud(), every_entry=True)), "cloud"))
    alike = tuple(replace(line, like=True) for line in cloud().lines)
    for shown in (every, text(by_id(with_cloud(replace(cloud(), lines=alike)), "cloud"))):
        assert "Not like with like" not in shown
        assert "highest savings" not in shown.partition("Cloud model")[2]
