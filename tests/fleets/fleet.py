"""A fleet whose truth is known: the series a Prometheus would hold, beside what they mean.

Parts (vLLM processes, GPUs, kube-state-metrics) write two things into a Fleet: the series, with the
labels a scrape would give them, and a log of what the generator knows about the same samples. The
exporter reads the series only; tests/reference.py reads the logs only. Times are unix seconds,
those of samples unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol

import yaml

from tests.fleets import openmetrics
from tests.fleets.openmetrics import Series, Value
from tests.fleets.pools import Pool

HOUR = 3600

#: (namespace, pod) that holds a GPU or a part of one.
Holder = tuple[str, str]
#: `transferred` is the part of the input whose cache came from a prefill pod, which counted it.
TokenField = Literal["input", "output", "cached", "requests", "transferred"]


@dataclass(frozen=True, slots=True)
class CounterSample:
    """One scraped value; `started` is the process start its own target tells, if it does."""

    ms: int
    value: int
    started: int | None


@dataclass(frozen=True, slots=True)
class CounterLog:
    """Every value scraped of one counter of one process, once, whatever jobs scraped it."""

    metric: str
    field: TokenField
    namespace: str
    pod: str
    model: str
    samples: Sequence[CounterSample]


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One scrape of a GPU: what it showed and who held which part of it (parts add up to 1)."""

    ms: int
    watts: float | None
    energy_mj: int | None
    parts: Mapping[Holder | None, Fraction]


@dataclass(frozen=True, slots=True)
class GpuLog:
    """Every scrape of one GPU, once, whatever labels and jobs it came with."""

    uuid: str
    pool: Pool | None
    interval: int
    samples: Sequence[GpuSample]
    node: str


@dataclass(frozen=True, slots=True)
class PodLog:
    """One pod object: its GPU request, when kube-state-metrics told of it, and when it ran."""

    namespace: str
    name: str
    node: str
    gpus: int
    told_ms: Sequence[int]
    running_ms: Sequence[int]


class Part(Protocol):
    """Anything that writes series and logs into a fleet."""

    def write_to(self, fleet: Fleet) -> None: ...


@dataclass(slots=True)
class Fleet:
    """Series and logs of `hours` hours from `start`, after `lead_hours` that warm the source up.

    `pools` say which nodes a cost profile covers; `documents` are further configuration.
    """

    start: int
    hours: int
    lead_hours: int = 1
    pools: tuple[Pool, ...] = ()
    documents: list[Mapping[str, object]] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    counters: list[CounterLog] = field(default_factory=list)
    gpus: list[GpuLog] = field(default_factory=list)
    #: what kube_pod_start_time said: per pod (ms of the sample, unix seconds).
    pod_starts: dict[Holder, list[tuple[int, int]]] = field(default_factory=dict)
    pods: list[PodLog] = field(default_factory=list)
    #: when kube-state-metrics was scraped, and the labels of namespaces it told, unix ms.
    kube_ms: list[int] = field(default_factory=list)
    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _seen: set[tuple[str, frozenset[tuple[str, str]]]] = field(default_factory=set)

    @property
    def first(self) -> int:
        """The second of the earliest sample."""
        return self.start - self.lead_hours * HOUR

    @property
    def end(self) -> int:
        """The end of the last hour, whose sample belongs to it."""
        return self.start + self.hours * HOUR

    @property
    def hour_starts(self) -> range:
        return range(self.start, self.end, HOUR)

    @property
    def sample_count(self) -> int:
        return sum(len(series.times_ms) for series in self.series)

    def add(self, *parts: Part) -> Fleet:
        for part in parts:
            part.write_to(self)
        return self

    def add_series(
        self, metric: str, labels: Mapping[str, str], samples: Sequence[tuple[int, Value]]
    ) -> None:
        """Adds one series of (unix ms, value), rising in time; no samples, no series."""
        if not samples:
            return
        identity = (metric, frozenset(labels.items()))
        times = [ms for ms, _ in samples]
        if identity in self._seen or any(b <= a for a, b in pairwise(times)):
            raise ValueError(f"twice the same series, or times not rising: {metric}{labels}")
        self._seen.add(identity)
        self.series.append(Series(metric, dict(labels), times, [value for _, value in samples]))

    def pool_of(self, node: str) -> Pool | None:
        """The pool whose profile matches the node."""
        return next((pool for pool in self.pools if node in pool.nodes), None)

    @property
    def configuration(self) -> list[Mapping[str, object]]:
        """Every document of the fleet's configuration."""
        return [*(pool.document for pool in self.pools), *self.documents]

    def write_config(self, path: Path) -> Path:
        """Writes the documents as YAML, the way a mounted ConfigMap holds them."""
        path.write_text(yaml.safe_dump_all(self.configuration, sort_keys=False), "utf-8")
        return path

    @property
    def text(self) -> bytes:
        """All samples as one OpenMetrics text."""
        return openmetrics.text(self.series)

    def write_text(self, path: Path) -> Path:
        """Writes one OpenMetrics file for SOURCE_FILE; compressed if named .gz or .zst."""
        return openmetrics.write_text(self.series, path)

    def write_blocks(self, folder: Path) -> list[Path]:
        """Writes OpenMetrics files for promtool, one per two-hour block."""
        return openmetrics.write_blocks(self.series, folder)
