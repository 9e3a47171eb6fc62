"""Integers as Arrow decimals, and exact quotients, without a Python Decimal per row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from exporter.integers import NANO

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NANO_DIGITS = 9  #: charges count money, energy and time in 1e-9
PRICE_DIGITS = 18
_WIDTH = 16  # bytes of a decimal128
LARGEST = 10**38  #: what a decimal128 is below
_DIGITS_OF_A_WORD = 18  #: of 64 bits
_HALF, _LOW = 32, 2**32 - 1


def from_integers(values: Ints, scale: int) -> pa.Array:
    """Integers of 10**-scale as decimal128(38, scale)."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0], words[:, 1] = values, values >> 63  # two's complement: low half, sign
    return from_words(words, scale)


def from_nano(values: Ints) -> pa.Array:
    """Integers of 1e-9 as decimal128(38, 9)."""
    return from_integers(values, NANO_DIGITS)


def from_nano_at_price_digits(values: Ints) -> pa.Array:
    """Integers of 1e-9 as decimal128(38, 18), as costs and quantities are written."""
    return from_words(sum_of_words(values, NANO, 0), PRICE_DIGITS)


def sum_of_words(values: Ints, factor: int, added: Ints | int) -> Ints:
    """values x factor + added in 128 bits, low and high half of each; factor and added < 2**30."""
    below = (values & _LOW) * factor + added
    above = (values >> _HALF) * factor + (below >> _HALF)
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = (above << _HALF) | (below & _LOW)
    words[:, 1] = above >> _HALF
    return words


def from_words(words: Ints, scale: int, missing: Mask | None = None) -> pa.Array:
    """Low and high halves of integers of 10**-scale as decimal128(38, scale)."""
    kind, buffers = pa.decimal128(38, scale), [None, pa.py_buffer(words)]
    array = pa.Array.from_buffers(kind, len(words), buffers)
    return array if missing is None else blank(array, missing)


def from_python_integers(values: Sequence[int | None], scale: int) -> pa.Array:
    """Python integers of 10**-scale as decimal128(38, scale); None is null."""
    missing = np.array([value is None for value in values], dtype=np.bool_)
    return from_words(words_of(values), scale, missing)


def words_of(values: Sequence[int | None]) -> Ints:
    """Python integers in 128 bits, low and high half of each; None is 0."""
    packed = b"".join((value or 0).to_bytes(_WIDTH, "little", signed=True) for value in values)
    return np.frombuffer(packed, np.int64).reshape(len(values), 2)


def narrowed(array: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """The same decimals in a type of fewer digits, up to 18; None where any might not fit.

    The bits stay as they are: a cast that looks at each number costs more than making it.
    """
    fewer = pa.types.is_decimal128(array.type) and pa.types.is_decimal128(kind)
    if not fewer or kind.scale != array.type.scale or kind.precision > _DIGITS_OF_A_WORD:
        return None
    words = np.frombuffer(array.buffers()[1] or b"", np.int64).reshape(-1, 2)
    low, high = words[array.offset :][: len(array)].T
    limit = 10**kind.precision
    if int(low.max(initial=0)) >= limit or int(low.min(initial=0)) <= -limit:
        return None
    fits = (high == low >> 63).all()
    return (
        pa.Array.from_buffers(kind, len(array), array.buffers(), -1, array.offset) if fits else None
    )


def blank(array: pa.Array, where: Mask) -> pa.Array:
    """The same array with null where the mask is true."""
    if not where.any():
        return array
    if array.null_count or array.offset:
        return pc.if_else(pa.array(where), pa.scalar(None, array.type), array)
    present = pa.py_buffer(np.packbits(~where, bitorder="little"))
    return pa.Array.from_buffers(array.type, len(array), [present, *array.buffers()[1:]])


def quotients(
    dividends: Ints | Sequence[int],
    divisors: Ints | Sequence[int],
    factor: int,
    limit: int = LARGEST,
) -> list[int | None]:
    """`factor × dividend ÷ divisor`, rounded half to even; None where the divisor is 0.

    None also where the result is not below `limit`: a figure that its column cannot hold.
    """
    pairs = zip(_listed(dividends), _listed(divisors), strict=True)
    return [_below(limit, _half_even(factor * above, below)) for above, below in pairs]


def _listed(values: Ints | Sequence[int]) -> Sequence[int]:
    return values.tolist() if isinstance(values, np.ndarray) else values


def _below(limit: int, value: int | None) -> int | None:
    return None if value is None or abs(value) >= limit else value


def _half_even(dividend: int, divisor: int) -> int | None:
    if divisor == 0:
        return None
    quotient, rest = divmod(dividend, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and quotient % 2):
        quotient += 1
    return quotient
