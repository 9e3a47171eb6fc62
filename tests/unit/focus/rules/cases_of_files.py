"""Cases of the rules about columns, about all rows of all files, and about this program's files."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from tests.unit.focus.rules.case import GONE, Case, cell, changes
from tests.unit.focus.rules.given import day

_HALF = {
    "AllocatedMethodDetails": '{"Elements": [{"AllocatedRatio": 0.5}]}',
    "AllocatedMethodId": "m",
    "AllocatedResourceId": "a",
    "AllocatedResourceName": "A",
}
_OTHER_HALF = {**_HALF, "AllocatedResourceId": "b", "AllocatedResourceName": "B"}
_HALVES = (_HALF, _OTHER_HALF)
_NO_AMOUNTS = {
    name: Decimal(0)
    for name in (
        "BilledCost",
        "ConsumedQuantity",
        "ContractedCost",
        "EffectiveCost",
        "ListCost",
        "PricingCurrencyEffectiveCost",
        "PricingQuantity",
    )
}
_OWN = {
    "x_InferCluster": "prod",
    "x_InferTokensInput": 1,
    "x_InferTokensOutput": 1,
    "x_InferTokensCached": 0,
    "x_InferRequests": 0,
    "x_InferAmortizationCost": Decimal(4),
    "x_InferMaintenanceCost": Decimal(1),
    "x_InferElectricityCost": Decimal(1),
    "x_InferAllocationMethod": "gpu-time",
    "x_InferCompleteness": Decimal(1),
    "x_InferCostProfile": "pool",
    "PricingCategory": "Dynamic",
}


def _own(column: str, value: Any, **options: Any) -> Case:
    return changes(column, {**_OWN, column: value}, _OWN, **options)


def _two(column: str, second: Any, rule_column: str) -> Case:
    """The second row has another value, in a file of its own, and names `rule_column`."""
    return Case(
        broken=({}, {column: second}),
        good=({}, {}),
        column=rule_column,
        file="b",
        apart=True,
    )


FILE_CASES: dict[str, Case] = {
    "PricingCurrency/complete": cell("PricingCurrencyListUnitPrice", GONE, row=None),
    "AllocatedMethodDetails/present": cell("AllocatedMethodDetails", GONE, row=None),
    "columns/alphabetical": changes(
        "x_A", {"x_B": "1", "x_A": "1"}, {"x_A": "1", "x_B": "1"}, row=None
    ),
    "columns/custom-name": changes(
        "x_some_thing", {"x_some_thing": "1"}, {"x_SomeThing": "1"}, row=None
    ),
    "columns/exact-numbers": cell("BilledCost", 6.0, row=None, types={"BilledCost": pa.float64()}),
    "columns/hyphen": changes("x-Thing", {"x-Thing": "1"}, {"x_Thing": "1"}, row=None),
    "columns/known": cell("BillingCurrency", "EUR", GONE, row=None),
    "columns/older-name": cell("UsageUnit", "Tokens", GONE, row=None),
    "columns/prefix": changes("Thing", {"Thing": "1"}, {"x_Thing": "1"}, row=None),
    "split/columns": cell("AllocatedTags", GONE, row=None),
}
DATASET_CASES: dict[str, Case] = {
    "BillingAccountName/one-BillingAccountId": _two("BillingAccountId", "b", "BillingAccountName"),
    "ServiceName/one-ServiceCategory": _two("ServiceCategory", "Compute", "ServiceName"),
    "ServiceName/one-ServiceSubcategory": _two("ServiceSubcategory", "Bots", "ServiceName"),
    "SkuPriceId/one-SkuId": _two("SkuId", "other", "SkuPriceId"),
    "SkuPriceId/one-SkuPriceDetails": _two("SkuPriceDetails", "{}", "SkuPriceId"),
    "AllocatedResourceId/once": Case(broken=(_HALF, _HALF), good=_HALVES, column="", row=2),
    "extensions/once": Case(
        broken=(_OWN, {**_OWN, "BilledCost": Decimal(1)}),
        good=(_OWN, {**_OWN, "x_InferPod": "p"}),
        column="",
        file="b",
        apart=True,
    ),
    "extensions/no-overlap": Case(
        broken=(_OWN, {**_OWN, "ChargePeriodEnd": day(12)}),
        good=(_OWN, {**_OWN, "ChargePeriodStart": day(11), "ChargePeriodEnd": day(12)}),
        column="ChargePeriodStart",
        row=2,
    ),
    "rows/once": Case(
        broken=({}, {"BilledCost": Decimal(1)}),
        good=({}, {"ResourceId": "b"}),
        column="",
        row=2,
    ),
    "rows/no-overlap": Case(
        broken=({}, {"ChargePeriodEnd": day(12)}),
        good=({}, {"ChargePeriodStart": day(11), "ChargePeriodEnd": day(12)}),
        column="ChargePeriodStart",
        file="b",
        apart=True,
    ),
    "split/dimensions": Case(
        broken=(_HALF, {**_OTHER_HALF, "SubAccountId": "other"}),
        good=_HALVES,
        column="SubAccountId",
        row=2,
    ),
    "split/no-origin": Case(
        broken=({}, *_HALVES), good=(_NO_AMOUNTS, *_HALVES), column="AllocatedMethodId"
    ),
    "split/one-method": Case(
        broken=(_HALF, {**_OTHER_HALF, "AllocatedMethodId": "n"}),
        good=_HALVES,
        column="AllocatedMethodId",
        row=2,
    ),
    "split/ratios": Case(broken=(_HALF,), good=_HALVES, column="AllocatedMethodDetails"),
    "split/shares": Case(
        broken=(_HALF, {**_OTHER_HALF, "EffectiveCost": Decimal("6.1")}),
        good=_HALVES,
        column="EffectiveCost",
    ),
}
OWN_CASES: dict[str, Case] = {
    "extensions/calendar-month": _own("BillingPeriodStart", day(2)),
    "extensions/completeness": _own("x_InferCompleteness", Decimal("1.000000001")),
    "extensions/costs-add-up": changes(
        "EffectiveCost", {**_OWN, "x_InferMaintenanceCost": Decimal(2)}, _OWN
    ),
    "extensions/counts": _own("x_InferTokensInput", -1),
    "extensions/filled": _own("Tags", None),
    "extensions/not-empty": _own("x_InferCostProfile", ""),
    "extensions/not-null": _own("x_InferCluster", None),
    "extensions/type": _own(
        "x_InferTokensInput", "1", row=None, types={"x_InferTokensInput": pa.string()}
    ),
}
