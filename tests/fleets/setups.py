"""A small installation with all its exporters, and the same with one thing missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fleets.fleet import HOUR, Fleet
from tests.fleets.gpus import Gpu, Holding, exporter_pod
from tests.fleets.kube import KubePod, KubeState
from tests.fleets.pools import document
from tests.fleets.scrapes import ScrapeJob, Scrapes
from tests.fleets.vllm import VllmProcess, every_minute

#: Hours before now; a lookback of two hours reads 28, a daily report 50.
HELD_HOURS = 52
SCRAPES = Scrapes(interval=300)
LONG = 60 * 24 * HOUR
#: Node, GPUs on it, what DCGM calls them, and the pods that hold the first of them.
NODES = (
    ("gpu-h100-01", 4, "NVIDIA H100 80GB HBM3", (("chat", "chat-0"), ("chat", "chat-1"))),
    ("gpu-l40s-01", 2, "NVIDIA L40S", (("search", "search-0"),)),
)
MODELS = {"chat": "llama-3.1-70b", "search": "bge-m3"}

Document = Mapping[str, Any]


def profile(name: str, model: str, gpus: int, selector: Mapping[str, str]) -> Document:
    """A CostProfile with a price per GPU."""
    return document(
        "CostProfile",
        name,
        {
            "hardware": {
                "gpuModel": model,
                "gpuCount": gpus,
                "purchasePriceUSD": 35_000 * gpus,
                "tdpWatts": 700,
            },
            "electricity": {"ratePerKWh": 0.18},
            "nodeSelector": dict(selector),
        },
    )


def usage_report(name: str, schedule: str, profile_name: str, *namespaces: str) -> Document:
    spec = {"costProfileRef": profile_name, "schedule": schedule, "namespaces": list(namespaces)}
    return document("UsageReport", name, spec)


H100 = profile("h100-pool", "NVIDIA H100 SXM5", 4, {"gpu-pool": "h100"})
L40S = profile("l40s-pool", "NVIDIA L40S", 2, {"gpu-pool": "l40s"})
#: The same pools, known without any label of Kubernetes.
DOCUMENTS_BY_HOST = tuple(
    profile(f"{node.split('-')[1]}-pool", model, gpus, {"kubernetes.io/hostname": node})
    for node, gpus, model, _ in NODES
)
CHAT_DAILY = usage_report("chat-daily", "daily", "h100-pool", "chat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is there: the exporters and their labels, the documents, the server's flags.

    `down` are nodes whose DCGM exporter has not answered for three hours. `namespaces` are the
    labels of namespaces as kube-state-metrics writes them, None for a team in each.
    """

    dcgm: bool = True
    pod_labels: bool = True
    kube: bool = True
    kube_labels: bool = True
    tokens: bool = True
    targets: bool = True
    down: tuple[str, ...] = ()
    documents: Sequence[Document] = (H100, L40S, CHAT_DAILY)
    settings: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    held_hours: int = HELD_HOURS
    namespaces: Mapping[str, Mapping[str, str]] | None = None

    def but(self, **changes: Any) -> Setup:
        """The same with something else."""
        return replace(self, **changes)

    def fleet(self, now: int, ahead_hours: int = 0) -> Fleet:
        """The series from `held_hours` before the hour of `now` on, and for some hours after it."""
        start = now // HOUR * HOUR - self.held_hours * HOUR
        fleet = Fleet(start, self.held_hours + ahead_hours)
        if self.tokens:
            self._add_tokens(fleet)
        if self.dcgm:
            self._add_gpus(fleet, now)
        if self.kube:
            fleet.add(self._kube_state())
        return fleet

    def _add_tokens(self, fleet: Fleet) -> None:
        jobs = (ScrapeJob(scrapes=SCRAPES),)
        for number, (namespace, pod) in enumerate(_holders()):
            served = every_minute(fleet.first, fleet.end)
            instance = f"10.0.0.{number}:8000"
            model = MODELS[namespace]
            fleet.add(VllmProcess(namespace, pod, model, served, instance=instance, jobs=jobs))

    def _add_gpus(self, fleet: Fleet, now: int) -> None:
        for node, count, model, holders in NODES:
            target, scrapes = exporter_pod(node), self._scrapes(node, now)
            for index in range(count):
                held = [
                    Holding(fleet.start - LONG, fleet.end + LONG, *holder)
                    for holder in holders[index : index + 1]
                ]
                gpu = Gpu(
                    f"GPU-{node}-{index}",
                    node,
                    held,
                    index=index,
                    model=model,
                    pod_labels=self.pod_labels,
                    form="exported",
                    target=target,
                    scrapes=scrapes,
                )
                fleet.add(gpu)
            if self.targets:
                labels = {"job": "dcgm-exporter", "instance": f"{node}:9400", **target}
                times = SCRAPES.times_ms(fleet.first, fleet.end)
                up = [(ms, int(not scrapes.in_gap(ms))) for ms in times]
                fleet.add_series("up", labels, up)

    def _scrapes(self, node: str, now: int) -> Scrapes:
        if node not in self.down:
            return SCRAPES
        return replace(SCRAPES, gaps=((now - 3 * HOUR, now + LONG),))

    def _kube_state(self) -> KubeState:
        shown = self.kube_labels
        nodes = {node: {"gpu_pool": node.split("-")[1]} if shown else {} for node, *_ in NODES}
        given: dict[str, Mapping[str, str]] = {name: {"team": name} for name in MODELS}
        if self.namespaces is not None:
            given = {name: {} for name in MODELS} | {**self.namespaces}
        namespaces = {name: labels if shown else {} for name, labels in given.items()}
        labels = {"app": "vllm"} if shown else {}
        pods = [
            KubePod(namespace, pod, node, 1, labels)
            for node, _, _, holders in NODES
            for namespace, pod in holders
        ]
        return KubeState(pods, nodes, namespaces, SCRAPES)


def _holders() -> list[tuple[str, str]]:
    return [holder for *_, holders in NODES for holder in holders]
