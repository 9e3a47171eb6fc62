"""Each pool as one charge, and the share of it that its users have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exporter.cost.charges import Bools, Charges, Ints
from exporter.cost.parts import totals
from exporter.documents.kinds import CostProfile
from exporter.integers import split, split_long

#: Ratios are counted in 1e-15: as many digits as a JSON reader's float keeps.
RATIO_DIGITS = 15
_NO_POOL = -1
_ATTO_DIGITS = 18


@dataclass(frozen=True, slots=True)
class PoolShares:
    """What each charge has of the charge of its pool; one entry per charge.

    `pool` is the index of the pool, -1 for a charge that stays by itself (unpriced tokens). Of a
    pool, at each of its entries: `profile` is its latest version (None without a pool),
    `pool_cost_nano` what it cost, `pool_nano_hours` its GPU-time, `by_time` whether it cost
    nothing, so that GPU-time divides it. `hardware` and `electricity` are the shares of the pool's
    cost in 1e-15; all those of a pool add up to 1. `quantity_atto` is the pool's GPU-time in
    1e-18 hours, divided as its cost is, so that one unit price holds for all.
    """

    pool: Ints
    profile: Sequence[CostProfile | None]
    pool_cost_nano: Ints
    pool_nano_hours: Ints
    by_time: Bools
    hardware: Ints
    electricity: Ints
    quantity_atto: Sequence[int]


def share_pools(charges: Charges, quantity_digits: int, *, by_quantity: bool = False) -> PoolShares:
    """The shares of all charges that have a pool. Quantities have so many fractional digits.

    Ratios are those of the cost; `by_quantity` those of the quantities, which have fewer digits:
    where the quantity is what is billed.
    """
    pool, versions = _pools(charges)
    inside = pool != _NO_POOL
    index, count = pool[inside], len(versions)
    cost = totals(charges.cost_nano[inside], index, count)
    hours = totals(charges.gpu_nano_hours[inside], index, count)
    hardware, electricity = (weight[inside] for weight in _weights(charges, pool, cost))
    unit = 10 ** (quantity_digits - 9)
    whole = [each * unit for each in hours.tolist()]
    quantity = split_long(whole, hardware + electricity, index)
    if by_quantity:
        hardware, electricity = _divided(quantity, hardware, electricity, hours[index] > 0)
    ratios = split(
        np.full(count, 10**RATIO_DIGITS, np.int64),
        np.concatenate([hardware, electricity]),
        np.concatenate([index, index]),
    )
    atto = 10 ** (_ATTO_DIGITS - quantity_digits)
    return PoolShares(
        pool,
        [versions[each] if each != _NO_POOL else None for each in pool.tolist()],
        _spread(cost[index], inside),
        _spread(hours[index], inside),
        _spread(cost[index] == 0, inside).astype(np.bool_),
        _spread(ratios[: len(index)], inside),
        _spread(ratios[len(index) :], inside),
        _spread(np.array([each * atto for each in quantity], object), inside).tolist(),
    )


def _pools(charges: Charges) -> tuple[Ints, list[CostProfile]]:
    """The pool of each charge, in order of appearance, and the latest version of each profile."""
    numbers: dict[tuple[str, str | None], int] = {}
    latest: list[CostProfile] = []
    pool = np.full(len(charges), _NO_POOL, np.int64)
    for row, profile in enumerate(charges.profile):
        if profile is None:
            continue
        number = numbers.setdefault((profile.name, profile.namespace), len(numbers))
        pool[row] = number
        if number == len(latest):
            latest.append(profile)
        elif _start(profile) > _start(latest[number]):
            latest[number] = profile
    return pool, latest


def _start(profile: CostProfile) -> float:
    start = profile.spec.valid_from
    return float("-inf") if start is None else start


def _weights(charges: Charges, pool: Ints, cost: Ints) -> tuple[Ints, Ints]:
    """Hardware and electricity cost; GPU-time where the pool cost nothing, else equal shares."""
    inside = pool != _NO_POOL
    hours = totals(charges.gpu_nano_hours[inside], pool[inside], len(cost))
    free, unused = cost == 0, (cost == 0) & (hours == 0)
    time = np.where(_of_pool(unused, pool), 1, charges.gpu_nano_hours)
    hardware = charges.amortization_nano + charges.maintenance_nano
    by_time = _of_pool(free, pool)
    return np.where(by_time, time, hardware), np.where(by_time, 0, charges.electricity_nano)


def _divided(
    quantity: Sequence[int], hardware: Ints, electricity: Ints, timed: Bools
) -> tuple[Ints, Ints]:
    """Each quantity in the ratio of its two weights; the weights themselves without any time."""
    rows = np.arange(len(hardware))
    parts = split(
        np.array(quantity, np.int64),
        np.concatenate([hardware, electricity]),
        np.concatenate([rows, rows]),
    )
    of_hardware, of_electricity = parts[: len(rows)], parts[len(rows) :]
    return np.where(timed, of_hardware, hardware), np.where(timed, of_electricity, electricity)


def _of_pool(marks: Bools, pool: Ints) -> Bools:
    """What holds for a pool, at each charge; false for a charge without one."""
    return np.append(marks, False)[pool]


def _spread(values: Ints, inside: Bools) -> Ints:
    """Values of the charges with a pool at their places among all, 0 elsewhere."""
    result = np.zeros(len(inside), values.dtype)
    result[inside] = values
    return result
