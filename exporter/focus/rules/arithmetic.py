"""Whether amounts agree, as closely as the official validator of FOCUS wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np

from exporter.focus.rules.coded import Mask
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.typed import Floats

#: Of the larger of 1 and the amount.
TOLERANCE = Decimal("1e-9")
_TOLERANCE = float(TOLERANCE)
#: Floats decide but for differences this close to the tolerance, which decimals decide.
_UNDECIDED = 0.1


def all_usable(rows: Rows, names: Sequence[str]) -> Mask:
    """The rows with a value of the right kind in all these columns."""
    usable = rows.all()
    for name in names:
        usable = usable & rows.usable(name)
    return usable


def unlike(rows: Rows, name: str, other: str) -> Mask:
    """The rows in which two amounts differ."""
    return _differ(rows, rows.numbers(name), other, lambda row: rows.exact(name, row))


def product_unlike(rows: Rows, price: str, quantity: str, cost: str) -> Mask:
    """The rows in which price × quantity is not the cost."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = rows.numbers(price) * rows.numbers(quantity)
    return _differ(
        rows, product, cost, lambda row: rows.exact(price, row) * rows.exact(quantity, row)
    )


def sum_unlike(rows: Rows, parts: Sequence[str], total: str) -> Mask:
    """The rows in which the parts do not add up to the total."""
    added: Floats = np.sum([rows.numbers(part) for part in parts], axis=0)
    return _differ(
        rows, added, total, lambda row: sum((rows.exact(part, row) for part in parts), Decimal(0))
    )


def agree(first: Decimal, second: Decimal) -> bool:
    """Whether two amounts are the same within the tolerance, measured on the second."""
    return abs(first - second) <= TOLERANCE * max(abs(second), Decimal(1))


def _differ(rows: Rows, found: Floats, name: str, exact: Callable[[int], Decimal]) -> Mask:
    """NaN, for what is not there, differs from nothing."""
    wanted = rows.numbers(name)
    with np.errstate(over="ignore", invalid="ignore"):
        excess = np.abs(found - wanted) / (_TOLERANCE * np.maximum(np.abs(wanted), 1))
    differ: Mask = excess > 1 + _UNDECIDED
    for row in np.flatnonzero(np.abs(excess - 1) <= _UNDECIDED).tolist():
        differ[row] = not agree(exact(row), rows.exact(name, row))
    return differ
