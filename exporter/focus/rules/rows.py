"""One batch of a file, as the rules look at it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.focus.column import ColumnType
from exporter.focus.rules.coded import Coded, Mask, coded, is_text, no_texts
from exporter.focus.rules.layout import FileLayout
from exporter.focus.rules.rule import shown
from exporter.focus.rules.typed import NO_TIME, Floats, Ints, exact_number, is_exact, numbers, times

View = TypeVar("View")


class Rows:
    """Consecutive rows of one file; each view of a column is made once.

    A column that the file does not have is null in every row. Masks, floats and integers have one
    entry per row. `first` is how many rows of the file come before.
    """

    def __init__(self, layout: FileLayout, batch: pa.RecordBatch, first: int) -> None:
        self.layout = layout
        self.first = first
        self._batch = batch
        self._places = {name: place for place, name in reversed([*enumerate(layout.names)])}
        self._views: dict[tuple[str, str], Any] = {}

    def __len__(self) -> int:
        return int(self._batch.num_rows)

    def _once(self, view: str, name: str, make: Callable[[], View]) -> View:
        key = (view, name)
        if key not in self._views:
            self._views[key] = make()
        made: View = self._views[key]
        return made

    def has(self, name: str) -> bool:
        return name in self._places

    def cells(self, name: str) -> pa.Array:
        """The cells as the file has them; the column must be there."""
        return self._batch.column(self._places[name])

    def all(self) -> Mask:
        return self._once("all", "", lambda: np.ones(len(self), np.bool_))

    def none(self) -> Mask:
        return self._once("none", "", lambda: np.zeros(len(self), np.bool_))

    def null(self, name: str) -> Mask:
        return self._once("null", name, lambda: self._null(name))

    def _null(self, name: str) -> Mask:
        if not self.has(name):
            return self.all()
        cells = self.cells(name)
        if pa.types.is_dictionary(cells.type):
            missing: Mask = self.texts(name).codes < 0
            return missing
        if cells.null_count in (0, len(cells)):
            return self.all() if cells.null_count else self.none()
        mask: Mask = pc.is_null(cells).to_numpy(zero_copy_only=False)
        return mask

    def filled(self, name: str) -> Mask:
        return self._once("filled", name, lambda: ~self.null(name))

    def texts(self, name: str) -> Coded:
        """The texts of a column; all null if it is not there or of another type."""
        return self._once("texts", name, lambda: self._texts(name))

    def _texts(self, name: str) -> Coded:
        if not self.has(name):
            return no_texts(len(self))
        column = self.layout.columns.get(name)
        numeric = column is not None and not column.is_text
        return coded(self.cells(name), guarded=self.layout.text and not numeric)

    def where(
        self, name: str, predicate: Callable[[str], bool], longest: int | None = None
    ) -> Mask:
        """The rows whose text is as asked; null is not, nor is a text that is longer."""
        return self.texts(name).where(predicate, longest)

    def among(self, name: str, *values: str) -> Mask:
        """The rows whose text is one of these."""
        return self._once(f"among {values}", name, lambda: self.texts(name).among(values))

    def equal(self, name: str, other: str) -> Mask:
        """The rows with the same text in both columns; null equals nothing."""
        return self._once(f"equal {other}", name, lambda: self._equal(name, other))

    def _equal(self, name: str, other: str) -> Mask:
        first, second = self.texts(name), self.texts(other)
        numbers: dict[str, int] = {}
        one, two = (
            np.array([*(numbers.setdefault(text, len(numbers)) for text in texts.values), -1])
            for texts in (first, second)
        )
        same: Mask = (one[first.codes] == two[second.codes]) & (first.codes >= 0)
        return same

    def numbers(self, name: str) -> Floats:
        """NaN where there is no number."""
        return self._once("numbers", name, lambda: self._numbers(name))

    def _numbers(self, name: str) -> Floats:
        return numbers(self.cells(name)) if self.has(name) else np.full(len(self), np.nan)

    def exact(self, name: str, row: int) -> Decimal:
        """The number of a row of this batch to its last digit; the row must hold one."""
        return exact_number(self.cells(name), row)

    def times(self, name: str) -> Ints:
        """Unix seconds; NO_TIME where there is no time."""
        return self._once("times", name, lambda: self._times(name))

    def _times(self, name: str) -> Ints:
        if not self.has(name):
            return np.full(len(self), NO_TIME)
        return times(self.cells(name), self.texts(name))

    def usable(self, name: str) -> Mask:
        """The rows with a value of the kind that the column is for."""
        return self._once("usable", name, lambda: self._usable(name))

    def _usable(self, name: str) -> Mask:
        column = self.layout.columns.get(name)
        if column is None or column.is_text:
            return self.texts(name).codes >= 0
        if column.type is ColumnType.DATETIME:
            known: Mask = self.times(name) != NO_TIME
            return known
        if self.has(name) and is_exact(self.cells(name).type):
            return self.filled(name)
        return ~np.isnan(self.numbers(name))

    def shown(self, name: str, row: int) -> str:
        """A cell of this batch as it is shown; empty for null and for no such column."""
        if not self.has(name):
            return ""
        cells = self.cells(name)
        if is_text(cells.type):
            return shown(self.texts(name).text(row))
        if pa.types.is_timestamp(cells.type):  # as text, for Python has no year after 9999
            cells, row = cells.slice(row, 1).cast(pa.string()), 0
        value = cells[row].as_py()
        return shown(f"{value:f}" if isinstance(value, Decimal) else value)

    @property
    def usage(self) -> Mask:
        return self.among("ChargeCategory", "Usage")

    @property
    def normal(self) -> Mask:
        """The rows that correct nothing."""
        return self._once("normal", "", lambda: ~self.among("ChargeClass", "Correction"))
