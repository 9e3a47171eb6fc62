"""A fleet's series with odd samples among them: each fault in an hour of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from tests.fleets.fleet import HOUR
from tests.fleets.gpus import ENERGY
from tests.fleets.kube import TARGET
from tests.fleets.openmetrics import Series, Value, write_text

#: Milliseconds between a scrape and the odd sample behind it.
_BEHIND_MS = 7_000
RENAMED, LAGGING = "exporter-renamed", "clock-behind"
#: What the source has not seen yet of the last hour.
_LAG_SECONDS = 1500

#: A series, and the same with what is odd in (start, end], unix ms.
Oddity = Callable[[Series, int, int], list[Series]]


def odd_series(series: Sequence[Series], start: int) -> list[Series]:
    """All oddities, one an hour from `start` on."""
    found = list(series)
    for number, oddity in enumerate(ODDITIES.values()):
        begin = (start + number * HOUR) * 1000
        found = list(chain.from_iterable(oddity(one, begin, begin + HOUR * 1000) for one in found))
    return found


def hour_of(name: str) -> int:
    """Which hour is that of a fault."""
    return [*ODDITIES].index(name)


def shown_until(series: Iterable[Series], moment: int, path: Path) -> Path:
    """A dump of what was scraped up to a moment."""
    return write_text([one for each in series for one in _before(each, moment * 1000)], path)


def _is_counter(one: Series) -> bool:
    return one.metric.endswith("_total") or one.metric == ENERGY


def _sprinkled(value: Value) -> Oddity:
    """A counter shows the value a little after each scrape."""

    def odd(one: Series, begin: int, end: int) -> list[Series]:
        if not _is_counter(one):
            return [one]
        added = [ms + _BEHIND_MS for ms in one.times_ms if begin < ms + _BEHIND_MS <= end]
        scraped = zip(one.times_ms, one.values, strict=True)
        shown = sorted([*scraped, *((ms, value) for ms in added)])
        return [replace(one, times_ms=[ms for ms, _ in shown], values=[v for _, v in shown])]

    return odd


def _twice(one: Series, begin: int, end: int) -> list[Series]:
    """The other Prometheus scrapes a little later and has a label of its own."""
    shown = [
        (ms + _BEHIND_MS, value)
        for ms, value in zip(one.times_ms, one.values, strict=True)
        if begin < ms and ms + _BEHIND_MS <= end
    ]
    return [one, *_series(one, shown, prometheus_replica="b")]


def _second_kube_state(one: Series, begin: int, end: int) -> list[Series]:
    if not one.metric.startswith("kube_"):
        return [one]
    other = {"instance": "10.0.9.10:8080", "pod": "kube-state-metrics-1"}
    kept = {key: value for key, value in other.items() if one.labels.get(key) == TARGET[key]}
    return [one, *_series(one, _within(one, begin, end), **kept)]


def _relabelled(one: Series, begin: int, end: int) -> list[Series]:
    """In the second half the scrapes have another name, and GPUs another driver."""
    if one.metric.startswith("DCGM"):
        return _from_the_middle(one, begin, end, DCGM_FI_DRIVER_VERSION="590.10.01")
    job = f"{one.labels['job']}-2"
    return _from_the_middle(one, begin, end, job=job, endpoint="metrics")


def _renamed(one: Series, begin: int, end: int) -> list[Series]:
    """In the second half GPUs are scraped by a job of another name."""
    if not one.metric.startswith("DCGM"):
        return [one]
    return _from_the_middle(one, begin, end, job=f"{one.labels['job']}-2")


def _from_the_middle(one: Series, begin: int, end: int, **labels: str) -> list[Series]:
    middle = (begin + end) // 2
    return [
        *_before(one, middle),
        *_series(one, _within(one, middle, end), **labels),
        *_series(one, _within(one, end, one.times_ms[-1])),
    ]


def _lagging(one: Series, _begin: int, end: int) -> list[Series]:
    return _before(one, end - _LAG_SECONDS * 1000)


def _before(one: Series, last_ms: int) -> list[Series]:
    return _series(one, _within(one, one.times_ms[0] - 1, last_ms))


def _within(one: Series, after_ms: int, last_ms: int) -> list[tuple[int, Value]]:
    shown = zip(one.times_ms, one.values, strict=True)
    return [(ms, value) for ms, value in shown if after_ms < ms <= last_ms]


def _series(one: Series, shown: Sequence[tuple[int, Value]], **labels: str) -> list[Series]:
    if not shown:
        return []
    times, values = zip(*shown, strict=True)
    return [replace(one, labels={**one.labels, **labels}, times_ms=times, values=values)]


ODDITIES: Mapping[str, Oddity] = {
    "counter-nan": _sprinkled(math.nan),
    "counter-infinite": _sprinkled(math.inf),
    "counter-negative": _sprinkled(-5.0),
    "ha-pair": _twice,
    "two-kube-state-metrics": _second_kube_state,
    "relabelled": _relabelled,
    RENAMED: _renamed,
    "clock-ahead": lambda one, _begin, _end: [one],
    LAGGING: _lagging,
}
HOURS = len(ODDITIES)
