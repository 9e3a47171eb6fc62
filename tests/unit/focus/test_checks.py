from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporter.focus.checks import check_rows, faults
from exporter.focus.columns import SELECTABLE_VERSIONS
from tests.builders import KINDS, make_charges_of, table_of


def valid_rows(version: str = "1.3") -> pa.Table:
    charges = make_charges_of(*KINDS, region="eu-1")
    return table_of(charges, version=version)


def with_cell(table: pa.Table, column: str, row: int, value: Any) -> pa.Table:
    values = table[column].to_pylist()
    values[row] = value
    field = pa.field(column, table.schema.field(column).type)
    return table.set_column(table.column_names.index(column), field, pa.array(values, field.type))


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_built_rows_break_no_rule(version: str) -> None:
    assert list(faults(valid_rows(version), version)) == []


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("BilledCost", None, "is null"),
        ("PricingCategory", None, "is null"),
        ("PricingCurrency", None, "is null"),
        ("SkuMeter", None, "is null"),
        ("ResourceName", None, "is null"),
        ("ChargeDescription", None, "is null"),
        ("SkuPriceId", None, "is null"),
        ("Tags", None, "is null"),
        ("HostProviderName", None, "is null"),
        ("x-InferCluster", None, "is null"),
        ("ServiceName", "", "stands in for null"),
        ("InvoiceId", "", "stands in for null"),
        ("x-InferCostProfile", "", "is an empty text, not null"),
        ("ChargeCategory", "usage", "is not one of the allowed values"),
        ("PricingCategory", "Usage-Based", "is not one of the allowed values"),
        ("Tags", "costProfile=a", "is no flat JSON object with unique keys"),
        ("Tags", '{"a":{"b":1}}', "is no flat JSON object with unique keys"),
        ("Tags", '["a"]', "is no flat JSON object with unique keys"),
        ("SubAccountName", None, "and SubAccountId are not null together"),
        ("SubAccountType", None, "and SubAccountId are not null together"),
        ("RegionName", None, "and RegionId are not null together"),
        ("ContractedUnitPrice", None, "is null"),
        ("ListUnitPrice", Decimal(-1), "is negative"),
        ("ListUnitPrice", None, "is null"),
        ("ListUnitPrice", Decimal("1.50000001"), "times PricingQuantity is not ListCost"),
        ("ListCost", Decimal("6.00000001"), "times PricingQuantity is not ListCost"),
        ("EffectiveCost", Decimal(0), "is not BilledCost, and no purchase covers it"),
        ("ServiceSubcategory", "Containers", "is of another ServiceCategory"),
        ("BillingCurrency", "Euro", "is no currency code of ISO 4217"),
        ("BillingCurrency", "eur", "is no currency code of ISO 4217"),
        ("ChargePeriodStart", datetime(2026, 2, 28, tzinfo=UTC), "is before BillingPeriodStart"),
        ("ChargePeriodEnd", datetime(2026, 3, 9, tzinfo=UTC), "is not after ChargePeriodStart"),
        ("ChargePeriodEnd", datetime(2026, 3, 10, tzinfo=UTC), "is not after ChargePeriodStart"),
        ("ChargePeriodEnd", datetime(2026, 4, 2, tzinfo=UTC), "is after BillingPeriodEnd"),
    ],
)
def test_a_broken_cell_is_named(column: str, value: object, what: str) -> None:
    broken = with_cell(valid_rows(), column, 2, value)

    found = [(fault.column, fault.row, fault.what) for fault in faults(broken, "1.3")]

    named = "ListUnitPrice" if column == "ListCost" else column
    assert (named, 3, what) in found


def test_the_first_broken_rule_is_raised() -> None:
    broken = with_cell(valid_rows(), "BilledCost", 3, None)

    with pytest.raises(ValueError, match=r"^BilledCost of row 4 is null$"):
        check_rows(broken, "1.3")


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("PricingUnit", "1000000 Tokens", "is not one of the allowed values"),
        ("UsageUnit", None, "is null"),
        ("Currency", "Euro", "is no currency code of ISO 4217"),
    ],
)
def test_the_infercost_layout_has_rules_of_its_own(
    column: str, value: str | None, what: str
) -> None:
    broken = with_cell(valid_rows("infercost-1.0"), column, 1, value)

    with pytest.raises(ValueError, match=f"^{column} of row 2 {what}$"):
        check_rows(broken, "infercost-1.0")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"^SkuMeter is missing$"):
        check_rows(valid_rows().drop_columns(["SkuMeter"]), "1.3")


def test_a_wrong_schema_is_all_that_is_looked_at() -> None:
    broken = with_cell(valid_rows(), "BilledCost", 3, None).drop_columns(["SkuMeter"])

    assert [(fault.column, fault.what) for fault in faults(broken, "1.3")] == [
        ("SkuMeter", "is missing"),
        ("AllocatedMethodDetails", "and the others are not in the order written"),
    ]


def test_a_column_too_many_is_named() -> None:
    table = valid_rows()

    with pytest.raises(ValueError, match=r"^Region is no column of this version$"):
        check_rows(table.append_column("Region", table["RegionId"]), "1.3")


def test_another_order_is_a_fault() -> None:
    table = valid_rows()
    turned = table.select(list(reversed(table.column_names)))

    with pytest.raises(ValueError, match="not in the order written"):
        check_rows(turned, "1.3")


def test_a_wrong_type_is_named() -> None:
    table = valid_rows()
    floats = table.set_column(6, "BilledCost", table["BilledCost"].cast(pa.float64()))

    with pytest.raises(ValueError, match=r"^BilledCost has type double, not decimal128\(38, 18\)$"):
        check_rows(floats, "1.3")


def test_rows_behind_the_strict_prefix_are_recognised() -> None:
    charges = make_charges_of("model")
    table = table_of(charges, prefix="x_Infer")

    assert list(faults(table, "1.3")) == []
