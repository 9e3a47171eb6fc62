"""What a pool is and costs: its GPUs, its hardware per hour and its price of electricity.

A version of a profile holds from its validFrom to that of the next one; the expressions know both
moments, so that a price changes in the rules when it does in the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.cost.pool_hour import HOURS_PER_YEAR
from exporter.documents.kinds import CostProfile
from exporter.monitoring.gpu_rules import HOLDERS, POWER
from exporter.monitoring.promql import (
    Grouping,
    decimal_text,
    equals,
    glob_pattern,
    literal,
    matches,
    renamed,
    selected,
)
from exporter.monitoring.rule import RecordingRule
from exporter.periods import HOUR_SECONDS
from exporter.usage.kubernetes import LABEL_PREFIX, sanitise
from exporter.usage.pools import HOSTNAME_LABEL

POOL_POWER = "infer_focus:pool_gpu:power_watts"
POOL_HELD = "infer_focus:pool_gpu:held_ratio"
POOL_GPUS = "infer_focus:pool:gpus"
POOL_WATTS = "infer_focus:pool:power_watts"
POOL_UTILIZATION = "infer_focus:pool:utilization_ratio"
HARDWARE = "infer_focus:pool:hardware_cost_per_hour"
KWH_PRICE = "infer_focus:pool:electricity_price_per_kilowatt_hour"

_WORD = re.compile(r"[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class PoolVersion:
    """A profile, its name in labels, and until when it holds (unix seconds; null: for ever)."""

    label: str
    profile: CostProfile
    until: int | None

    @property
    def span(self) -> str:
        """A condition on the time of evaluation; empty if it always holds."""
        since = self.profile.spec.valid_from
        bounds = "" if since is None else f" >= {since}"
        bounds += "" if self.until is None else f" < {self.until}"
        return f"\nand on () (vector(time()){bounds})" if bounds else ""

    def rivals(self, versions: Sequence[PoolVersion]) -> list[PoolVersion]:
        """Versions of other profiles that win a node which both fit: they ask for more labels."""
        asked = len(self.profile.spec.node_selector)
        return [
            one
            for one in versions
            if one.label != self.label
            and len(one.profile.spec.node_selector) > asked
            and not _disjoint(one.profile, self.profile)
        ]

    def equals(self, versions: Sequence[PoolVersion]) -> bool:
        """Whether another profile may fit the same nodes as well, so that the GPU model decides."""
        mine = self.profile.spec.node_selector
        return any(
            one.label != self.label
            and len(one.profile.spec.node_selector) == len(mine)
            and not _disjoint(one.profile, self.profile)
            for one in versions
        )


def _disjoint(one: CostProfile, other: CostProfile) -> bool:
    mine, theirs = one.spec.node_selector, other.spec.node_selector
    return any(mine[key] != theirs[key] for key in mine.keys() & theirs.keys())


def pool_rules(
    label: str, versions: Sequence[PoolVersion], currency: str, grouping: Grouping
) -> Iterator[RecordingRule]:
    """The rules of one profile among all; amounts in the billing currency."""
    mine = [one for one in versions if one.label == label]
    pool = {"cost_profile": label}
    money = {**pool, "currency": currency}

    def rule(
        record: str, labels: Mapping[str, str], of: Callable[[PoolVersion], str]
    ) -> RecordingRule:
        texts = [f"{of(one)}{one.span}" for one in mine]
        return RecordingRule(record, "\nor\n".join(texts), labels)

    yield rule(POOL_POWER, pool, lambda one: _gpus_of(one, versions, grouping))
    yield rule(POOL_HELD, pool, lambda one: _held(one, grouping))
    yield rule(POOL_GPUS, pool, lambda one: _gpus(one, grouping))
    yield rule(POOL_UTILIZATION, pool, lambda one: _active_ratio(one, grouping))
    yield rule(HARDWARE, money, lambda one: _hardware_of(one, grouping))
    yield rule(KWH_PRICE, money, _kwh_price)


def _hardware_of(version: PoolVersion, grouping: Grouping) -> str:
    hourly = _hardware(version.profile)
    if grouping.cluster_label is None:
        return f"vector({hourly})"
    return f"0 * {selected(POOL_GPUS, [_of_pool(version)])} + ({hourly})"


def _kwh_price(version: PoolVersion) -> str:
    electricity = version.profile.spec.electricity
    return f"vector({decimal_text(electricity.rate_per_kwh * electricity.pue_factor)})"


def _of_pool(version: PoolVersion) -> str:
    return equals("cost_profile", version.label)


def _gpus(version: PoolVersion, grouping: Grouping) -> str:
    """The declared GPUs, or those seen if these are more.

    A pool nobody sees has its declared GPUs; in which cluster it is, only samples can say.
    """
    pool = selected(POOL_POWER, [_of_pool(version)])
    seen = f"count {grouping.by()} ({pool})"
    if grouping.cluster_label is None:
        seen = f"({seen} or vector(0))"
    else:
        seen = f"({seen} or 0 * count {grouping.by()} (last_over_time({pool}[1d])))"
    return f"clamp_min({seen}, {version.profile.spec.hardware.gpu_count})"


def _active_ratio(version: PoolVersion, grouping: Grouping) -> str:
    """The part of the GPUs seen that draws more than the profile's idle threshold."""
    pool = selected(POOL_POWER, [_of_pool(version)])
    threshold = decimal_text(version.profile.idle_threshold_watts_per_gpu)
    return f"avg {grouping.by('cost_profile')} ({pool} > bool {threshold})"


def _hardware(profile: CostProfile) -> str:
    """Amortization and maintenance per hour, from inServiceDate on as in the rows."""
    hardware = profile.spec.hardware
    yearly = hardware.purchase_price_usd / HOURS_PER_YEAR
    amortization = decimal_text(yearly / hardware.amortization_years)
    maintenance = decimal_text(yearly * hardware.maintenance_percent_per_year)
    begin = hardware.in_service_date
    if begin is None:
        return f"{amortization} + {maintenance}"
    end = int(begin + hardware.amortization_years * Decimal(HOURS_PER_YEAR * HOUR_SECONDS))
    served = f"(time() >= bool {begin})"
    return f"{amortization} * {served} * (time() < bool {end}) + {maintenance} * {served}"


def _held(version: PoolVersion, grouping: Grouping) -> str:
    """The part of a GPU that each of its holders has, equal parts of a shared one."""
    gpu = grouping.on("UUID")
    admitted = HOLDERS
    selector = version.profile.spec.namespace_selector
    if selector:
        matchers = [equals(LABEL_PREFIX + sanitise(key), v) for key, v in sorted(selector.items())]
        labels = selected("kube_namespace_labels", matchers)
        named = renamed(labels, "namespace", "exported_namespace")
        admitted = f"({HOLDERS}\n  and {grouping.on('namespace')} {named})"
    pool = selected(POOL_POWER, [_of_pool(version)])
    shared = f"count {grouping.by('UUID')} ({HOLDERS})"
    return f"(\n{admitted}\n/ {gpu} group_left () {shared}\nand {gpu} {pool}\n)"


def _gpus_of(version: PoolVersion, versions: Sequence[PoolVersion], grouping: Grouping) -> str:
    expression = _on_nodes(version, grouping, by_model=version.equals(versions))
    for rival in version.rivals(versions):
        taken = _on_nodes(rival, grouping, by_model=False)
        expression += f"\nunless {grouping.on('node')} ({taken}{rival.span})"
    return f"({expression})"


def _on_nodes(version: PoolVersion, grouping: Grouping, *, by_model: bool) -> str:
    """The GPUs on the nodes that one nodeSelector fits."""
    profile = version.profile
    matchers = [*_host_matchers(profile), *_cluster_matchers(profile, grouping)]
    if by_model:
        matchers += _model_matchers(profile)
    labels = [
        equals(LABEL_PREFIX + sanitise(key), value)
        for key, value in sorted(profile.spec.node_selector.items())
        if key != HOSTNAME_LABEL
    ]
    power = selected(POWER, matchers)
    if not labels:
        return power
    nodes = renamed(selected("kube_node_labels", labels), "node", "exported_node")
    return f"{power}\nand {grouping.on('node')} {nodes}"


def _host_matchers(profile: CostProfile) -> list[str]:
    """Names with and without a domain are the same host, as they are in the rows."""
    host = profile.spec.node_selector.get(HOSTNAME_LABEL)
    if host is None:
        return []
    short, dot, _ = host.partition(".")
    other = literal(short) if dot else rf"{literal(host)}\..+"
    return [matches("node", f"{literal(host)}|{other}")]


def _model_matchers(profile: CostProfile) -> list[str]:
    """All words of gpuModel occur in DCGM's name of the model; a word is letters or digits."""
    words = sorted(set(_WORD.findall(profile.spec.hardware.gpu_model.lower())) - {"nvidia"})
    kinds = [(word, "0-9" if word.isdigit() else "a-z") for word in words]
    return [matches("modelName", f"(?i)(.*[^{kind}])?{word}([^{kind}].*)?") for word, kind in kinds]


def _cluster_matchers(profile: CostProfile, grouping: Grouping) -> list[str]:
    globs = profile.spec.clusters
    if not globs or grouping.cluster_label is None:
        return []
    return [matches(grouping.cluster_label, "|".join(map(glob_pattern, globs)))]
