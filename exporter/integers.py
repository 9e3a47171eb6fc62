"""Exact integer arithmetic on arrays: products beyond 64 bits divided, wholes split into parts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

#: Money, energy and GPU-time are counted in 1e-9 of their unit.
NANO = 1_000_000_000


#: Up to these the float quotient is off by a few units, and that many divisors fit in 63 bits.
_LARGEST_QUOTIENT, _LARGEST_DIVISOR = 2**52, 2**60


def plain_decimal(value: int, digits: int) -> str:
    """An integer of 10**-digits as a plain decimal without trailing zeros."""
    return format(Decimal(value).scaleb(-digits).normalize() + 0, "f")


def divide(whole: Ints | int, factor: Ints | int, divisor: Ints | int) -> tuple[Ints, Ints]:
    """whole x factor // divisor and its remainder, exact although the product may pass 2**63.

    None negative, no divisor 0. Raises OverflowError for a quotient of 2**63 or more.
    """
    a, b, c = np.broadcast_arrays(
        np.asarray(whole, np.int64), np.asarray(factor, np.int64), np.asarray(divisor, np.int64)
    )
    estimate = a.astype(np.float64) * b / c
    if (estimate >= _LARGEST_QUOTIENT).any() or (c > _LARGEST_DIVISOR).any():
        return _divide_long(a, b, c)
    # The true remainder of the estimate is small enough to be exact in wrapping arithmetic.
    quotient = np.floor(estimate).astype(np.int64)
    with np.errstate(over="ignore"):
        remainder = a * b - quotient * c
    shift = np.floor_divide(remainder, c)
    return quotient + shift, remainder - shift * c


def _divide_long(a: Ints, b: Ints, c: Ints) -> tuple[Ints, Ints]:
    """The same with Python integers: slower, for money in units of which a dollar has thousands."""
    product, divisor = a.astype(object) * b.astype(object), c.astype(object)
    return _as_ints(product // divisor), _as_ints(product % divisor)


def _as_ints(values: object) -> Ints:
    return np.asarray(values, object).astype(np.int64)


def divide_floor(whole: Ints | int, factor: Ints | int, divisor: Ints | int) -> Ints:
    """whole x factor // divisor, exact."""
    return divide(whole, factor, divisor)[0]


def split(whole: Ints, weights: Ints, groups: Ints) -> Ints:
    """Split each group's whole over its members by weight; the parts add up to it exactly.

    `whole[g]` belongs to the members with `groups[i] == g`. Every part is rounded down and the
    residue goes to the member with the largest weight, the first of them on a tie. No part is
    negative. A group without any weight splits nothing: its parts are 0.
    """
    totals = np.zeros(len(whole), np.int64)
    np.add.at(totals, groups, weights)
    parts = divide_floor(whole[groups], weights, np.maximum(totals, 1)[groups])
    residue = np.where(totals > 0, whole, 0)
    np.subtract.at(residue, groups, parts)
    largest = largest_members(weights, groups, len(whole))
    owed = largest >= 0
    parts[largest[owed]] += residue[owed]
    return parts


def split_long(whole: Sequence[int], weights: Ints, groups: Ints) -> list[int]:
    """As `split`, for wholes of any size."""
    totals = [0] * len(whole)
    members = list(zip(weights.tolist(), groups.tolist(), strict=True))
    for weight, group in members:
        totals[group] += weight
    parts = [whole[g] * weight // totals[g] if totals[g] else 0 for weight, g in members]
    residue = [each if total else 0 for each, total in zip(whole, totals, strict=True)]
    for part, (_, group) in zip(parts, members, strict=True):
        residue[group] -= part
    for group, member in enumerate(largest_members(weights, groups, len(whole)).tolist()):
        if member >= 0:
            parts[member] += residue[group]
    return parts


def largest_members(weights: Ints, groups: Ints, count: int) -> Ints:
    """Per group the index of its largest member, the first on a tie; -1 for an empty group."""
    order = np.lexsort((-np.arange(len(weights)), weights, groups))
    largest = np.full(count, -1, np.int64)
    largest[groups[order]] = order
    return largest
