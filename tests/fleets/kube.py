"""What kube-state-metrics says about nodes, namespaces, pods and their owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.fleets.fleet import Fleet, PodLog
from tests.fleets.scrapes import LabelForm, Scrapes, scraped

PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
#: The labels of kube-state-metrics' own pod.
TARGET = {
    "job": "kube-state-metrics",
    "instance": "10.0.9.9:8080",
    "namespace": "monitoring",
    "pod": "kube-state-metrics-0",
    "container": "kube-state-metrics",
}

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KubePod:
    """A pod object from `start` to `end` (None: before and after the fleet's time).

    `finished`: when it went from Running to Succeeded; the object and its requests stay.
    `workload` is (kind, name) of the owner; a Deployment owns through a ReplicaSet.
    """

    namespace: str
    name: str
    node: str
    gpus: int = 0
    labels: Labels = field(default_factory=dict)
    start: int | None = None
    end: int | None = None
    finished: int | None = None
    workload: tuple[str, str] | None = None
    resource: str = "nvidia_com_gpu"
    start_time_metric: bool = True

    @property
    def identity(self) -> dict[str, str]:
        """Labels of every series about the pod; the uid is another one after a re-creation."""
        uid = f"{self.namespace}-{self.name}-{self.start or 0}"
        return {"namespace": self.namespace, "pod": self.name, "uid": uid}

    @property
    def owner(self) -> tuple[str, str] | None:
        """What kube_pod_owner names: the ReplicaSet of a Deployment."""
        if self.workload and self.workload[0] == "Deployment":
            return "ReplicaSet", f"{self.workload[1]}-7d4f9c"
        return self.workload


@dataclass(frozen=True, slots=True)
class KubeState:
    """One kube-state-metrics: label values by namespace and node, and the pods.

    Label names are given as kube-state-metrics writes them, without `label_`.
    """

    pods: Sequence[KubePod] = ()
    nodes: Mapping[str, Labels] = field(default_factory=dict)
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    scrapes: Scrapes = Scrapes()
    form: LabelForm = "honored"
    target: Labels = field(default_factory=lambda: TARGET)
    phases: tuple[str, ...] = PHASES

    def write_to(self, fleet: Fleet) -> None:
        times = self.scrapes.times_ms(fleet.first, fleet.end)
        fleet.kube_ms.extend(times)
        fleet.namespaces.update(self.namespaces)
        for node, labels in self.nodes.items():
            self._write(fleet, "kube_node_labels", {"node": node, **_allowed(labels)}, times)
        for name, labels in self.namespaces.items():
            one = {"namespace": name, **_allowed(labels)}
            self._write(fleet, "kube_namespace_labels", one, times)
        for pod in self.pods:
            self._write_pod(fleet, pod, times)
        self._write_replica_sets(fleet, times)

    def _write_pod(self, fleet: Fleet, pod: KubePod, times: Sequence[int]) -> None:
        begin = fleet.first if pod.start is None else pod.start
        end = fleet.end if pod.end is None else pod.end
        here = [ms for ms in times if begin * 1000 <= ms <= end * 1000]
        start = fleet.first - 30 * 86_400 if pod.start is None else pod.start
        me = pod.identity
        self._write(fleet, "kube_pod_info", {**me, "node": pod.node, **_created_by(pod)}, here)
        self._write(fleet, "kube_pod_labels", {**me, **_allowed(pod.labels)}, here)
        if pod.start_time_metric:
            self._write(fleet, "kube_pod_start_time", me, here, start)
            log = fleet.pod_starts.setdefault((pod.namespace, pod.name), [])
            log.extend((ms, start) for ms in here)
        if pod.owner:
            self._write(fleet, "kube_pod_owner", {**me, **_owned_by(pod.owner)}, here)
        if pod.gpus:
            request = {"container": "vllm", "resource": pod.resource, "unit": "integer"}
            labels = {**me, "node": pod.node, **request}
            self._write(fleet, "kube_pod_container_resource_requests", labels, here, pod.gpus)
        running = [ms for ms in here if _phase(pod, ms) == "Running"]
        told = PodLog(pod.namespace, pod.name, pod.node, pod.gpus, here, running)
        fleet.pods.append(told)
        for phase in self.phases:
            values = [(ms, int(phase == _phase(pod, ms))) for ms in here]
            labels = scraped({**me, "phase": phase}, self.target, self.form)
            fleet.add_series("kube_pod_status_phase", labels, values)

    def _write_replica_sets(self, fleet: Fleet, times: Sequence[int]) -> None:
        owned = {
            (pod.namespace, pod.owner[1], pod.workload[1])
            for pod in self.pods
            if pod.owner and pod.workload and pod.owner != pod.workload
        }
        for namespace, name, deployment in sorted(owned):
            labels = {"namespace": namespace, "replicaset": name}
            owner = _owned_by(("Deployment", deployment))
            self._write(fleet, "kube_replicaset_owner", {**labels, **owner}, times)

    def _write(
        self, fleet: Fleet, metric: str, labels: Labels, times: Sequence[int], value: int = 1
    ) -> None:
        stored = scraped(labels, self.target, self.form)
        fleet.add_series(metric, stored, [(ms, value) for ms in times])


def _allowed(labels: Labels) -> dict[str, str]:
    return {f"label_{key}": value for key, value in labels.items()}


def _phase(pod: KubePod, ms: int) -> str:
    over = pod.finished is not None and ms >= pod.finished * 1000
    return "Succeeded" if over else "Running"


def _created_by(pod: KubePod) -> dict[str, str]:
    kind, name = pod.owner or ("<none>", "<none>")
    return {"created_by_kind": kind, "created_by_name": name}


def _owned_by(owner: tuple[str, str]) -> dict[str, str]:
    return {"owner_kind": owner[0], "owner_name": owner[1], "owner_is_controller": "true"}
