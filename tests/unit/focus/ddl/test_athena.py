"""The text for Athena, taken apart: the columns in order with their types, where files are."""

from __future__ import annotations

import re

import pytest

from exporter.focus.column import Column, ColumnType
from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.ddl.athena import athena_ddl, athena_name
from exporter.focus.ddl.dataset import FileFormat
from exporter.periods import day_of
from exporter.storage.keys import day_prefix
from tests.builders import NOON
from tests.unit.focus.ddl.datasets import LAYOUTS, PLACE, make_dataset

BY_POSITION = "'parquet.column.index.access' = 'true'"

_DEFINED = re.compile(r"^  `([^`]+)` (\S+) COMMENT '((?:[^'\\]|\\.)*)',?$", re.MULTILINE)
_PROPERTY = re.compile(r"^  '([^']+)' = '((?:[^'\\]|\\.)*)',?$", re.MULTILINE)
_SELECTED = re.compile(r'^  (.+) AS "([^"]+)",$', re.MULTILINE)

each_layout = pytest.mark.parametrize(("version", "prefix"), LAYOUTS)


def expected_type(column: Column) -> str:
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return "string"
        case ColumnType.DECIMAL:
            return f"decimal({column.precision},{column.scale})"
        case ColumnType.INTEGER:
            return "bigint"
        case ColumnType.DATETIME:
            return "timestamp"


def properties(statement: str) -> dict[str, str]:
    return dict(_PROPERTY.findall(statement.partition("TBLPROPERTIES")[2]))


@each_layout
def test_a_parquet_table_has_every_column_in_the_order_of_the_file(
    version: str, prefix: str
) -> None:
    """The order counts where columns are read by position."""
    statement = athena_ddl(make_dataset(version, prefix))

    assert [(name, kind) for name, kind, _ in _DEFINED.findall(statement)] == [
        (column.name.lower().replace("-", "_"), expected_type(column))
        for column in columns_for(version, prefix)
    ]


@each_layout
def test_names_are_such_as_athena_supports(version: str, prefix: str) -> None:
    """Lower case, digits and underscores; no two columns get the same one."""
    names = [athena_name(column) for column in columns_for(version, prefix)]

    assert len({*names, "year", "month", "day"}) == len(names) + 3
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@each_layout
def test_comments_tell_the_name_in_the_file_and_fit_into_glue(version: str, prefix: str) -> None:
    """AWS Glue takes 255 bytes."""
    comments = [
        comment for *_, comment in _DEFINED.findall(athena_ddl(make_dataset(version, prefix)))
    ]

    told = [comment.partition(":")[0] for comment in comments]
    assert told == [column.name for column in columns_for(version, prefix)]
    assert max(len(comment.encode()) for comment in comments) <= 255


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@pytest.mark.parametrize(("version", "prefix"), LAYOUTS)
def test_a_statement_has_a_semicolon_at_its_end_only(
    version: str, prefix: str, file_format: FileFormat
) -> None:
    """Some tools split there, also inside of a comment."""
    text = athena_ddl(make_dataset(version, prefix, file_format))

    assert any(";" in column.meaning for column in columns_for(version, prefix))
    statements = text.count("CREATE ")
    assert text.count(";") == text.count(";\n") == statements


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_hyphens_make_a_parquet_table_read_by_position(version: str) -> None:
    """Athena supports no hyphen in names, and finds columns by name or by position."""
    assert BY_POSITION in athena_ddl(make_dataset(version, "x-Infer"))


@pytest.mark.parametrize("version", [version for version, prefix in LAYOUTS if prefix == "x_Infer"])
def test_without_hyphens_a_parquet_table_is_read_by_name(version: str) -> None:
    assert "index.access" not in athena_ddl(make_dataset(version, "x_Infer"))


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_every_day_is_a_projected_partition(version: str, file_format: FileFormat) -> None:
    """The template, with a day put in, is the folder of that day's objects."""
    dataset = make_dataset(version, file_format=file_format)
    statement = athena_ddl(dataset).split(";\n")[0]
    found = properties(statement)

    assert "PARTITIONED BY (`year` int, `month` int, `day` int)" in statement
    assert found["projection.enabled"] == "true"
    ranges = {name: found[f"projection.{name}.range"] for name in ("year", "month", "day")}
    assert ranges == {"year": "2023,2042", "month": "1,12", "day": "1,31"}
    digits = {name: found.get(f"projection.{name}.digits") for name in ("year", "month", "day")}
    assert digits == {"year": None, "month": "2", "day": "2"}
    template = found["storage.location.template"]
    for name, value in {"year": "2026", "month": "03", "day": "10"}.items():
        assert found[f"projection.{name}.type"] == "integer"
        template = template.replace(f"${{{name}}}", value)
    assert template == day_prefix(PLACE, dataset.layout, day_of(NOON))


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_the_location_is_the_folder_of_the_layout(file_format: FileFormat) -> None:
    statement = athena_ddl(make_dataset("1.2", file_format=file_format))

    assert "\nLOCATION 's3://bucket/focus/version=focus-1.2/'\n" in statement


@each_layout
def test_a_csv_table_has_texts_only(version: str, prefix: str) -> None:
    """OpenCSVSerDe reads no empty number as null, and no RFC 3339 time."""
    table, _ = athena_ddl(make_dataset(version, prefix, "csv")).split(";\n\n")

    assert [(name, kind) for name, kind, _ in _DEFINED.findall(table)] == [
        (column.name.lower().replace("-", "_"), "string") for column in columns_for(version, prefix)
    ]
    assert properties(table)["skip.header.line.count"] == "1"
    assert BY_POSITION not in table


@each_layout
def test_a_view_gives_the_columns_of_csv_files_their_types(version: str, prefix: str) -> None:
    _, view = athena_ddl(make_dataset(version, prefix, "csv")).split(";\n\n")

    def typed(column: Column) -> str:
        cell = f"nullif(\"{column.name.lower().replace('-', '_')}\", '')"
        kind = expected_type(column)
        casts = {"string": cell, "timestamp": f"date_parse({cell}, '%Y-%m-%dT%H:%i:%sZ')"}
        return casts.get(kind, f"CAST({cell} AS {kind})")

    assert _SELECTED.findall(view) == [
        (typed(column), column.name.lower().replace("-", "_"))
        for column in columns_for(version, prefix)
    ]


def test_table_and_view_of_csv_files_have_different_names() -> None:
    """The view has the name that a table over Parquet files would have."""
    table, view = athena_ddl(make_dataset(file_format="csv")).split(";\n\n")

    assert table.startswith("CREATE EXTERNAL TABLE IF NOT EXISTS `infer_focus_1_3_csv` (\n")
    assert view.startswith('CREATE OR REPLACE VIEW "infer_focus_1_3" AS\nSELECT\n')
    assert view.endswith('  "year",\n  "month",\n  "day"\nFROM "infer_focus_1_3_csv";\n')


def test_a_backslash_in_csv_files_escapes_nothing() -> None:
    """As RFC 4180 has it, unlike OpenCSVSerDe if it is not told."""
    assert "\n  'escapeChar' = '\\u0001'\n" in athena_ddl(make_dataset(file_format="csv"))


def test_quotes_and_backslashes_in_the_location_stay_inside_their_text() -> None:
    statement = athena_ddl(make_dataset(place="s3://bucket/it's\\'); DROP TABLE x; --/"))

    root = r"s3://bucket/it\'s\\\'); DROP TABLE x; --/version=focus-1.3/"
    assert f"\nLOCATION '{root}'\n" in statement
    template = properties(statement)["storage.location.template"]
    assert template == root + "year=${year}/month=${month}/day=${day}/"


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_the_text_ends_with_a_line_end_and_is_always_the_same(file_format: FileFormat) -> None:
    text = athena_ddl(make_dataset(file_format=file_format))

    assert text.endswith(";\n")
    assert text == athena_ddl(make_dataset(file_format=file_format))
