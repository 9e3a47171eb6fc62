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
    "x_InferTokensInput": 1_500_000,
    "x_InferTokensOutput": 1_000_000,
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

_HOURS = {
    "x_InferGpuHours": Decimal(3),
    "x_InferActiveGpuHours": Decimal(2),
    "x_InferUtilizationPercent": Decimal("66.666666667"),
}
_SPLIT_USAGE = {
    "AllocatedMethodDetails": (
        '{"Elements":[{"AllocatedRatio":0.5,"UsageQuantity":3,"UsageUnit":"GPU-Hours",'
        '"x_Component":"hardware"},{"AllocatedRatio":0.5,"UsageQuantity":1.5,'
        '"UsageUnit":"Kilowatt-Hours","x_Component":"electricity"}]}'
    ),
    "AllocatedMethodId": "m",
    "ConsumedQuantity": Decimal(3),
    "ConsumedUnit": "GPU-Hours",
    "x_InferGpuHours": Decimal(3),
    "x_InferEnergyKWh": Decimal("1.5"),
}


def _own(column: str, value: Any, **options: Any) -> Case:
    return changes(column, {**_OWN, column: value}, _OWN, **options)


def _with(more: dict[str, Any], column: str, value: Any, *, named: str = "") -> Case:
    """A row with more columns, of which one has a value that breaks a rule."""
    good = {**_OWN, **more}
    return changes(named or column, {**good, column: value}, good)


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
    "extensions/active-hours": _with(_HOURS, "x_InferActiveGpuHours", Decimal("3.01")),
    "extensions/calendar-month": _own("BillingPeriodStart", day(2)),
    "extensions/cluster": _own("x_InferCluster", "test"),
    "extensions/completeness": _own("x_InferCompleteness", Decimal("1.000000001")),
    "extensions/costs-add-up": changes(
        "EffectiveCost", {**_OWN, "x_InferMaintenanceCost": Decimal(2)}, _OWN
    ),
    "extensions/cost-per-million": _with(
        {"x_InferCostPerMillionTokens": Decimal("2.4")},
        "x_InferCostPerMillionTokens",
        Decimal("2.400000002"),
    ),
    "extensions/counts": _own("x_InferTokensInput", -1),
    "extensions/filled": _own("Tags", None),
    "extensions/meter": changes(
        "SkuMeter",
        {**_OWN, "SkuMeter": "Input Tokens"},
        {
            **_OWN,
            "SkuMeter": "Input Tokens",
            "x_InferTokensInput": 2_500_000,
            "x_InferTokensOutput": 0,
        },
    ),
    "extensions/not-empty": _own("x_InferCostProfile", ""),
    "extensions/not-negative": _with(
        {"x_InferEnergyKWh": Decimal(0)}, "x_InferEnergyKWh", Decimal("-0.000000001")
    ),
    "extensions/not-null": _own("x_InferCluster", None),
    "extensions/savings": _with(
        {"x_InferCloudEquivalentCostUSD": Decimal(0), "x_InferSavingsPercent": None},
        "x_InferSavingsPercent",
        Decimal(0),
    ),
    "extensions/split-hours": _with(_SPLIT_USAGE, "ConsumedQuantity", Decimal("3.000000001")),
    "extensions/split-quantities": _with(
        _SPLIT_USAGE, "x_InferEnergyKWh", Decimal(2), named="AllocatedMethodDetails"
    ),
    "extensions/tokens": _with({}, "x_InferTokensInput", 1_500_001, named="ConsumedQuantity"),
    "extensions/type": _own(
        "x_InferTokensInput", "1", row=None, types={"x_InferTokensInput": pa.string()}
    ),
    "extensions/utilization": _with(_HOURS, "x_InferUtilizationPercent", Decimal("66.666666669")),
}
