from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.focus.decimals import quotients
from exporter.focus.ratios import Ratio

_FULL = 2**63 - 1
_SMALL_AND_LARGE = st.integers(-9, 9) | st.integers(-(10**12), 10**12) | st.integers(-_FULL, _FULL)
_PAIRS = st.lists(st.tuples(_SMALL_AND_LARGE, _SMALL_AND_LARGE.map(abs)), max_size=6)


def ints(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def unscaled(array: pa.Array) -> list[int | None]:
    with localcontext(prec=60):
        return [None if each is None else int(each.scaleb(9)) for each in array.to_pylist()]


@given(
    _PAIRS,
    st.sampled_from([1, 10**6, 10**9, 10**11]),
    st.sampled_from([1, 7, 10**9]),
    st.sampled_from([100, 10**18, 10**38]),
)
@example([(1, 2), (3, 2), (-1, 2), (-3, 2), (5, 0)], 1, 1, 10**38)
@example([(2**51, 1), (2**51 - 1, 1), (_FULL, 1), (1, _FULL)], 1, 10**9, 10**38)
def test_ratios_are_those_of_integers_of_any_size(
    pairs: list[tuple[int, int]], first: int, second: int, limit: int
) -> None:
    above, below = ([pair[i] for pair in pairs] for i in (0, 1))

    found = Ratio(ints(above), ints(below), first, second).decimals(9, limit)

    assert found.type == pa.decimal128(38, 9)
    assert unscaled(found) == quotients(above, below, first * second, limit)


def test_a_factor_may_differ_from_row_to_row() -> None:
    ratio = Ratio(ints([10, 10]), ints([4, 4]), ints([1, 10]))

    assert unscaled(ratio.decimals(9)) == [2, 25]


@pytest.mark.parametrize(("dividend", "expected"), [(99, Decimal(99)), (100, None), (-100, None)])
def test_a_ratio_at_the_limit_is_null(dividend: int, expected: Decimal | None) -> None:
    assert Ratio(ints([dividend]), ints([1]), 1).decimals(0, limit=100).to_pylist() == [expected]
