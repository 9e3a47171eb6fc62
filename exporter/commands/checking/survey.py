"""Everything that the source is asked about the fleet, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.commands.checking.asking import Asker
from exporter.commands.checking.gpu_facts import GpuFacts, look_at_gpus
from exporter.commands.checking.kube_facts import KubeFacts, look_at_kube
from exporter.commands.checking.label_keys import LabelKeys
from exporter.commands.checking.pools import PoolViews, view_pools
from exporter.commands.checking.presence import (
    Presence,
    Serving,
    look_at_presence,
    look_at_serving,
)
from exporter.reading.window import ReadingRules


@dataclass(frozen=True, slots=True)
class Survey:
    """The answers. `known` are all clusters, `clusters` those that a run would make rows of."""

    known: Sequence[str]
    clusters: Sequence[str]
    serving: Serving
    presence: Presence
    gpus: GpuFacts
    kube: KubeFacts
    pools: PoolViews

    @property
    def namespaces(self) -> set[str]:
        """Those of pods; where nobody tells, those that serve, hold GPUs or ask for one."""
        of_pods = set().union(*self.kube.namespaces.values())
        return of_pods or {name for cluster in self.known for name in self.users(cluster)}

    def users(self, cluster: str) -> set[str]:
        """The namespaces that serve tokens, hold GPUs or ask for one."""
        holders = set(self.gpus.holders.get(cluster, ()))
        asking = self.kube.requesting(cluster)
        return (self.serving.namespaces.get(cluster, set()) | holders | asking) - {""}

    @property
    def models(self) -> set[str]:
        """The models that are served in the clusters of the run."""
        return set().union(*(self.serving.models.get(c, set()) for c in self.clusters))

    def profile_names(self) -> set[str]:
        """The profiles that stand for something in some cluster, or fail there."""
        views = (view for each in self.pools.clusters.values() for view in each.profiles)
        return {view.profile.name for view in views} | set(self.pools.homeless)


def survey(asker: Asker, rules: ReadingRules, keys: LabelKeys) -> Survey:
    """Ask for metrics first: what else is asked depends on what is there."""
    serving = look_at_serving(asker, rules.engines)
    presence = look_at_presence(asker, rules.engines, serving, owners=rules.owners)
    known = _clusters(asker, presence)
    gpus = look_at_gpus(asker, presence)
    kube = look_at_kube(asker, rules.profiles, known, keys)
    pools = view_pools(rules.profiles, known, gpus, kube, asker.naming, asker.end)
    clusters = [cluster for cluster in known if rules.wants(cluster)]
    return Survey(known, clusters, serving, presence, gpus, kube, pools)


def _clusters(asker: Asker, presence: Presence) -> list[str]:
    """The one that is named, or all that series are labelled with."""
    if asker.naming.label is None:
        return [asker.naming.name]
    counts: list[Mapping[str, int]] = [*presence.now.values(), *presence.before.values()]
    return sorted({cluster for each in counts for cluster in each} - {""})
