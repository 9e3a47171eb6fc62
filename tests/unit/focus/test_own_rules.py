from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from exporter.focus.columns import arrow_schema
from exporter.focus.constants import TracedRows, constants_of
from exporter.focus.own_rules import OwnRules
from exporter.focus.rules.layout import layout_of
from exporter.focus.rules.rule import Level
from tests.builders import KINDS, make_charges_of, table_of

VERSION = "1.3"
SCHEMA = arrow_schema(VERSION, "x-Infer")


def own_rules() -> OwnRules:
    return OwnRules(VERSION, SCHEMA, lambda rule: rule.level is Level.ERROR)


def coded(table: pa.Table) -> pa.RecordBatch:
    (batch,) = table.combine_chunks().to_batches()
    columns = [
        column.dictionary_encode(null_encoding="encode")
        if pa.types.is_string(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=table.column_names)


def good() -> pa.Table:
    return table_of(make_charges_of(*KINDS, region="eu-1"), version=VERSION)


def with_column(name: str, values: list[object]) -> pa.RecordBatch:
    table = good()
    field = table.schema.field(name)
    place = table.schema.get_field_index(name)
    return coded(table.set_column(place, name, pa.array(values, field.type)))


def test_built_rows_keep_all_rules_also_when_asked_again() -> None:
    rules = own_rules()

    assert [rules.are_kept(coded(good())) for _ in range(2)] == [True, True]
    assert rules.are_kept(coded(good()).slice(0, 0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ServiceName", ""),
        ("ServiceSubcategory", "Containers"),
        ("BillingCurrency", "Euro"),
        ("BillingAccountId", None),
        ("InvoiceId", ""),
        ("CommitmentDiscountType", "a"),
        ("x-InferCluster", "other"),
        ("ChargePeriodEnd", datetime(2026, 3, 9, tzinfo=UTC)),
    ],
)
def test_one_wrong_value_in_all_rows_is_found_after_right_ones(name: str, value: object) -> None:
    rules = own_rules()
    assert rules.are_kept(coded(good()))

    broken = with_column(name, [value] * len(KINDS))

    assert [rules.are_kept(broken) for _ in range(2)] == [False, False]
    assert rules.are_kept(coded(good()))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ListCost", Decimal("6.00000001")),
        ("ResourceId", None),
        ("Tags", "[]"),
        ("x-InferTokensInput", -1),
        ("x-InferNamespace", ""),
    ],
)
def test_a_wrong_cell_is_found_after_right_rows(name: str, value: object) -> None:
    rules = own_rules()
    assert rules.are_kept(coded(good()))

    assert not rules.are_kept(with_column(name, [*good()[name].to_pylist()[:-1], value]))


def test_an_equal_price_with_two_skus_is_found_among_all_rows() -> None:
    names = good()["SkuId"].to_pylist()

    assert not own_rules().are_kept(with_column("SkuId", ["another", *names[1:]]))


def test_another_schema_is_not_kept() -> None:
    floats = pa.schema([pa.field(each.name, pa.float64()) for each in SCHEMA])

    assert not OwnRules(VERSION, floats, lambda rule: True).are_kept(coded(good()))


def test_columns_with_one_text_or_only_null_are_constant() -> None:
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array(["a", "a"]).dictionary_encode(),
            pa.array([None, None], pa.string()).dictionary_encode(null_encoding="encode"),
            pa.array(["a", "b"]).dictionary_encode(),
            pa.array(["a", None]).dictionary_encode(),
            pa.nulls(2, pa.int64()),
            pa.array([1, 1]),
        ],
        names=["same", "none", "two", "some", "nulls", "numbers"],
    )

    assert constants_of(batch) == (("same", "a"), ("none", None), ("nulls", None))


def test_rows_know_what_they_were_asked_for() -> None:
    batch = coded(good()).slice(0, 1)
    rows = TracedRows(layout_of("", 0, VERSION, SCHEMA, text=False), batch, 0)

    assert rows.usage.all()
    rows.equal("SkuId", "SkuPriceId")
    rows.numbers("ListCost")

    assert rows.touched == {"ChargeCategory", "SkuId", "SkuPriceId", "ListCost"}
