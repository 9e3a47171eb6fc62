"""Rows of every layout as cells of one form."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from exporter.chargeback.cells import COLUMNS, DETAILED, cells_of, columns_needed
from exporter.errors import UnreadableFile
from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.extensions import PREFIXES
from tests.builders import make_charges, make_charges_of, table_of
from tests.unit.chargeback.reports import DAY, batches

ONE_OF_EACH = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
MINIMAL = {
    "EffectiveCost": pa.array(["1.5"]),
    "ChargePeriodStart": pa.array(["2026-03-10T00:00:00Z"]),
    "ChargePeriodEnd": pa.array(["2026-03-11T00:00:00Z"]),
    "BillingCurrency": pa.array(["USD"]),
}


def cells(*, text: bool = True, **changes: pa.Array) -> pa.Table:
    return cells_of(pa.RecordBatch.from_pydict(MINIMAL | changes), text=text)


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_layout_has_the_same_cells(version: str, prefix: str) -> None:
    table = table_of(ONE_OF_EACH, version=version, prefix=prefix)
    (batch,) = batches(table, text=False)
    found = cells_of(batch, text=False)
    assert found.column_names == [*COLUMNS, DETAILED]
    assert found["EffectiveCost"].to_pylist() == table["EffectiveCost"].to_pylist()
    assert found["ChargePeriodStart"].to_pylist() == [DAY[0]] * 5
    assert found["TokensInput"].to_pylist() == [1_500_000, 0, 0, 0, 1_500_000]


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_a_csv_has_the_cells_of_the_parquet(version: str) -> None:
    table = table_of(ONE_OF_EACH, version=version)
    (plain,), (text,) = batches(table, text=False), batches(table, text=True)
    assert cells_of(text, text=True).equals(cells_of(plain, text=False))


def test_a_layout_without_a_column_has_null_in_it() -> None:
    (batch,) = batches(table_of(make_charges(), version="infercost-1.0"), text=False)
    (row,) = cells_of(batch, text=False).to_pylist()
    assert row["BillingCurrency"] == "USD"
    assert (row["Cluster"], row["GpuHours"], row["Requests"]) == (None, None, None)
    assert row[DETAILED] is False


def test_only_needed_columns_are_read_in_the_files_order() -> None:
    names = [column.name for column in columns_for("1.3", "x_Infer")]
    needed = columns_needed(names)
    assert needed == [name for name in names if name in needed]
    assert {"EffectiveCost", "x_InferGpuHours", "Tags"} <= set(needed)
    assert "BilledCost" not in needed
    assert len(needed) == len(COLUMNS)


def test_tags_are_read_only_where_they_are_asked_for() -> None:
    assert columns_needed(["Tags", "SubAccountId", "AllocatedTags"], tags=False) == ["SubAccountId"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("'=cmd", "=cmd"), ("'-1", "-1"), ("'@a", "@a"), ("'plain", "'plain"), ("=cmd", "=cmd")),
        *(("'\na", "\na"), ("''=cmd", "'=cmd"), ("''", "''")),
    ],
)
def test_the_guard_of_a_formula_is_no_part_of_a_text_in_csv(written: str, meant: str) -> None:
    column = {"SubAccountId": pa.array([written])}
    assert cells(**column)["SubAccountId"].to_pylist() == [meant]
    assert cells(**column, text=False)["SubAccountId"].to_pylist() == [written]


@pytest.mark.parametrize(
    "digits",
    [
        "0.000000000000000001",
        "12345678901234567890.123456789012345678",
        "-99999999999999999999.9",
        "000000000000000000000007",
    ],
)
def test_a_number_keeps_all_its_digits(digits: str) -> None:
    assert cells(EffectiveCost=pa.array([digits]))["EffectiveCost"].to_pylist() == [Decimal(digits)]


def test_numbers_of_another_width_are_taken() -> None:
    narrow = pa.array([Decimal("1.25")], pa.decimal128(5, 2))
    assert cells(EffectiveCost=narrow, text=False)["EffectiveCost"].to_pylist() == [Decimal("1.25")]
    moment = pa.array([datetime(2026, 3, 10, 12, tzinfo=UTC)], pa.timestamp("ns", "UTC"))
    assert cells(ChargePeriodStart=moment, text=False)["ChargePeriodStart"].to_pylist() == [
        DAY[0] + 12 * 3600
    ]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("EffectiveCost", pa.array([1.5]), "EffectiveCost holds double, expected decimal"),
        ("EffectiveCost", pa.array(["much"]), 'EffectiveCost has the value "much"'),
        ("EffectiveCost", pa.array(["1e3"]), "at most 18 digits after the point and 20 before"),
        ("EffectiveCost", pa.array(["123456789012345678901"]), '"123456789012345678901"'),
        ("EffectiveCost", pa.array(["0.1234567890123456789"]), '"0.1234567890123456789"'),
        ("EffectiveCost", pa.array([None], pa.string()), "rows without EffectiveCost"),
        ("BillingCurrency", pa.array([None], pa.string()), "rows without BillingCurrency"),
        ("SubAccountId", pa.array([1]), "SubAccountId holds int64, expected string"),
        ("ChargePeriodStart", pa.array(["yesterday"]), 'ChargePeriodStart has the value "yest'),
        ("ChargePeriodStart", pa.array(["2026-03-10T00:00:00"]), "expected a time such as 2026"),
        ("ChargePeriodStart", pa.array([1]), "ChargePeriodStart holds int64, expected datetime"),
        ("x-InferTokensInput", pa.array(["1.5"]), "x-InferTokensInput has the value"),
        ("x-InferTokensInput", pa.array([Decimal("1.5")]), "expected integer"),
    ],
)
def test_what_is_no_such_cell_is_unreadable(column: str, values: pa.Array, words: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        cells(**{column: values})
    assert words in str(caught.value)


def test_a_file_without_a_cost_is_unreadable() -> None:
    batch = pa.RecordBatch.from_pydict({"SubAccountId": pa.array(["chat"])})
    with pytest.raises(UnreadableFile, match="rows without EffectiveCost"):
        cells_of(batch, text=True)
