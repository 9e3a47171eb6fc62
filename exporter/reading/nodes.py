"""From the host a GPU exporter reports to the node that Kubernetes knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal

from exporter.documents.kinds import CostProfile
from exporter.sources.series import Labels
from exporter.usage.gpus import GpuReader
from exporter.usage.identity import Gpu, Pod
from exporter.usage.kubernetes import Latest
from exporter.usage.pools import Node, may_select
from exporter.usage.window import KubeTables


def node_finder(tables: KubeTables, column: int) -> Callable[[Labels, Gpu, Pod | None], str]:
    """How to name the node of a GPU.

    In this order: the reported host, if a node has that name; the one node of which the host is the
    part before the first dot, or the other way round; the node of the pod with that name (an
    exporter without NODE_NAME reports its own); the scrape's `node` label; the node of the pod that
    holds the GPU; else the reported host as it is.
    """
    nodes = _node_names(tables)
    other_form = _other_form(nodes)
    by_pod = {
        (pod.cluster, pod.name): node
        for pod in tables.pod_info.rows
        if isinstance(pod, Pod) and (node := tables.node_of_pod(pod, column))
    }

    def node_of(labels: Labels, gpu: Gpu, holder: Pod | None) -> str:
        if (gpu.cluster, gpu.host) in nodes:
            return gpu.host
        candidates = (
            other_form(gpu.cluster, gpu.host),
            by_pod.get((gpu.cluster, gpu.host)),
            labels.get("node"),
            None if holder is None else tables.node_of_pod(holder, column),
        )
        return next((name for name in candidates if name), gpu.host)

    return node_of


def thresholds_by_node(
    profiles: Sequence[CostProfile], node_labels: Latest, reader: GpuReader
) -> Callable[[Labels], frozenset[Decimal]]:
    """The idle thresholds in watts of the profiles that may select the node of a GPU series."""
    known: dict[tuple[str, str], frozenset[Decimal]] = {}

    def of(labels: Labels) -> frozenset[Decimal]:
        holding = reader.holding(labels)
        if holding is None:
            return frozenset()
        node = Node(holding.cluster, holding.node, "")
        if (node.cluster, node.name) not in known:
            known[node.cluster, node.name] = frozenset(
                profile.idle_threshold_watts_per_gpu
                for profile in profiles
                if may_select(profile, node, node_labels)
            )
        return known[node.cluster, node.name]

    return of


def _other_form(nodes: set[tuple[str, str]]) -> Callable[[str, str], str | None]:
    """Finds the short name of a qualified host, or the only qualified name of a short one.

    Two names with dots are never the same: node names may be addresses.
    """
    qualified: dict[tuple[str, str], list[str]] = defaultdict(list)
    for cluster, name in nodes:
        if "." in name:
            qualified[cluster, name.split(".")[0]].append(name)

    def find(cluster: str, host: str) -> str | None:
        short = host.split(".")[0]
        if short != host:
            return short if (cluster, short) in nodes else None
        names = qualified.get((cluster, host), [])
        return names[0] if len(names) == 1 else None

    return find


def _node_names(tables: KubeTables) -> set[tuple[str, str]]:
    """(cluster, node) of every node that a label series or a pod names."""
    named: set[Hashable] = set(tables.node_labels.rows)
    running = {
        (pod.cluster, labels["node"])
        for pod, row in tables.pod_info.rows.items()
        if isinstance(pod, Pod)
        for code in tables.pod_info.choice[row]
        if code >= 0 and (labels := tables.pod_info.labels[int(code)]).get("node")
    }
    return {node for node in (*named, *running) if isinstance(node, tuple)}
