"""What a fleet cost, and whom: the rules of "Cost" as slow, obvious loops over what is known.

Tokens, energy and GPU-time are those of tests/reference.py. Nothing is shared with exporter.cost.
Whole pool-hours are rounded to 1e-9, and `shared` splits those.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.fleets.fleet import HOUR, Fleet
from tests.fleets.pools import Pool
from tests.reference import (
    DAY,
    NANO,
    hour_of,
    shared,
    truth_energy,
    truth_nano_hours,
    truth_tokens,
)

#: Holders sort as (rank, namespace, pod): nobody knows, nobody has it, a pod.
Holder = tuple[int, str, str]
UNOBSERVED, IDLE, POD = (0, "__unobserved__", ""), (1, "__idle__", ""), 2
Counts = tuple[int, int, int, int]
MONEY = ("amortization", "maintenance", "electricity")
AMOUNTS = (*MONEY, "kwh", "gpu_hours")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a charge is: (profile, holder, model); no profile for tokens that nobody prices."""

    hour: int
    profile: str | None
    holder: Holder
    model: str | None


@dataclass(slots=True)
class Charge:
    """Amounts in 1e-9 by AMOUNTS and `idle`; input, output, cached tokens and requests."""

    amounts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*AMOUNTS, "idle"), 0))
    counts: Counts = (0, 0, 0, 0)

    @property
    def cost(self) -> int:
        return sum(self.amounts[name] for name in MONEY)


@dataclass(slots=True)
class _Part:
    """What somebody has of a pool's hour on a node: 1e-9 GPU-hours and millijoules."""

    holder: Holder
    node: str | None
    time: int
    energy: int


def pool_hour_cost(pool: Pool, millijoules: int, hour: int) -> dict[str, int]:
    """What a pool's hour costs as a whole, in 1e-9."""
    spec = pool.document_at(hour)["spec"]
    hardware, power = spec["hardware"], spec["electricity"]
    price = Fraction(str(hardware["purchasePriceUSD"])) * NANO
    years = Fraction(str(hardware["amortizationYears"]))
    upkeep = Fraction(str(hardware["maintenancePercentPerYear"]))
    per_kwh = Fraction(str(power["ratePerKWh"])) * Fraction(str(power["pueFactor"]))
    kwh = Fraction(millijoules * NANO, 3600 * 1000 * 1000)
    return {
        "amortization": round(price / (years * 8760)),
        "maintenance": round(price * upkeep / 8760),
        "electricity": round(kwh * per_kwh),
        "kwh": round(kwh),
    }


class Truth:
    """The charges of hours of a fleet."""

    def __init__(self, fleet: Fleet, hours: Container[int], *, share_idle: bool) -> None:
        self.fleet, self.share_idle = fleet, share_idle
        self.pools = sorted(fleet.pools, key=lambda pool: pool.name)
        self.time, self.energy = truth_nano_hours(fleet), truth_energy(fleet, hours)
        self.tokens: dict[int, dict[tuple[Holder, str], Counts]] = defaultdict(dict)
        for (hour, namespace, pod, model), counts in truth_tokens(fleet, hours).items():
            row = (POD, namespace, pod), model
            self.tokens[hour][row] = tuple(max(n, 0) for n in counts)  # type: ignore[assignment]
        self.loaded: dict[Holder, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for log in fleet.counters:
            if log.field != "transferred":
                hours_seen = self.loaded[POD, log.namespace, log.pod][log.model]
                hours_seen |= {hour_of(sample.ms) for sample in log.samples}
        self.scrapes = Counter(hour_of(ms) for ms in fleet.kube_ms)
        self.running = [Counter(hour_of(ms) for ms in pod.running_ms) for pod in fleet.pods]
        #: where pods were told to be, by hour: (moment, node), the latest of each hour
        self.nodes: dict[Holder, dict[int, tuple[int, str]]] = defaultdict(dict)
        for one in sorted(fleet.pods, key=lambda one: tuple(one.told_ms[-1:])):
            for ms in one.told_ms:
                self.nodes[POD, one.namespace, one.name][hour_of(ms)] = ms, one.node
        unread = ("process_start_time_seconds", "kube_pod_start_time")
        self.readable = {
            hour_of(ms)
            for series in fleet.series
            if series.metric not in unread and not series.metric.endswith("_created")
            for ms in series.times_ms
        }

    def charges(self, hour: int) -> dict[Owner, Charge]:
        """Everything of one hour: pools first, then tokens that none of them prices."""
        found: dict[Owner, Charge] = defaultdict(Charge)
        named = self._named(hour)
        pools = {pool.name: self._parts(pool, hour, named) for pool in self.pools}
        housed = {part.holder for parts in pools.values() for part in parts} | named
        for pool in self.pools:
            parts = self._complete(pool, hour, pools[pool.name], housed)
            pools[pool.name] = parts
        main = self._main(pools)
        for pool in self.pools:
            self._bill(pool, hour, pools[pool.name], main, found)
        billed = {(owner.holder, owner.model) for owner, one in found.items() if any(one.counts)}
        for (holder, model), counts in self.tokens[hour].items():
            if (holder, model) not in billed and any(counts):
                found[Owner(hour, None, holder, model)].counts = counts
        return dict(found)

    def energy_of(self, pool: Pool, hour: int) -> int:
        """The millijoules of a pool's hour: of its GPUs, at TDP where none of them has a sample."""
        uuids = {log.uuid for log in self.fleet.gpus if log.pool == pool}
        seen = [key for key in self.time if key[0] == hour and key[1] in uuids]
        hardware = pool.document_at(hour)["spec"]["hardware"]
        if not seen:
            return int(hardware.get("tdpWatts", 0)) * int(hardware["gpuCount"]) * 3600 * 1000
        return sum(self.energy.get(key, 0) for key in seen)

    def _named(self, hour: int) -> set[Holder]:
        """The pods that DCGM names, on whatever GPU."""
        return {(POD, k[2], k[3] or "") for k in self.time if k[0] == hour and k[2] is not None}

    def _parts(self, pool: Pool, hour: int, named: set[Holder]) -> list[_Part]:
        """What DCGM shows of a pool; idle time of a node goes to pods that asked for GPUs there."""
        parts = []
        for log in self.fleet.gpus:
            for key in self.time if log.pool == pool else ():
                if key[:2] == (hour, log.uuid):
                    holder = (POD, key[2], key[3] or "") if key[2] is not None else IDLE
                    owner = holder if self._admits(pool, hour, holder) else IDLE
                    energy = self.energy.get(key, 0)
                    parts.append(_Part(owner, log.node, self.time[key], energy))
        for node in pool.nodes:
            parts = self._claimed(pool, hour, node, parts, named)
        return parts

    def _admits(self, pool: Pool, hour: int, holder: Holder) -> bool:
        """Whether the namespaceSelector lets a holder in."""
        selector = pool.document_at(hour)["spec"].get("namespaceSelector", {"matchLabels": {}})
        wanted = selector["matchLabels"]
        told = any(one in self.scrapes for one in _day_up_to(hour))
        labels = self.fleet.namespaces.get(holder[1], {}) if told else {}
        labels = {"kubernetes.io/metadata.name": holder[1], **labels}
        return holder[0] != POD or all(labels.get(k) == v for k, v in wanted.items())

    def _claimed(
        self, pool: Pool, hour: int, node: str, parts: list[_Part], named: set[Holder]
    ) -> list[_Part]:
        claims: dict[Holder, int] = defaultdict(int)
        for pod, by_hour in zip(self.fleet.pods, self.running, strict=True):
            holder, running = (POD, pod.namespace, pod.name), by_hour[hour]
            asks = running and pod.node == node and holder not in named
            if asks and self._admits(pool, hour, holder):
                claims[holder] += round(Fraction(pod.gpus * running * NANO, self.scrapes[hour]))
        idle = [part for part in parts if (part.holder, part.node) == (IDLE, node)]
        free = sum(part.time for part in idle)
        wanted = {holder: claim for holder, claim in sorted(claims.items()) if claim}
        if not wanted or not free:
            return parts
        if (rest := free - sum(wanted.values())) > 0:
            wanted[IDLE] = rest
        return [part for part in parts if part not in idle] + _given(idle, wanted, node)

    def _complete(
        self, pool: Pool, hour: int, parts: list[_Part], housed: set[Holder]
    ) -> list[_Part]:
        """With what nobody shows: TDP, holders by their tokens, and time that nobody saw."""
        hardware = pool.document_at(hour)["spec"]["hardware"]
        capacity = hardware["gpuCount"] * NANO
        if not parts:
            nobody = IDLE if hour in self.readable else UNOBSERVED
            parts = [_Part(nobody, None, capacity, self.energy_of(pool, hour))]
        if all(part.holder[0] != POD for part in parts):
            weights = self._token_weights(pool, hour, housed)
            parts = _given(parts, weights, None) if weights else parts
        missing = capacity - sum(part.time for part in parts)
        return [*parts, _Part(UNOBSERVED, None, missing, 0)] if missing > 0 else parts

    def _token_weights(self, pool: Pool, hour: int, housed: set[Holder]) -> dict[Holder, Fraction]:
        """What pods without a GPU served on a pool's nodes, or somewhere, if it is the only one."""
        sums: dict[Holder, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        for (holder, _), (given, made, *_) in sorted(self.tokens[hour].items()):
            node = self._node_of(holder, hour)
            here = len(self.pools) == 1 if node is None else self.fleet.pool_of(node) == pool
            allowed = here and holder not in housed and self._admits(pool, hour, holder)
            if allowed and given + made:
                sums[holder][0] += _weighted(pool, hour, given, made)
                sums[holder][1] += given + made
        plain = not any(weighted for weighted, _ in sums.values())
        return {holder: weights[plain] for holder, weights in sums.items()}

    def _node_of(self, holder: Holder, hour: int) -> str | None:
        """Where a pod was last told to be, up to 24 hours back."""
        known = self.nodes[holder]
        told = [known[one] for one in _day_up_to(hour) if one in known]
        return max(told)[1] if told else None

    def _main(self, pools: Mapping[str, Sequence[_Part]]) -> dict[Holder, str]:
        """In which pool a pod's tokens stand: where it has most GPU-time."""
        time: dict[Holder, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for name, parts in pools.items():
            for part in parts:
                time[part.holder][name] += part.time
        return {holder: max(by_pool, key=by_pool.__getitem__) for holder, by_pool in time.items()}

    def _bill(
        self,
        pool: Pool,
        hour: int,
        parts: Sequence[_Part],
        main: Mapping[Holder, str],
        found: dict[Owner, Charge],
    ) -> None:
        """Split a pool's hour over its holders, then over their models."""
        time: dict[Holder, int] = defaultdict(int)
        energy: dict[Holder, int] = defaultdict(int)
        for part in sorted(parts, key=lambda one: one.holder):
            time[part.holder] += part.time
            energy[part.holder] += part.energy
        wholes = pool_hour_cost(pool, sum(energy.values()), hour)
        split = {
            name: shared(whole, time if name in MONEY[:2] else energy)
            for name, whole in wholes.items()
        } | {"gpu_hours": time, "idle": dict.fromkeys(time, 0)}
        if self.share_idle:
            _spread(split, {holder: t for holder, t in time.items() if holder[0] == POD and t})
        for holder in split["gpu_hours"]:
            weights = self._models(pool, hour, holder)
            for name, by_holder in split.items():
                for model, amount in shared(by_holder[holder], weights).items():
                    found[Owner(hour, pool.name, holder, model)].amounts[name] += amount
            for (pod, model), counts in self.tokens[hour].items():
                if pod == holder and main[holder] == pool.name and any(counts):
                    found[Owner(hour, pool.name, holder, model)].counts = counts

    def _models(self, pool: Pool, hour: int, holder: Holder) -> dict[str | None, Fraction | int]:
        """A pod's models by weighted tokens, else by tokens, else those loaded, else none."""
        served = {m: c for (pod, m), c in sorted(self.tokens[hour].items()) if pod == holder}
        weighted = {m: _weighted(pool, hour, *c[:2]) for m, c in served.items()}
        plain = {m: sum(c[:2]) for m, c in served.items()}
        reach = set(_day_up_to(hour))
        loaded = {m: 1 for m, seen in sorted(self.loaded[holder].items()) if seen & reach}
        for weights in (weighted, plain, loaded):
            if any(weights.values()):
                return {model: weight for model, weight in weights.items() if weight}
        return {None: 1}


def _day_up_to(hour: int) -> range:
    """The 24 hours that end with this one."""
    return range(hour - DAY + HOUR, hour + HOUR, HOUR)


def _weighted(pool: Pool, hour: int, given: int, made: int) -> Fraction:
    weights = pool.document_at(hour)["spec"].get("allocation", {}).get("tokenWeights", {})
    of_given, of_made = (Fraction(str(weights.get(key, 1))) for key in ("input", "output"))
    return given * of_given + made * of_made


def _given(
    whole: Sequence[_Part], weights: Mapping[Holder, Fraction | int], node: str | None
) -> list[_Part]:
    """Parts of nobody given to holders by weight."""
    time = shared(sum(part.time for part in whole), weights)
    energy = shared(sum(part.energy for part in whole), weights)
    return [_Part(holder, node, time[holder], energy[holder]) for holder in weights]


def _spread(split: dict[str, dict[Holder, int]], weights: Mapping[Holder, int]) -> None:
    """Give what is idle to the holders by GPU-time; without a holder it stays."""
    if not weights or IDLE not in split["gpu_hours"]:
        return
    split["gpu_hours"] = dict(split["gpu_hours"])
    for name in AMOUNTS:
        for holder, amount in shared(split[name].pop(IDLE), weights).items():
            split[name][holder] += amount
            if name in MONEY:
                split["idle"][holder] += amount
