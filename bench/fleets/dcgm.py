"""GPUs as dcgm-exporter shows them, and whose energy and time each hour of them was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.fleets.plan import GPUS_PER_NODE, Node, Plan, Pod
from bench.fleets.samples import (
    Bools,
    Floats,
    Ints,
    Series,
    by_hour,
    hours_of,
    outside,
    rises,
    scrape_times,
)
from bench.fleets.sizes import FleetSize

POWER, ENERGY = "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
#: Share of the TDP above which a GPU counts as active where a profile names no threshold.
IDLE_SHARE_OF_TDP = 0.2
_IDLE = -1


@dataclass(frozen=True, slots=True)
class HoldingTruth:
    """What one pod (None: nobody) had of one GPU, by exported hour; times in GPU-hours.

    `active` is the time of samples above the idle threshold, which the exporter may only estimate.
    """

    node: Node
    pod: Pod | None
    millijoules: Ints
    time: Floats
    active: Floats


def node_series(plan: Plan, node: Node) -> tuple[list[Series], list[HoldingTruth]]:
    """The series of one node's GPUs, and the truth about them."""
    size = plan.size
    rng = np.random.default_rng((size.seed, 2, node.number))
    times = scrape_times(size, node.offset_ms, size.scrape_seconds)
    shown = outside(times, [*node.silent, *node.reboots])
    here = [pod for pod in plan.pods if pod.node == node.number]
    series: list[Series] = [_up(node, times)]
    truths: list[HoldingTruth] = []
    for gpu in node.gpus:
        holders = [pod for pod in here if gpu in pod.gpus]
        held_by = _holders(holders, times)
        watts = _watts(rng, node, held_by != _IDLE)
        millijoules = _counted(rng, size, node, times, watts)
        scraped = _Scraped(times[shown], held_by[shown], watts[shown], millijoules[shown])
        series.extend(_series(rng, node, gpu, holders, scraped))
        truths.extend(_truths(size, node, holders, scraped))
    return series, truths


@dataclass(frozen=True, slots=True)
class _Scraped:
    """What scrapes saw of one GPU; `held_by` is an index into its holders, -1 for nobody."""

    times: Ints
    held_by: Ints
    watts: Floats
    millijoules: Ints


def _holders(pods: Sequence[Pod], times: Ints) -> Ints:
    held_by = np.full(len(times), _IDLE, np.int64)
    for index, pod in enumerate(pods):
        begin = -1 if pod.born_ms is None else pod.born_ms
        end = times[-1] if pod.dies_ms is None else pod.dies_ms
        held_by[(times >= begin) & (times <= end)] = index
    return held_by


def _watts(rng: np.random.Generator, node: Node, busy: Bools) -> Floats:
    """Drawn power with 3 digits: a level of its own per GPU while it is held, and noise."""
    kind, count = node.kind, len(busy)
    load = np.clip(rng.uniform(0.1, 0.8) + rng.normal(0, 0.12, count), 0, 1)
    held = kind.idle_watts + (kind.tdp_watts - kind.idle_watts) * load
    idle = kind.idle_watts + rng.normal(0, 1.2, count)
    watts: Floats = np.rint(np.where(busy, held, idle) * 1000) / 1000
    return watts


def _counted(
    rng: np.random.Generator, size: FleetSize, node: Node, times: Ints, watts: Floats
) -> Ints:
    """The energy counter in mJ: roughly power x time, from 0 after a reboot."""
    step = watts * size.scrape_seconds * 1000 * rng.normal(1, 0.004, len(times))
    counted = np.cumsum(np.rint(step).astype(np.int64)) + int(rng.integers(10**10, 2 * 10**12))
    for _, up in node.reboots:
        first = int(np.searchsorted(times, up))
        if 0 < first < len(times):
            counted[first:] -= counted[first - 1]
    return counted


def _series(
    rng: np.random.Generator, node: Node, gpu: int, holders: Sequence[Pod], scraped: _Scraped
) -> Iterator[Series]:
    """One pair of series per holder. Nobody's samples carry the exporter's own pod."""
    of_gpu = {
        "gpu": str(gpu % GPUS_PER_NODE),
        "UUID": _uuid(rng),
        "device": f"nvidia{gpu % GPUS_PER_NODE}",
        "modelName": node.kind.model,
        "Hostname": node.name,
        **_target(node),
    }
    for index, pod in enumerate([*holders, None]):
        mine = np.flatnonzero(scraped.held_by == (_IDLE if pod is None else index))
        if not len(mine):
            continue
        held = {} if pod is None else _holder_labels(pod)
        labels = {**of_gpu, **held}
        times = scraped.times if len(mine) == len(scraped.times) else scraped.times[mine]
        yield Series(POWER, labels, times, scraped.watts[mine])
        yield Series(ENERGY, labels, times, scraped.millijoules[mine])


def _holder_labels(pod: Pod) -> Mapping[str, str]:
    return {"namespace": pod.namespace, "pod": pod.name, "container": "vllm"}


def _target(node: Node) -> Mapping[str, str]:
    return {
        "job": "nvidia-dcgm-exporter",
        "instance": f"10.32.{node.number // 250}.{node.number % 250 + 1}:9400",
        "namespace": "gpu-operator",
        "pod": f"nvidia-dcgm-exporter-{node.number:05d}",
        "container": "nvidia-dcgm-exporter",
    }


def _up(node: Node, times: Ints) -> Series:
    silent = ~outside(times, [*node.silent, *node.reboots])
    return Series("up", _target(node), times, 1 - silent.astype(np.int64))


def _uuid(rng: np.random.Generator) -> str:
    digits = rng.bytes(16).hex()
    return f"GPU-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _truths(
    size: FleetSize, node: Node, holders: Sequence[Pod], scraped: _Scraped
) -> Iterator[HoldingTruth]:
    """Each step to whoever holds the GPU at the later sample; the first ever sample gives nothing.

    GPU-time is the holder's part of the samples that the hour should have, or has if it has more.
    """
    hours = hours_of(size, scraped.times)
    added = rises(scraped.millijoules, first_counts=False)
    one = np.ones_like(hours)
    expected = 3600 / size.scrape_seconds
    whole = np.maximum(by_hour(size, hours, one), expected)
    active = scraped.watts > IDLE_SHARE_OF_TDP * node.kind.tdp_watts
    for index, pod in enumerate([*holders, None]):
        mine = scraped.held_by == (_IDLE if pod is None else index)
        samples = by_hour(size, hours[mine], one[mine])
        if samples.any():
            millijoules = by_hour(size, hours[mine], added[mine])
            above = by_hour(size, hours[mine & active], one[mine & active])
            yield HoldingTruth(node, pod, millijoules, samples / whole, above / whole)
