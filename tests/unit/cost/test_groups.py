from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.cost.groups import added_up, grouped

NUMBERS = st.sampled_from([0, 1, 2, -1, 2**40, 2**62, -(2**62), 2**63 - 1, -(2**63)])
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[NUMBERS] * width), min_size=1, max_size=8)
)


@given(TABLES)
def test_groups_are_those_of_a_sorted_table(table: list[tuple[int, ...]]) -> None:
    """Also where all columns together are wider than 64 bits, or one difference is."""
    first, group = grouped([np.array(column, np.int64) for column in zip(*table, strict=True)])

    different = sorted(set(table))
    assert [table[row] for row in first.tolist()] == different
    assert [different[place] for place in group.tolist()] == table
    assert first.tolist() == [table.index(each) for each in different]


@pytest.mark.parametrize("width", [1, 3])
def test_no_rows_make_no_groups(width: int) -> None:
    first, group = grouped([np.zeros(0, np.int64)] * width)

    assert (first.tolist(), group.tolist()) == ([], [])


def test_rows_of_a_group_add_up() -> None:
    blocks = np.array([[1, 10], [2, 20], [4, 40]])

    assert added_up(blocks, np.array([1, 0, 1]), 3).tolist() == [[2, 20], [5, 50], [0, 0]]
