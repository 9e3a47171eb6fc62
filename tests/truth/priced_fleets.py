"""Random fleets with everything that decides what somebody pays; the same seed, the same fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from exporter.periods import rfc3339
from tests.fleets.fleet import HOUR, Fleet
from tests.fleets.gpus import Gpu, MigGpu, MigInstance, exporter_pod
from tests.fleets.kube import KubePod, KubeState
from tests.fleets.pools import Pool, document
from tests.fleets.scrapes import Scrapes, Span
from tests.fleets.token_scenarios import T0
from tests.fleets.vllm import Served, VllmProcess
from tests.truth.random_fleets import Dice

PODS = (("chat", "a"), ("chat", "b"), ("code", "a"), ("chat", "c"), ("code", "b"))
NODES = ("node-a", "node-b", "node-c", "node-x")
NAMES = ("alpha", "beta", "gamma")
NAMESPACES = {"chat": {"team": "talk"}, "code": {"team": "tools"}}
#: namespaceSelectors as users write them, and the namespaces that they let in.
SELECTORS: tuple[Mapping[str, str] | None, ...] = (
    *(None, None, None),
    {"team": "talk"},
    {"kubernetes.io/metadata.name": "code"},
    {"team": "nobody"},
)
SHORT, LONG = ("hourly", "daily"), ("weekly", "monthly")


@dataclass(frozen=True, slots=True)
class PricedPool(Pool):
    """A pool whose CostProfile is given: (first second from which it applies, document)."""

    versions: tuple[tuple[int, Mapping[str, Any]], ...] = ()

    def document_at(self, hour: int) -> Mapping[str, Any]:
        return [one for since, one in self.versions if since <= hour][-1]

    @property
    def document(self) -> Mapping[str, object]:
        return self.versions[0][1]


@dataclass(frozen=True, slots=True)
class PricedFleet:
    """A fleet and how it is exported; `long_reports`: some report is weekly or monthly."""

    seed: int
    fleet: Fleet
    share_idle: bool
    grain: str
    long_reports: bool


def priced_fleet(seed: int, base: int = T0, *, long_reports: bool = False) -> PricedFleet:
    """Up to five pods on up to four GPUs, nodes of up to three pools and one of none, 2 to 6 hours.

    Every twentieth is longer than a day. `base` is the midnight before it begins; only with
    `long_reports` some of them have weekly or monthly reports.
    """
    return PricedDice(seed, base, long_reports).priced()


class PricedDice(Dice):
    """Draws what Dice does, on several nodes, and pools, prices, selectors and reports."""

    def __init__(self, seed: int, base: int, long_reports: bool) -> None:
        self.seed = seed
        self.rng = np.random.default_rng([seed, 7])
        self.long = seed % 20 == 19
        self.hours = self.whole(27, 32) if self.long else self.whole(2, 6)
        # A sample on the very first second would stand alone in the hour before.
        self.start = self.first = base + HOUR * self.one_of((0, self.whole(0, 23)))
        self.lead = 0
        # Of two pods of one name in the source's very first hour nobody knows which one is new.
        self.settled = self.first + HOUR
        self.end = self.start + self.hours * HOUR
        self.transfers = self.chance(0.2)
        self.interval = 300 if self.long else self.one_of((30, 60, 60, 120))
        self.by_label = self.chance(0.5)
        self.schedules = (*SHORT, *LONG) if long_reports and self.chance(0.06) else SHORT

    def priced(self) -> PricedFleet:
        pools = self.pools()
        reports = [one for pool in pools for one in self.reports(pool)]
        later = [one for pool in pools for _, one in pool.versions[1:]]
        fleet = Fleet(self.start, self.hours, 0, pools=pools, documents=[*later, *reports])
        outage = self.gaps(1) if self.chance(0.15) else ()
        pods = PODS[: self.whole(1, 5)]
        told = [
            one for number, pod in enumerate(pods) for one in self.pod(fleet, pod, number, outage)
        ]
        for index in range(self.whole(0, 4)):
            fleet.add(self.gpu(index, pods, outage))
        if self.by_label or self.chance(0.6):
            fleet.add(self.kube(pools, told))
        grain = self.one_of(("model", "model", "pod"))
        schedules = {one["spec"]["schedule"] for one in reports}
        return PricedFleet(self.seed, fleet, self.chance(0.5), grain, bool(schedules & set(LONG)))

    def pools(self) -> tuple[PricedPool, ...]:
        """Each on a node of its own; the last may take every node that no other one does."""
        count = self.whole(1, 3)
        rest = self.chance(0.3)
        found = []
        for index, name in enumerate(NAMES[:count]):
            last = rest and index == count - 1
            nodes = NODES[index:] if last else NODES[index : index + 1]
            key = "gpu-pool" if self.by_label else "kubernetes.io/hostname"
            selector = {} if last else {key: name if self.by_label else nodes[0]}
            found.append(self.pool(name, nodes, selector))
        return tuple(found)

    def pool(self, name: str, nodes: Sequence[str], selector: Mapping[str, str]) -> PricedPool:
        tdp = self.one_of((None, 350, 700))
        admits = self.one_of(SELECTORS)
        since = [0]
        if self.chance(0.15):
            since.append(self.start + HOUR * self.whole(0, self.hours))
        versions = tuple((at, self.profile(name, tdp, selector, admits, at)) for at in since)
        return PricedPool(name, tuple(nodes), tdp_watts=tdp, versions=versions)

    def profile(
        self,
        name: str,
        tdp: int | None,
        selector: Mapping[str, str],
        admits: Mapping[str, str] | None,
        since: int,
    ) -> Mapping[str, Any]:
        hardware: dict[str, object] = {
            "gpuModel": "H100",
            "gpuCount": self.whole(1, 4),
            "purchasePriceUSD": self.whole(0, 40_000_000) / 100,
            "amortizationYears": self.one_of((1, 2.5, 3, 5)),
            "maintenancePercentPerYear": self.one_of((0, 0.05, 0.1234)),
        }
        if tdp is not None:
            hardware["tdpWatts"] = tdp
        power = {
            "ratePerKWh": self.one_of((0, 0.1, 0.2345)),
            "pueFactor": self.one_of((1, 1.35)),
        }
        weights = {"input": self.one_of((1, 0.25, 0)), "output": self.one_of((1, 3, 0))}
        spec = {
            "hardware": hardware,
            "electricity": power,
            "nodeSelector": selector,
            "allocation": {"tokenWeights": weights},
        }
        if admits is not None:
            spec["namespaceSelector"] = {"matchLabels": admits}
        if since:
            spec["validFrom"] = rfc3339(since)
        return document("CostProfile", name, spec)

    def reports(self, pool: Pool) -> list[Mapping[str, Any]]:
        """None, one, or two that overlap, of which the finer is billed."""
        count = self.one_of((0, 0, 1, 1, 2))
        return [
            document(
                "UsageReport",
                f"{pool.name}-{number}",
                {
                    "costProfileRef": pool.name,
                    "schedule": self.one_of(self.schedules),
                    "namespaces": self.one_of(((), (), ("chat",), ("code", "none"))),
                },
            )
            for number in range(count)
        ]

    def pod(
        self, fleet: Fleet, pod: tuple[str, str], number: int, outage: tuple[Span, ...]
    ) -> list[KubePod]:
        """One process after another, each perhaps with a second model, on one node each."""
        told = []
        for life in self.processes(*pod, number, outage):
            fleet.add(life)
            if self.chance(0.3):
                fleet.add(self.second(life, outage))
            node, gpus = self.one_of(NODES), self.one_of((0, 1, 1, 2))
            told.append(KubePod(*pod, node, gpus, start=life.born, end=life.dies))
        return told

    def second(self, life: VllmProcess, outage: tuple[Span, ...]) -> VllmProcess:
        """Another model served by the same pod."""
        instance = life.instance.replace("8000", "8001")
        place = life.namespace, life.pod, instance
        return self.process(*place, life.born, life.dies, outage)

    def served(self, *, transferred: bool) -> list[Served]:
        return [] if self.chance(0.2) else super().served(transferred=transferred)

    def gpu(self, index: int, pods: Sequence[tuple[str, str]], outage: tuple[Span, ...]) -> Gpu:
        node = self.one_of(NODES)
        drawn = super().gpu(index, pods, outage)
        gpu = replace(
            drawn,
            node=node,
            target=exporter_pod(node) if drawn.target else {},
            pod_labels=self.chance(0.75),
            counter=not drawn.power or self.chance(0.85),
        )
        return self.in_copies(gpu) if gpu.pod_labels and self.chance(0.15) else gpu

    def in_copies(self, gpu: Gpu) -> MigGpu:
        """Two MIG instances in the same hands, of which each shows the whole GPU's power."""
        values = {name: getattr(gpu, name) for name in Gpu.__slots__}
        # Samples of instances add up, to an hour at most: only whole hours are right as yet.
        values["scrapes"] = replace(gpu.scrapes, gaps=())
        instances = [
            MigInstance(number, profile, gpu.holdings)
            for number, profile in enumerate(("3g.40gb", "4g.40gb"))
        ]
        return MigGpu(**values, instances=instances)

    def kube(self, pools: Sequence[Pool], pods: Sequence[KubePod]) -> KubeState:
        """kube-state-metrics, which may be away from the second hour on."""
        labels: dict[str, Mapping[str, str]] = {node: {} for node in NODES}
        for pool in pools if self.by_label else ():
            labels[pool.nodes[0]] = {"gpu_pool": pool.name}
        away: tuple[Span, ...] = ()
        if self.chance(0.3):
            begin = self.whole(self.first + HOUR, self.end)
            away = ((begin, begin + self.whole(600, 20 * HOUR)),)
        scrapes = Scrapes(self.interval, gaps=away)
        return KubeState(pods, labels, NAMESPACES if self.chance(0.8) else {}, scrapes)
