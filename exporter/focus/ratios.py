"""Exact quotients of columns as Arrow decimals: 64 bits where they suffice, else Python's integers.

A quotient of up to 82 bits is divided out in two steps, the second with the rest of the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from exporter.focus.decimals import (
    LARGEST,
    Ints,
    Mask,
    from_words,
    quotients,
    sum_of_words,
    words_of,
)
from exporter.integers import divide

_MOST_OF_FIRST_STEP = 2.0**51  #: a float estimate of a quotient says so much for sure
_LARGEST_DIVISOR = 2**60


@dataclass(frozen=True, slots=True)
class Ratio:
    """dividends x first x second ÷ divisors, row by row; `second` is from 1 to 2**30."""

    dividends: Ints
    divisors: Ints
    first: Ints | int
    second: int = 1

    def decimals(self, scale: int, limit: int = LARGEST) -> pa.Array:
        """The quotients in 10**-scale, rounded half to even, as decimal128(38, scale).

        Null where the divisor is 0, and where the result is not below `limit`: a figure that its
        column cannot hold.
        """
        missing, wide = self.divisors == 0, self._wide
        words = self._divided(missing | wide)
        if limit < LARGEST:
            missing |= (words[:, 1] != 0) | (words[:, 0] < 0) | (words[:, 0] >= limit)
        negative = self.dividends < 0
        if negative.any():
            words[negative] = _negative(words[negative])
        rows = np.flatnonzero(wide & (self.divisors != 0))
        if len(rows):
            found = self._divided_long(rows, limit)
            missing[rows] = [each is None for each in found]
            words[rows] = words_of(found)
        return from_words(words, scale, missing)

    @property
    def _wide(self) -> Mask:
        """The rows that 64 bits are not enough for."""
        sizes = np.abs(self.dividends).astype(np.float64) * self.first
        most = _MOST_OF_FIRST_STEP * self.divisors
        wide: Mask = (sizes >= most) | (self.divisors > _LARGEST_DIVISOR) | (self.divisors < 0)
        return wide

    def _divided(self, left_out: Mask) -> Ints:
        """The quotients without sign in 128 bits, low and high half of each; 0 where left out."""
        divisors = np.where(left_out, 1, self.divisors)
        whole, rest = divide(np.where(left_out, 0, np.abs(self.dividends)), self.first, divisors)
        more, rest = divide(rest, self.second, divisors) if self.second > 1 else (0, rest)
        odd = (whole * (self.second & 1) + more) & 1
        more = more + ((rest > divisors - rest) | ((rest == divisors - rest) & (odd == 1)))
        return sum_of_words(whole, self.second, more)

    def _divided_long(self, rows: Ints, limit: int) -> list[int | None]:
        first = np.broadcast_to(self.first, self.dividends.shape)[rows].tolist()
        pairs = zip(self.dividends[rows].tolist(), first, strict=True)
        dividends = [above * factor for above, factor in pairs]
        return quotients(dividends, self.divisors[rows].tolist(), self.second, limit)


def _negative(words: Ints) -> Ints:
    """The same numbers below 0, in two's complement."""
    low, high = words[:, 0], words[:, 1]
    return np.stack([-low, np.where(low == 0, -high, ~high)], axis=1)
