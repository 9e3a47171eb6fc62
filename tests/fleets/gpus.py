"""GPUs as dcgm-exporter shows them: power, energy, and whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from tests.fleets.fleet import Fleet, GpuLog, GpuSample, Holder
from tests.fleets.openmetrics import Value
from tests.fleets.scrapes import LabelForm, Scrapes, Span, scraped

POWER = "DCGM_FI_DEV_POWER_USAGE"
ENERGY = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
#: A number, or a function of unix seconds. 400 W over an hour are 1 440 000 000 mJ = 0.4 kWh.
Watts = float | Callable[[int], float]
WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Holding:
    """A pod has the GPU, or an instance of it, in (start, end] and makes it draw `watts`."""

    start: int
    end: int
    namespace: str
    pod: str
    watts: Watts = 400

    @property
    def holder(self) -> Holder:
        return self.namespace, self.pod


@dataclass(frozen=True, slots=True)
class Face:
    """One set of series a GPU shows at a moment: further labels, whose, which part of the GPU."""

    labels: Mapping[str, str]
    holder: Holder | None
    share: Fraction


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU that one holder has at a time.

    pod_labels: whether dcgm-exporter names holders. form, target: what the scrape does to labels.
    counter, power: whether the metric is there at all; counter_gaps: spans without the counter.
    driver_resets: the counter falls to 0 and the driver's version label changes.
    history_mj: the counter one scrape before the first.
    """

    uuid: str
    node: str
    holdings: Sequence[Holding] = ()
    index: int = 0
    idle_watts: Watts = 100
    model: str = "NVIDIA H100 80GB HBM3"
    pod_labels: bool = True
    host_label: Literal["Hostname", "hostname"] = "Hostname"
    form: LabelForm = "plain"
    target: Mapping[str, str] = field(default_factory=dict)
    jobs: tuple[str, ...] = ("dcgm-exporter",)
    counter: bool = True
    power: bool = True
    counter_gaps: tuple[Span, ...] = ()
    driver_resets: tuple[int, ...] = ()
    history_mj: int = 1_000_000_000_000
    scrapes: Scrapes = Scrapes()

    def faces(self, ms: int) -> list[Face]:
        """The sets of series at a moment; shares add up to 1, or less where parts are free."""
        holding = held(self.holdings, ms)
        if holding is None or not self.pod_labels:
            return [Face({}, None, WHOLE)]
        return [Face(naming(holding.holder), holding.holder, WHOLE)]

    def draw(self, ms: int) -> float:
        """The watts at a moment."""
        holding = held(self.holdings, ms)
        watts = self.idle_watts if holding is None else holding.watts
        return watts(ms // 1000) if callable(watts) else watts

    def write_to(self, fleet: Fleet) -> None:
        samples = list(self._samples(fleet))
        pool = fleet.pool_of(self.node)
        fleet.gpus.append(GpuLog(self.uuid, pool, self.scrapes.interval, samples, self.node))
        for job in self.jobs:
            self._write_job(fleet, job, samples)

    def _samples(self, fleet: Fleet) -> Iterator[GpuSample]:
        step = self.scrapes.interval * 1000
        total = self.history_mj
        for ms in replace(self.scrapes, gaps=()).times_ms(fleet.first, fleet.end):
            since = ms - step
            for reset in self.driver_resets:
                if ms - step < reset * 1000 <= ms:
                    total, since = 0, reset * 1000
            watts = self.draw(ms)
            total += round(watts * (ms - since))  # W × ms = mJ
            if not self.scrapes.in_gap(ms):
                yield self._sample(ms, watts, total)

    def _sample(self, ms: int, watts: float, total: int) -> GpuSample:
        hidden = any(start * 1000 <= ms < end * 1000 for start, end in self.counter_gaps)
        parts: dict[Holder | None, Fraction] = defaultdict(Fraction)
        for face in self.faces(ms):
            parts[face.holder] += face.share
        if free := WHOLE - sum(parts.values()):
            parts[None] += free
        return GpuSample(
            ms,
            watts if self.power else None,
            total if self.counter and not hidden else None,
            dict(parts),
        )

    def _write_job(self, fleet: Fleet, job: str, samples: Sequence[GpuSample]) -> None:
        found: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[int, Value]]]
        found = defaultdict(list)
        for sample in samples:
            for face in self.faces(sample.ms):
                labels = {**self._device(sample.ms), **face.labels}
                key = tuple(sorted(scraped(labels, self.target, self.form).items()))
                if sample.watts is not None:
                    found[POWER, key].append((sample.ms, sample.watts))
                if sample.energy_mj is not None:
                    found[ENERGY, key].append((sample.ms, sample.energy_mj))
        instance = f"{self.node}:9400"
        for (metric, key), values in found.items():
            fleet.add_series(metric, {**dict(key), "job": job, "instance": instance}, values)

    def _device(self, ms: int) -> dict[str, str]:
        loads = sum(reset * 1000 <= ms for reset in self.driver_resets)
        return {
            "gpu": str(self.index),
            "UUID": self.uuid,
            "device": f"nvidia{self.index}",
            "modelName": self.model,
            self.host_label: self.node,
            "DCGM_FI_DRIVER_VERSION": f"580.{65 + loads}.06",
        }


@dataclass(frozen=True, slots=True)
class MigInstance:
    """A MIG instance: its id, its profile such as `3g.40gb`, and who holds it."""

    number: int
    profile: str
    holdings: Sequence[Holding] = ()

    @property
    def share(self) -> Fraction:
        """Its compute slices of the GPU's seven: the digit before the g."""
        return Fraction(int(self.profile.split("g.")[0]), 7)


@dataclass(frozen=True, slots=True)
class MigGpu(Gpu):
    """A GPU cut into instances; each shows the whole GPU's power and energy."""

    instances: Sequence[MigInstance] = ()

    def faces(self, ms: int) -> list[Face]:
        found = []
        for one in self.instances:
            labels = {"GPU_I_ID": str(one.number), "GPU_I_PROFILE": one.profile}
            holding = held(one.holdings, ms)
            if holding is None:
                found.append(Face(labels, None, one.share))
            else:
                holder = holding.holder
                found.append(Face({**labels, **naming(holder)}, holder, one.share))
        return found


@dataclass(frozen=True, slots=True)
class TimeSlicedGpu(Gpu):
    """A GPU that all its holdings share at a time (exporter flag --kubernetes-virtual-gpus).

    Every metric is repeated for each sharing pod; they draw `idle_watts` together.
    """

    def faces(self, ms: int) -> list[Face]:
        sharing = [one for one in self.holdings if held([one], ms)]
        if not sharing:
            return [Face({}, None, WHOLE)]
        share = Fraction(1, len(sharing))
        return [
            Face({**naming(one.holder), "vgpu": str(number)}, one.holder, share)
            for number, one in enumerate(sharing)
        ]

    def draw(self, ms: int) -> float:
        watts = self.idle_watts
        return watts(ms // 1000) if callable(watts) else watts


def held(holdings: Sequence[Holding], ms: int) -> Holding | None:
    """The holding at a moment."""
    return next((one for one in holdings if one.start * 1000 < ms <= one.end * 1000), None)


def naming(holder: Holder) -> dict[str, str]:
    """The labels by which dcgm-exporter names a holder."""
    return {"namespace": holder[0], "pod": holder[1], "container": "vllm"}


def exporter_pod(node: str) -> dict[str, str]:
    """The target labels of the dcgm-exporter pod on a node, as service discovery gives them."""
    return {
        "namespace": "gpu-operator",
        "pod": f"nvidia-dcgm-exporter-{node}",
        "container": "nvidia-dcgm-exporter",
        "service": "nvidia-dcgm-exporter",
    }
