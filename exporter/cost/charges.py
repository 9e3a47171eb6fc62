"""Charges: what a namespace, model or idle pool cost in one period, in integers.

Units: money in 1e-9 of the billing currency (`*_nano`), energy in 1e-9 kWh (`*_nano_kwh`),
GPU-time in 1e-9 GPU-hours (`*_nano_hours`), tokens and requests as counts. Integers add up
exactly in any order; an hour of the largest fleet is far below 2**63.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from exporter.cost.distinct import Coded
from exporter.documents.kinds import CostProfile
from exporter.usage.window import PowerSource as PowerSource

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Columnar = TypeVar("Columnar")


class Kind(IntEnum):
    """What a charge is for."""

    MODEL = 0  #: a namespace's use of one model
    ROLLUP = 1  #: a namespace that held GPUs without any known model
    IDLE = 2  #: observed GPU-time that nobody held
    UNOBSERVED = 3  #: GPU-time the source says nothing about


class Method(IntEnum):
    """How the holder of the GPU-time is known, from exact to least exact."""

    GPU_TIME = 0
    REQUESTS = 1
    TOKENS = 2
    UNPRICED = 3

    @property
    def text(self) -> str:
        return self.name.lower().replace("_", "-")


class Meter(IntEnum):
    """Which tokens of a model a charge is for."""

    ALL = 0
    INPUT = 1  #: cached ones included
    OUTPUT = 2


@dataclass(frozen=True, slots=True)
class Charges:
    """All charges of one (cluster, report, period), one per entry of every sequence, sorted.

    `profile` is None for tokens on unknown GPUs (method UNPRICED). `namespace`, `workload`,
    `workload_type`, `pod` and `model` are None where the charge has none or the row grain
    leaves it out. The components already hold the idle part that COST_IDLE=share gave to the
    charge; `idle_nano` says how much that is. `meter` is ALL until a price list tells input and
    output apart. `observed_nano_hours` and
    `capacity_nano_hours` are those of the whole pool over the period.
    """

    kind: Ints
    method: Ints
    meter: Ints
    power_source: Ints
    profile: Sequence[CostProfile | None]
    namespace: Sequence[str | None]
    workload: Sequence[str | None]
    workload_type: Sequence[str | None]
    pod: Sequence[str | None]
    model: Sequence[str | None]
    amortization_nano: Ints
    maintenance_nano: Ints
    electricity_nano: Ints
    active_electricity_nano: Ints
    idle_nano: Ints
    energy_nano_kwh: Ints
    gpu_nano_hours: Ints
    active_nano_hours: Ints
    tokens_input: Ints
    tokens_output: Ints
    tokens_cached: Ints
    requests: Ints
    observed_nano_hours: Ints
    capacity_nano_hours: Ints
    namespace_labels: Sequence[Mapping[str, str]]
    pod_labels: Sequence[Mapping[str, str]]
    region: Sequence[str | None]
    zone: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def cost_nano(self) -> Ints:
        """The whole cost of each charge: the sum of its components."""
        return self.amortization_nano + self.maintenance_nano + self.electricity_nano

    @property
    def tokens(self) -> Ints:
        """Input (cached ones included) plus output tokens of each charge."""
        return self.tokens_input + self.tokens_output

    @property
    def unpriced(self) -> Bools:
        """Which charges are tokens on GPUs that no profile prices."""
        found: Bools = self.method == Method.UNPRICED
        return found

    @property
    def filled(self) -> Bools:
        """Which charges have a cost or a quantity, and so a row."""
        found: Bools = (self.cost_nano != 0) | (self.tokens != 0) | (self.gpu_nano_hours != 0)
        return found


def taken(record: Columnar, rows: Ints) -> Columnar:
    """The same record of columns (a dataclass of arrays and sequences) with some of its rows."""

    def take(values: Any) -> Any:
        if isinstance(values, Coded):
            return values.taken(rows)
        return values[rows] if isinstance(values, np.ndarray) else [values[row] for row in rows]

    columns = fields(record)  # type: ignore[arg-type]  # no protocol names dataclasses
    return type(record)(**{each.name: take(getattr(record, each.name)) for each in columns})
