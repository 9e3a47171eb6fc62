from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.integers import (
    NANO,
    Ints,
    divide,
    divide_floor,
    largest_members,
    plain_decimal,
    split,
    split_long,
)

LARGEST = 2**63 - 1
COUNTS = st.integers(0, LARGEST)
DIVISORS = st.integers(1, LARGEST)


def ints(*values: int) -> Ints:
    return np.array(values, np.int64)


@st.composite
def fractions_that_fit(draw: st.DrawFn) -> tuple[int, int, int]:
    """whole, factor and divisor whose quotient is a 64-bit integer."""
    factor, divisor = draw(COUNTS), draw(DIVISORS)
    most = min(LARGEST, LARGEST * divisor // max(factor, 1))
    return draw(st.integers(0, most)), factor, divisor


@given(fractions_that_fit())
@example((2**62, 2**61 - 1, 2**61))
@example((2**59 + 12_345, 2**60 - 7, 2**60 - 1))
@example((6_968_259_608_420_517, 4_853_510_384_394_088_919, 7_778_893_952_094_228_270))
@example((LARGEST, LARGEST, LARGEST))
@example((10**18 + 1, 10**15 - 1, 10**15))
@example((3, 1, 2))
@example((2**62 + 1, 1, 2**62 + 2))
@settings(max_examples=400)
def test_quotients_are_those_of_python_integers(numbers: tuple[int, int, int]) -> None:
    whole, factor, divisor = numbers
    quotient, remainder = divide(whole, factor, divisor)
    assert (int(quotient), int(remainder)) == divmod(whole * factor, divisor)
    assert int(divide_floor(whole, factor, divisor)) == whole * factor // divisor


def test_one_big_quotient_leaves_the_small_ones_beside_it_alone() -> None:
    """10**18 x 7 / 10 = 7 x 10**17 passes the exact range of a float; 5 x 7 / 3 = 11, rest 2."""
    quotient, remainder = divide(ints(10**18 + 3, 5), 7, ints(10, 3))
    assert quotient.tolist() == [(10**18 + 3) * 7 // 10, 11]
    assert remainder.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("whole", "weights", "parts"),
    [
        pytest.param(10, [1, 1, 1], [4, 3, 3], id="a tie: the first takes the residue"),
        pytest.param(10, [1, 2, 1], [2, 6, 2], id="the largest takes the residue"),
        pytest.param(100, [1, 0, 3], [25, 0, 75], id="no weight, no part"),
        pytest.param(7, [0, 5, 5], [0, 4, 3], id="the first of the largest"),
        pytest.param(0, [1, 2], [0, 0], id="nothing to split"),
        pytest.param(5, [0, 0], [0, 0], id="nobody to split over"),
        pytest.param(1, [1] * 5, [1, 0, 0, 0, 0], id="less than one each"),
        pytest.param(10**17, [3, 10**12], [299999, 99999999999700001], id="unequal and big"),
    ],
)
def test_a_whole_is_split_by_weight(whole: int, weights: list[int], parts: list[int]) -> None:
    groups = np.zeros(len(weights), np.int64)
    assert split(ints(whole), ints(*weights), groups).tolist() == parts


def test_groups_do_not_touch_each_other() -> None:
    """100 over 1 : 3 and 7 over 1 : 1, members mixed, a group without members between them."""
    parts = split(ints(100, 55, 7), ints(1, 1, 3, 1), ints(0, 2, 0, 2))
    assert parts.tolist() == [25, 4, 75, 3]


def test_there_may_be_nothing_at_all() -> None:
    assert split(ints(), ints(), ints()).tolist() == []
    assert split(ints(5), ints(), ints()).tolist() == []
    assert largest_members(ints(), ints(), 2).tolist() == [-1, -1]


@given(
    st.integers(0, 10**17),
    st.lists(st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 10**14)), max_size=9),
)
@settings(max_examples=400)
def test_parts_add_up_and_are_fair(whole: int, weights: list[int]) -> None:
    """Never negative; off the exact share by less than 1 but for the one with the residue."""
    parts = split(ints(whole), ints(*weights), np.zeros(len(weights), np.int64)).tolist()
    total = sum(weights)
    assert sum(parts) == (whole if total else 0)
    largest = weights.index(max(weights)) if weights else -1
    for i, (part, weight) in enumerate(zip(parts, weights, strict=True)):
        off = part - Fraction(whole * weight, max(total, 1))
        assert part >= 0
        assert -1 < off <= 0 or (i == largest and 0 <= off < len(weights))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10 * NANO)), max_size=12),
    st.lists(st.integers(0, 10**15), min_size=4, max_size=4),
)
def test_each_group_is_split_as_if_alone(members: list[tuple[int, int]], wholes: list[int]) -> None:
    groups, weights = ints(*(g for g, _ in members)), ints(*(w for _, w in members))
    parts = split(ints(*wholes), weights, groups)
    for group, whole in enumerate(wholes):
        own = weights[groups == group]
        alone = split(ints(whole), own, np.zeros(len(own), np.int64))
        assert parts[groups == group].tolist() == alone.tolist()


@given(
    st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2)), min_size=1, max_size=8),
    st.lists(st.integers(0, 2**60), min_size=3, max_size=3),
)
def test_wholes_of_any_size_are_split_in_the_same_way(
    members: list[tuple[int, int]], wholes: list[int]
) -> None:
    weights, groups = (ints(*column) for column in zip(*members, strict=True))

    assert split_long(wholes, weights, groups) == split(ints(*wholes), weights, groups).tolist()


def test_a_whole_beyond_64_bits_is_split_to_the_last_unit() -> None:
    assert split_long([10**30], ints(1, 2), ints(0, 0)) == [
        333_333_333_333_333_333_333_333_333_333,
        666_666_666_666_666_666_666_666_666_667,
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1, "0.000000001"), (-1_500_000_000, "-1.5"), (40 * NANO, "40"), (10**18, 10**9)],
)
def test_integers_are_written_as_plain_decimals(value: int, text: object) -> None:
    assert plain_decimal(value, 9) == str(text)
