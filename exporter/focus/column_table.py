"""The columns as a table for people: type, null, versions, what to be careful with, meaning."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.focus.column import Column, ColumnType
from exporter.focus.columns import columns_for
from exporter.focus.extensions import PREFIXES
from exporter.focus.focus_columns import FOCUS_COLUMNS, FOCUS_VERSIONS
from exporter.focus.infercost_layout import INFERCOST_LAYOUT

HEADS = ("column", "type", "null", "versions", "note", "meaning")

#: Active time is counted from power samples above a threshold, so what is made of it is estimated.
ESTIMATES = frozenset({"ActiveGpuHours", "UtilizationPercent", "MarginalCostPerMillionTokens"})


def column_table(version: str, prefix: str) -> list[tuple[str, ...]]:
    """One row of HEADS for each column of a version, in the order written."""
    return [
        (
            column.name,
            type_text(column),
            "yes" if column.nullable else "no",
            _versions(column, version),
            _note(column),
            column.meaning,
        )
        for column in columns_for(version, prefix)
    ]


def type_text(column: Column) -> str:
    """The type in a word, and the digits of a decimal: all, and those after the point."""
    match column.type:
        case ColumnType.DECIMAL:
            return f"decimal({column.precision},{column.scale})"
        case ColumnType.INTEGER:
            return "integer"
        case ColumnType.DATETIME:
            return "time"
        case ColumnType.JSON:
            return "JSON"
        case ColumnType.STRING:
            return "text"


def _versions(column: Column, version: str) -> str:
    """First and last version with this column; extension columns are in all FOCUS versions."""
    if version == INFERCOST_LAYOUT:
        return version
    if _extension(column) is not None:
        return _span(FOCUS_VERSIONS)
    having = {
        each for other in FOCUS_COLUMNS if other.name == column.name for each in other.versions
    }
    return _span([each for each in FOCUS_VERSIONS if each in having])


def _span(versions: Sequence[str]) -> str:
    first, last = versions[0], versions[-1]
    return first if first == last else f"{first}-{last}"


def _note(column: Column) -> str:
    notes = [f"deprecated since {column.deprecated[0]}"] if column.deprecated else []
    if _extension(column) in ESTIMATES:
        notes.append("estimate")
    return ", ".join(notes)


def _extension(column: Column) -> str | None:
    """The name behind the prefix; None for a column of FOCUS or InferCost."""
    prefix = next((each for each in PREFIXES if column.name.startswith(each)), None)
    return None if prefix is None else column.name.removeprefix(prefix)
