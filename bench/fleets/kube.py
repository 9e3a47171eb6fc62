"""kube-state-metrics: what Kubernetes knows of the fleet's nodes, namespaces and pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bench.fleets.plan import TEAMS, Node, Plan, Pod
from bench.fleets.samples import Ints, Series, scrape_times
from bench.fleets.sizes import FleetSize

_OFFSET_MS = 7_000
_OLD_SECONDS = 30 * 24 * 3600
_TARGET = {"job": "kube-state-metrics", "instance": "10.96.0.9:8080"}


def kube_series(plan: Plan) -> Iterator[Series]:
    """All its series."""
    times = scrape_times(plan.size, _OFFSET_MS, plan.size.kube_seconds)
    for node in plan.nodes:
        yield _always("kube_node_labels", {"node": node.name, **_node_labels(node)}, times)
    for number, name in enumerate(plan.namespaces):
        labels = {"namespace": name, **_namespace_labels(number)}
        yield _always("kube_namespace_labels", labels, times)
    for pod in plan.pods:
        yield from _pod_series(plan, pod, times)
    workloads = {(pod.namespace, pod.workload) for pod in plan.pods}
    for namespace, workload in sorted(workloads):
        owner = _owner("Deployment", workload)
        labels = {"namespace": namespace, "replicaset": f"{workload}-7d4f9c", **owner}
        yield _always("kube_replicaset_owner", labels, times)


def _pod_series(plan: Plan, pod: Pod, times: Ints) -> Iterator[Series]:
    begin = 0 if pod.born_ms is None else np.searchsorted(times, pod.born_ms)
    end = len(times) if pod.dies_ms is None else np.searchsorted(times, pod.dies_ms, "right")
    alive = times[begin:end]
    node, me = plan.nodes[pod.node].name, _identity(pod)
    workload = f"{pod.workload}-7d4f9c"
    created = {"created_by_kind": "ReplicaSet", "created_by_name": workload}
    requested = {"container": "vllm", "resource": "nvidia_com_gpu", "unit": "integer"}
    yield _always("kube_pod_info", {**me, "node": node, **created}, alive)
    yield _always("kube_pod_labels", {**me, **_pod_labels(pod)}, alive)
    yield _always("kube_pod_owner", {**me, **_owner("ReplicaSet", workload)}, alive)
    yield _always("kube_pod_start_time", me, alive, _started(plan.size, pod))
    yield _always(
        *("kube_pod_container_resource_requests", {**me, "node": node, **requested}, alive),
        len(pod.gpus),
    )
    for phase in ("Pending", "Running"):
        yield _always("kube_pod_status_phase", {**me, "phase": phase}, alive, phase == "Running")


def _always(metric: str, labels: Mapping[str, str], times: Ints, value: int = 1) -> Series:
    return Series(metric, {**labels, **_TARGET}, times, int(value))


def _identity(pod: Pod) -> Mapping[str, str]:
    uid = f"{pod.number:08x}-0000-4000-8000-{pod.slot:012x}"
    return {"namespace": pod.namespace, "pod": pod.name, "uid": uid}


def _started(size: FleetSize, pod: Pod) -> int:
    if pod.born_ms is None:
        return size.first_ms // 1000 - _OLD_SECONDS
    return pod.born_ms // 1000


def _owner(kind: str, name: str) -> Mapping[str, str]:
    return {"owner_kind": kind, "owner_name": name, "owner_is_controller": "true"}


def _node_labels(node: Node) -> Mapping[str, str]:
    return {
        "label_nvidia_com_gpu_product": node.kind.product,
        "label_node_kubernetes_io_instance_type": f"hgx-{node.kind.pool}",
        "label_topology_kubernetes_io_region": "eu-west-1",
        "label_topology_kubernetes_io_zone": f"eu-west-1{'abc'[node.number % 3]}",
    }


def _namespace_labels(number: int) -> Mapping[str, str]:
    team = TEAMS[number % len(TEAMS)]
    labels = {"label_team": team, "label_environment": ("prod", "staging", "dev")[number % 3]}
    return labels if number % 10 == 9 else {**labels, "label_cost_center": f"CC-{1000 + number}"}


def _pod_labels(pod: Pod) -> Mapping[str, str]:
    labels = {"label_app": "vllm", "label_app_kubernetes_io_instance": pod.workload}
    if pod.slot % 5 < 2:
        return labels
    return {**labels, "label_project": f"project-{pod.slot % 40:02d}"}
