"""Which metrics there are: how many series each has in each cluster."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.commands.checking.asking import Asker
from exporter.periods import HOUR_SECONDS
from exporter.reading.kubernetes import NODE_LABELS, POD_INFO
from exporter.sources.census import Group
from exporter.sources.series import Matcher
from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC
from exporter.usage.engines import Engine, Quantity
from exporter.usage.identity import described, serving_pod
from exporter.usage.raw_needs import one_of
from exporter.usage.tokens import UNKNOWN_MODEL

NAMESPACE_LABELS, POD_LABELS = "kube_namespace_labels", "kube_pod_labels"
REQUESTS, PHASE = "kube_pod_container_resource_requests", "kube_pod_status_phase"
POD_START, PROCESS_START = "kube_pod_start_time", "process_start_time_seconds"
OWNER, REPLICASET_OWNER = "kube_pod_owner", "kube_replicaset_owner"
KUBE = (POD_INFO, NODE_LABELS, NAMESPACE_LABELS, POD_LABELS, REQUESTS, PHASE, POD_START)
OWNERS = (OWNER, REPLICASET_OWNER)
GPU = (ENERGY_METRIC, POWER_METRIC)
DAY_HOURS = 24

_CONDITIONS = {
    REQUESTS: (Matcher("resource", "=", "nvidia_com_gpu"),),
    PHASE: (Matcher("phase", "=", "Running"),),
}


@dataclass(frozen=True, slots=True)
class Serving:
    """Who serves: models, namespaces and scrape jobs by cluster, of the engines' token series."""

    models: Mapping[str, set[str]]
    namespaces: Mapping[str, set[str]]
    jobs: set[str]


@dataclass(frozen=True, slots=True)
class Presence:
    """Series by metric and cluster in the last hour, and in the day before it.

    `before` knows only the metrics that some cluster lacks now.
    """

    now: Mapping[str, Counter[str]]
    before: Mapping[str, Counter[str]]

    def count(self, metric: str, cluster: str) -> int:
        return self.now.get(metric, Counter())[cluster]

    def earlier(self, metric: str, cluster: str) -> int:
        return self.before.get(metric, Counter())[cluster]

    def any_of(self, metrics: Sequence[str], cluster: str) -> bool:
        return any(self.count(metric, cluster) for metric in metrics)

    @property
    def nameless(self) -> list[str]:
        """The metrics of which some series name no cluster."""
        return sorted(metric for metric, counts in self.now.items() if counts[""])


def token_metrics(engines: Sequence[Engine]) -> list[str]:
    """The counters without which there are no tokens."""
    wanted = (Quantity.INPUT, Quantity.OUTPUT)
    return [
        counter.name
        for engine in engines
        for counter in engine.counters
        if counter.quantity in wanted and not counter.subtracted
    ]


def look_at_serving(asker: Asker, engines: Sequence[Engine]) -> Serving:
    """One question per engine: a group for each model that a job shows in a namespace."""
    labels = ("job", "namespace", "exported_namespace")
    answers = asker.ask(
        {
            engine: asker.query(token_metrics([engine])[0], *labels, engine.model_label)
            for engine in engines
        }
    )
    models, namespaces = defaultdict(set), defaultdict(set)
    jobs = set()
    for engine, groups in answers.items():
        for labels_of in (group.labels for group in groups):
            cluster = asker.naming.of(labels_of)
            models[cluster].add(labels_of.get(engine.model_label) or UNKNOWN_MODEL)
            namespaces[cluster].add(serving_pod(labels_of, asker.naming).namespace)
            jobs.add(labels_of.get("job", ""))
    return Serving(models, namespaces, jobs - {""})


def look_at_presence(
    asker: Asker, engines: Sequence[Engine], serving: Serving, *, owners: bool
) -> Presence:
    """Count every metric that a run reads; those that are missing also in the day before."""
    conditions = _conditions(engines, serving)
    names = [*conditions, *GPU, *KUBE, *(OWNERS if owners else ())]

    def counted(metrics: Sequence[str], hours: int, ago: int) -> dict[str, Counter[str]]:
        queries = {
            metric: asker.query(
                metric,
                seconds=hours * HOUR_SECONDS,
                ago=ago,
                matchers=conditions.get(metric, _CONDITIONS.get(metric, ())),
            )
            for metric in metrics
        }
        return {name: asker.by_cluster(groups) for name, groups in asker.ask(queries).items()}

    now = counted(names, 1, 0)
    clusters = {cluster for counts in now.values() for cluster in counts} - {""}
    missing = [name for name in names if not all(now[name][c] for c in clusters or {""})]
    return Presence(now, counted(missing, DAY_HOURS - 1, HOUR_SECONDS))


def _conditions(engines: Sequence[Engine], serving: Serving) -> dict[str, tuple[Matcher, ...]]:
    """The engines' counters and what tells the start of their processes, with their matchers."""
    found = {
        counter.name: tuple(Matcher(label, "=", value) for label, value in counter.only)
        for engine in engines
        for counter in engine.counters
    }
    for name in token_metrics(engines)[:1]:
        created = {c.name: c.created for engine in engines for c in engine.counters}[name]
        found[created] = ()
    if serving.jobs:
        found[PROCESS_START] = (one_of("job", sorted(serving.jobs)),)
    return found


def namespace_of(group: Group) -> str:
    """The namespace that kube-state-metrics describes."""
    return described(group.labels, "namespace") or ""
