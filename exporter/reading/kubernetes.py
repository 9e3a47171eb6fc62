"""Read what kube-state-metrics knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future

import numpy as np

from exporter.errors import UnreadablePeriod
from exporter.periods import HourRange
from exporter.reading.branches import Branches
from exporter.reading.questions import Question, ask
from exporter.sources.series import Floats, HourlySeries, Labels, Matcher, Source, empty_hourly
from exporter.usage.counters import LOOKBACK_HOURS
from exporter.usage.identity import ClusterNaming, Pod, described, described_pod
from exporter.usage.kubernetes import kube_labels, latest
from exporter.usage.raw_needs import one_of
from exporter.usage.window import GpuRequest, KubeTables

NODE_LABELS, POD_INFO = "kube_node_labels", "kube_pod_info"
_NAMESPACE_LABELS, _POD_LABELS = "kube_namespace_labels", "kube_pod_labels"
_OWNER, _REPLICASET = "kube_pod_owner", "kube_replicaset_owner"
#: A pod and its uid: one re-created under the same name, maybe on another node, is another object.
_PodObject = tuple[Pod, str]
_GPU_RESOURCE = Matcher("resource", "=", "nvidia_com_gpu")


def required_questions(
    *, node_labels: bool, namespace_labels: bool, owners: bool
) -> list[Question]:
    """The questions without whose answers a period fails."""
    names = [POD_INFO]
    names += [NODE_LABELS] * node_labels + [_NAMESPACE_LABELS] * namespace_labels
    names += [_OWNER, _REPLICASET] * owners
    requests = Question(
        "requests", "kube_pod_container_resource_requests", "last", 0, (_GPU_RESOURCE,)
    )
    return [*(_described(name) for name in names), requests]


def _described(metric: str) -> Question:
    return Question(metric, metric, "last", LOOKBACK_HOURS)


def begin_labels(
    source: Source, hours: HourRange, required: Iterable[Question], branches: Branches
) -> dict[str, Future[dict[str, HourlySeries]]]:
    """Ask for labels that rows can do without, metric by metric, but for the required ones."""
    known = {question.metric for question in required}
    return {
        metric: branches.begin(ask, source, [_described(metric)], hours)
        for metric in (NODE_LABELS, _NAMESPACE_LABELS, _POD_LABELS)
        if metric not in known
    }


def labels_of(
    asked: Mapping[str, Future[dict[str, HourlySeries]]],
) -> tuple[dict[str, HourlySeries], tuple[str, ...]]:
    """The answers to `begin_labels`, and the metrics that could not be read."""
    answers: dict[str, HourlySeries] = {}
    missing = []
    for metric, answer in asked.items():
        try:
            answers.update(answer.result())
        except UnreadablePeriod:
            missing.append(metric)
    return answers, tuple(missing)


def kube_tables(
    answers: Mapping[str, HourlySeries], hours: HourRange, clusters: ClusterNaming
) -> KubeTables:
    """The answers as tables of what was last known; what was not read is empty."""
    nothing = empty_hourly(hours.earlier(LOOKBACK_HOURS))

    def subject(*keys: str) -> Callable[[Labels], Hashable]:
        def of(labels: Labels) -> Hashable:
            return clusters.of(labels), *(described(labels, key) or "" for key in keys)

        return of

    def pod(labels: Labels) -> Hashable:
        return described_pod(labels, clusters)

    def found(metric: str) -> HourlySeries:
        return answers.get(metric, nothing)

    return KubeTables(
        node_labels=latest(found(NODE_LABELS), subject("node"), kube_labels),
        namespace_labels=latest(found(_NAMESPACE_LABELS), subject("namespace"), kube_labels),
        pod_labels=latest(found(_POD_LABELS), pod, kube_labels),
        pod_info=latest(found(POD_INFO), pod, _node_of),
        pod_owner=latest(found(_OWNER), pod),
        replicaset_owner=latest(found(_REPLICASET), subject("namespace", "replicaset")),
    )


def _node_of(labels: Labels) -> Labels:
    return {"node": described(labels, "node") or ""}


def read_requests(
    source: Source,
    asked: HourlySeries,
    hours: HourRange,
    clusters: ClusterNaming,
    holders: Mapping[Pod, Floats],
) -> list[GpuRequest]:
    """GPU requests of running pods that DCGM does not show as holders in some hour.

    `holders` tells in which hours a pod holds a GPU. Pending and finished pods keep their requests
    in kube-state-metrics, so the phase is read too; a pod counts for the part of the hour it ran.
    """
    wanted: dict[tuple[_PodObject, str], Floats] = defaultdict(lambda: np.zeros(hours.count))
    for (asking, node, _container), values in _by_container(asked, clusters).items():
        if node and not _always_holds(holders.get(asking[0]), values):
            wanted[asking, node] += np.nan_to_num(values)
    if not wanted:
        return []
    running = _running_share(source, [pod for (pod, _), _ in wanted], hours, clusters)
    nothing = np.zeros(hours.count)
    found: dict[tuple[Pod, str], Floats] = defaultdict(lambda: np.zeros(hours.count))
    for ((pod, uid), node), gpus in wanted.items():
        found[pod, node] += gpus * running.get((pod, uid), running.get((pod, ""), nothing))
    return [GpuRequest(pod, node, gpus) for (pod, node), gpus in sorted(found.items(), key=_first)]


def _first(item: tuple[tuple[Pod, str], Floats]) -> Pod:
    return item[0][0]


def _pod_object(labels: Labels, clusters: ClusterNaming) -> _PodObject:
    return described_pod(labels, clusters), described(labels, "uid") or ""


def _by_container(
    asked: HourlySeries, clusters: ClusterNaming
) -> dict[tuple[_PodObject, str, str], Floats]:
    """The requests of each container on a node; two kube-state-metrics tell of one only once."""
    found: dict[tuple[_PodObject, str, str], Floats] = {}
    for labels, values in zip(asked.labels, asked.values, strict=True):
        node, container = (described(labels, key) or "" for key in ("node", "container"))
        key = _pod_object(labels, clusters), node, container
        found[key] = np.fmax(found[key], values) if key in found else values
    return found


def _always_holds(held: Floats | None, asked: Floats) -> bool:
    return held is not None and bool((held[~np.isnan(asked)] > 0).all())


def _running_share(
    source: Source, pods: Sequence[Pod], hours: HourRange, clusters: ClusterNaming
) -> dict[_PodObject, Floats]:
    """The part of each hour that pods were in the phase Running."""
    metric, phase = "kube_pod_status_phase", Matcher("phase", "=", "Running")
    names = sorted({pod.name for pod in pods})
    questions = [
        Question(f"{reduction} {label}", metric, reduction, 0, (phase, one_of(label, names)))
        for label in ("pod", "exported_pod")
        for reduction in ("sum", "count")
    ]
    scrapes = Question("scrapes", NODE_LABELS, "count")
    answers = ask(source, [*questions, scrapes], hours)
    running = _by_pod((answers["sum pod"], answers["sum exported_pod"]), clusters)
    seen = _by_pod((answers["count pod"], answers["count exported_pod"]), clusters)
    most = np.zeros(hours.count)
    for counts in [*answers["scrapes"].values, *seen.values()]:
        most = np.fmax(most, counts)
    return {pod: np.nan_to_num(values) / np.maximum(most, 1) for pod, values in running.items()}


def _by_pod(answers: Iterable[HourlySeries], clusters: ClusterNaming) -> dict[_PodObject, Floats]:
    """The values of each pod object; those of the longest by its name also without a uid."""
    found: dict[_PodObject, Floats] = {}
    for answer in answers:
        for labels, values in zip(answer.labels, answer.values, strict=True):
            pod, uid = _pod_object(labels, clusters)
            for key in {(pod, uid), (pod, "")}:
                found[key] = np.fmax(found[key], values) if key in found else values
    return found
