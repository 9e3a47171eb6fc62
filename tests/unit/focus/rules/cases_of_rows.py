"""Cases of the rules that compare the cells of one row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.unit.focus.rules.case import GONE, Case, cell, changes
from tests.unit.focus.rules.given import day

_NO_PRICES = {
    "ConsumedQuantity": None,
    "ConsumedUnit": None,
    "ContractedCost": Decimal(6),
    "ContractedUnitPrice": None,
    "ListCost": Decimal(6),
    "ListUnitPrice": None,
    "PricingCategory": None,
    "PricingCurrencyContractedUnitPrice": None,
    "PricingCurrencyListUnitPrice": None,
    "PricingQuantity": None,
    "PricingUnit": None,
    "SkuPriceDetails": None,
    "SkuPriceId": None,
}
_TAX = {**_NO_PRICES, "ChargeCategory": "Tax", "SkuId": None, "SkuMeter": None}
_COMMITMENT = {
    "CommitmentDiscountCategory": "Usage",
    "CommitmentDiscountId": "c",
    "CommitmentDiscountName": "C",
    "CommitmentDiscountQuantity": Decimal(1),
    "CommitmentDiscountStatus": "Used",
    "CommitmentDiscountType": "Plan",
    "CommitmentDiscountUnit": "Hours",
    "PricingCategory": "Committed",
}
_SHARE = {
    "AllocatedMethodDetails": '{"Elements": [{"AllocatedRatio": 1}]}',
    "AllocatedMethodId": "m",
    "AllocatedResourceId": "a",
    "AllocatedResourceName": "A",
    "AllocatedTags": '{"user": "b"}',
}
_RESERVATION = {"CapacityReservationId": "r", "CapacityReservationStatus": "Used"}
_NEITHER: dict[str, dict[str, Any]] = {
    "Commitment": _COMMITMENT,
    "Allocated": _SHARE,
    "CapacityReservation": _RESERVATION,
}


def _given(column: str) -> dict[str, Any]:
    """What makes the rules of a column apply."""
    return next((cells for start, cells in _NEITHER.items() if column.startswith(start)), {})


def _unset(column: str, **more: Any) -> Case:
    given = _given(column)
    return changes(column, given | {column: None} | more, given)


def _set_without(column: str, other: str, value: Any) -> Case:
    return changes(column, {column: value, other: None}, _given(column))


TOGETHER = {
    f"{column}/together": _unset(column)
    for column in (
        "AllocatedResourceName",
        "CommitmentDiscountCategory",
        "CommitmentDiscountType",
        "CommitmentDiscountUnit",
        "ConsumedUnit",
        "InvoiceDetailId",
        "PricingUnit",
        "RegionName",
        "ResourceType",
        "SubAccountName",
        "SubAccountType",
    )
}
ONLY_WITH = {
    f"{column}/only-with": _set_without(column, other, value)
    for column, other, value in (
        ("AllocatedMethodDetails", "AllocatedMethodId", "{}"),
        ("AllocatedResourceId", "AllocatedMethodId", "a"),
        ("AllocatedTags", "AllocatedMethodId", "{}"),
        ("CapacityReservationStatus", "CapacityReservationId", "Used"),
        ("CommitmentDiscountName", "CommitmentDiscountId", "C"),
        ("CommitmentDiscountQuantity", "CommitmentDiscountId", Decimal(1)),
        ("CommitmentDiscountStatus", "CommitmentDiscountId", "Used"),
        ("ResourceName", "ResourceId", "llama"),
        ("SkuMeter", "SkuId", "Tokens"),
        ("SkuPriceDetails", "SkuPriceId", "{}"),
        ("SubAccountName", "SubAccountId", "Chat"),
    )
}
_FILLED = {
    f"{column}/filled": _unset(column)
    for column in (
        "AllocatedMethodDetails",
        "BillingAccountName",
        "CapacityReservationStatus",
        "ChargeDescription",
        "CommitmentDiscountQuantity",
        "CommitmentDiscountStatus",
        "ConsumedQuantity",
        "ConsumedUnit",
        "HostProviderName",
        "PricingCategory",
        "PricingQuantity",
        "PricingUnit",
        "SkuId",
        "SkuMeter",
        "SkuPriceId",
        "SubAccountName",
    )
}
_PRICES = {
    "ContractedUnitPrice": Decimal("2.4"),
    "ListUnitPrice": Decimal(3),
    "PricingCurrencyContractedUnitPrice": Decimal("2.4"),
    "PricingCurrencyListUnitPrice": Decimal(3),
}
_NOTHING = {
    "BilledCost": Decimal(0),
    "ConsumedQuantity": Decimal(0),
    "ContractedCost": Decimal(0),
    "EffectiveCost": Decimal(0),
    "ListCost": Decimal(0),
    "PricingCurrencyEffectiveCost": Decimal(0),
    "PricingQuantity": Decimal(0),
}
_OF_PRICES = {
    rule: case
    for column in _PRICES
    for rule, case in {
        f"{column}/filled": cell(column, None),
        f"{column}/filled-of-nothing": changes(column, {**_NOTHING, column: None}, _NOTHING),
        f"{column}/not-negative": cell(column, Decimal("-0.1"), Decimal(0)),
    }.items()
}
_OF_TAXES = {
    f"{column}/tax": changes(column, {**_TAX, column: value}, _TAX)
    for column, value in {
        **_PRICES,
        "PricingCategory": "Standard",
        "PricingQuantity": Decimal(1),
        "SkuId": "llama",
        "SkuPriceId": "llama",
    }.items()
}
_OF_NO_PRICE = {
    f"{column}/no-price": changes(column, {**_NO_PRICES, column: value}, _NO_PRICES)
    for column, value in {
        **_PRICES,
        "CommitmentDiscountQuantity": Decimal(1),
        "ConsumedQuantity": Decimal(1),
        "PricingCategory": "Standard",
        "PricingQuantity": Decimal(1),
    }.items()
}
_TWICE_AS_MANY = {"ConsumedQuantity": Decimal(5_000_000)}
_RAW = {"PricingQuantity": Decimal(2_500_000)}
_PURCHASE = {"ChargeCategory": "Purchase", "ChargeFrequency": "One-Time"}

ROW_CASES: dict[str, Case] = {
    **TOGETHER,
    **ONLY_WITH,
    **_FILLED,
    **_OF_PRICES,
    **_OF_TAXES,
    **_OF_NO_PRICE,
    "BilledCost/third-party": changes(
        "BilledCost",
        {"InvoiceIssuerName": "Reseller"},
        {"InvoiceIssuerName": "Reseller", "BilledCost": Decimal(0)},
    ),
    "BillingPeriodEnd/after-start": cell("BillingPeriodEnd", day(1)),
    "BillingPeriodStart/calendar-month": cell("BillingPeriodStart", day(2)),
    "ChargeFrequency/purchase": changes(
        "ChargeFrequency", {**_PURCHASE, "ChargeFrequency": "Usage-Based"}, _PURCHASE
    ),
    "ChargePeriodEnd/after-start": cell("ChargePeriodEnd", day(10)),
    "ChargePeriodEnd/in-billing-period": cell("ChargePeriodEnd", day(2, 4), day(1, 4)),
    "ChargePeriodStart/in-billing-period": cell("ChargePeriodStart", day(28, 2), day(1)),
    "ConsumedQuantity/positive": cell("ConsumedQuantity", Decimal(0)),
    "ConsumedQuantity/sign": cell("ConsumedQuantity", Decimal(-1), Decimal(0)),
    "ConsumedQuantity/usage-only": changes(
        "ConsumedQuantity", _PURCHASE, {**_PURCHASE, "ConsumedQuantity": None, "ConsumedUnit": None}
    ),
    "ContractedCost/without-price": changes(
        "ContractedCost",
        {"ContractedUnitPrice": None, "ContractedCost": Decimal(5)},
        {"ContractedUnitPrice": GONE},
    ),
    "ContractedUnitPrice/product": cell("ContractedUnitPrice", Decimal("2.5")),
    "EffectiveCost/billed": cell("EffectiveCost", Decimal("6.1")),
    "ListCost/without-price": changes(
        "ListCost", {"ListUnitPrice": GONE}, {"ListUnitPrice": GONE, "ListCost": Decimal(6)}
    ),
    "ListUnitPrice/product": cell("ListUnitPrice", Decimal("3.00000001")),
    "PricingCategory/committed": changes(
        "PricingCategory", {"PricingCategory": "Committed"}, _COMMITMENT
    ),
    "PricingCurrencyContractedUnitPrice/same-currency": cell(
        "PricingCurrencyContractedUnitPrice", Decimal(1)
    ),
    "PricingCurrencyEffectiveCost/same-currency": cell("PricingCurrencyEffectiveCost", Decimal(1)),
    "PricingCurrencyListUnitPrice/same-currency": cell("PricingCurrencyListUnitPrice", Decimal(1)),
    "PricingQuantity/counts-units": changes("PricingQuantity", _RAW, {}),
    "PricingQuantity/sign": changes(
        "PricingQuantity", {"PricingQuantity": Decimal("-2.5")}, {"PricingQuantity": Decimal(0)}
    ),
    "PricingQuantity/tokens": changes("PricingQuantity", _TWICE_AS_MANY, {}),
    "ResourceName/no-repetition": cell("ResourceName", "prod/chat/llama"),
    "ServiceSubcategory/parent": cell("ServiceSubcategory", "Containers", "Bots"),
    # cells by themselves
    "AllocatedMethodDetails/elements": changes(
        "AllocatedMethodDetails", {"AllocatedMethodDetails": "{}"}, _SHARE
    ),
    "AllocatedMethodDetails/json-object": changes(
        "AllocatedMethodDetails", {"AllocatedMethodDetails": "[]"}, _SHARE
    ),
    "AllocatedMethodDetails/nesting": changes(
        "AllocatedMethodDetails", {"AllocatedMethodDetails": '{"x_A":{"b":{"c":{}}}}'}, _SHARE
    ),
    "AllocatedMethodDetails/unit": changes(
        "AllocatedMethodDetails",
        {"AllocatedMethodDetails": '{"Elements":[{"AllocatedRatio":1,"UsageUnit":"GPU hours"}]}'},
        _SHARE,
    ),
    "AllocatedTags/key-value": cell("AllocatedTags", '{"a":{}}', '{"a":null,"b":1.5,"c":true}'),
    "AllocatedTags/not-in-tags": cell("AllocatedTags", '{"team":"b"}', '{"user":"b"}'),
    "BillingCurrency/currency": cell("BillingCurrency", "EURO", "USD"),
    "CommitmentDiscountUnit/unit": cell("CommitmentDiscountUnit", "hours", "Hours"),
    "CommitmentProgramEligibilityDetails/json-object": cell(
        "CommitmentProgramEligibilityDetails", "a", "{}"
    ),
    "CommitmentProgramEligibilityDetails/nesting": cell(
        "CommitmentProgramEligibilityDetails", '{"a":[[[1]]]}', '{"a":[[1]]}'
    ),
    "ConsumedUnit/unit": cell("ConsumedUnit", "gpu-hours", "GPU-Hours"),
    "ContractApplied/elements": cell(
        "ContractApplied", '{"Elements":[{"a":[]}]}', '{"Elements":[{"a":1}]}'
    ),
    "ContractApplied/json-object": cell("ContractApplied", '{"a":[1,1]}', '{"a":[1,2]}'),
    "ContractApplied/nesting": cell("ContractApplied", '{"a":[[[1]]]}', '{"a":[[1]]}'),
    "Currency/currency": cell("Currency", "Euro"),
    "PricingCurrency/currency": cell("PricingCurrency", "Credits"),
    "PricingUnit/unit": cell("PricingUnit", "1M Tokens"),
    "SkuPriceDetails/key-value": cell("SkuPriceDetails", '{"a":1,"a":2}'),
    "SkuPriceDetails/keys": cell("SkuPriceDetails", '{"ModelName":"a"}', '{"x_ModelName":"a"}'),
    "SkuPriceDetails/pascal-case": cell("SkuPriceDetails", '{"gpuCount":1}'),
    "SkuPriceDetails/value-types": cell("SkuPriceDetails", '{"GpuCount":"8"}', '{"GpuCount":0.5}'),
    "Tags/key-value": cell("Tags", "team=a", "{}"),
}
