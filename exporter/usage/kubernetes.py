"""What kube-state-metrics says of nodes, pods and namespaces, as last known in each hour."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from exporter.sources.series import HourlySeries, Ints, Labels
from exporter.usage.counters import LOOKBACK_HOURS

LABEL_PREFIX = "label_"
_CAMEL_HUMP = re.compile(r"([a-z0-9])([A-Z])")
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_]")


def sanitise(key: str) -> str:
    """A Kubernetes label key as kube-state-metrics writes it, without the `label_` in front.

    Everything outside [a-zA-Z0-9_] becomes `_` and camelCase snake_case (internal/store/utils.go);
    the way back is not unique, so configured keys are brought to this form before comparing.
    """
    return _CAMEL_HUMP.sub(r"\1_\2", _NOT_ALLOWED.sub("_", key)).lower()


@dataclass(frozen=True, slots=True)
class Latest:
    """Which series of an answer describes a subject in each hour of the window.

    `choice[row, column]` is an index into `labels`, -1 when nothing was known in the 24 hours up
    to the hour's end.
    """

    labels: list[Labels]
    rows: dict[Hashable, int]
    choice: Ints

    def at(self, subject: Hashable, column: int) -> Labels | None:
        """The labels of a subject as last known in an hour; None when it is not known."""
        row = self.rows.get(subject)
        if row is None or self.choice[row, column] < 0:
            return None
        return self.labels[int(self.choice[row, column])]


def latest(
    answer: HourlySeries,
    subject: Callable[[Labels], Hashable],
    content: Callable[[Labels], Labels] = dict,
) -> Latest:
    """Choose for each subject and hour the series that was seen last, and keep its content.

    The answer has LOOKBACK_HOURS columns before the window. Of two series seen in the same hour
    the one that appeared later is the newer: it holds the changed label.
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for i, labels in enumerate(answer.labels):
        members[subject(labels)].append(i)
    hours = answer.values.shape[1] - LOOKBACK_HOURS
    seen, begun = _sightings(answer)
    choice = np.full((len(members), hours), -1, np.int64)
    alone = np.array([(i, s[0]) for i, s in enumerate(members.values()) if len(s) == 1], np.int64)
    rows, only = alone.reshape(-1, 2).T
    choice[rows] = np.where(seen[only] >= 0, only[:, np.newaxis], -1)
    for row, series in enumerate(members.values()):
        if len(series) > 1:
            choice[row] = _newest(series, seen, begun, answer.labels)
    numbers = {key: row for row, key in enumerate(members)}
    return Latest([content(labels) for labels in answer.labels], numbers, choice)


def _sightings(answer: HourlySeries) -> tuple[Ints, Ints]:
    """Per series and hour: the column last seen (-1: not in 24 h) and where that run began."""
    columns = np.arange(answer.values.shape[1])
    absent = np.isnan(answer.values)
    seen = np.maximum.accumulate(np.where(absent, -1, columns), axis=1)
    ended = np.maximum.accumulate(np.where(absent, columns, -1), axis=1)
    begun = np.take_along_axis(ended, np.maximum(seen, 0), axis=1) + 1
    window = slice(LOOKBACK_HOURS, None)
    fresh = columns[window] - seen[:, window] < LOOKBACK_HOURS
    return np.where(fresh, seen[:, window], -1), begun[:, window]


def _newest(series: list[int], seen: Ints, begun: Ints, labels: Sequence[Labels]) -> Ints:
    order = sorted(series, key=lambda i: sorted(labels[i].items()))
    rank = seen[order] * (seen.shape[1] + LOOKBACK_HOURS + 1) + begun[order]
    best = rank.argmax(axis=0)
    chosen = np.array(order)[best]
    return np.where(seen[chosen, np.arange(seen.shape[1])] >= 0, chosen, -1)


def kube_labels(labels: Labels) -> Labels:
    """The Kubernetes labels of a kube_*_labels series, their keys as sanitised, no prefix."""
    return {
        key.removeprefix(LABEL_PREFIX): value
        for key, value in labels.items()
        if key.startswith(LABEL_PREFIX) and value
    }
