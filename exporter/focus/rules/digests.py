"""Two digests of 64 bits for each row of a column, and of several columns together.

The two come from different texts through the keyed hash of strings, so that rows with both digests
equal are equal, for all practical purposes, among any number of rows that fits a disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter.focus.column import ColumnType
from exporter.focus.rules.coded import is_text
from exporter.focus.rules.rows import Rows

Words = npt.NDArray[np.uint64]

_BITS_64 = 2**64 - 1
_FACTORS = np.array([[0x9E3779B97F4A7C15], [0xBF58476D1CE4E5B9]], np.uint64)
_NULLS = np.array([[0x94D049BB133111EB], [0xD6E8FEB86659FD93]], np.uint64)
_SHIFTS = (np.uint64(29), np.uint64(32))


class Digests:
    """The digests of one batch, each column's made once."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._columns: dict[str, Words] = {}

    def of(self, name: str) -> Words:
        """Shape (2, rows): the digests of the cells of a column; null has one of its own."""
        if name not in self._columns:
            self._columns[name] = self._of_column(name)
        return self._columns[name]

    def together(self, names: Iterable[str]) -> Words:
        """Shape (2, rows): digests of the rows, counting these columns in their order."""
        mixed = np.zeros((2, len(self._rows)), np.uint64)
        for name in names:
            mixed = _mixed(mixed + self.of(name))
        return mixed

    def _of_column(self, name: str) -> Words:
        rows, kind = self._rows, self._rows.cells(name).type if self._rows.has(name) else pa.null()
        column = rows.layout.columns.get(name)
        if column is not None and column.type is ColumnType.DATETIME:
            return _mixed(np.stack([rows.times(name).view(np.uint64)] * 2))
        if column is not None and column.type is ColumnType.DECIMAL:
            numbers = rows.numbers(name) + 0.0  # -0.0 is 0.0
            return _mixed(np.stack([numbers.view(np.uint64)] * 2))
        if is_text(kind):
            return _of_texts(rows, name)
        return _of_other(rows, name)


def _of_texts(rows: Rows, name: str) -> Words:
    texts = rows.texts(name)
    return np.concatenate([_hashes(texts.values), _NULLS], axis=1)[:, texts.codes]


def _of_other(rows: Rows, name: str) -> Words:
    """Cells of any other type by what they look like."""
    if not rows.has(name):
        return np.repeat(_NULLS, len(rows), axis=1)
    return _hashes([repr(value) for value in rows.cells(name).to_pylist()])


def _hashes(texts: Sequence[str]) -> Words:
    """Shape (2, texts)."""
    lanes = (texts, [text + "\0" for text in texts])
    return np.array([[hash(text) & _BITS_64 for text in lane] for lane in lanes], np.uint64)


def _mixed(words: Words) -> Words:
    """Every bit of a result depends on every bit of its word; multiplication wraps."""
    for shift in _SHIFTS:
        words = (words ^ (words >> shift)) * _FACTORS + np.uint64(1)
    return words ^ (words >> _SHIFTS[0])
