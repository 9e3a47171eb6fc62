"""A DuckDB view over written files: names as in the file, exact types, partitions as integers.

The files are matched by a pattern, so that those written later are in the view at once.
"""

from __future__ import annotations

import glob

from exporter.focus.column import Column, ColumnType
from exporter.focus.ddl.dataset import PARTITIONS, Dataset

_TYPES = ", ".join(f"'{name}': INTEGER" for name in PARTITIONS)
_HIVE = ("hive_partitioning = true", f"hive_types = {{{_TYPES}}}")


def duckdb_view(dataset: Dataset) -> str:
    """One CREATE VIEW statement, with a line end. At least one file must be there to run it."""
    read = _read_csv(dataset) if dataset.file_format == "csv" else _read_parquet(dataset)
    names = ",\n".join(f"  {each}" for each in (*_selected(dataset), *PARTITIONS))
    return f"CREATE OR REPLACE VIEW {dataset.table} AS\nSELECT\n{names}\nFROM {read};\n"


def _selected(dataset: Dataset) -> list[str]:
    """The columns; those of Parquet files with a cast, which costs nothing where the type is so."""
    names = [_name(column) for column in dataset.columns]
    if dataset.file_format == "csv":
        return names
    types = [duckdb_type(column) for column in dataset.columns]
    return [f"CAST({name} AS {kind}) AS {name}" for name, kind in zip(names, types, strict=True)]


def duckdb_type(column: Column) -> str:
    """The type in the form that DESCRIBE shows."""
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return "VARCHAR"
        case ColumnType.DECIMAL:
            return f"DECIMAL({column.precision},{column.scale})"
        case ColumnType.INTEGER:
            return "BIGINT"
        case ColumnType.DATETIME:
            return "TIMESTAMP WITH TIME ZONE"


def _read_parquet(dataset: Dataset) -> str:
    return _call("read_parquet", [_files(dataset), *_HIVE])


def _read_csv(dataset: Dataset) -> str:
    """Null is an empty field, `""` an empty text; nothing is guessed from the content."""
    kinds = [f"    {_text(each.name)}: {_text(duckdb_type(each))}" for each in dataset.columns]
    columns = "columns = {\n" + ",\n".join(kinds) + "\n  }"
    form = ["auto_detect = false", "header = true", "delim = ','", "quote = '\"'", "escape = '\"'"]
    nulls = ["nullstr = ''", "allow_quoted_nulls = false"]
    return _call("read_csv", [_files(dataset), *form, *nulls, columns, *_HIVE])


def _call(function: str, arguments: list[str]) -> str:
    return f"{function}(\n" + ",\n".join(f"  {each}" for each in arguments) + "\n)"


def _files(dataset: Dataset) -> str:
    """The pattern of all files; `*`, `?` and `[` of the root itself stand for themselves."""
    any_value = dict.fromkeys(PARTITIONS, "*")
    root = glob.escape(dataset.root)
    return _text(f"{root}{dataset.partition_path(any_value)}*.{dataset.file_format}")


def _name(column: Column) -> str:
    return '"' + column.name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
