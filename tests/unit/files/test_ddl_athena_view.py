"""Athena's text through a parser of its dialect, and its view, translated, on written files."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.focus.columns import columns_for
from exporter.focus.ddl.athena import athena_ddl, athena_name
from exporter.focus.ddl.dataset import Dataset, FileFormat
from tests.unit.files.folders import in_utc, make_rows, view_of, write
from tests.unit.focus.ddl.datasets import LAYOUTS, make_dataset

sqlglot = pytest.importorskip("sqlglot", reason="NOT TESTED: sqlglot is missing")

each_layout = pytest.mark.parametrize(("version", "prefix"), LAYOUTS)


def one_by_one(dataset: Dataset) -> list[str]:
    """The statements, of which Athena takes one at a time: DDL is Hive's, a view is Trino's."""
    return athena_ddl(dataset).split(";\n\n")


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@each_layout
def test_every_statement_is_understood(version: str, prefix: str, file_format: FileFormat) -> None:
    """What the parser does not know it would keep as a command without parts."""
    dataset = make_dataset(version, prefix, file_format, place="s3://bucket/it's/")

    statements = [sqlglot.parse_one(each, dialect="athena") for each in one_by_one(dataset)]

    kinds = ["TABLE"] if file_format == "parquet" else ["TABLE", "VIEW"]
    assert [type(each).__name__ for each in statements] == ["Create"] * len(kinds)
    assert [each.kind for each in statements] == kinds
    location = statements[0].find(sqlglot.exp.LocationProperty).this.this
    assert location == dataset.root


@each_layout
def test_the_view_over_csv_files_gives_what_the_parquet_files_hold(
    version: str, prefix: str, tmp_path: Path
) -> None:
    """In DuckDB's words, over texts as OpenCSVSerDe reads them: an empty field is an empty text."""
    written = make_rows(version, prefix)
    write(written, tmp_path, version, "csv")
    dataset = view_of(tmp_path, version, prefix, "csv")
    _, view = one_by_one(dataset)
    translated = sqlglot.transpile(view, read="athena", write="duckdb")[0]
    names = [athena_name(column) for column in columns_for(version, prefix)]

    with in_utc() as database:
        database.execute(_table_of_texts(f"{dataset.table}_csv", names, dataset.root))
        database.execute(translated)
        selected = ", ".join(f'"{name}"' for name in names)
        found = database.sql(f"SELECT {selected} FROM {dataset.table}").to_arrow_table()

    utc = found.rename_columns(written.column_names).cast(written.schema)
    assert utc.to_pylist() == written.to_pylist()


def _table_of_texts(table: str, names: list[str], root: str) -> str:
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    return (
        f"CREATE TABLE {table} AS SELECT * FROM read_csv('{root}*/*/*/*.csv', header = true, "
        f"columns = {{{columns}}}, nullstr = 'no cell is this', hive_partitioning = true)"
    )
