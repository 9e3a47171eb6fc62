"""DuckDB reads the files as a user would: what the Parquet file says, the CSV file says too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from exporter.files.csv import encode_csv
from exporter.files.parquet import encode_parquet
from exporter.focus.column import Column, ColumnType
from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from tests.builders import KINDS, make_charges_of, table_of


def rows(version: str) -> pa.Table:
    charges = make_charges_of(
        *KINDS,
        namespace_labels={"team": 'search, "ads"'},
        workload="llama\nserver",
        region="eu-1",
    )
    return table_of(charges, version=version)


def sql_type(column: Column) -> str:
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return "VARCHAR"
        case ColumnType.DECIMAL:
            return f"DECIMAL({column.precision},{column.scale})"
        case ColumnType.INTEGER:
            return "BIGINT"
        case ColumnType.DATETIME:
            return "TIMESTAMP WITH TIME ZONE"


def sql_types(version: str) -> dict[str, str]:
    return {column.name: sql_type(column) for column in columns_for(version, "x-Infer")}


def query(text: str, *parameters: Any) -> list[Any]:
    with duckdb.connect() as database:
        return database.execute(text, parameters).fetchall()


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_parquet_has_the_declared_types(version: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(encode_parquet(rows(version), "snappy", {}))

    described = query("DESCRIBE SELECT * FROM read_parquet(?)", str(path))

    assert {name: kind for name, kind, *_ in described} == sql_types(version)


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_csv_and_parquet_hold_the_same_rows(version: str, tmp_path: Path) -> None:
    table = rows(version)
    parquet, csv = tmp_path / "rows.parquet", tmp_path / "rows.csv"
    parquet.write_bytes(encode_parquet(table, "zstd", {}))
    csv.write_bytes(encode_csv(table))
    from_parquet = "SELECT * FROM read_parquet($parquet)"
    from_csv = f"SELECT * FROM read_csv($csv, header = true, columns = {sql_types(version)})"

    with duckdb.connect() as database:
        paths = {"parquet": str(parquet), "csv": str(csv)}
        both = f"{from_parquet} EXCEPT ALL {from_csv}", f"{from_csv} EXCEPT ALL {from_parquet}"
        differences = [database.execute(each, paths).fetchall() for each in both]
        found = database.execute(f"SELECT BilledCost FROM ({from_csv})", {"csv": str(csv)})
        costs = [cost for (cost,) in found.fetchall()]

    assert differences == [[], []]
    assert costs == table["BilledCost"].to_pylist()


def test_a_reader_that_guesses_finds_no_integers_among_focus_amounts(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(encode_csv(rows("1.3")))

    described = dict(
        row[:2] for row in query("DESCRIBE SELECT * FROM read_csv(?, header = true)", str(path))
    )

    assert described["ConsumedQuantity"] == "DOUBLE"
    assert described["x-InferTokensInput"] == "BIGINT"
    assert described["ChargePeriodStart"].startswith("TIMESTAMP")


def test_tags_are_found_by_json_functions(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(encode_parquet(rows("1.3"), "snappy", {}))

    found = query("SELECT DISTINCT Tags ->> '$.team' FROM read_parquet(?)", str(path))

    assert found == [('search, "ads"',)]
