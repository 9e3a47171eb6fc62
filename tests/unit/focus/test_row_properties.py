"""Laws that hold for rows of any charges."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.cost.charges import Charges
from exporter.files.csv import encode_csv
from exporter.files.parquet import encode_parquet
from exporter.focus.columns import SELECTABLE_VERSIONS
from exporter.focus.focus_columns import FOCUS_VERSIONS
from tests.builders import KINDS, make_charges, make_charges_of, table_of

Value = TypeVar("Value")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
VERSIONS = st.sampled_from(SELECTABLE_VERSIONS)
TEXT = st.builds(
    str.__add__,
    st.sampled_from(["", *FORMULA_STARTS, '"', ",", "\n", "\\"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)
MONEY = st.just(0) | st.integers(0, 10**15)
COUNT = st.just(0) | st.integers(0, 10**12)
LABELS = st.dictionaries(TEXT, TEXT, max_size=3)
NUMBERS = {
    "amortization_nano": MONEY,
    "maintenance_nano": MONEY,
    "electricity_nano": MONEY,
    "gpu_nano_hours": MONEY,
    "observed_nano_hours": MONEY,
    "capacity_nano_hours": MONEY,
    "energy_nano_kwh": MONEY,
    "tokens_input": COUNT,
    "tokens_output": COUNT,
    "requests": COUNT,
}


few = settings(max_examples=60)  # building rows is slow next to drawing them


@st.composite
def any_charges(draw: st.DrawFn) -> Charges:
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), max_size=4))
    plain = make_charges_of(*kinds)

    def per_charge(values: st.SearchStrategy[Value]) -> list[Value]:
        return draw(st.lists(values, min_size=len(kinds), max_size=len(kinds)))

    # A number that is 0 for a kind, such as the tokens of idle time, stays 0.
    changes: dict[str, Any] = {
        name: [
            new if old else 0
            for new, old in zip(per_charge(values), getattr(plain, name), strict=True)
        ]
        for name, values in NUMBERS.items()
    }
    changes["active_nano_hours"] = [
        draw(st.integers(0, held)) if old else 0
        for held, old in zip(changes["gpu_nano_hours"], plain.active_nano_hours, strict=True)
    ]
    for name in ("namespace_labels", "pod_labels"):
        changes[name] = per_charge(LABELS)
    names = per_charge(TEXT)
    for name in ("namespace", "model"):
        old = getattr(plain, name)
        changes[name] = [new if had else None for new, had in zip(names, old, strict=True)]
    for name in ("kind", "method", "power_source", "profile"):
        changes[name] = list(getattr(plain, name))
    return make_charges(**changes)


def built(charges: Charges, version: str) -> pa.Table:
    return table_of(charges, version=version)


@few
@given(any_charges(), VERSIONS)
def test_rows_cost_what_the_charges_cost(charges: Charges, version: str) -> None:
    table = built(charges, version)

    total = Decimal(sum(charges.cost_nano.tolist())).scaleb(-9)
    for column in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
        assert (pc.sum(table[column]).as_py() or 0) == total


@few
@given(any_charges(), VERSIONS)
def test_rows_count_every_token(charges: Charges, version: str) -> None:
    table = built(charges, version)

    assert (pc.sum(table["x-InferTokensInput"]).as_py() or 0) == charges.tokens_input.sum()
    assert (pc.sum(table["x-InferTokensOutput"]).as_py() or 0) == charges.tokens_output.sum()


@few
@given(any_charges(), st.sampled_from(FOCUS_VERSIONS))
def test_price_times_quantity_at_nine_digits_is_the_cost(charges: Charges, version: str) -> None:
    for row in built(charges, version).to_pylist():
        if row["PricingQuantity"]:
            product = row["ListUnitPrice"] * row["PricingQuantity"]
            assert round(product, 9) == row["ListCost"]


@few
@given(any_charges(), VERSIONS)
def test_rows_survive_parquet(charges: Charges, version: str) -> None:
    table = built(charges, version)

    content = encode_parquet(table, "snappy", {})

    assert pq.read_table(pa.BufferReader(content)).equals(table)
    assert content == encode_parquet(built(charges, version), "snappy", {})


@few
@given(any_charges(), VERSIONS)
def test_rows_survive_csv(charges: Charges, version: str) -> None:
    table = built(charges, version)

    text = encode_csv(table).decode()

    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(read) == table.num_rows
    for found, row in zip(read, table.to_pylist(), strict=True):
        assert {name for name, value in found.items() if value == ""} == {
            name for name, value in row.items() if value is None
        }
        assert found["SkuId"].removeprefix("'") == row["SkuId"].removeprefix("'")
        assert Decimal(found["BilledCost"]) == row["BilledCost"]


@few
@given(any_charges(), VERSIONS)
def test_tags_are_json_objects_whatever_the_labels(charges: Charges, version: str) -> None:
    for text in built(charges, version)["Tags"].to_pylist():
        assert isinstance(json.loads(text), dict)


@few
@given(any_charges())
def test_no_cell_of_a_spreadsheet_starts_a_formula(charges: Charges) -> None:
    table = built(charges, "infercost-1.0")

    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    for row in csv.DictReader(io.StringIO(encode_csv(table).decode(), newline="")):
        assert not [name for name in texts if row[name].startswith(FORMULA_STARTS)]


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_the_order_of_other_rows_does_not_change_a_row(version: str) -> None:
    forth = built(make_charges_of("model", "idle"), version).to_pylist()
    back = built(make_charges_of("idle", "model"), version).to_pylist()

    assert forth == back[::-1]
