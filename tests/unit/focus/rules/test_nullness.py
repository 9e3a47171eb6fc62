from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exporter.focus.rules.rule import Result, Status
from tests.unit.focus.rules.given import parquet, results, row


def of_row(version: str = "1.3", **changes: Any) -> dict[str, Result]:
    return results(version, parquet(version, [row(version, **changes)]))


@pytest.mark.parametrize("column", ["SkuId", "PricingCategory", "ConsumedQuantity"])
@pytest.mark.parametrize("version", ["1.0", "1.4"])
def test_a_correction_may_leave_out_what_usage_has(version: str, column: str) -> None:
    correction: dict[str, Any] = {"ChargeClass": "Correction", column: None}
    found = of_row(version, **correction)

    assert found[f"{column}/filled"].status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("column", ["SkuId", "SkuPriceId", "PricingQuantity"])
def test_a_credit_may_leave_out_what_usage_has(column: str) -> None:
    credit: dict[str, Any] = {"ChargeCategory": "Credit", column: None}
    found = of_row("1.3", **credit)

    assert found[f"{column}/filled"].status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(("version", "broken"), [("1.2", 0), ("1.3", 1), ("1.4", 1)])
def test_a_sku_price_has_a_price_in_every_charge_since_1_3(version: str, broken: int) -> None:
    found = of_row(version, ChargeCategory="Credit", ListUnitPrice=None)

    assert found["ListUnitPrice/filled"].broken == broken


def test_what_is_left_of_a_commitment_consumes_nothing() -> None:
    unused = {"CommitmentDiscountStatus": "Unused", "CommitmentDiscountId": "c"}

    without = of_row(**unused, ConsumedQuantity=None, ConsumedUnit=None)
    consuming = of_row(**unused)

    assert without["ConsumedQuantity/filled"].status is Status.NOT_APPLICABLE
    assert without["ConsumedQuantity/usage-only"].status is Status.PASSED
    assert consuming["ConsumedQuantity/usage-only"].status is Status.FAILED


def test_names_of_accounts_and_regions_are_bound_to_ids_as_the_version_says() -> None:
    named = {"SubAccountName": None, "RegionName": None}

    assert of_row("1.1", **named)["SubAccountName/filled"].broken == 1
    assert of_row("1.1", **named)["RegionName/together"].broken == 1
    assert of_row("1.2", **named)["SubAccountName/together"].broken == 1
    assert "SubAccountName/filled" not in of_row("1.2")


def test_no_sku_price_means_no_quantities_since_1_3() -> None:
    without = {"SkuPriceId": None, "PricingQuantity": Decimal(1)}

    assert of_row("1.3", **without)["PricingQuantity/no-price"].broken == 1
    assert "PricingQuantity/no-price" not in of_row("1.2", **without)


@pytest.mark.parametrize("text", ["", "N/A", "n/a", "Not Applicable", "NOT APPLICABLE"])
def test_what_focus_names_is_a_stand_in_for_null(text: str) -> None:
    assert of_row(RegionName=text)["RegionName/stand-in"].status is Status.FAILED


@pytest.mark.parametrize("text", ["unknown", "NA", "None", "-", "0", " "])
def test_other_words_are_not(text: str) -> None:
    assert of_row(RegionName=text)["RegionName/stand-in"].status is Status.PASSED
