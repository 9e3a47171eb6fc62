"""Which nodes and GPUs each CostProfile stands for, found the way a run finds them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exporter.commands.checking.gpu_facts import GpuFacts
from exporter.commands.checking.kube_facts import KubeFacts
from exporter.documents.kinds import CostProfile
from exporter.errors import PeriodError
from exporter.reading.nodes import node_finder
from exporter.sources.series import Labels
from exporter.usage.identity import ClusterNaming, gpu_of
from exporter.usage.pools import Node, Pool, assign, pools_of, profile_versions

#: Tables of one hour only.
_COLUMN = 0
#: A group of GPUs names none; what is found for it is found for each.
_ANY_GPU = {"UUID": "any"}


@dataclass(slots=True)
class ProfileView:
    """One profile in one cluster.

    `selected` are the known nodes that its selector picks, `gpus` the GPUs seen now on the nodes
    that are its own, by node, `models` the same by DCGM's model name. `namespaces` hold GPUs there:
    by DCGM, or where that names nobody by what pods request. `needs_labels` is the message of a run
    that cannot read the node labels it selects by.
    """

    profile: CostProfile
    selected: set[str] = field(default_factory=set)
    gpus: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    namespaces: set[str] = field(default_factory=set)
    needs_labels: str = ""


@dataclass(frozen=True, slots=True)
class ClusterView:
    """All profiles of a cluster, and the GPUs of none.

    `known` are all nodes; `unmatched` the GPUs of no profile by node; `strange` those by host whose
    host is no known node; `conflicts` the messages of a run about nodes that two profiles fit.
    """

    cluster: str
    profiles: Sequence[ProfileView]
    known: set[str]
    unmatched: Counter[str]
    strange: Counter[str]
    conflicts: Sequence[str]


@dataclass(frozen=True, slots=True)
class PoolViews:
    """Every cluster's view, and why a profile belongs to none (messages of a run)."""

    clusters: Mapping[str, ClusterView]
    homeless: Mapping[str, str]


def view_pools(
    profiles: Sequence[CostProfile],
    clusters: Sequence[str],
    gpus: GpuFacts,
    kube: KubeFacts,
    naming: ClusterNaming,
    end: int,
) -> PoolViews:
    """The pools as they are at `end`, unix seconds."""
    found = _gpu_nodes(gpus, kube, naming)
    nodes = list({*found, *(Node(c, name, "") for c in kube.nodes for name in kube.nodes[c])})
    pools, homeless = [], {}
    for versions in profile_versions(profiles):
        try:
            labels = kube.tables.node_labels
            pools += pools_of([versions], clusters, nodes, labels, _COLUMN, end)
        except PeriodError as error:
            homeless[versions[0].name] = str(error)
    views = {
        cluster: _view(
            cluster, [pool for pool in pools if pool.cluster == cluster], found, kube, end
        )
        for cluster in clusters
    }
    _name_users(views, gpus, kube, naming)
    return PoolViews(views, homeless)


def _name_users(
    views: Mapping[str, ClusterView], gpus: GpuFacts, kube: KubeFacts, naming: ClusterNaming
) -> None:
    """Puts the namespaces that hold GPUs of each profile into its view."""
    node_of = node_finder(kube.tables, _COLUMN)
    holding: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for held in gpus.held:
        labels: Labels = {**held.labels, **_ANY_GPU}
        if gpu := gpu_of(labels, naming):
            holding[gpu.cluster].add((held.holder.namespace, node_of(labels, gpu, None)))
    for cluster, view in views.items():
        for profile in view.profiles:
            nodes = set(profile.gpus) or profile.selected
            profile.namespaces = _among(holding[cluster], nodes) or _among(
                kube.asking.get(cluster, set()), nodes
            )


def _among(users: set[tuple[str, str]], nodes: set[str]) -> set[str]:
    return {namespace for namespace, node in users if namespace and node in nodes}


def _gpu_nodes(gpus: GpuFacts, kube: KubeFacts, naming: ClusterNaming) -> dict[Node, int]:
    """How many GPUs of a model each node shows."""
    node_of = node_finder(kube.tables, _COLUMN)
    found: Counter[Node] = Counter()
    for group in gpus.gpus:
        labels: Labels = {**group.labels, **_ANY_GPU}
        gpu = gpu_of(labels, naming)
        if gpu is not None:
            found[Node(gpu.cluster, node_of(labels, gpu, None), gpu.model)] += group.count
    return dict(found)


def _view(
    cluster: str,
    pools: Sequence[Pool],
    found: Mapping[Node, int],
    kube: KubeFacts,
    end: int,
) -> ClusterView:
    here = {node: count for node, count in found.items() if node.cluster == cluster}
    known = {node.name for node in here} | kube.nodes.get(cluster, set())
    live = [(pool, profile) for pool in pools if (profile := pool.at(end)) is not None]
    views = [_selected(pool, profile, known, kube, end) for pool, profile in live]
    able = [
        (pool, view) for (pool, _), view in zip(live, views, strict=True) if not view.needs_labels
    ]
    unmatched: Counter[str] = Counter()
    conflicts: dict[str, None] = {}
    for node, count in sorted(here.items(), key=lambda item: (item[0].name, item[0].gpu_model)):
        try:
            pool_of = assign([node], [p for p, _ in able], kube.tables.node_labels, _COLUMN, end)
        except PeriodError as error:
            conflicts[str(error)] = None
            continue
        if node in pool_of:
            view = able[pool_of[node]][1]
            view.gpus[node.name] += count
            view.models[node.gpu_model] += count
        else:
            unmatched[node.name] += count
    strange = _strange(here, kube.nodes.get(cluster, set()))
    return ClusterView(cluster, views, known, unmatched, strange, list(conflicts))


def _strange(here: Mapping[Node, int], named: set[str]) -> Counter[str]:
    """GPUs by host where the host is none of the nodes that kube-state-metrics names."""
    found: Counter[str] = Counter()
    for node, count in here.items():
        if named and node.name not in named:
            found[node.name] += count
    return found


def _selected(
    pool: Pool, profile: CostProfile, known: set[str], kube: KubeFacts, end: int
) -> ProfileView:
    """The nodes that a profile would take if it were the only one."""
    view = ProfileView(profile)
    for name in sorted(known):
        node = Node(pool.cluster, name, "")
        try:
            if assign([node], [pool], kube.tables.node_labels, _COLUMN, end):
                view.selected.add(name)
        except PeriodError as error:
            view.needs_labels = str(error)
            break
    return view
