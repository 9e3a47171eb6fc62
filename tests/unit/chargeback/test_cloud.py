"""Own tokens at cloud prices: worked examples."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporter.chargeback.cloud_figures import BreakEven, CloudLine
from exporter.cost.charges import Charges
from exporter.cost.sale import SalesTerms
from exporter.documents.kinds import CloudPricing
from exporter.periods import HOUR_SECONDS
from tests.builders import make_charges_of, table_of
from tests.selling import CARD
from tests.unit.chargeback.reports import (
    DAY,
    MARCH,
    PRICING,
    costing,
    decimals,
    moved,
    nano,
    report_of,
)


def served(**changes: Any) -> Charges:
    """A million prompt tokens, 200 000 of them cached, and 1.5 million generated ones for 10.

    Of the 10 are 0.2 electricity of active time. At acme/large the tokens cost 0.8 x 1 + 0.2 x 0.5
    + 1.5 x 2.8 = 5.1, at acme/small 1 x 0.1 + 1.5 x 0.2 = 0.4.
    """
    given = {
        "amortization_nano": nano("9.5")[0],
        "electricity_nano": nano("0.5")[0],
        "active_electricity_nano": nano("0.2")[0],
        "tokens_input": 1_000_000,
        "tokens_cached": 200_000,
        "tokens_output": 1_500_000,
    }
    return costing(**given | changes)


def on_the_day(charges: Charges, **context: Any) -> pa.Table:
    return moved(table_of(charges, **context), *DAY)


def lines_of(*tables: pa.Table, **changes: Any) -> tuple[CloudLine, ...]:
    cloud = report_of(*tables, **changes).cloud
    assert cloud is not None
    return cloud.lines


def pricing(**changes: object) -> CloudPricing:
    return CloudPricing.model_validate(PRICING.model_dump(by_alias=True) | changes)


def compared(*comparisons: tuple[str, str]) -> CloudPricing:
    return pricing(comparisons=[{"models": models, "with": [name]} for models, name in comparisons])


def test_a_model_stands_beside_the_dearest_entry_for_its_tokens() -> None:
    (line,) = lines_of(on_the_day(served()))
    assert (line.provider, line.cloud_model, line.tier, line.like) == (
        "acme",
        "large",
        "frontier",
        False,
    )
    assert (line.cloud_usd, line.own_usd, line.marginal_usd) == decimals("5.1", 10, "0.2")
    assert line.savings_usd == Decimal("-4.9")
    assert line.savings_ratio == Decimal("-0.960784314")
    assert line.cloud_per_million_usd == Decimal("2.04")
    assert (line.own_per_million_usd, line.marginal_per_million_usd) == decimals(4, "0.08")
    assert (line.tokens_per_day, line.utilization) == decimals(2_500_000, "0.75")


def test_break_even_is_the_fixed_cost_by_what_a_token_saves() -> None:
    # 9.8 a day ÷ ((5.1 - 0.2) ÷ 2.5 million) = 5 million tokens a day.
    (line,) = lines_of(on_the_day(served()))
    assert (line.break_even, line.break_even_tokens_per_day) == (BreakEven.KNOWN, 5_000_000)


def test_break_even_goes_by_the_time_that_rows_cover() -> None:
    # Twelve hours: 19.6 a day ÷ ((5.1 - 0.2) ÷ 2.5 million), from 5 million tokens a day.
    half_a_day = moved(table_of(served()), DAY[0], DAY[0] + 12 * HOUR_SECONDS)
    (line,) = lines_of(half_a_day)
    assert (line.tokens_per_day, line.break_even_tokens_per_day) == decimals(5_000_000, 10_000_000)


def test_break_even_is_rounded_up() -> None:
    # 9.9 ÷ ((5.1 - 0.1) ÷ 2.5 million) = 4 950 000; 9.800000001 ÷ ... = 5 000 000.0005.
    (even,) = lines_of(on_the_day(served(active_electricity_nano=nano("0.1")[0])))
    assert even.break_even_tokens_per_day == 4_950_000
    (above,) = lines_of(on_the_day(served(amortization_nano=nano("9.500000001")[0])))
    assert above.break_even_tokens_per_day == 5_000_001


def test_no_number_of_tokens_pays_where_the_cloud_is_cheaper_than_the_electricity() -> None:
    small = pricing(providers=[PRICING.model_dump(by_alias=True)["providers"][0] | CHEAP])
    (line,) = lines_of(on_the_day(served(active_electricity_nano=nano("0.4")[0])), pricing=small)
    assert (line.cloud_usd, line.marginal_usd) == (Decimal("0.4"), Decimal("0.4"))
    assert (line.break_even, line.break_even_tokens_per_day) == (BreakEven.NEVER, None)


def test_of_contracted_prices_there_is_no_break_even() -> None:
    # 1 million input tokens at 0.45 and 1.5 million output tokens at 1.35.
    terms = SalesTerms(CARD, contracted=True)
    report = report_of(moved(table_of(served(model="llama"), terms), *DAY))
    assert report.scope.contracted
    assert report.cloud is not None
    (line,) = report.cloud.lines
    assert (line.own_usd, line.marginal_usd) == decimals("2.475", "0.2")
    assert (line.break_even, line.break_even_tokens_per_day) == (BreakEven.CONTRACTED, None)


CHEAP = {"models": [{"model": "small", "inputPerMillion": 0.1, "outputPerMillion": 0.2}]}


def test_own_cost_is_turned_into_dollars_at_the_rate() -> None:
    # 10 at 0.35 USD are 3.50, of which 0.07 marginal: 3.43 ÷ ((5.1 - 0.07) ÷ 2.5 million).
    (line,) = lines_of(on_the_day(served(), usd_rate=Decimal("0.35")), usd_rate=Decimal("0.35"))
    assert (line.own_usd, line.marginal_usd) == (Decimal("3.5"), Decimal("0.07"))
    assert line.savings_usd == Decimal("1.6")
    assert line.break_even_tokens_per_day == 1_704_772


def test_comparisons_choose_the_entries_for_a_model() -> None:
    by_name, by_tier = compared(("llama*", "acme/small")), compared(("llama*", "frontier"))
    (line,) = lines_of(on_the_day(served()), pricing=by_name)
    assert (line.cloud_model, line.like, line.cloud_usd) == ("small", True, Decimal("0.4"))
    (line,) = lines_of(on_the_day(served()), pricing=by_tier)
    assert (line.cloud_model, line.like) == ("large", True)


def test_the_first_comparison_that_names_a_model_is_the_one() -> None:
    two = compared(("llama*", "acme/small"), ("*", "acme/large"))
    charges = served(model=["llama", "qwen"], namespace=["chat", "search"])
    found = {line.model: line.cloud_model for line in lines_of(on_the_day(charges), pricing=two)}
    assert found == {"llama": "small", "qwen": "large"}


def test_every_entry_is_shown_dearest_first_with_those_like_it_marked() -> None:
    lines = lines_of(
        on_the_day(served()), pricing=compared(("llama*", "acme/small")), every_entry=True
    )
    assert [(line.cloud_model, line.like) for line in lines] == [("large", False), ("small", True)]


def test_hours_without_tokens_are_a_part_of_what_a_model_costs() -> None:
    # 10 with tokens and 3 while it was loaded for nobody.
    loaded = costing(
        amortization_nano=nano("3"),
        namespace="search",
        tokens_input=0,
        tokens_output=0,
        tokens_cached=0,
        requests=0,
    )
    (line,) = lines_of(on_the_day(served()), on_the_day(loaded))
    assert (line.own_usd, line.own_per_million_usd) == decimals(13, "5.2")


def test_tokens_without_a_price_are_not_compared() -> None:
    both = lines_of(on_the_day(served()), on_the_day(make_charges_of("unpriced", namespace="x")))
    assert both == lines_of(on_the_day(served()))
    assert report_of(on_the_day(make_charges_of("unpriced"))).cloud is None


def test_where_cached_tokens_are_not_known_none_are_taken_to_be() -> None:
    # 1 x 1 + 1.5 x 2.8.
    (line,) = lines_of(on_the_day(served(), version="infercost-1.0"))
    assert (line.cloud_usd, line.own_usd, line.upper_bound) == (*decimals("5.2", 10), True)
    assert (line.marginal_usd, line.marginal_per_million_usd, line.utilization) == (None,) * 3
    assert (line.break_even, line.break_even_tokens_per_day) == (BreakEven.NOT_KNOWN, None)


def test_of_a_part_of_the_rows_the_cached_tokens_that_are_known_are_cheaper() -> None:
    # 5.1 where 200 000 of them are known, 5.2 where none are.
    report = report_of(
        on_the_day(served()), on_the_day(served(namespace="search"), version="infercost-1.0")
    )
    assert report.cloud is not None
    (line,) = report.cloud.lines
    assert report.total.tokens_cached is None
    assert (line.cloud_usd, line.own_usd, line.upper_bound) == (*decimals("10.3", 20), True)
    assert (line.break_even, report.cloud.upper_bound) == (BreakEven.NOT_KNOWN, True)


def test_where_all_cached_tokens_are_known_the_cloud_costs_just_that() -> None:
    cloud = report_of(on_the_day(served())).cloud
    assert cloud is not None
    assert not cloud.upper_bound
    assert not cloud.lines[0].upper_bound


def test_models_that_no_comparison_names_are_told() -> None:
    table = on_the_day(served(model=["llama", "qwen"], namespace=["chat", "search"]))
    named = compared(("llama*", "acme/small"))
    shown = [
        report_of(table, pricing=pricing, every_entry=every_entry).cloud
        for pricing, every_entry in ((PRICING, False), (named, False), (PRICING, True))
    ]
    assert [cloud and cloud.dearest_only for cloud in shown] == [("llama", "qwen"), ("qwen",), ()]


def test_savings_keep_the_digits_that_python_would_round_away() -> None:
    # 30 digits: the last two would be lost with 28.
    (line,) = lines_of(on_the_day(served()))
    own = Decimal("123456789012.123456789012345678")
    exact = replace(line, cloud_usd=Decimal("5.1"), own_usd=own)
    assert str(exact.savings_usd) == "-123456789007.023456789012345678"


def test_models_come_dearest_first() -> None:
    charges = served(
        model=["cheap", "dear"],
        namespace=["chat", "search"],
        amortization_nano=nano("1", "2"),
    )
    assert [line.model for line in lines_of(on_the_day(charges))] == ["dear", "cheap"]


@pytest.mark.parametrize("every_entry", [False, True])
def test_the_comparison_says_where_and_when_prices_were_read(every_entry: bool) -> None:
    cloud = report_of(on_the_day(served()), every_entry=every_entry, usd_rate=Decimal("1.1")).cloud
    assert cloud is not None
    assert (str(cloud.last_verified), cloud.sources) == ("2026-03-01", ("a page",))
    assert (cloud.usd_rate, cloud.every_entry) == (Decimal("1.1"), every_entry)


def test_without_tokens_there_is_nothing_to_compare() -> None:
    assert report_of(moved(table_of(make_charges_of("idle")), *MARCH)).cloud is None
