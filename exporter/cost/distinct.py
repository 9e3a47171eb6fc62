"""Columns as their distinct values and one code per row, so that work is done once per value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Value = TypeVar("Value")
Other = TypeVar("Other")
Made = TypeVar("Made")


class Coded(Sequence[Value], Generic[Value]):
    """`values[codes[row]]` is the value of a row; a sequence that equals the list of its values.

    Values may repeat, and some may be of no row.
    """

    __slots__ = ("_values", "codes")
    __hash__ = None  # type: ignore[assignment]  # as a list, it equals lists

    def __init__(self, codes: Ints, values: Sequence[Value]) -> None:
        self.codes = codes
        self._values = values

    @property
    def values(self) -> Sequence[Value]:
        return self._values

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Value]:
        return map(self.values.__getitem__, self.codes.tolist())

    @overload
    def __getitem__(self, row: int) -> Value: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Value]: ...
    def __getitem__(self, row: int | slice) -> Value | Sequence[Value]:
        return list(self)[row] if isinstance(row, slice) else self.values[int(self.codes[row])]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def taken(self, rows: Ints) -> Coded[Value]:
        """The values of some rows."""
        return Coded(self.codes[rows], self._values)

    def each(self, make: Callable[[Value], Other]) -> Coded[Other]:
        """What is made of the value of each row."""
        return Coded(self.codes, list(map(make, self.values)))

    def texts(self, text: Callable[[Value], str | None]) -> Texts:
        """A text for each row that is made of its value."""
        return Texts(self.codes, pa.array(map(text, self.values), pa.string()))


class Texts(Coded[str | None]):
    """Texts with their distinct ones, `words`, as an Arrow array; a null word is null."""

    __slots__ = ("words",)

    def __init__(self, codes: Ints, words: pa.Array) -> None:
        super().__init__(codes, ())
        self.words = words

    @property
    def values(self) -> Sequence[str | None]:
        if len(self._values) != len(self.words):
            self._values = self.words.to_pylist()
        return self._values

    def taken(self, rows: Ints) -> Texts:
        return Texts(self.codes[rows], self.words)

    @property
    def missing(self) -> Mask:
        """The rows without a text."""
        nulls: Mask = self.words.is_null().to_numpy(zero_copy_only=False)
        return nulls[self.codes]

    def array(self) -> pa.Array:
        """The texts as a column of plain text."""
        return plain(self.coded())

    def coded(self) -> pa.DictionaryArray:
        """The texts as a column of codes."""
        return pa.DictionaryArray.from_arrays(pa.array(self.codes), self.words)


def plain(column: pa.DictionaryArray) -> pa.Array:
    """The texts of a column of codes; those of all rows, or of each row its own, are not copied."""
    size, words = len(column), column.dictionary
    if column.indices.null_count:
        return column.dictionary_decode()
    if len(words) == 1:
        return pa.repeat(words[0], size)
    codes = column.indices.to_numpy()
    each_its_own = len(words) == size and np.array_equal(codes, np.arange(size))
    return words if each_its_own else column.dictionary_decode()


def texts_of(values: Sequence[str | None]) -> Texts:
    """Texts by their distinct ones."""
    if isinstance(values, Texts):
        return values
    if isinstance(values, Coded):
        return values.texts(_itself)
    coded = pa.array(values, pa.string()).dictionary_encode(null_encoding="encode")
    return Texts(coded.indices.to_numpy(), coded.dictionary)


def _itself(text: str | None) -> str | None:
    return text


def texts_of_each(array: pa.Array) -> Texts:
    """Texts that hardly repeat."""
    return Texts(np.arange(len(array)), array)


def same_text(text: str | None, rows: int) -> Texts:
    """One text for all rows."""
    return Texts(np.zeros(rows, np.int64), pa.array([text], pa.string()))


def objects_of(values: Sequence[Value]) -> Coded[Value]:
    """Objects by identity, which are as distinct as they are for whoever made them."""
    if isinstance(values, Coded):
        return values
    ids = pa.array(np.fromiter(map(id, values), np.int64, len(values))).dictionary_encode()
    codes, places = ids.indices.to_numpy(), np.zeros(len(ids.dictionary), np.int64)
    places[codes] = np.arange(len(values))
    return Coded(codes, [values[place] for place in places.tolist()])


def pairs_of(
    first: Coded[Value], second: Coded[Other], make: Callable[[Value, Other], Made]
) -> Coded[Made]:
    """What is made of two values for each row, once for every pair that is there."""
    width = len(second.values)
    pairs = pa.array(first.codes.astype(np.int64) * width + second.codes).dictionary_encode()
    places = [divmod(pair, width) for pair in pairs.dictionary.to_pylist()]
    made = [make(first.values[one], second.values[two]) for one, two in places]
    return Coded(pairs.indices.to_numpy(), made)
