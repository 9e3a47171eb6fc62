"""What DCGM shows: GPUs by node, their holders, and the targets that are scraped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.commands.checking.asking import SHORT_SECONDS, Asker
from exporter.commands.checking.presence import GPU, Presence
from exporter.periods import HOUR_SECONDS
from exporter.sources.census import CountQuery, Group
from exporter.sources.series import Labels, Matcher
from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC
from exporter.usage.identity import Pod, TargetPods, holder_of, scrape_target
from exporter.usage.raw_needs import one_of

_HOST = ("Hostname", "hostname", "exported_hostname", "node")
_HOLDER = (
    *("job", "instance", "namespace", "pod", "container"),
    *("pod_name", "pod_namespace", "container_name"),
)
_TARGET = ("job", "instance", "namespace", "pod", "service", "container", "node")
#: Labels by which stores tell the copies of a series that two scrapers made.
REPLICA_LABELS = (
    *("prometheus_replica", "replica", "receive_replica", "thanos_replica", "__replica__"),
)
#: How long ago, in hours, DCGM's targets are looked for: one that is down now was up then.
_HOURS_AGO = (0, 6, 24)
_EXPORTER_JOBS = Matcher("job", "=~", ".*[dD][cC][gG][mM].*")
_EXPORTER_PODS = Matcher("pod", "=~", ".*dcgm-exporter.*")


@dataclass(frozen=True, slots=True)
class Target:
    """A scrape target of DCGM metrics; `hosts` are the labels of the GPUs it showed last."""

    labels: Labels
    up: bool
    hosts: Labels

    @property
    def name(self) -> str:
        return f"{self.labels.get('job', '?')} {self.labels.get('instance', '?')}"


@dataclass(frozen=True, slots=True)
class Held:
    """How many series with these labels name a pod of that namespace as holder."""

    holder: Pod
    labels: Labels
    series: int


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """DCGM as it is now.

    `gpus` has the labels of host and model, and how many GPUs there are with them; `held` the
    labels of host of those with a holder; `holders` how many series name one, by cluster and its
    namespace; `replicas` the values of a replica label, by cluster and label.
    """

    gpus: Sequence[Group]
    held: Sequence[Held]
    holders: Mapping[str, Counter[str]]
    targets: Sequence[Target]
    replicas: Mapping[tuple[str, str], set[str]]


def look_at_gpus(asker: Asker, presence: Presence) -> GpuFacts:
    """Ask about GPUs, then about the targets that showed them."""
    power = any(presence.now[POWER_METRIC].values())
    metric = POWER_METRIC if power else ENERGY_METRIC
    first = asker.ask(dict(_questions(asker, metric)))
    shown = _shown_targets(groups for name, groups in first.items() if name.startswith("target"))
    targets = list(_targets(asker, shown))
    own_pods: TargetPods = frozenset(
        (scrape_target(t.labels), t.labels.get("namespace", ""), t.labels.get("pod", ""))
        for t in targets
        if scrape_target(t.labels) in shown
    )
    held = list(_held(asker, [*first["exported"], *first["plain"]], own_pods))
    return GpuFacts(
        _most([first[f"gpus {name}"] for name in GPU]),
        held,
        _holders(held),
        targets,
        _replicas(asker, first["replicas"]),
    )


def _questions(asker: Asker, metric: str) -> Iterator[tuple[str, CountQuery]]:
    for name in GPU:
        gpus = asker.query(name, *_HOST, "modelName", distinct=("UUID", "uuid"))
        yield f"gpus {name}", gpus
    for hours in _HOURS_AGO:
        ago = hours * HOUR_SECONDS
        labels = ("job", "instance", *_HOST)
        yield f"target {hours}", asker.query(metric, *labels, seconds=SHORT_SECONDS, ago=ago)
    named = (Matcher("exported_pod", "!=", ""),)
    unnamed = (Matcher("exported_pod", "=", ""), Matcher("exported_namespace", "=", ""))
    yield "exported", asker.query(metric, "exported_namespace", *_HOST, matchers=named)
    yield "plain", asker.query(metric, *_HOLDER, *_HOST, matchers=unnamed)
    yield "replicas", asker.query(metric, *REPLICA_LABELS, seconds=SHORT_SECONDS)


def _most(answers: Iterable[list[Group]]) -> list[Group]:
    """Each group once; of several counts the largest."""
    found: dict[frozenset[tuple[str, str]], Group] = {}
    for groups in answers:
        for group in groups:
            key = frozenset(group.labels.items())
            if key not in found or found[key].count < group.count:
                found[key] = group
    return list(found.values())


def _shown_targets(answers: Iterable[list[Group]]) -> dict[object, Labels]:
    """Per scrape target the labels of the GPUs it showed last."""
    found: dict[object, Labels] = {}
    for groups in answers:
        for group in groups:
            found.setdefault(scrape_target(group.labels), group.labels)
    return found


def _targets(asker: Asker, shown: Mapping[object, Labels]) -> Iterator[Target]:
    """The targets that showed GPUs, and those whose job or pod is called after DCGM."""
    conditions = [_EXPORTER_JOBS, _EXPORTER_PODS]
    if jobs := {labels["job"] for labels in shown.values() if labels.get("job")}:
        conditions.append(one_of("job", sorted(jobs)))
    queries = {
        (up, condition): asker.query(
            "up", *_TARGET, seconds=SHORT_SECONDS, matchers=(condition,), latest=float(up)
        )
        for up in (True, False)
        for condition in conditions
    }
    seen: set[frozenset[tuple[str, str]]] = set()
    for (up, condition), groups in asker.ask(queries).items():
        named = condition in (_EXPORTER_JOBS, _EXPORTER_PODS)
        for labels in (group.labels for group in groups):
            key = frozenset(labels.items())
            target = scrape_target(labels)
            if key not in seen and (named or target in shown):
                seen.add(key)
                yield Target(labels, up, shown.get(target, {}))


def _held(asker: Asker, groups: Iterable[Group], own_pods: TargetPods) -> Iterator[Held]:
    for group in groups:
        labels = group.labels
        if "exported_namespace" in labels and "exported_pod" not in labels:
            labels = {**labels, "exported_pod": "any"}  # the question had it as a condition
        holder = holder_of(labels, asker.naming, own_pods)
        if holder is not None:
            yield Held(holder, labels, group.count)


def _holders(held: Iterable[Held]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in held:
        found[one.holder.cluster][one.holder.namespace] += one.series
    return found


def _replicas(asker: Asker, groups: Iterable[Group]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for group in groups:
        for label in REPLICA_LABELS:
            if label in group.labels:
                found[asker.naming.of(group.labels), label].add(group.labels[label])
    return found
