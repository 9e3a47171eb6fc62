"""Money, energy and GPU-time of parts as one block of integers, so that all split alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

import numpy as np

from exporter.cost.charges import Charges, Ints
from exporter.cost.parts import IDLE, Bools, Parts, largest, totals
from exporter.cost.pool_hour import electricity_nano, hardware_cost_of, nano_kwh
from exporter.documents.kinds import CostProfile
from exporter.errors import PeriodError
from exporter.integers import NANO, divide_floor, split


class Amount(IntEnum):
    """Columns of a block of amounts; money and kWh in 1e-9, GPU-time in 1e-9 GPU-hours."""

    AMORTIZATION = 0
    MAINTENANCE = 1
    ELECTRICITY = 2
    ACTIVE_ELECTRICITY = 3
    IDLE = 4
    ENERGY = 5
    GPU_TIME = 6
    ACTIVE_TIME = 7


#: The columns of a block by the names they have in Charges.
_COLUMNS = {
    "amortization_nano": Amount.AMORTIZATION,
    "maintenance_nano": Amount.MAINTENANCE,
    "electricity_nano": Amount.ELECTRICITY,
    "active_electricity_nano": Amount.ACTIVE_ELECTRICITY,
    "idle_nano": Amount.IDLE,
    "energy_nano_kwh": Amount.ENERGY,
    "gpu_nano_hours": Amount.GPU_TIME,
    "active_nano_hours": Amount.ACTIVE_TIME,
}
MONEY = (Amount.AMORTIZATION, Amount.MAINTENANCE, Amount.ELECTRICITY)
#: The largest component of a pool-hour in 1e-9; those of a day add up within 63 bits.
_MOST_PER_HOUR = 2**57
_SPREAD = (*MONEY, Amount.ENERGY, Amount.GPU_TIME)
#: Estimates that are a part of another amount.
_PART_OF = {Amount.ACTIVE_ELECTRICITY: Amount.ELECTRICITY, Amount.ACTIVE_TIME: Amount.GPU_TIME}


def columns_of(block: Ints) -> dict[str, Ints]:
    """The columns of a block as Charges has them."""
    return {name: block[:, amount] for name, amount in _COLUMNS.items()}


def block_of(charges: Charges) -> Ints:
    """The amounts of charges as a block."""
    return np.stack([getattr(charges, name) for name in _COLUMNS], axis=1)


def price(parts: Parts, profiles: Sequence[CostProfile], hour: int) -> Ints:
    """The amounts of each part: every component of a pool-hour split by itself, exactly.

    Hardware goes by GPU-time, electricity and energy by the energy used. `profiles[code]` is the
    version of a pool's profile that applies to the hour. Raises PeriodError when a component of a
    pool-hour is too large to be counted.
    """
    block = np.zeros((len(parts), len(Amount)), np.int64)
    hardware = [hardware_cost_of(profile, hour) for profile in profiles]
    used = totals(parts.millijoules, parts.pool, len(profiles)).tolist()
    power = [_electricity(p, mj) for p, mj in zip(profiles, used, strict=True)]

    def by(weights: Ints, costs: Sequence[int]) -> Ints:
        return split(_countable(costs, profiles), weights, parts.pool)

    block[:, Amount.AMORTIZATION] = by(parts.nano_hours, [h.amortization_nano for h in hardware])
    block[:, Amount.MAINTENANCE] = by(parts.nano_hours, [h.maintenance_nano for h in hardware])
    block[:, Amount.ELECTRICITY] = by(parts.millijoules, power)
    energy = np.array([nano_kwh(millijoules) for millijoules in used], np.int64)
    block[:, Amount.ENERGY] = split(energy, parts.millijoules, parts.pool)
    block[:, Amount.GPU_TIME] = parts.nano_hours
    block[:, Amount.ACTIVE_TIME] = parts.active_nano_hours
    block[:, Amount.ACTIVE_ELECTRICITY] = divide_floor(
        block[:, Amount.ELECTRICITY], parts.active_nano_hours, np.maximum(parts.nano_hours, 1)
    )
    return block


def _electricity(profile: CostProfile, millijoules: int) -> int:
    electricity = profile.spec.electricity
    return electricity_nano(millijoules, electricity.rate_per_kwh, electricity.pue_factor)


def _countable(costs: Sequence[int], profiles: Sequence[CostProfile]) -> Ints:
    for cost, profile in zip(costs, profiles, strict=True):
        if cost > _MOST_PER_HOUR:
            raise PeriodError(
                f"CostProfile {profile.name} costs {cost // NANO} in an hour, more than the"
                f" {_MOST_PER_HOUR // NANO} that can be counted in 1e-9: give all prices in a"
                " larger unit"
            )
    return np.array(costs, np.int64)


def spread_idle(parts: Parts, block: Ints) -> tuple[Bools, Parts, Ints]:
    """Spread each pool's idle amounts over its holders by GPU-time (COST_IDLE=share).

    Returns which parts remain, all parts with their power source as it is with the idle energy,
    and the block in which holders have taken over their share, told apart in Amount.IDLE. A pool
    without a holder keeps its idle part.
    """
    pools = int(parts.pool.max(initial=-1)) + 1
    weights = np.where(parts.holder >= 0, parts.nano_hours, 0)
    spread = (parts.holder == IDLE) & (totals(weights, parts.pool, pools)[parts.pool] > 0)
    grown = block.copy()
    for amount in _SPREAD:
        whole = totals(np.where(spread, block[:, amount], 0), parts.pool, pools)
        taken = split(whole, weights, parts.pool)
        grown[:, amount] += taken
        if amount in MONEY:
            grown[:, Amount.IDLE] += taken
    return ~spread, _with_source_of(parts, spread & (parts.millijoules > 0), weights > 0), grown


def _with_source_of(parts: Parts, given: Bools, taking: Bools) -> Parts:
    """The parts, those that take energy with the least exact source of it and their own."""
    pools = int(parts.pool.max(initial=-1)) + 1
    worst = largest(np.where(given, parts.power_source, 0), parts.pool, pools)[parts.pool]
    source = np.where(taking, np.maximum(parts.power_source, worst), parts.power_source)
    return replace(parts, power_source=source)


def split_block(block: Ints, weights: Ints, groups: Ints) -> Ints:
    """Split every column of a block over group members by weight; `block[g]` is group g's whole.

    A residue of active time never makes it more than the member's time; the estimate loses it.
    """
    columns = [split(block[:, amount], weights, groups) for amount in range(block.shape[1])]
    for active, whole in _PART_OF.items():
        columns[active] = np.minimum(columns[active], columns[whole])
    return np.stack(columns, axis=1)
