"""All that is known of some clock hours, ready to be priced: the record between usage and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from exporter.periods import HourRange
from exporter.sources.series import Floats, Ints
from exporter.usage.gpus import Holding
from exporter.usage.identity import Pod
from exporter.usage.kubernetes import Latest
from exporter.usage.tokens import TokenUsage

Bools = npt.NDArray[np.bool_]


class PowerSource(IntEnum):
    """Where the energy comes from, from exact to least exact."""

    ENERGY_COUNTER = 0
    POWER_SAMPLES = 1
    TDP = 2
    NONE = 3

    @property
    def text(self) -> str:
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class GpuUsage:
    """What GPUs did: one holding per row, one hour per column.

    `nano_hours` is GPU-time in 1e-9 GPU-hours, `active_nano_hours` for each idle threshold (W per
    GPU) the part above it, an estimate, and known only where a profile with that threshold may
    select the node; `millijoules` energy; `power_source` a PowerSource each; `models` the GPU model
    by UUID, as DCGM names it.
    """

    holdings: Sequence[Holding]
    models: Mapping[str, str]
    nano_hours: Ints
    active_nano_hours: Mapping[Decimal, Ints]
    millijoules: Ints
    power_source: Ints


@dataclass(frozen=True, slots=True)
class GpuRequest:
    """A pod's GPU requests on a node: `gpus` per hour of the window, 0 where it was not running.

    A pod that ran for half an hour counts half.
    """

    pod: Pod
    node: str
    gpus: Floats


@dataclass(frozen=True, slots=True)
class KubeTables:
    """kube-state-metrics as last known in each hour.

    Subjects: nodes and namespaces by (cluster, name), pods by Pod, replica sets by (cluster,
    namespace, name).
    """

    node_labels: Latest
    namespace_labels: Latest
    pod_labels: Latest
    pod_info: Latest
    pod_owner: Latest
    replicaset_owner: Latest

    def node_of_pod(self, pod: Pod, column: int) -> str | None:
        """The node a pod ran on, None when unknown."""
        info = self.pod_info.at(pod, column)
        return None if info is None else info.get("node") or None


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """Tokens, GPUs and Kubernetes objects of the hours of one window.

    `readable[cluster][column]` is false for an hour in which no metric that is read has a sample.
    `held_before` says whether the source has any sample in the 24 hours before the window.
    `missing_labels` names the label metrics that could not be read.
    """

    hours: HourRange
    clusters: Sequence[str]
    tokens: TokenUsage
    gpus: GpuUsage
    requests: Sequence[GpuRequest]
    kube: KubeTables
    readable: Mapping[str, Bools]
    held_before: bool
    missing_labels: tuple[str, ...] = field(default=())
