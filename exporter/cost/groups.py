"""Rows of integer columns that are alike, found by one sort of one number per row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exporter.cost.distinct import Ints

_MOST = 2**63 - 1


def grouped(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Where each different row of the columns is first, sorted by its values, and each row's group.

    The group of a row is the place of its like in that order.
    """
    packed, size = _counted(columns[0])
    for column in columns[1:]:
        digits, width = _counted(column)
        if size * width > _MOST:
            (packed, size), (digits, width) = _renumbered(packed), _renumbered(digits)
        packed, size = packed * width + digits, size * width
    _, first, group = np.unique(packed, return_index=True, return_inverse=True)
    return first, group.reshape(-1)


def _counted(column: Ints) -> tuple[Ints, int]:
    """The values counted from 0, and how many there may be."""
    low, high = int(column.min(initial=0)), int(column.max(initial=0))
    width = high - low + 1
    return _renumbered(column) if width > _MOST else (column - low, width)


def _renumbered(values: Ints) -> tuple[Ints, int]:
    """The place of each value among the different ones, and how many there are."""
    unique, places = np.unique(values, return_inverse=True)
    return places.reshape(-1), len(unique)


def added_up(blocks: Ints, group: Ints, count: int) -> Ints:
    """The sums of the rows of each group, column by column."""
    sums = np.zeros((count, blocks.shape[1]), np.int64)
    np.add.at(sums, group, blocks)
    return sums
