"""Price a window hour by hour: its pools, their parts, the models of each part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from exporter.cost.amounts import Amount, price, split_block, spread_idle
from exporter.cost.charges import Ints, Kind, Method
from exporter.cost.codes import REGION_LABEL, ZONE_LABEL, Codes
from exporter.cost.models import (
    NO_MODEL,
    Expansion,
    expand,
    plain_tokens,
    served_anything,
    serving,
)
from exporter.cost.observation import HourPools, observe
from exporter.cost.parts import IDLE, NOWHERE, UNOBSERVED, Parts, agreed, combined
from exporter.cost.window import HourCharges, Names, PoolHours, WindowCharges, joined
from exporter.documents.kinds import CostProfile
from exporter.errors import PeriodError
from exporter.integers import NANO
from exporter.periods import HOUR_SECONDS
from exporter.usage.pools import Node, assign, pools_of, profile_versions
from exporter.usage.window import PowerSource, WindowUsage


def price_window(
    usage: WindowUsage, profiles: Sequence[CostProfile], *, share_idle: bool
) -> WindowCharges:
    """The charges of every hour of a window; hours that cannot be priced are in `failures`."""
    pricer = _Pricer(usage, profiles, share_idle)
    charges = joined([pricer.hour(column) for column in range(usage.hours.count)])
    names = Names(
        usage.clusters,
        list(pricer.codes.pods),
        usage.tokens.models,
        pricer.profiles,
        list(pricer.codes.places),
    )
    return WindowCharges(
        usage.hours, names, charges, pricer.pools, pricer.failures, dict(pricer.notes)
    )


class _Pricer:
    """What stays the same over a window, and what adds up over its hours."""

    def __init__(
        self, usage: WindowUsage, profiles: Sequence[CostProfile], share_idle: bool
    ) -> None:
        self.usage, self.share_idle = usage, share_idle
        self.profiles = list(profiles)
        self.versions = profile_versions(profiles)
        self.codes = Codes(usage)
        self.node_names = list(self.codes.nodes)
        self.serving = serving(usage.tokens, self.codes.pods)
        self.pools: dict[tuple[str, str, str], PoolHours] = {}
        self.failures: dict[tuple[str, int], str] = {}
        self.notes: Counter[str] = Counter()

    def hour(self, column: int) -> HourCharges:
        pools = self._pools(column)
        parts, observed = observe(self.usage, self.codes, pools, self.notes)
        self._remember(pools, observed)
        places = [self.codes.place_of_nodes(label, column) for label in (REGION_LABEL, ZONE_LABEL)]
        whole, index = combined(parts)
        region, zone = (_places(place[parts.node], parts, index, whole) for place in places)
        hour = self.usage.hours.start + column * HOUR_SECONDS
        block = self._block(whole, pools, hour)
        if self.share_idle:
            kept, whole, block = spread_idle(whole, block)
            whole, block, region, zone = whole.where(kept), block[kept], region[kept], zone[kept]
        models = expand(whole, self.usage.tokens, self.serving, column, pools.profiles)
        priced = self._priced(whole, block, models, pools, column, region, zone)
        return joined([priced, self._unpriced(models, column, places)])

    def _block(self, whole: Parts, pools: HourPools, hour: int) -> Ints:
        try:
            return price(whole, pools.profiles, hour)
        except PeriodError as error:
            self._fail(self.usage.clusters, hour, error)
            return np.zeros((len(whole), len(Amount)), np.int64)

    def _pools(self, column: int) -> HourPools:
        hour = self.usage.hours.start + column * HOUR_SECONDS
        labels, nodes = self.usage.kube.node_labels, self._nodes(column)
        try:
            pools = pools_of(self.versions, self.usage.clusters, nodes, labels, column, hour)
        except PeriodError as error:
            self._fail(self.usage.clusters, hour, error)
            pools = []
        of_node: dict[Node, int] = {}
        for cluster in self.usage.clusters:
            mine = [node for node in nodes if node.cluster == cluster]
            try:
                of_node.update(assign(mine, pools, labels, column, hour))
            except PeriodError as error:
                self._fail([cluster], hour, error)
        profiles = [profile for profile in (pool.at(hour) for pool in pools) if profile is not None]
        return HourPools(column, pools, profiles, of_node)

    def _fail(self, clusters: Sequence[str], hour: int, error: PeriodError) -> None:
        for cluster in clusters:
            self.failures.setdefault((cluster, hour), str(error))

    def _nodes(self, column: int) -> list[Node]:
        """Nodes with GPUs or with pods that served tokens in the hour; sorted."""
        gpus, codes = self.usage.gpus, self.codes
        active = (gpus.nano_hours[:, column] > 0) | (gpus.millijoules[:, column] > 0)
        nodes = [codes.gpu_nodes[i] for i in np.unique(codes.gpu[active]).tolist()]
        serving = codes.token_node[plain_tokens(self.usage.tokens, column) > 0, column]
        others = np.setdiff1d(serving, np.append(codes.node[active], NOWHERE)).tolist()
        nodes += [
            Node(cluster, name, "") for cluster, name in map(self.node_names.__getitem__, others)
        ]
        return sorted(nodes, key=lambda n: (n.cluster, n.name, n.gpu_model))

    def _remember(self, pools: HourPools, observed: Ints) -> None:
        hours = self.usage.hours.count
        for pool, profile, seen in zip(pools.pools, pools.profiles, observed.tolist(), strict=True):
            key = pool.cluster, profile.name, profile.namespace or ""
            if key not in self.pools:
                self.pools[key] = PoolHours(np.zeros(hours, np.int64), np.zeros(hours, np.int64))
            self.pools[key].observed[pools.column] = seen
            self.pools[key].capacity[pools.column] = profile.spec.hardware.gpu_count * NANO

    def _priced(
        self,
        parts: Parts,
        block: Ints,
        models: Expansion,
        pools: HourPools,
        column: int,
        region: Ints,
        zone: Ints,
    ) -> HourCharges:
        part = models.part
        holder = parts.holder[part]
        cluster = np.array([self.usage.clusters.index(p.cluster) for p in pools.pools], np.int64)
        profile = np.array([self.profiles.index(p) for p in pools.profiles], np.int64)
        return HourCharges(
            self._hours(len(part), column),
            cluster[parts.pool[part]],
            _kinds(holder, models.row),
            parts.method[part],
            parts.power_source[part],
            profile[parts.pool[part]],
            np.maximum(holder, -1),
            models.row,
            region[part],
            zone[part],
            split_block(block, models.weight, part),
            self._counts(models.row, column) * models.counted[:, None],
        )

    def _unpriced(self, models: Expansion, column: int, places: Sequence[Ints]) -> HourCharges:
        """Tokens of pods on no known GPU: a charge of 0 each, so that no token is lost."""
        tokens = self.usage.tokens
        active = served_anything(tokens, column)
        active[models.row[models.counted]] = False
        row = np.flatnonzero(active)
        self.notes["tokens_unpriced"] += int(plain_tokens(tokens, column)[row].sum())
        node = self.codes.token_node[row, column]
        same = np.ones(len(row), np.int64)
        region, zone = (place[node] for place in places)
        cluster = [self.usage.clusters.index(tokens.pods[i].cluster) for i in row.tolist()]
        return HourCharges(
            self._hours(len(row), column),
            np.array(cluster, np.int64),
            same * Kind.MODEL,
            same * Method.UNPRICED,
            same * PowerSource.NONE,
            -same,
            self.codes.token_pod[row],
            row,
            region,
            zone,
            np.zeros((len(row), len(Amount)), np.int64),
            self._counts(row, column),
        )

    def _hours(self, count: int, column: int) -> Ints:
        return np.full(count, self.usage.hours.start + column * HOUR_SECONDS, np.int64)

    def _counts(self, row: Ints, column: int) -> Ints:
        """Input, output and cached tokens and requests of token rows; 0 for NO_MODEL."""
        tokens = self.usage.tokens
        quantities = (tokens.input, tokens.output, tokens.cached, tokens.requests)
        known = row != NO_MODEL
        counts = np.zeros((len(row), len(quantities)), np.int64)
        for i, quantity in enumerate(quantities):
            counts[known, i] = quantity[row[known], column]
        return counts


def _kinds(holder: Ints, row: Ints) -> Ints:
    named = np.where(row == NO_MODEL, Kind.ROLLUP, Kind.MODEL)
    return np.where(
        holder == IDLE, Kind.IDLE, np.where(holder == UNOBSERVED, Kind.UNOBSERVED, named)
    ).astype(np.int64)


def _places(place: Ints, parts: Parts, index: Ints, whole: Parts) -> Ints:
    """The common place of each combined part; a part on no node takes that of its pool."""
    own = agreed(place, index, len(whole))
    pools = int(parts.pool.max(initial=-1)) + 1
    of_pool = agreed(place, parts.pool, pools)
    return np.where(own == NOWHERE, of_pool[whole.pool], own)
