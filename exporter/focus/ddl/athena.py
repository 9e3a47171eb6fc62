"""Athena (AWS Glue) tables over written files, with partition projection.

Facts are those of the Athena user guide. Names are lower case, and no special character but the
underscore is supported in them. Parquet columns are found by name, letters in either case, or with
`parquet.column.index.access` by position. SerDe properties reach the partitions only because they
are projected. OpenCSVSerDe takes an empty number for no number, a time for milliseconds, and a
backslash for an escape unless told otherwise. Engine version 3 casts no time with zone to one
without, hence date_parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from exporter.focus.column import Column, ColumnType
from exporter.focus.ddl.dataset import PARTITIONS, Dataset

#: vLLM, the first source of tokens, is of 2023; twenty years are 7440 folders without a filter.
_FIRST_YEAR, _LAST_YEAR = 2023, 2042
_PROJECTION = {
    "projection.enabled": "true",
    "projection.year.type": "integer",
    "projection.year.range": f"{_FIRST_YEAR},{_LAST_YEAR}",
    "projection.month.type": "integer",
    "projection.month.range": "1,12",
    "projection.month.digits": "2",
    "projection.day.type": "integer",
    "projection.day.range": "1,31",
    "projection.day.digits": "2",
}

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_STORED_AS_PARQUET = (
    f"STORED AS INPUTFORMAT '{_PARQUET}.MapredParquetInputFormat'\n"
    f"OUTPUTFORMAT '{_PARQUET}.MapredParquetOutputFormat'"
)
#: Stands for no escape character at all, which RFC 4180 has not: no cell holds this one.
_UNUSED = "\x01"
_CSV_SERDE = {"separatorChar": ",", "quoteChar": '"', "escapeChar": _UNUSED}
_CSV_TIME = "%Y-%m-%dT%H:%i:%sZ"

_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]")


def athena_ddl(dataset: Dataset) -> str:
    """The statements, each with `;` and a line end: one for Parquet, table and view for CSV."""
    if dataset.file_format == "csv":
        return f"{_csv_table(dataset)}\n{_csv_view(dataset)}"
    return _parquet_table(dataset)


def athena_name(column: Column) -> str:
    """The column's name in a table: `x_infergpuhours` for `x-InferGpuHours`."""
    return _NOT_IN_NAMES.sub("_", column.name.lower())


def athena_type(column: Column) -> str:
    """The type of the column in a table over Parquet files and in the view over CSV files."""
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return "string"
        case ColumnType.DECIMAL:
            return f"decimal({column.precision},{column.scale})"
        case ColumnType.INTEGER:
            return "bigint"
        case ColumnType.DATETIME:
            return "timestamp"


def is_read_by_position(dataset: Dataset) -> bool:
    """Whether a column has a name in the files that no table can give it."""
    return any(athena_name(column) != column.name.lower() for column in dataset.columns)


def _parquet_table(dataset: Dataset) -> str:
    columns = [_defined(column, athena_type(column)) for column in dataset.columns]
    serde = f"ROW FORMAT SERDE '{_PARQUET}.serde.ParquetHiveSerDe'"
    if is_read_by_position(dataset):
        serde += f"\nWITH SERDEPROPERTIES {_properties({'parquet.column.index.access': 'true'})}"
    form = f"{serde}\n{_STORED_AS_PARQUET}"
    return _table(dataset, dataset.table, columns, form, {"classification": "parquet"})


def _csv_table(dataset: Dataset) -> str:
    columns = [_defined(column, "string") for column in dataset.columns]
    form = (
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'\n"
        f"WITH SERDEPROPERTIES {_properties(_CSV_SERDE)}\n"
        "STORED AS TEXTFILE"
    )
    properties = {"classification": "csv", "skip.header.line.count": "1"}
    return _table(dataset, _csv_name(dataset), columns, form, properties)


def _csv_name(dataset: Dataset) -> str:
    return f"{dataset.table}_csv"


def _table(
    dataset: Dataset, name: str, columns: Iterable[str], form: str, properties: dict[str, str]
) -> str:
    defined = ",\n".join(f"  {each}" for each in columns)
    partitions = ", ".join(f"`{each}` int" for each in PARTITIONS)
    placeholders = {each: f"${{{each}}}" for each in PARTITIONS}
    template = f"{dataset.root}{dataset.partition_path(placeholders)}"
    projected = {**properties, **_PROJECTION, "storage.location.template": template}
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{name}` (\n{defined}\n)\n"
        f"PARTITIONED BY ({partitions})\n"
        f"{form}\n"
        f"LOCATION {_text(dataset.root)}\n"
        f"TBLPROPERTIES {_properties(projected)};\n"
    )


def _defined(column: Column, kind: str) -> str:
    """A column; no `;` in its comment, since some tools end the statement there."""
    comment = f"{column.name}: {column.meaning}".replace(";", ",")
    return f"`{athena_name(column)}` {kind} COMMENT {_text(comment)}"


def _properties(properties: dict[str, str]) -> str:
    pairs = (f"  {_text(key)} = {_text(value)}" for key, value in properties.items())
    return "(\n" + ",\n".join(pairs) + "\n)"


def _csv_view(dataset: Dataset) -> str:
    typed = (f'  {_typed(column)} AS "{athena_name(column)}"' for column in dataset.columns)
    selected = ",\n".join((*typed, *(f'  "{each}"' for each in PARTITIONS)))
    return (
        f'CREATE OR REPLACE VIEW "{dataset.table}" AS\nSELECT\n{selected}\n'
        f'FROM "{_csv_name(dataset)}";\n'
    )


def _typed(column: Column) -> str:
    """The text of a cell as what it stands for; an empty one is null."""
    cell = f"nullif(\"{athena_name(column)}\", '')"
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return cell
        case ColumnType.DATETIME:
            return f"date_parse({cell}, '{_CSV_TIME}')"
        case ColumnType.DECIMAL | ColumnType.INTEGER:
            return f"CAST({cell} AS {athena_type(column)})"


def _text(value: str) -> str:
    """A text in Hive's form, which Athena's DDL has: a backslash escapes."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace(_UNUSED, "\\u0001")
    return f"'{escaped}'"
