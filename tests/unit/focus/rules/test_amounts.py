from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporter.focus.rules.rule import Level, Result, Status
from tests.unit.focus.rules.given import csv, parquet, results, row


def of_row(version: str, **changes: Any) -> dict[str, Result]:
    return results(version, parquet(version, [row(version, **changes)]))


def of_text(**changes: str) -> dict[str, Result]:
    return results("1.3", csv([row("1.3") | changes]), text=True)


@pytest.mark.parametrize(
    ("price", "status"),
    [
        ("3.0000000030", Status.PASSED),  # 7.5 x 1e-9 off, the tolerance of 7.5
        ("3.0000000031", Status.FAILED),
        ("2.9999999970", Status.PASSED),
        ("2.9999999969", Status.FAILED),
    ],
)
def test_price_times_quantity_is_compared_to_one_in_a_thousand_million(
    price: str, status: Status
) -> None:
    assert of_text(ListUnitPrice=price)["ListUnitPrice/product"].status is status


@pytest.mark.parametrize(("cost", "broken"), [("0.000000001", 0), ("0.0000000011", 1)])
def test_below_one_the_tolerance_stays_the_same(cost: str, broken: int) -> None:
    found = of_text(ListCost=cost, ListUnitPrice="0")

    assert found["ListUnitPrice/product"].broken == broken


def test_digits_beyond_the_eighteenth_count() -> None:
    found = of_text(
        ListUnitPrice="3E-25", PricingQuantity="2.5E25", ListCost="7.500000000000000000001"
    )

    assert found["ListUnitPrice/product"].status is Status.PASSED


def test_numbers_too_large_for_a_product_break_the_rule_and_raise_nothing() -> None:
    found = of_text(ListUnitPrice="1E308", PricingQuantity="1E308")

    assert found["ListUnitPrice/product"].status is Status.FAILED


@pytest.mark.parametrize(
    ("version", "broken"), [("1.0", 0), ("1.1", 0), ("1.2", 0), ("1.3", 1), ("1.4", 1)]
)
def test_corrections_may_break_price_times_quantity_up_to_1_2(version: str, broken: int) -> None:
    found = of_row(version, ChargeClass="Correction", ListUnitPrice=Decimal(4))

    assert found["ListUnitPrice/product"].broken == broken


@pytest.mark.parametrize(
    ("version", "level"), [("1.0", Level.WARNING), ("1.3", Level.WARNING), ("1.4", Level.ERROR)]
)
def test_effective_cost_of_usage_is_what_is_billed(version: str, level: Level) -> None:
    found = of_row(version, EffectiveCost=Decimal(5))["EffectiveCost/billed"]

    assert (found.status, found.rule.level) == (Status.FAILED, level)


@pytest.mark.parametrize(
    "cover",
    [
        {"CommitmentDiscountId": "c"},
        {"CapacityReservationId": "r"},
        {"ContractApplied": '{"Elements":[]}'},
        {"ChargeCategory": "Purchase"},
        {"ChargeClass": "Correction"},
    ],
)
def test_what_a_purchase_covers_may_cost_something_else(cover: dict[str, str]) -> None:
    found = of_row("1.4", EffectiveCost=Decimal(5), **cover)["EffectiveCost/billed"]

    assert found.status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("version", "column"), [("1.2", "ProviderName"), ("1.3", "ServiceProviderName")]
)
def test_nothing_is_billed_for_somebody_else(version: str, column: str) -> None:
    found = of_row(version, **{column: "Somebody else"})["BilledCost/third-party"]

    assert found.status is Status.FAILED
    assert column in found.rule.text


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.4"])
def test_other_versions_say_nothing_about_third_parties(version: str) -> None:
    assert "BilledCost/third-party" not in of_row(version)


def test_what_is_not_billed_is_not_held_against_other_costs() -> None:
    found = of_row("1.3", InvoiceIssuerName="Reseller", BilledCost=Decimal(0), ListUnitPrice=None)

    assert found["EffectiveCost/billed"].status is Status.NOT_APPLICABLE
    assert found["ListCost/without-price"].status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("version", "value", "broken"),
    [
        ("1.0", "-1", {"ConsumedQuantity/sign"}),
        ("1.0", "0", set()),
        ("1.1", "-1", {"ConsumedQuantity/sign"}),
        ("1.1", "0", {"ConsumedQuantity/positive"}),
        ("1.2", "-1", set()),
        ("1.2", "0", set()),
    ],
)
def test_the_sign_of_a_quantity_goes_by_the_version(
    version: str, value: str, broken: set[str]
) -> None:
    found = of_row(version, ConsumedQuantity=Decimal(value), ConsumedUnit="GPU-Hours")

    assert {rule for rule, result in found.items() if result.broken} == broken


def test_corrections_may_be_negative() -> None:
    found = of_row("1.0", ConsumedQuantity=Decimal(-1), ChargeClass="Correction")

    assert found["ConsumedQuantity/sign"].broken == 0


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, set()),
        (
            {"PricingQuantity": Decimal(2_500_000)},
            {"PricingQuantity/counts-units", "PricingQuantity/tokens"},
        ),
        ({"PricingQuantity": Decimal(2)}, {"PricingQuantity/tokens"}),  # some were for free
        ({"PricingQuantity": Decimal(0), "ConsumedQuantity": Decimal(0)}, set()),
        ({"PricingUnit": "Tokens", "PricingQuantity": Decimal(2_500_000)}, set()),
        ({"PricingUnit": "GPU-Hours", "PricingQuantity": Decimal(2_500_000)}, set()),
    ],
)
def test_quantities_of_tokens_agree(changes: dict[str, Any], broken: set[str]) -> None:
    found = of_row("1.3", **changes)

    rules = ("PricingQuantity/counts-units", "PricingQuantity/tokens")
    assert {rule for rule in rules if found[rule].broken} == broken


def test_prices_in_another_currency_are_not_compared() -> None:
    found = of_row("1.2", PricingCurrency="USD", PricingCurrencyEffectiveCost=Decimal(7))

    assert found["PricingCurrencyEffectiveCost/same-currency"].status is Status.NOT_APPLICABLE


def test_without_a_currency_prices_are_not_compared() -> None:
    found = of_row(
        "1.2",
        BillingCurrency=None,
        PricingCurrency=None,
        PricingCurrencyEffectiveCost=Decimal(7),
    )

    assert found["PricingCurrencyEffectiveCost/same-currency"].status is Status.NOT_APPLICABLE


def test_floating_point_amounts_are_compared_like_decimals() -> None:
    types = dict.fromkeys(("ListUnitPrice", "PricingQuantity", "ListCost"), pa.float64())
    cells = row("1.3", ListUnitPrice=0.1, PricingQuantity=3.0, ListCost=0.30000000000000004)

    found = results("1.3", parquet("1.3", [cells], **types))

    assert found["ListUnitPrice/product"].status is Status.PASSED
