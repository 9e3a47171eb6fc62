"""Which cells of an export are not what the reference says, and which pool-hours do not add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from exporter.pipeline.tasks import Task
from tests.reference_cost import MONEY, pool_hour_cost
from tests.truth.exports import Case, Row, RowKey, Rows, Way, expected


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that is not what the reference says."""

    key: RowKey
    column: str
    found: object
    expected: object

    def __str__(self) -> str:
        return f"{self.column} of {self.key}: exported {self.found}, reference {self.expected}"


def differences(case: Case, way: Way, found: Rows) -> Iterator[Difference]:
    """Every cell that differs, the earliest and shortest period first.

    Tokens must be equal; energy too, and money within 1e-9, in periods whose GPU-time is told.
    """
    wanted = expected(case, way)
    told = {(t.plan.name, t.period.start): case.told(t) for t in case.tasks(way)}
    order = sorted(found.keys() | wanted, key=lambda k: (k.start, k.schedule.fineness, k))
    for key in order:
        one, other = found.get(key), wanted.get(key)
        if one is None or other is None:
            if told[key.report, key.start]:
                yield Difference(key, "row", one, other)
        elif one.counts != other.counts:
            yield Difference(key, "counts", one.counts, other.counts)
        elif told[key.report, key.start]:
            yield from _amounts(key, one, other)


def _amounts(key: RowKey, one: Row, other: Row) -> Iterator[Difference]:
    if abs(one.cost - other.cost) > 1:
        yield Difference(key, "cost", one.cost, other.cost)
    for name, value in one.amounts.items():
        if abs(value - other.amounts[name]) > (name in (*MONEY, "idle")):
            yield Difference(key, name, value, other.amounts[name])


def lost_or_doubled(case: Case, way: Way, found: Rows) -> Iterator[str]:
    """Pool-hours (or longer periods) whose rows do not add up to exactly what the pool cost."""
    sums: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    side = {plan.name for plan in case.plans(way) if plan.side}
    for key, row in found.items():
        if key.schedule is way.granularity and key.report not in side:
            sums[key.start, key.profile] += row.cost
    for task in case.tasks(way):
        if task.plan.profile is None and case.told(task):
            yield from _unequal(case, way, task, sums)


def _unequal(
    case: Case, way: Way, task: Task, sums: Mapping[tuple[int, str], Fraction]
) -> Iterator[str]:
    plans = [plan for plan in case.plans(way) if not plan.side]
    for pool in case.priced.fleet.pools:
        # Reports of other lengths hold a part of the pool in periods of their own.
        mine = [p for p in plans if p.profile is not None and p.profile[0] == pool.name]
        if any(plan.schedule is not way.granularity for plan in mine):
            continue
        whole = 0
        for hour in task.period.hours.starts:
            cost = pool_hour_cost(pool, case.truth.energy_of(pool, hour), hour)
            whole += sum(cost[name] for name in MONEY)
        if sums[task.period.start, pool.name] != whole:
            total = sums[task.period.start, pool.name]
            yield f"{pool.name} at {task.period}: rows {total}, pool {whole}"
