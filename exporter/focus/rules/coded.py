"""A column of texts as its distinct values and one code per row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_GUARD = "'"  #: before a text in CSV that a spreadsheet would run
_GUARDED = tuple("=+-@\t\r\n")
_FEW = 64  #: texts that Python looks at sooner than Arrow


class Coded:
    """`values[codes[row]]` is the text of a row; code -1 is null. Values may repeat.

    `words` are the same values as an Arrow array.
    """

    __slots__ = ("_values", "codes", "words")

    def __init__(self, codes: Codes, words: pa.Array) -> None:
        self.codes = codes
        self.words = words
        self._values: Sequence[str] | None = None

    @property
    def values(self) -> Sequence[str]:
        if self._values is None:
            self._values = self.words.to_pylist()
        return self._values

    def where(self, predicate: Callable[[str], bool], longest: int | None = None) -> Mask:
        """The rows whose text is as asked; null is not.

        With `longest`, the predicate is known to be false of texts with more characters.
        """
        if longest is None or len(self.words) <= _FEW:
            return self._rows([predicate(value) for value in self.values])
        short = pc.less_equal(pc.utf8_length(self.words), longest)
        found = pc.indices_nonzero(short).to_numpy()
        flags = np.zeros(len(self.words), np.bool_)
        flags[found] = [predicate(text) for text in self.words.take(found).to_pylist()]
        return self._rows(flags)

    def among(self, texts: Sequence[str]) -> Mask:
        """The rows whose text is one of these."""
        if len(self.words) <= _FEW:
            return self._rows([value in texts for value in self.values])
        known = pc.is_in(self.words, value_set=pa.array(texts, self.words.type))
        return self._rows(known.to_numpy(zero_copy_only=False))

    def _rows(self, flags: Sequence[bool] | Mask) -> Mask:
        of_values = np.zeros(len(self.words) + 1, np.bool_)  # code -1 is the last one
        of_values[:-1] = flags
        return of_values[self.codes]

    def text(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code < 0 else self.words[code].as_py()


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
        return no_texts(len(array))
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    codes, words = _without_null(array.indices, array.dictionary)
    return Coded(codes, pa.array(map(_bare, words.to_pylist()), words.type) if guarded else words)


def no_texts(rows: int) -> Coded:
    """A column of nothing but null."""
    return Coded(np.full(rows, -1, np.int64), pa.array([], pa.string()))


def _without_null(indices: pa.Array, words: pa.Array) -> tuple[Codes, pa.Array]:
    """A dictionary may hold null itself, which is then no value."""
    if indices.null_count:
        indices = pc.fill_null(indices.cast(pa.int64()), -1)
    codes = indices.to_numpy().astype(np.int64, copy=False)
    if words.null_count:
        nulls = words.is_null().to_numpy(zero_copy_only=False)
        codes = np.where((codes >= 0) & nulls[codes], -1, codes)
        words = pc.fill_null(words, "")
    return codes, words


def _bare(text: str) -> str:
    guarded = text[:1] == _GUARD and text.lstrip(_GUARD)[:1] in _GUARDED
    return text[1:] if guarded else text
