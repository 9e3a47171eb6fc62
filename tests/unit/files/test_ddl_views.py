"""DuckDB runs the view: every column of the written files, with its name, type and values."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from exporter.focus.column import Column, ColumnType
from exporter.focus.columns import columns_for
from exporter.focus.ddl.dataset import PARTITIONS, FileFormat
from exporter.focus.ddl.duckdb_view import duckdb_view
from tests.builders import KINDS, NOON
from tests.unit.files.folders import in_utc, make_rows, view_of, write
from tests.unit.focus.ddl.datasets import LAYOUTS

FORMATS: list[FileFormat] = ["parquet", "csv"]
DAY = 24 * 3600

each_layout = pytest.mark.parametrize(("version", "prefix"), LAYOUTS)
each_format = pytest.mark.parametrize("file_format", FORMATS)


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


@each_format
@each_layout
def test_the_view_has_every_column_with_its_type(
    version: str, prefix: str, file_format: FileFormat, tmp_path: Path
) -> None:
    write(make_rows(version, prefix), tmp_path, version, file_format)
    dataset = view_of(tmp_path, version, prefix, file_format)

    with in_utc() as database:
        database.execute(duckdb_view(dataset))
        described = database.execute(f"DESCRIBE {dataset.table}").fetchall()

    assert [(name, kind) for name, kind, *_ in described] == [
        *((column.name, sql_type(column)) for column in columns_for(version, prefix)),
        *((name, "INTEGER") for name in PARTITIONS),
    ]


@each_format
@each_layout
def test_the_view_has_every_value(
    version: str, prefix: str, file_format: FileFormat, tmp_path: Path
) -> None:
    """Each column is asked for by name; to the last digit, null as null."""
    written = make_rows(version, prefix)
    write(written, tmp_path, version, file_format)
    dataset = view_of(tmp_path, version, prefix, file_format)
    names = ", ".join(f'"{name}"' for name in written.column_names)

    with in_utc() as database:
        database.execute(duckdb_view(dataset))
        found = database.sql(f"SELECT {names} FROM {dataset.table}").to_arrow_table()

    assert found.cast(written.schema).to_pylist() == written.to_pylist()


@each_format
def test_partitions_are_numbers_that_choose_the_files(
    file_format: FileFormat, tmp_path: Path
) -> None:
    """Every day is in the view, those of another layout and of side reports are not."""
    days = [NOON, NOON + DAY, NOON + 40 * DAY]  # 10 and 11 March, 19 April
    for noon in days:
        write(make_rows("1.3", noon=noon), tmp_path, "1.3", file_format, noon)
    write(make_rows("1.2"), tmp_path, "1.2", file_format)
    write(make_rows("1.3"), tmp_path / "focus/reports/team", "1.3", file_format)
    dataset = view_of(tmp_path, "1.3", "x-Infer", file_format)

    with in_utc() as database:
        database.execute(duckdb_view(dataset))
        counted = database.execute(
            f"SELECT year, month, day, count(*), min(extract(day FROM ChargePeriodStart)) "
            f"FROM {dataset.table} WHERE month = 3 GROUP BY ALL ORDER BY ALL"
        ).fetchall()

    assert counted == [(2026, 3, 10, len(KINDS), 10), (2026, 3, 11, len(KINDS), 11)]


@each_format
def test_files_written_later_are_in_the_view(file_format: FileFormat, tmp_path: Path) -> None:
    write(make_rows("1.3"), tmp_path, "1.3", file_format)
    dataset = view_of(tmp_path, "1.3", "x-Infer", file_format)

    with in_utc() as database:
        database.execute(duckdb_view(dataset))
        later = NOON + DAY
        write(make_rows("1.3", noon=later), tmp_path, "1.3", file_format, later)
        counted = database.execute(f"SELECT count(*) FROM {dataset.table}").fetchall()

    assert counted == [(2 * len(KINDS),)]


@each_format
@pytest.mark.parametrize("name", ["it's", 'say "hi"', "[a] *b?", "a;b -- c", "ü{x}$y"])
def test_any_folder_can_be_read(name: str, file_format: FileFormat, tmp_path: Path) -> None:
    """Quotes end no text, and signs of patterns stand for themselves."""
    place = tmp_path / name
    write(make_rows("1.3"), place, "1.3", file_format)
    dataset = view_of(place, "1.3", "x-Infer", file_format)

    with in_utc() as database:
        database.execute(duckdb_view(dataset))
        counted = database.execute(f"SELECT count(*) FROM {dataset.table}").fetchall()

    assert counted == [(len(KINDS),)]


def test_an_empty_text_in_csv_is_not_null(tmp_path: Path) -> None:
    written = make_rows("1.3")
    place = written.column_names.index("BillingAccountName")
    empty = written.set_column(place, "BillingAccountName", pa.array([""] * len(written)))
    write(empty, tmp_path, "1.3", "csv")
    dataset = view_of(tmp_path, "1.3", "x-Infer", "csv")

    with in_utc() as database:
        database.execute(duckdb_view(dataset))
        found = database.execute(
            f"SELECT DISTINCT BillingAccountName, InvoiceId FROM {dataset.table}"
        ).fetchall()

    assert found == [("", None)]


@each_format
def test_the_text_ends_with_a_line_end_and_is_always_the_same(file_format: FileFormat) -> None:
    dataset = view_of(Path("out"), "1.3", "x-Infer", file_format)

    assert duckdb_view(dataset).endswith(";\n")
    assert duckdb_view(dataset) == duckdb_view(dataset)
