"""Cases of the rules that columns have by what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from exporter.focus.column import Column, ColumnType
from tests.unit.focus.rules.case import GONE, Case, cell, changes

#: What stands in a column of which the valid row has nothing.
_FILLED: dict[str, dict[str, Any]] = {
    "AllocatedMethodId": {"AllocatedMethodId": "m"},
    "AllocatedResourceId": {"AllocatedMethodId": "m", "AllocatedResourceId": "r"},
    "AllocatedResourceName": {
        "AllocatedMethodId": "m",
        "AllocatedResourceId": "r",
        "AllocatedResourceName": "R",
    },
    "CapacityReservationStatus": {
        "CapacityReservationId": "c",
        "CapacityReservationStatus": "Used",
    },
    "ChargeClass": {"ChargeClass": "Correction"},
    "CommitmentDiscountCategory": {"CommitmentDiscountCategory": "Usage"},
    "CommitmentDiscountStatus": {"CommitmentDiscountStatus": "Used"},
}
_WRONG_TEXT = {
    ColumnType.DECIMAL: "1,5",
    ColumnType.INTEGER: "1.5",
    ColumnType.DATETIME: "2026-03-10 00:00:00",
}


def cases_of(column: Column) -> Iterator[tuple[str, Case]]:
    """The rules that one column has, by id."""
    name = column.name
    yield f"{name}/present", cell(name, GONE, row=None)
    yield f"{name}/type", _of_type(column)
    yield f"{name}/not-null", cell(name, None)
    good = _FILLED.get(name, {} if column.allowed else {name: "something"})
    yield f"{name}/blank", changes(name, {name: "  "}, good)
    yield f"{name}/stand-in", changes(name, {name: "n/a"}, good)
    if column.allowed:
        yield f"{name}/allowed", changes(name, {name: "Whatever"}, {name: column.allowed[0]})


def _of_type(column: Column) -> Case:
    if column.is_text:
        kind = pa.int64()
        return cell(column.name, 1, "a", row=None, types={column.name: kind})
    good = {ColumnType.DECIMAL: "-1.5E-3", ColumnType.INTEGER: "7"}.get(column.type, GONE)
    return cell(column.name, _WRONG_TEXT[column.type], good, text=True)
