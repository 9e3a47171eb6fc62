"""The parts of all pools in one hour: what was seen, what was asked for, what nobody saw.

How the holders of a pool are known, from exact to least exact: by DCGM's pod labels; where it
gives none, by the GPU requests of running pods; where neither is there or the pool has no DCGM
sample, by the tokens of the models on its nodes, else the pool was idle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exporter.cost.charges import Ints, Method
from exporter.cost.codes import Codes
from exporter.cost.models import or_else, plain_tokens, weighted_tokens
from exporter.cost.namespaces import Admission
from exporter.cost.parts import (
    IDLE,
    NOWHERE,
    UNOBSERVED,
    Claims,
    Parts,
    claim_idle,
    idle_time,
    joined,
    part,
    share_out,
    totals,
)
from exporter.cost.pool_hour import tdp_millijoules
from exporter.documents.kinds import CostProfile
from exporter.integers import NANO
from exporter.usage.pools import Node, Pool
from exporter.usage.window import PowerSource, WindowUsage


@dataclass(frozen=True, slots=True)
class HourPools:
    """The pools of one hour: their profiles' versions, and the pool of each node.

    A node may hold GPUs of two models and so belong to two pools.
    """

    column: int
    pools: Sequence[Pool]
    profiles: Sequence[CostProfile]
    of_node: Mapping[Node, int]

    def only_pool_of(self, cluster: str) -> int:
        """The one pool of a cluster, -1 when it has several or none."""
        found = [i for i, pool in enumerate(self.pools) if pool.cluster == cluster]
        return found[0] if len(found) == 1 else -1


def observe(
    usage: WindowUsage, codes: Codes, pools: HourPools, notes: Counter[str]
) -> tuple[Parts, Ints]:
    """The parts of every pool, complete: they add up to what the pool could have given.

    Returns the parts and the observed GPU-time of each pool (1e-9 GPU-hours).
    """
    hour = _Hour(usage, codes, pools, notes)
    parts = _claimed(hour, _seen(hour))
    observed = totals(parts.nano_hours, parts.pool, len(pools.pools))
    waiting = _unhoused(hour, parts)
    complete = [
        _complete(parts.where(parts.pool == pool), hour, pool, waiting)
        for pool in range(len(pools.pools))
    ]
    return joined([parts.where(slice(0, 0)), *complete]), observed


class _Hour:
    """An hour of a window, and what DCGM says of it: `shown` are the holdings it has samples of."""

    def __init__(
        self, usage: WindowUsage, codes: Codes, pools: HourPools, notes: Counter[str]
    ) -> None:
        self.usage, self.codes, self.pools, self.notes = usage, codes, pools, notes
        gpus, self.column = usage.gpus, pools.column
        active = (gpus.nano_hours[:, self.column] > 0) | (gpus.millijoules[:, self.column] > 0)
        self.shown = np.flatnonzero(active)
        self.admission = Admission(
            pools.profiles, list(codes.pods), usage.kube.namespace_labels, self.column
        )

    @property
    def named(self) -> Ints:
        """The pods that DCGM names, on whatever GPU."""
        return self.codes.holder[self.shown]

    def count_gpus(self, holdings: Ints) -> int:
        """How many GPUs some holdings are of."""
        held = (self.usage.gpus.holdings[i] for i in holdings.tolist())
        return len({(holding.cluster, holding.uuid) for holding in held})


def _seen(hour: _Hour) -> Parts:
    """What DCGM shows: GPU-time and energy of holders and of idle GPUs, on known nodes."""
    gpus, column, codes = hour.usage.gpus, hour.column, hour.codes
    of_node = hour.pools.of_node
    of_gpu = np.array([of_node.get(node, -1) for node in codes.gpu_nodes], np.int64)
    pool = of_gpu[codes.gpu[hour.shown]]
    hour.notes["gpu_hours_unmatched"] += hour.count_gpus(hour.shown[pool < 0])
    chosen, pool = hour.shown[pool >= 0], pool[pool >= 0]
    return Parts(
        pool,
        _admitted_holders(hour, chosen, pool),
        codes.node[chosen],
        gpus.nano_hours[chosen, column],
        _active(hour, pool, chosen),
        gpus.millijoules[chosen, column],
        np.zeros(len(chosen), np.int64),
        gpus.power_source[chosen, column],
    )


def _active(hour: _Hour, pool: Ints, chosen: Ints) -> Ints:
    """The active time of holdings, by the idle threshold of the pool each belongs to."""
    active = np.zeros(len(chosen), np.int64)
    for i, profile in enumerate(hour.pools.profiles):
        mine = pool == i
        known = hour.usage.gpus.active_nano_hours[profile.idle_threshold_watts_per_gpu]
        active[mine] = known[chosen[mine], hour.column]
    return active


def _admitted_holders(hour: _Hour, chosen: Ints, pool: Ints) -> Ints:
    """The holders of holdings; those outside the profile's namespaceSelector count as idle."""
    holder = hour.codes.holder[chosen]
    held = holder >= 0
    outside = held.copy()
    outside[held] = ~hour.admission.admitted(pool[held], holder[held])
    hour.notes["gpu_hours_outside_namespace_selector"] += hour.count_gpus(chosen[outside])
    return np.where(outside, IDLE, holder)


def _claimed(hour: _Hour, parts: Parts) -> Parts:
    """Idle GPU-time of nodes goes to running pods that asked for GPUs there and hold none."""
    codes, named = hour.codes, set(hour.named.tolist())
    wanted = (
        (codes.pods[r.pod], codes.nodes[r.pod.cluster, r.node], round(r.gpus[hour.column] * NANO))
        for r in hour.usage.requests
    )
    asking = sorted((pod, node, gpus) for pod, node, gpus in wanted if pod not in named)
    claims = list(_claims(hour, idle_time(parts) if asking else {}, asking))
    if not claims:
        return parts
    return claim_idle(parts, Claims(*np.array(claims, np.int64).T))


def _claims(
    hour: _Hour, idle: Mapping[int, Mapping[int, int]], asking: Sequence[tuple[int, int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """What pods claim of the pools on their node, as entries of Claims.

    A request on a node with GPUs of several pools is met once: each gives its share of their idle
    time.
    """
    for pod, node, nano_hours in asking:
        homes = {
            pool: time
            for pool, time in idle.get(node, {}).items()
            if hour.admission.admits(pool, pod)
        }
        claims = {p: nano_hours * time // sum(homes.values()) for p, time in homes.items()}
        yield from ((pool, node, pod, claim) for pool, claim in claims.items() if claim)


@dataclass(frozen=True, slots=True)
class _Unhoused:
    """Token rows of pods that hold no GPU this hour, with the pool their node belongs to."""

    row: Ints
    pod: Ints
    pool: Ints
    node: Ints


def _unhoused(hour: _Hour, parts: Parts) -> _Unhoused:
    """The token rows that may tell who held a pool of which nobody else says it."""
    tokens, codes, pools = hour.usage.tokens, hour.codes, hour.pools
    housed = np.isin(codes.token_pod, parts.holder) | np.isin(codes.token_pod, hour.named)
    rows = np.flatnonzero((plain_tokens(tokens, hour.column) > 0) & ~housed)
    nodes = codes.token_node[rows, hour.column]
    by_code = _pool_of_node_codes(codes, pools)
    alone = [pools.only_pool_of(tokens.pods[row].cluster) for row in rows.tolist()]
    pool = np.where(nodes == NOWHERE, np.array(alone, np.int64), by_code[nodes])
    home = pool >= 0
    home[home] = hour.admission.admitted(pool[home], codes.token_pod[rows[home]])
    rows, pool, nodes = rows[home], pool[home], nodes[home]
    return _Unhoused(rows, codes.token_pod[rows], pool, nodes)


def _pool_of_node_codes(codes: Codes, pools: HourPools) -> Ints:
    """Per node code the pool of its GPUs, -1 for none; the last entry stands for NOWHERE."""
    found = np.full(len(codes.nodes) + 1, -1, np.int64)
    for node, pool in pools.of_node.items():
        found[codes.nodes[node.cluster, node.name]] = pool
    return found


def _complete(seen: Parts, hour: _Hour, pool: int, waiting: _Unhoused) -> Parts:
    """A pool's parts with everything nobody saw, so that its whole capacity is there."""
    capacity = hour.pools.profiles[pool].spec.hardware.gpu_count * NANO
    if not len(seen):
        seen = _without_dcgm(hour, pool, capacity)
    if not (seen.holder >= 0).any():
        seen = _by_tokens(seen, hour, pool, waiting)
    missing = capacity - int(seen.nano_hours.sum())
    if missing < 0:
        hour.notes["pool_hours_with_more_gpus_than_declared"] += 1
    if missing <= 0:
        return seen
    unseen = part(pool, UNOBSERVED, Method.GPU_TIME, PowerSource.NONE, missing, 0)
    return joined([seen, unseen])


def _without_dcgm(hour: _Hour, pool: int, capacity: int) -> Parts:
    """A pool without any DCGM sample in the hour: at its thermal design power, nobody known yet.

    In an hour of which the source holds nothing at all, its whole time is unobserved.
    """
    energy = tdp_millijoules(hour.pools.profiles[pool])
    source = PowerSource.NONE if energy is None else PowerSource.TDP
    readable = hour.usage.readable[hour.pools.pools[pool].cluster][hour.column]
    holder, method = (IDLE, Method.TOKENS) if readable else (UNOBSERVED, Method.GPU_TIME)
    return part(pool, holder, method, source, capacity, energy or 0)


def _by_tokens(seen: Parts, hour: _Hour, pool: int, waiting: _Unhoused) -> Parts:
    """Give a pool whose holders nobody names to the pods on its nodes, by their tokens."""
    mine = waiting.pool == pool
    if not mine.any():
        return seen
    tokens, rows = hour.usage.tokens, waiting.row[mine]
    weighted = weighted_tokens(tokens, hour.column, hour.pools.profiles[pool])[rows]
    plain = plain_tokens(tokens, hour.column)[rows]
    weights = or_else(weighted, plain, np.zeros(len(rows), np.int64), 1)
    pods, first, index = np.unique(waiting.pod[mine], return_index=True, return_inverse=True)
    shared = share_out(seen, pods, totals(weights, index.reshape(-1), len(pods)), Method.TOKENS)
    return replace(shared, node=waiting.node[mine][first])
