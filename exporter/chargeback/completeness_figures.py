"""The figures of what a report lacks, what was estimated and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Gap:
    """Time of a report of a cluster that no object holds, unix seconds, the end excluded."""

    cluster: str
    report: str  # "default" for the implicit one
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Awaited:
    """Time of a report of a cluster whose rows are not due yet, while others have theirs.

    Unix seconds, the end excluded. `schedule` says how long the periods of the report are.
    """

    cluster: str
    report: str
    schedule: str  # hourly, daily, weekly or monthly
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReportOf:
    """A report of a cluster."""

    cluster: str
    report: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """GPU-hours and cost of rows that share a way in which they were measured."""

    kind: str  # "power source" or "allocation"
    value: str  # such as tdp, power-samples, requests
    gpu_hours: Decimal | None
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is missing, what was estimated and what was left out of the figures.

    `unpooled_cost` is the EffectiveCost of rows that are in no pool's `cost`: of a layout without
    GPU-hours, or of no pool. Unless prices are contracted, it and the pools' cost are the total.
    """

    gaps: tuple[Gap, ...]
    estimates: tuple[Estimate, ...]
    unobserved_gpu_hours: Decimal | None
    unobserved_cost: Decimal
    unpooled_cost: Decimal
    unpriced_tokens: int
    straddling: tuple[str, ...]  # objects with rows that reach over the edge of the period
    awaited: tuple[Awaited, ...] = ()
    unreadable: tuple[str, ...] = ()  # objects that could not be read
    budget_gaps: tuple[Gap, ...] = ()  # in the budgets' month, outside of the period
    not_compared: tuple[ReportOf, ...] = ()
    misplaced: tuple[str, ...] = ()  # objects with rows of other time than their names say
    budgets_fault: str | None = None  # why there are no budget lines, although there are budgets
