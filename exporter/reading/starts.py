"""When processes started, read for new counters only."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from exporter.periods import HOUR_SECONDS, HourRange
from exporter.reading.questions import ask_groups
from exporter.sources.series import Floats, HourlyQuery, HourlySeries, Labels, Matcher, Source
from exporter.usage.counters import LAST_LOOKBACK_HOURS, LOOKBACK_HOURS, Bools, counter_of
from exporter.usage.engines import CounterMetric
from exporter.usage.identity import ClusterNaming, Pod, described_pod, serving_pod
from exporter.usage.raw_needs import one_of
from exporter.usage.tokens import CounterUsage, StartOf

_PROCESS_START, _POD_START = "process_start_time_seconds", "kube_pod_start_time"
_PODS_PER_QUERY = 100
_TARGET_LABELS = ("job", "instance", "namespace", "pod")
_POD_LABELS = ("pod", "exported_pod", "instance")


def read_starts(
    source: Source, counters: Sequence[CounterUsage], hours: HourRange, clusters: ClusterNaming
) -> StartOf:
    """How to find the start of the process behind a new counter, in unix seconds.

    Asked in this order: the counter's own `_created` series, process_start_time_seconds of the
    same scrape target, kube_pod_start_time of the pod. The first in an hour counts, since a counter
    that is new in the hour belongs to the first process of that hour. Any of the counter's copies
    may tell; of several answers the earliest counts. Only where a pod of that name showed itself
    before at another address, the counter is one of its successor, the latest by that name.
    """
    new = [c for c in counters if (c.first > 0).any()]
    if not new:
        return lambda _members, _metric, _hour: None
    members = [labels for counter in new for labels in _new_members(counter)]
    metrics = {c.metric.created for c in new}
    answers = ask_groups(
        source,
        {name: _of_targets(name, hours, members) for name in (*sorted(metrics), _PROCESS_START)}
        | {_POD_START: _of_pods(hours, members, clusters)},
        hours,
    )
    created = {name: _by(counter_of, answers[name]) for name in metrics}
    process = _by(_target, answers[_PROCESS_START])
    pods = _PodStarts.among(counters, answers[_POD_START], clusters)

    def start_of(members: Sequence[Labels], metric: CounterMetric, hour: int) -> float | None:
        column = (hour - hours.start) // HOUR_SECONDS
        said = _earliest([created[metric.created].get(counter_of(members[0]))], column)
        if said is None:
            said = _earliest([process.get(_target(labels)) for labels in members], column)
        return pods.of(serving_pod(members[0], clusters), column) if said is None else said

    return start_of


@dataclass(frozen=True, slots=True)
class _PodStarts:
    """kube_pod_start_time by pod and hour: of several pods of one name the first and the latest.

    `seen` tells per pod in which hours it served, LAST_LOOKBACK_HOURS before the window first.
    """

    first: dict[Hashable, Floats]
    latest: dict[Hashable, Floats]
    seen: dict[Pod, Bools]

    @staticmethod
    def among(
        counters: Sequence[CounterUsage], answer: HourlySeries, clusters: ClusterNaming
    ) -> _PodStarts:
        def pod(labels: Labels) -> Hashable:
            return described_pod(labels, clusters)

        seen: dict[Pod, Bools] = {}
        for counter in counters:
            for members, values in zip(counter.lines.members, counter.lines.last, strict=True):
                serving, hourly = serving_pod(members[0], clusters), ~np.isnan(values)
                seen[serving] = hourly | seen.get(serving, hourly)
        return _PodStarts(_by(pod, answer), _by(pod, answer, np.fmax), seen)

    def of(self, pod: Pod, column: int) -> float | None:
        """The start of the pod that a new counter is of."""
        here = LAST_LOOKBACK_HOURS + column
        succeeds = bool(self.seen[pod][here - LOOKBACK_HOURS : here].any())
        return _earliest([(self.latest if succeeds else self.first).get(pod)], column)


def _earliest(said: Iterable[Floats | None], column: int) -> float | None:
    """The smallest value of a column; None when there is none."""
    values = [float(v[column]) for v in said if v is not None and not np.isnan(v[column])]
    return min(values, default=None)


def _new_members(counter: CounterUsage) -> Iterable[Labels]:
    rows = np.flatnonzero((counter.first > 0).any(axis=1)).tolist()
    return (labels for row in rows for labels in counter.lines.members[row])


def _target(labels: Labels) -> Hashable:
    return tuple(labels.get(label, "") for label in _TARGET_LABELS)


def _by(
    key: Callable[[Labels], Hashable], answer: HourlySeries, choose: np.ufunc = np.fmin
) -> dict[Hashable, Floats]:
    """The values of an answer by key; of several the earliest start, if not told otherwise."""
    found: dict[Hashable, Floats] = {}
    for labels, values in zip(answer.labels, answer.values, strict=True):
        subject = key(labels)
        found[subject] = choose(found[subject], values) if subject in found else values
    return found


def _of_targets(metric: str, hours: HourRange, members: Sequence[Labels]) -> list[HourlyQuery]:
    """About a metric of the scrape targets that the members come from."""
    return [
        HourlyQuery(metric, "min", hours, (matcher,))
        for label in _POD_LABELS
        for matcher in _matchers(label, [m[label] for m in members if _names(m) == label])
    ]


def _of_pods(
    hours: HourRange, members: Sequence[Labels], clusters: ClusterNaming
) -> list[HourlyQuery]:
    """About kube_pod_start_time of the members' pods; either label may hold the pod's name."""
    names = [serving_pod(labels, clusters).name for labels in members]
    return [
        HourlyQuery(_POD_START, "min", hours, (matcher,))
        for label in ("pod", "exported_pod")
        for matcher in _matchers(label, names)
    ]


def _names(labels: Labels) -> str | None:
    """Which label tells the pod, or the address where no pod is named."""
    return next((label for label in _POD_LABELS if labels.get(label)), None)


def _matchers(label: str, values: Sequence[str]) -> list[Matcher]:
    distinct = sorted(set(values))
    return [
        one_of(label, distinct[i : i + _PODS_PER_QUERY])
        for i in range(0, len(distinct), _PODS_PER_QUERY)
    ]
