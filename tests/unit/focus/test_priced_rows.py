"""Rows at the prices of a RateCard; the examples are those of tests/unit/cost/test_sale.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow.compute as pc
import pytest

from exporter.cost.sale import SalesTerms
from exporter.documents.rate_card import RateCard
from tests.builders import make_charges, make_charges_of, row_of, rows_of, table_of

CARD = RateCard.model_validate(
    {
        "currency": "USD",
        "models": [
            {"model": "llama*", "inputPerMillion": 0.5, "outputPerMillion": 1.5},
            {"model": "*", "listPerMillionTokens": 1.25},
        ],
        "gpuHour": 2.5,
        "contracts": [{"namespace": "chat", "discountPercent": 10}],
    }
)
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
PRICED = SalesTerms(CARD)
BILLED = SalesTerms(CARD, contracted=True)


def test_a_model_priced_apart_becomes_a_row_for_each_kind_of_tokens() -> None:
    given, produced = rows_of(make_charges(), terms=PRICED)

    def columns(row: dict[str, Any]) -> list[Any]:
        names = ("SkuId", "SkuPriceId", "SkuMeter", "ConsumedQuantity", "PricingQuantity")
        return [row[name] for name in (*names, "PricingUnit", "PricingCategory")]

    model = "llama-3.1-70b"
    unit = ("1000000 Tokens", "Standard")
    assert columns(given) == [
        *(model, f"{model}/input", "Input Tokens", 1_500_000, Decimal("1.5"), *unit)
    ]
    assert columns(produced) == [*(model, f"{model}/output", "Output Tokens", 1_000_000, 1, *unit)]
    assert [given[name] for name in COSTS] == [
        *(Decimal("3.600000001"), Decimal("3.600000001"), Decimal("0.75"), Decimal("0.675"))
    ]
    assert [produced[name] for name in COSTS] == [
        *(Decimal("2.4"), Decimal("2.4"), Decimal("1.5"), Decimal("1.35"))
    ]
    assert given["ResourceId"] == produced["ResourceId"] == "prod/chat/llama-3.1-70b"


def test_neither_row_of_a_model_priced_apart_knows_the_cost_of_a_request() -> None:
    rows = rows_of(make_charges(), terms=PRICED)

    assert [row["x-InferRequests"] for row in rows] == [0, 1_600]
    assert [row["x-InferCostPerRequest"] for row in rows] == [None, None]
    assert rows_of(make_charges(model="qwen"), terms=PRICED)[0]["x-InferCostPerRequest"]


def test_contracted_prices_are_billed_where_that_is_asked_for() -> None:
    given, produced = rows_of(make_charges(), terms=BILLED)

    for row, billed in ((given, "0.675"), (produced, "1.35")):
        assert row["BilledCost"] == row["EffectiveCost"] == row["ContractedCost"] == Decimal(billed)
    components = ("Amortization", "Maintenance", "Electricity")
    cost = sum(row[f"x-Infer{name}Cost"] for row in (given, produced) for name in components)
    assert cost == Decimal("6.000000001")


def test_figures_per_token_and_savings_follow_what_is_billed() -> None:
    (row,) = rows_of(make_charges(model="qwen"), terms=BILLED, usd_rate=Decimal("1.1"))

    assert row["EffectiveCost"] == Decimal("2.8125")  # 2.5 x 1.25 less 10 %
    assert row["x-InferCostPerMillionTokens"] == Decimal("1.125")
    assert row["x-InferCostPerRequest"] == Decimal("0.001757812")  # half to even
    assert row["x-InferSavingsUSD"] == 10 - Decimal("2.8125") * Decimal("1.1")


@pytest.mark.parametrize("terms", [PRICED, BILLED], ids=["cost", "contracted"])
@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4", "infercost-1.0"])
def test_price_times_quantity_is_the_cost_to_the_last_digit(
    terms: SalesTerms, version: str
) -> None:
    charges = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
    for row in rows_of(charges, terms=terms, version=version):
        if "ListUnitPrice" in row:
            assert row["ListUnitPrice"] * row["PricingQuantity"] == row["ListCost"]
            assert row["ContractedUnitPrice"] * row["PricingQuantity"] == row["ContractedCost"]


@pytest.mark.parametrize("name", ["x/input", "x/output", "x/tokens"])
def test_a_model_called_as_another_ones_price_has_a_price_of_its_own(name: str) -> None:
    card = CARD.model_copy(update={"models": CARD.models[1:]})
    row = row_of(make_charges(model=name), terms=SalesTerms(card))

    assert (row["SkuId"], row["SkuPriceId"]) == (name, f"{name}/tokens")
    assert row_of(make_charges(model=name))["SkuPriceId"] == name


def test_a_card_changes_no_cost() -> None:
    charges = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
    totals = [
        [pc.sum(table_of(charges, terms)[name]).as_py() for name in COSTS[:2]]
        for terms in (SalesTerms(), PRICED)
    ]
    assert totals[0] == totals[1]


def test_the_infercost_layout_has_a_row_per_price_too() -> None:
    given, produced = rows_of(make_charges(), terms=PRICED, version="infercost-1.0")

    assert [given["SkuPriceId"], produced["SkuPriceId"]] == [
        "llama-3.1-70b/input",
        "llama-3.1-70b/output",
    ]
    assert [given["UsageQuantity"], produced["UsageQuantity"]] == [1_500_000, 1_000_000]
    assert given["ListCost"] + produced["ListCost"] == Decimal("2.25")
