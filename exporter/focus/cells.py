"""Cells become the columns of one Arrow table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa

from exporter.cost.distinct import same_text, texts_of
from exporter.errors import PeriodError
from exporter.focus.column import Column
from exporter.focus.decimals import narrowed

#: One value for every row, one value per row, or null everywhere.
Cell: TypeAlias = "str | datetime | Sequence[str | None] | pa.Array | None"


def as_table(columns: Sequence[Column], cells: Mapping[str, Cell], size: int) -> pa.Table:
    """The columns in their order; texts have codes, a column without a cell is null.

    Raises PeriodError when a number has more digits than its column holds.
    """
    arrays = [_as_array(column, cells.get(column.name), size) for column in columns]
    fields = [
        pa.field(column.name, array.type, column.nullable)
        for column, array in zip(columns, arrays, strict=True)
    ]
    return pa.table(arrays, schema=pa.schema(fields))


def _as_array(column: Column, cell: Cell, size: int) -> pa.Array:
    if cell is None and column.is_text:
        return same_text(None, size).coded()
    if isinstance(cell, pa.Array):
        return _cast(column, cell)
    if cell is None or isinstance(cell, datetime):
        return pa.repeat(pa.scalar(cell, column.arrow_type), size)
    return (same_text(cell, size) if isinstance(cell, str) else texts_of(cell)).coded()


def _cast(column: Column, array: pa.Array) -> pa.Array:
    try:
        narrow = narrowed(array, column.arrow_type)
        return array.cast(column.arrow_type) if narrow is None else narrow
    except pa.ArrowInvalid as error:
        largest = 10 ** (column.precision - column.scale)
        row, value = next(
            (row, value)
            for row, value in enumerate(array.to_pylist())
            if value is not None and abs(value) >= largest
        )
        raise PeriodError(
            f"{column.name} of row {row} is {value:f}, and the column holds less than {largest}; "
            "export this report over shorter periods, or count in a larger currency unit"
        ) from error
