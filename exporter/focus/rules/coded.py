"""A column of texts as its distinct values and one code per row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_GUARD = "'"  #: before a text in CSV that a spreadsheet would run
_GUARDED = tuple("=+-@\t\r")


@dataclass(frozen=True, slots=True)
class Coded:
    """`values[codes[row]]` is the text of a row; code -1 is null. Values may repeat."""

    codes: Codes
    values: Sequence[str]

    def where(self, predicate: Callable[[str], bool]) -> Mask:
        """The rows whose text is as asked; null is not."""
        flags = np.zeros(len(self.values) + 1, np.bool_)  # code -1 is the last one
        flags[:-1] = [predicate(value) for value in self.values]
        return flags[self.codes]

    def text(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code < 0 else self.values[code]


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds texts, as they are or through a dictionary."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def coded(array: pa.Array, *, guarded: bool) -> Coded:
    """The texts of a column; a column of another type has none.

    With `guarded`, the `'` that a CSV has before a formula is no part of the text.
    """
    if array.null_count == len(array) or not is_text(array.type):
        return Coded(np.full(len(array), -1, np.int64), ())
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    codes = pc.fill_null(array.indices.cast(pa.int64()), -1).to_numpy()
    return Coded(*_without_null(codes, array.dictionary.to_pylist(), guarded))


def _without_null(
    codes: Codes, values: list[str | None], guarded: bool
) -> tuple[Codes, Sequence[str]]:
    """A dictionary may hold null itself, which is then no value."""
    texts = ["" if value is None else value for value in values]
    if None in values:
        nulls = np.array([value is None for value in values])
        codes = np.where((codes >= 0) & nulls[codes], -1, codes)
    return codes, [_bare(text) for text in texts] if guarded else texts


def _bare(text: str) -> str:
    return text[1:] if text[:1] == _GUARD and text[1:2] in _GUARDED and len(text) > 1 else text
