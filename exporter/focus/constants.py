"""Columns with one value in all rows, and which columns a rule looks at."""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa

from exporter.focus.rules.layout import FileLayout
from exporter.focus.rules.rows import Rows

#: Names and values of columns with one value in all rows; None is null.
Constants: TypeAlias = "tuple[tuple[str, str | None], ...]"


def constants_of(batch: pa.RecordBatch) -> Constants:
    """The columns that can be seen at once to be all null, or of a single text."""
    return tuple(
        (name, array.dictionary[0].as_py() if pa.types.is_dictionary(array.type) else None)
        for name, array in zip(batch.schema.names, batch.columns, strict=True)
        if _is_constant(array)
    )


def _is_constant(array: pa.Array) -> bool:
    if not pa.types.is_dictionary(array.type):
        return bool(array.null_count == len(array))
    return len(array.dictionary) == 1 and not array.indices.null_count


class TracedRows(Rows):
    """Rows that know which columns they were asked for, as views are made of cells."""

    def __init__(self, layout: FileLayout, batch: pa.RecordBatch, first: int) -> None:
        super().__init__(layout, batch, first)
        self.touched: set[str] = set()

    def has(self, name: str) -> bool:
        self.touched.add(name)
        return super().has(name)

    def cells(self, name: str) -> pa.Array:
        self.touched.add(name)
        return super().cells(name)
