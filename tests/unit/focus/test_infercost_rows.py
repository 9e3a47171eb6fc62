from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from exporter.cost.charges import Charges
from exporter.cost.sale import sell
from exporter.files.csv import encode_csv
from exporter.focus.rows import build_rows
from tests.builders import (
    KINDS,
    NANO,
    make_charges,
    make_charges_of,
    make_cloud,
    make_context,
    table_of,
)


def row_of(charges: Charges, **context: Any) -> dict[str, Any]:
    context["version"] = "infercost-1.0"
    row: dict[str, Any]
    (row,) = table_of(charges, **context).to_pylist()
    return row


def test_rows_have_the_units_and_values_of_infercost() -> None:
    row = row_of(make_charges(region="eu-1"))

    assert row["BilledCost"] == row["ContractedCost"] == Decimal("6.000000001")
    assert (row["Currency"], row["Region"]) == ("USD", "eu-1")
    assert (row["UsageQuantity"], row["UsageUnit"]) == (2_500_000, "Tokens")
    assert (row["PricingUnit"], row["PricingCategory"]) == ("1M Tokens", "Usage-Based")
    assert row["ResourceId"] == "chat/default/llama-3.1-70b"
    assert row["ProviderName"] == "InferCost"
    assert row["PublisherName"] == row["InvoiceIssuerName"] == "Self-Hosted"
    assert row["x-InferSavingsPercent"] == 40


def test_rows_without_tokens_are_counted_in_gpu_hours_and_keep_a_sku() -> None:
    row = row_of(make_charges_of("rollup", gpu_nano_hours=3_250_000_000))

    assert (row["UsageQuantity"], row["UsageUnit"]) == (Decimal("3.25"), "GPU-Hours")
    assert (row["PricingUnit"], row["SkuId"]) == ("GPU-Hours", "H100-SXM5")


def test_a_configured_provider_goes_before_that_of_infercost() -> None:
    row = row_of(make_charges(), service_provider_name="GPU Platform")

    assert row["ProviderName"] == "GPU Platform"


def test_the_currency_is_the_billing_currency() -> None:
    assert row_of(make_charges(), currency="EUR")["Currency"] == "EUR"


def test_the_prefix_is_always_that_of_infercost() -> None:
    assert row_of(make_charges(), prefix="x_Infer")["x-InferCostProfile"] == "h100-pool"


def test_savings_percent_has_two_digits_rounded_half_to_even() -> None:
    charges = make_charges(amortization_nano=0, maintenance_nano=0, electricity_nano=987_550_000)
    cloud = make_cloud(sell(charges))

    (row,) = build_rows(sell(charges), cloud, make_context(version="infercost-1.0")).to_pylist()

    assert row["x-InferSavingsPercent"] == Decimal("90.12")  # 90.1245


def test_savings_that_were_not_compared_are_null() -> None:
    row = row_of(make_charges_of("unpriced"))

    assert row["x-InferSavingsPercent"] is None
    assert row["x-InferCloudEquivalentCostUSD"] is None


def test_splitting_at_commas_finds_the_sub_account_in_column_29() -> None:
    charges = make_charges(
        model=["a,b", "c\r\nd", "plain"],
        namespace=["chat", "search", "chat"],
        namespace_labels={"team": "x,y"},
        amortization_nano=[NANO, 2 * NANO, 4 * NANO],
        maintenance_nano=0,
        electricity_nano=0,
    )
    table = table_of(charges, version="infercost-1.0")

    by_namespace: dict[str, float] = {}
    for line in encode_csv(table).decode().splitlines()[1:]:
        fields = line.split(",")  # as awk -F, does
        by_namespace[fields[28]] = by_namespace.get(fields[28], 0) + float(fields[0])

    assert by_namespace == {"chat": 5, "search": 2}
    assert table["SkuId"].to_pylist() == ["a;b", "c d", "plain"]
    assert table["Tags"].to_pylist()[0].count("a,b") == 1


def test_every_kind_makes_a_row() -> None:
    charges = make_charges_of(*KINDS)
    table = table_of(charges, version="infercost-1.0")

    assert table["SubAccountId"].to_pylist() == [
        "chat",
        "chat",
        "__idle__",
        "__unobserved__",
        "chat",
    ]
    assert np.array_equal(table["x-InferTokensInput"].to_numpy(), charges.tokens_input)


@pytest.mark.parametrize("column", ["x-InferSavingsUSD", "EffectiveCost"])
def test_money_keeps_its_digits(column: str) -> None:
    assert row_of(make_charges())[column] % Decimal("0.00001") != 0
