"""Integers as Arrow decimals, and exact quotients, without a Python Decimal per row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NANO_DIGITS = 9  #: charges count money, energy and time in 1e-9
PRICE_DIGITS = 18
_WIDTH = 16  # bytes of a decimal128
_LARGEST = 10**38


def from_integers(values: Ints, scale: int) -> pa.Array:
    """Integers of 10**-scale as decimal128(38, scale)."""
    words = np.stack([values, values >> 63], axis=1)  # two's complement: low half, sign
    return _decimals(np.ascontiguousarray(words).tobytes(), len(values), scale)


def from_nano(values: Ints) -> pa.Array:
    """Integers of 1e-9 as decimal128(38, 9)."""
    return from_integers(values, NANO_DIGITS)


def from_python_integers(values: Sequence[int | None], scale: int) -> pa.Array:
    """Python integers of 10**-scale as decimal128(38, scale); None is null."""
    packed = b"".join((value or 0).to_bytes(_WIDTH, "little", signed=True) for value in values)
    missing = np.array([value is None for value in values], dtype=np.bool_)
    return blank(_decimals(packed, len(values), scale), missing)


def blank(array: pa.Array, where: Mask) -> pa.Array:
    """The same array with null where the mask is true."""
    return pc.if_else(pa.array(where), pa.scalar(None, array.type), array)


def quotients(
    dividends: Ints | Sequence[int],
    divisors: Ints | Sequence[int],
    factor: int,
    limit: int = _LARGEST,
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


def _decimals(little_endian: bytes, size: int, scale: int) -> pa.Array:
    buffers = [None, pa.py_buffer(little_endian)]
    return pa.Array.from_buffers(pa.decimal128(38, scale), size, buffers)
