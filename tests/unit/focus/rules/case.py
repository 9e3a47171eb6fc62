"""One rule: rows that break it, and rows that it concerns and that keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from exporter.focus.focus_columns import FOCUS_COLUMNS
from exporter.focus.rules.rule import Result
from tests.unit.focus.rules.given import csv, parquet, results, row

#: A change that leaves the column out.
GONE = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Changes of a valid row, one mapping per row.

    `column` is what the first example names and `row` where, None for a rule about columns.
    `file` is the letter of the file. With `apart` every row is a file of its own.
    """

    broken: Sequence[Mapping[str, Any]]
    good: Sequence[Mapping[str, Any]] = ({},)
    column: str
    row: int | None = 1
    file: str = "a"
    text: bool = False
    apart: bool = False
    types: Mapping[str, pa.DataType] = field(default_factory=dict)

    def of_broken(self, version: str) -> dict[str, Result]:
        return self._results(version, self.broken, self.types)

    def of_good(self, version: str) -> dict[str, Result]:
        return self._results(version, self.good, {})

    def _results(
        self, version: str, changes: Sequence[Mapping[str, Any]], types: Mapping[str, pa.DataType]
    ) -> dict[str, Result]:
        rows = [self._row(version, each) for each in changes]
        groups = [[each] for each in rows] if self.apart else [rows]
        tables = [csv(each) if self.text else parquet(version, each, **types) for each in groups]
        return results(version, *tables, text=self.text)

    def _row(self, version: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Without what the version does not define, unless the rule is about just that."""
        valid = row(version)
        other = _EVER_DEFINED.difference(valid, [self.column])
        cells = {name: value for name, value in changes.items() if name not in other}
        return {name: value for name, value in (valid | cells).items() if value is not GONE}


_EVER_DEFINED = {column.name for column in FOCUS_COLUMNS}


def cell(column: str, value: Any, good: Any = GONE, **options: Any) -> Case:
    """One cell that breaks a rule, and one that keeps it, else the valid one."""
    kept = ({},) if good is GONE else ({column: good},)
    return Case(broken=({column: value},), good=kept, column=column, **options)


def changes(
    column: str, broken: Mapping[str, Any], good: Mapping[str, Any], **options: Any
) -> Case:
    """Cells of one row that break a rule about `column`, and such that keep it."""
    return Case(broken=(broken,), good=(good,), column=column, **options)
