"""Rows in the folders of a destination, and a database to read them with."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from exporter.files.csv import encode_csv
from exporter.files.parquet import encode_parquet
from exporter.focus.columns import columns_for
from exporter.focus.ddl.dataset import Dataset, FileFormat
from exporter.periods import Schedule, period_at
from exporter.storage.keys import dataset_prefix, layout_name, object_key
from tests.builders import KINDS, NOON, make_charges_of, table_of


def make_rows(version: str, prefix: str = "x-Infer", noon: int = NOON) -> pa.Table:
    """A row of each kind on the day of `noon`, with texts that CSV has to quote."""
    labels = {"team": 'search, "ads"', "owner": "a\nb"}
    charges = make_charges_of(*KINDS, namespace_labels=labels, workload="llama\nserver")
    period = period_at(Schedule.DAILY, noon)
    return table_of(charges, version=version, prefix=prefix, period=period)


def write(table: pa.Table, place: Path, version: str, form: FileFormat, noon: int = NOON) -> None:
    """The table as the only object of that day below the place."""
    period = period_at(Schedule.DAILY, noon)
    path = place / object_key("focus/", layout_name(version), "prod", "default", period, form)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_csv(table) if form == "csv" else encode_parquet(table, "snappy", {}))


def view_of(place: Path, version: str, prefix: str, file_format: FileFormat) -> Dataset:
    layout = layout_name(version)
    root = dataset_prefix(f"{place}/focus/", layout)
    return Dataset(layout, root, columns_for(version, prefix), file_format)


def in_utc() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    return database
