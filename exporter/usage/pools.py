"""Which pool a node belongs to in an hour: the profile whose selector fits it best."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from exporter.documents.kinds import CostProfile
from exporter.errors import PeriodError
from exporter.usage.kubernetes import Latest, sanitise

HOSTNAME_LABEL = "kubernetes.io/hostname"
_WORDS = re.compile(r"[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Pool:
    """One cluster's GPUs of one profile; `versions` by rising validFrom."""

    cluster: str
    versions: tuple[CostProfile, ...]

    @property
    def name(self) -> str:
        return self.versions[0].name

    def at(self, hour: int) -> CostProfile | None:
        """The version that applies to the hour: the latest whose validFrom is not after it."""
        valid = [v for v in self.versions if (v.spec.valid_from or 0) <= hour]
        return valid[-1] if valid else None


@dataclass(frozen=True, slots=True)
class Node:
    """A node as GPU series name it, with the model of a GPU on it."""

    cluster: str
    name: str
    gpu_model: str


def profile_versions(profiles: Sequence[CostProfile]) -> list[tuple[CostProfile, ...]]:
    """The documents of each profile, by rising validFrom; profiles by name."""
    grouped: dict[tuple[str, str], list[CostProfile]] = defaultdict(list)
    for profile in profiles:
        grouped[profile.name, profile.namespace or ""].append(profile)
    return [
        tuple(sorted(documents, key=lambda p: p.spec.valid_from or 0))
        for _, documents in sorted(grouped.items())
    ]


def pools_of(
    profiles: Sequence[tuple[CostProfile, ...]],
    clusters: Sequence[str],
    nodes: Sequence[Node],
    node_labels: Latest,
    column: int,
    hour: int,
) -> list[Pool]:
    """The pools that exist in an hour: each profile in the cluster that its nodes are in.

    Raises PeriodError for a profile without spec.clusters whose nodes match in several clusters,
    or in none of several: nobody can tell then whom to bill.
    """
    pools: list[Pool] = []
    for versions in profiles:
        profile = Pool("", versions).at(hour)
        if profile is None:
            continue
        homes = _clusters_of(profile, clusters, nodes, node_labels, column)
        pools.extend(Pool(cluster, versions) for cluster in homes)
    return pools


def _clusters_of(
    profile: CostProfile,
    clusters: Sequence[str],
    nodes: Sequence[Node],
    node_labels: Latest,
    column: int,
) -> list[str]:
    if profile.spec.clusters:
        return [c for c in clusters if any(fnmatchcase(c, glob) for glob in profile.spec.clusters)]
    if len(clusters) == 1:
        return list(clusters)
    homes = sorted({n.cluster for n in nodes if _selects(profile, n, node_labels, column)})
    if len(homes) == 1:
        return homes
    where = f"matches nodes in {', '.join(homes)}" if homes else "matches no node of any cluster"
    raise PeriodError(f"CostProfile {profile.name} {where}: name its clusters in spec.clusters")


def assign(
    nodes: Sequence[Node],
    pools: Sequence[Pool],
    node_labels: Latest,
    column: int,
    hour: int,
) -> dict[Node, int]:
    """The index of the pool each node belongs to in an hour; nodes of no pool are left out.

    Raises PeriodError when two profiles fit a node equally well, or when a profile needs node
    labels and the cluster shows none.
    """
    applying = [(i, pool, pool.at(hour)) for i, pool in enumerate(pools)]
    labelled = _clusters_with_labels(node_labels, column)
    found: dict[Node, int] = {}
    for node in nodes:
        fitting: dict[int, CostProfile] = {}
        for i, pool, profile in applying:
            if profile is None or pool.cluster != node.cluster:
                continue
            if _needs_labels(profile) and node.cluster not in labelled:
                raise PeriodError(_no_labels(profile, node))
            if _selects(profile, node, node_labels, column):
                fitting[i] = profile
        if fitting:
            found[node] = _best(node, fitting)
    return found


def _no_labels(profile: CostProfile, node: Node) -> str:
    keys = ", ".join(sorted(profile.spec.node_selector))
    return (
        f"CostProfile {profile.name} selects nodes by {keys}, but cluster {node.cluster} shows no"
        " node labels (kube_node_labels) in 24 hours: start kube-state-metrics with"
        " --metric-labels-allowlist=nodes=[*], or select by kubernetes.io/hostname"
    )


def _needs_labels(profile: CostProfile) -> bool:
    return any(key != HOSTNAME_LABEL for key in profile.spec.node_selector)


def _clusters_with_labels(node_labels: Latest, column: int) -> set[str]:
    return {
        subject[0]  # type: ignore[index]
        for subject in node_labels.rows
        if node_labels.at(subject, column)
    }


def _selects(profile: CostProfile, node: Node, node_labels: Latest, column: int) -> bool:
    return _fits(profile, node.name, node_labels.at((node.cluster, node.name), column) or {})


def may_select(profile: CostProfile, node: Node, node_labels: Latest) -> bool:
    """Whether the profile selects the node in any hour; only then it may be the node's pool."""
    row = node_labels.rows.get((node.cluster, node.name))
    codes = {-1} if row is None else set(node_labels.choice[row].tolist())
    return any(
        _fits(profile, node.name, node_labels.labels[code] if code >= 0 else {}) for code in codes
    )


def _fits(profile: CostProfile, node_name: str, labels: Mapping[str, str]) -> bool:
    return all(
        _same_host(node_name, value)
        if key == HOSTNAME_LABEL
        else labels.get(sanitise(key)) == value
        for key, value in profile.spec.node_selector.items()
    )


def _same_host(one: str, other: str) -> bool:
    """Node names may be fully qualified where host names are short."""
    if one == other:
        return True
    return ("." in one) != ("." in other) and one.split(".")[0] == other.split(".")[0]


def _best(node: Node, fitting: Mapping[int, CostProfile]) -> int:
    most = max(len(profile.spec.node_selector) for profile in fitting.values())
    best = {i: p for i, p in fitting.items() if len(p.spec.node_selector) == most}
    if len(best) > 1:
        best = {
            i: p for i, p in best.items() if model_fits(p.spec.hardware.gpu_model, node.gpu_model)
        } or best
    if len(best) > 1:
        names = " and ".join(sorted(profile.name for profile in best.values()))
        raise PeriodError(
            f"node {node.name} fits CostProfiles {names} equally well:"
            " add a label to one nodeSelector"
        )
    return next(iter(best))


def model_fits(profile_model: str, dcgm_model: str) -> bool:
    """Whether a profile's gpuModel names the GPU: all its words occur in DCGM's modelName."""
    words = set(_WORDS.findall(profile_model.lower())) - {"nvidia"}
    return bool(words) and words <= set(_WORDS.findall(dcgm_model.lower()))
