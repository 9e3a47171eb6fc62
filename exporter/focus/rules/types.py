"""What kind of values a column holds: types in Parquet, written forms in CSV.

Source: the data type of each column page, NumericFormat, DateTimeFormat and StringHandling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from exporter.focus.column import Column, ColumnType
from exporter.focus.rules.coded import is_text
from exporter.focus.rules.layout import FileLayout
from exporter.focus.rules.row_rule import ColumnFault, FileRule, Finding, RowRule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule
from exporter.focus.rules.typed import INTEGER, is_exact, is_moment, is_number

_TEXTS = {
    ColumnType.STRING: "{} holds text.",
    ColumnType.JSON: "{} holds JSON as text, no map or struct.",
    ColumnType.DECIMAL: "{} holds numbers, in CSV as plain digits with an optional -, point and E.",
    ColumnType.INTEGER: "{} holds whole numbers.",
    ColumnType.DATETIME: "{} holds times in UTC, in CSV as YYYY-MM-DDTHH:mm:ssZ.",
}
_WHAT = {
    ColumnType.DECIMAL: "is no number as FOCUS writes it",
    ColumnType.INTEGER: "is no whole number",
    ColumnType.DATETIME: "is no time as YYYY-MM-DDTHH:mm:ssZ",
}


def type_rule_of(column: Column) -> Rule:
    """The rule about the values of one column; its file and its row part share it."""
    return Rule(f"{column.name}/type", Level.ERROR, _TEXTS[column.type].format(column.name))


def file_type_rules(columns: Iterable[Column]) -> Iterator[FileRule]:
    """The types of columns; CSV has none, so that only its cells tell."""
    for column in columns:
        yield _file_type_rule(column)
    yield FileRule(
        Rule(
            "columns/exact-numbers",
            Level.WARNING,
            "Money, prices and quantities are decimals, not floating-point numbers.",
        ),
        _floats,
        "CSV has no types",
    )


def _file_type_rule(column: Column) -> FileRule:
    def look(layout: FileLayout) -> Sequence[ColumnFault] | None:
        if layout.text and not column.is_text:
            return None
        kind = layout.types[column.name]
        fault = wrong_type(column, kind)
        return [ColumnFault(column.name, str(kind), fault)] if fault else []

    nobody = "no row has a value"
    return FileRule(type_rule_of(column), look, nobody, (column.name,))


def wrong_type(column: Column, kind: pa.DataType) -> str:
    """What is wrong with the Arrow type of a column; empty if it is right."""
    if pa.types.is_null(kind):
        return ""  # all null: the type was never decided
    if column.is_text:
        return "" if is_text(kind) else f"is {kind} and no text"
    if column.type is ColumnType.DATETIME:
        return "" if is_moment(kind) else f"is {kind} and no timestamp in UTC"
    if column.type is ColumnType.INTEGER:
        return "" if pa.types.is_integer(kind) else f"is {kind} and no integer"
    return "" if is_number(kind) else f"is {kind} and no number"


def _floats(layout: FileLayout) -> Sequence[ColumnFault] | None:
    if layout.text:
        return None
    return [
        ColumnFault(name, str(layout.types[name]), "is a floating-point number, which rounds")
        for name, column in layout.columns.items()
        if column.type is ColumnType.DECIMAL and pa.types.is_floating(layout.types[name])
    ]


def cell_type_rules(columns: Iterable[Column]) -> Iterator[RowRule]:
    """The written form of cells; in Parquet a fraction of a second and what is not finite."""
    for column in columns:
        if not column.is_text:
            what = _WHAT[column.type]
            yield RowRule(
                type_rule_of(column), column.name, what, malformed(column), (column.name,)
            )


def malformed(column: Column) -> Callable[[Rows], Finding]:
    """The cells of a column that hold nothing of its kind."""

    def look(rows: Rows) -> Finding:
        kind = rows.cells(column.name).type
        if not rows.layout.text and (is_exact(kind) or wrong_type(column, kind)):
            return Finding(rows.none(), rows.none())  # of a wrong type the file was told already
        filled = rows.filled(column.name)
        broken = filled & ~rows.usable(column.name)
        if column.type is ColumnType.INTEGER and is_text(kind):
            whole = pc.match_substring_regex(rows.cells(column.name), INTEGER)
            broken |= filled & ~pc.fill_null(whole, True).to_numpy(zero_copy_only=False)
        return Finding(filled if rows.layout.text else broken, broken)

    return look
