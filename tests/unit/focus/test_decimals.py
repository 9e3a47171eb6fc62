from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from exporter.focus.decimals import (
    blank,
    from_integers,
    from_python_integers,
    narrowed,
    quotients,
)

INT64 = st.integers(-(2**63), 2**63 - 1)


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


@given(st.lists(INT64))
def test_integers_become_the_same_decimals(values: list[int]) -> None:
    array = from_integers(ints(*values), scale=9)

    assert array.type == pa.decimal128(38, 9)
    assert array.to_pylist() == [Decimal(value).scaleb(-9) for value in values]


@given(st.lists(st.none() | st.integers(1 - 10**38, 10**38 - 1)))
def test_python_integers_become_the_same_decimals_and_none_is_null(
    values: list[int | None],
) -> None:
    array = from_python_integers(values, scale=18)

    with localcontext(prec=50):
        assert array.to_pylist() == [
            None if value is None else Decimal(value).scaleb(-18) for value in values
        ]


@given(INT64, st.integers(1, 2**63 - 1))
def test_quotients_round_half_to_even(dividend: int, divisor: int) -> None:
    with localcontext(prec=100):
        exact = Decimal(dividend) * 1000 / Decimal(divisor)
        expected = int(exact.to_integral_value(ROUND_HALF_EVEN))

    assert quotients(ints(dividend), ints(divisor), 1000) == [expected]


def test_halves_go_to_the_even_neighbour() -> None:
    assert quotients(ints(1, 3, 5, -1, -3), ints(2, 2, 2, 2, 2), 1) == [0, 2, 2, 0, -2]


def test_a_divisor_of_zero_gives_none() -> None:
    assert quotients(ints(5, 0), ints(0, 0), 1) == [None, None]


def test_a_quotient_at_the_limit_gives_none() -> None:
    assert quotients(ints(99, 100, -100), ints(1, 1, 1), 1, limit=100) == [99, None, None]


def test_blank_leaves_the_other_entries() -> None:
    array = blank(from_integers(ints(1, 2), scale=0), np.array([True, False]))

    assert array.to_pylist() == [None, Decimal(2)]


NEAR_THE_EDGE = st.sampled_from([0, 1, 10**18 - 1, 10**18, 2**63 - 1, 2**63, 2**64, 2**64 + 5])


@given(st.lists(st.none() | NEAR_THE_EDGE | NEAR_THE_EDGE.map(lambda each: -each)))
def test_decimals_are_narrowed_where_all_of_them_fit(values: list[int | None]) -> None:
    kind = pa.decimal128(18, 9)

    found = narrowed(from_python_integers(values, 9), kind)

    if all(value is None or abs(value) < 10**18 for value in values):
        assert found is not None
        found.validate(full=True)
        assert found.equals(from_python_integers(values, 9).cast(kind))
    else:
        assert found is None


def test_only_decimals_of_the_same_scale_are_narrowed() -> None:
    array = from_integers(ints(1, 2, 3), 9)

    for kind in (pa.decimal128(18, 8), pa.decimal128(19, 9), pa.int64()):
        assert narrowed(array, kind) is None
    found = narrowed(array.slice(1), pa.decimal128(18, 9))
    assert found is not None
    assert found.to_pylist() == [Decimal("0.000000002"), Decimal("0.000000003")]
