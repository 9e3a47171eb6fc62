"""What a fleet is made of: nodes with their GPUs, pods with their lives, and what goes wrong.

Every hundredth thing misbehaves the way real ones do: pods are replaced, containers restart (some
right on the edge of an hour, where hourly values alone hide it), scrapes stop for minutes or hours,
nodes reboot. All of it is drawn by the seed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bench.fleets.samples import any_offset
from bench.fleets.sizes import HOUR_MS, FleetSize

GPUS_PER_NODE = 8
MINUTE_MS = 60_000
#: Per day: share of the slots whose pod is replaced, of pods that restart, of targets not scraped
#: for a while, of nodes that reboot.
_REPLACED, _RESTARTED, _UNSCRAPED, _REBOOTED = 0.10, 0.02, 0.02, 0.01
_HELD = 0.9

#: A time span in unix milliseconds, [begin, end).
Span = tuple[int, int]

MODELS = (
    "meta-llama/Llama-3.3-70B-Instruct",
    "meta-llama/Llama-3.1-8B-Instruct",
    "Qwen/Qwen3-32B",
    "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
    "openai/gpt-oss-120b",
)
TEAMS = ("search", "assist", "ads", "risk", "support", "research", "code", "growth")


@dataclass(frozen=True, slots=True)
class GpuKind:
    """A pool of like GPUs: its name, DCGM's model name, and watts at no and at full load."""

    pool: str
    model: str
    idle_watts: float
    tdp_watts: int

    @property
    def product(self) -> str:
        """What the GPU operator labels the node with."""
        return self.model.replace(" ", "-")


KINDS = (
    GpuKind("h100", "NVIDIA H100 80GB HBM3", 71.0, 700),
    GpuKind("a100", "NVIDIA A100-SXM4-80GB", 54.0, 400),
    GpuKind("l40s", "NVIDIA L40S", 36.0, 350),
    GpuKind("h200", "NVIDIA H200", 77.0, 700),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A machine: its GPUs by number, when in the interval it is scraped, and what it suffers.

    In `silent` spans DCGM is not scraped; after a reboot the energy counters begin at 0.
    """

    number: int
    kind: GpuKind
    gpus: range
    offset_ms: int
    silent: tuple[Span, ...] = ()
    reboots: tuple[Span, ...] = ()

    @property
    def name(self) -> str:
        return f"gpu-{self.kind.pool}-{self.number:04d}"


@dataclass(frozen=True, slots=True)
class Pod:
    """One vLLM pod and its life; None: it was there long before, or is there long after.

    It serves from `ready_ms` on. `restarts`: the container is gone in the span and counts from 0
    after it. Before `quiet_until_ms` it has hardly served anything.
    """

    number: int
    slot: int
    namespace: str
    model: str
    suffix: str
    gpus: range
    offset_ms: int
    born_ms: int | None = None
    dies_ms: int | None = None
    ready_ms: int | None = None
    restarts: tuple[Span, ...] = ()
    unscraped: tuple[Span, ...] = ()
    quiet_until_ms: int | None = None

    @property
    def workload(self) -> str:
        base = self.model.rpartition("/")[2].lower().replace(".", "-")[:24].strip("-")
        return f"vllm-{base}-{self.slot:04d}"

    @property
    def name(self) -> str:
        return f"{self.workload}-7d4f9c-{self.suffix}"

    @property
    def node(self) -> int:
        return self.gpus.start // GPUS_PER_NODE

    @property
    def address(self) -> str:
        high, low = divmod(self.number, 250)
        return f"10.{64 + high // 250}.{high % 250}.{low + 1}:8000"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is there, before a single sample."""

    size: FleetSize
    nodes: Sequence[Node]
    pods: Sequence[Pod]
    namespaces: Sequence[str]


def make_plan(size: FleetSize) -> Plan:
    """Draw the fleet of a size."""
    rng = np.random.default_rng(size.seed)
    namespaces = [f"{TEAMS[i % len(TEAMS)]}-{i:02d}" for i in range(size.namespaces)]
    pods: list[Pod] = []
    for slot, gpus in enumerate(_slots(size)):
        pods.extend(_pods_of_slot(size, rng, slot, gpus, namespaces, len(pods)))
    return Plan(size, _nodes(size, rng, pods), pods, namespaces)


def _slots(size: FleetSize) -> list[range]:
    """The GPUs of each pod running at one time: large ones first, so that none spans two nodes."""
    spare = int(size.gpus * _HELD) - size.pods
    if spare < 0:
        raise ValueError(f"{size.pods} pods need more than {size.gpus} GPUs")
    eights, fours = spare // 5 // 7, spare * 3 // 10 // 3
    twos = min(spare - 7 * eights - 3 * fours, size.pods - eights - fours)
    ones = size.pods - eights - fours - twos
    widths = np.repeat([8, 4, 2, 1], [eights, fours, twos, ones])
    ends = np.cumsum(widths)
    return [
        range(end - width, end) for end, width in zip(ends.tolist(), widths.tolist(), strict=True)
    ]


def _pods_of_slot(
    size: FleetSize,
    rng: np.random.Generator,
    slot: int,
    gpus: range,
    namespaces: Sequence[str],
    number: int,
) -> list[Pod]:
    """The pods that follow one another on the GPUs: a Deployment's, so namespace and model stay."""
    namespace = str(rng.choice(namespaces))
    model = str(rng.choice(MODELS))
    edges: list[int | None] = [None, *_replacements(size, rng), None]
    made: list[Pod] = []
    for born, dies in pairwise(edges):
        pod = Pod(
            *(number + len(made), slot, namespace, model, _suffix(rng), gpus),
            offset_ms=any_offset(rng, size.scrape_seconds),
            born_ms=None if born is None else born + int(rng.integers(40, 240)) * 1000,
            dies_ms=dies,
        )
        made.append(_with_troubles(size, rng, pod))
    return made


def _replacements(size: FleetSize, rng: np.random.Generator) -> list[int]:
    """When the slot's pod goes: in the middle of an hour, so that no hour sees only its request."""
    hours = sorted(rng.integers(1, size.hours, rng.poisson(_REPLACED * size.days)).tolist())
    kept = [h for i, h in enumerate(hours) if i == 0 or h >= hours[i - 1] + 3]
    minutes = rng.integers(8, 45, len(kept)).tolist()
    return [size.start_ms + h * HOUR_MS + m * MINUTE_MS for h, m in zip(kept, minutes, strict=True)]


def _suffix(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("bcdfghjklmnpqrstvwxz2456789"), 5))


def _with_troubles(size: FleetSize, rng: np.random.Generator, pod: Pod) -> Pod:
    ready = None if pod.born_ms is None else pod.born_ms + int(rng.integers(45, 150)) * 1000
    begin = (size.start_ms if pod.born_ms is None else pod.born_ms) + 2 * HOUR_MS
    end = (size.end_ms if pod.dies_ms is None else pod.dies_ms) - 3 * HOUR_MS
    if pod.born_ms is None and pod.slot % 200 == 7:
        edge = size.start_ms + HOUR_MS
        return replace(pod, restarts=((edge - 10_000, edge + 15_000),), quiet_until_ms=edge)
    days = max(end - begin, 0) / (24 * HOUR_MS)
    downtimes = [int(rng.integers(45, 150)) * 1000 for _ in range(rng.poisson(_RESTARTED * days))]
    outages = [_outage_ms(rng) for _ in range(rng.poisson(_UNSCRAPED * days))]
    return replace(
        pod,
        ready_ms=ready,
        restarts=_spans(rng, begin, end, downtimes),
        unscraped=_spans(rng, begin, end, outages),
    )


def _outage_ms(rng: np.random.Generator) -> int:
    """Mostly minutes, but two of five last longer than an hour."""
    minutes = rng.integers(70, 150) if rng.random() < 0.4 else rng.integers(2, 20)
    return int(minutes) * MINUTE_MS


def _spans(
    rng: np.random.Generator, begin: int, end: int, lengths_ms: Sequence[int]
) -> tuple[Span, ...]:
    """Spans of these lengths that begin anywhere in [begin, end), in whole seconds; by time."""
    starts = sorted(int(rng.integers(begin, end)) // 1000 * 1000 for _ in lengths_ms)
    return tuple((at, at + length) for at, length in zip(starts, lengths_ms, strict=True))


def _nodes(size: FleetSize, rng: np.random.Generator, pods: Sequence[Pod]) -> list[Node]:
    changes: dict[int, list[int]] = {}
    for pod in pods:
        for moment in (pod.born_ms, pod.dies_ms):
            if moment is not None:
                changes.setdefault(pod.node, []).append(moment)
    nodes = []
    for number, first in enumerate(range(0, size.gpus, GPUS_PER_NODE)):
        kind = KINDS[int(rng.choice(len(KINDS), p=[0.45, 0.25, 0.15, 0.15]))]
        gpus = range(first, min(first + GPUS_PER_NODE, size.gpus))
        node = Node(number, kind, gpus, any_offset(rng, size.scrape_seconds))
        nodes.append(_with_faults(size, rng, node, changes.get(number, [])))
    return nodes


def _with_faults(
    size: FleetSize, rng: np.random.Generator, node: Node, changes: Sequence[int]
) -> Node:
    """Faults an hour or more from any change of pods: else an hour might show a request alone."""
    begin, end = size.start_ms + HOUR_MS, size.end_ms - HOUR_MS
    outages = [
        int(rng.integers(5, 40)) * MINUTE_MS for _ in range(rng.poisson(_UNSCRAPED * size.days))
    ]
    downtimes = [3 * MINUTE_MS] * int(rng.poisson(_REBOOTED * size.days))

    def apart(spans: Sequence[Span]) -> tuple[Span, ...]:
        return tuple(
            (low, high)
            for low, high in spans
            if all(not low - HOUR_MS < moment < high + HOUR_MS for moment in changes)
        )

    return replace(
        node,
        silent=apart(_spans(rng, begin, end, outages)),
        reboots=apart(_spans(rng, begin, end, downtimes)),
    )
