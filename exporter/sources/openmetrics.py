"""Hourly reductions and raw samples from OpenMetrics files instead of a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from exporter.sources.dump import read_dump
from exporter.sources.promql import active_terms
from exporter.sources.reductions import LOOKBACK_MS, Samples, active_instants, reduce_hours
from exporter.sources.series import (
    Floats,
    HourlyQuery,
    HourlySeries,
    Ints,
    Labels,
    Matcher,
    RawQuery,
    RawSeries,
)


class OpenMetricsSource:
    """A Source (see series.py) that answers from a file or folder as Prometheus would.

    Everything is read when it is made: a path or line that is not readable is a ConfigurationError
    before anything else was attempted.
    """

    def __init__(self, path: Path) -> None:
        self._dump = read_dump(path)

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        """One answer per query, in order; series without a sample in the hours are left out."""
        return [
            self._active(query) if query.reduction == "active" else self._reduced(query)
            for query in queries
        ]

    def read_raw(self, queries: Sequence[RawQuery]) -> list[RawSeries]:
        """One answer per query, in order; NaN samples are left out."""
        return [self._raw(query) for query in queries]

    def oldest_sample(self) -> int | None:
        """Unix seconds of the oldest sample; None when the files hold none."""
        times = self._dump.times_ms
        return int(times.min() // 1000) if len(times) else None

    def newest_sample(self) -> int | None:
        """Unix seconds of the newest sample, rounded up; None when the files hold none."""
        times = self._dump.times_ms
        return -int(-times.max() // 1000) if len(times) else None

    def give_up(self) -> None:
        """Nothing is asked for long."""

    def close(self) -> None:
        """Nothing is open: the files were read when the source was made."""

    def _reduced(self, query: HourlyQuery) -> HourlySeries:
        raw = self._raw(RawQuery(query.metric, query.hours.start, query.hours.end, query.matchers))
        samples = Samples(
            len(raw.labels),
            np.repeat(np.arange(len(raw.labels)), [len(times) for times in raw.times_ms]),
            np.concatenate([np.empty(0, np.int64), *raw.times_ms]),
            np.concatenate([np.empty(0), *raw.values]),
        )
        return HourlySeries(raw.labels, reduce_hours(samples, query.hours, query.reduction))

    def _active(self, query: HourlyQuery) -> HourlySeries:
        labels: list[Labels] = []
        counts: list[Floats] = []
        for index in self._matching(query.metric, query.matchers):
            instants = self._instants(index, query)
            if not np.isnan(instants).all():
                labels.append(dict(self._dump.labels[index]))
                counts.append(instants)
        return HourlySeries(labels, np.array(counts).reshape(len(counts), query.hours.count))

    def _instants(self, index: int, query: HourlyQuery) -> Floats:
        span = self._span(index, query.hours.start * 1000 - LOOKBACK_MS, query.hours.end * 1000)
        times, values = self._dump.times_ms[span], self._dump.values[span]
        return active_instants(times, values, query.hours, *active_terms(query))

    def _raw(self, query: RawQuery) -> RawSeries:
        labels: list[Labels] = []
        times: list[Ints] = []
        values: list[Floats] = []
        for index in self._matching(query.metric, query.matchers):
            span = self._span(index, query.start * 1000, query.end * 1000)
            own = self._dump.values[span]
            real = ~np.isnan(own)
            if real.any():
                labels.append(dict(self._dump.labels[index]))
                times.append(self._dump.times_ms[span][real])
                values.append(own[real])
        return RawSeries(labels, times, values)

    def _span(self, index: int, after_ms: int, until_ms: int) -> slice:
        """Where the samples of one series in (after, until] lie."""
        start, end = self._dump.edges[index : index + 2]
        own = self._dump.times_ms[start:end]
        first, last = np.searchsorted(own, (after_ms, until_ms), side="right").tolist()
        return slice(start + first, start + last)

    def _matching(self, metric: str, matchers: Sequence[Matcher]) -> list[int]:
        conditions = [_condition(matcher) for matcher in matchers]
        return [
            index
            for index in self._dump.of_metric.get(metric, ())
            if all(holds(self._dump.labels[index]) for holds in conditions)
        ]


def _condition(matcher: Matcher) -> Callable[[Labels], bool]:
    """Whether labels fulfil a matcher; a missing label counts as empty, as in Prometheus."""
    label, wanted = matcher.label, matcher.value
    if matcher.operator == "=":
        return lambda labels: labels.get(label, "") == wanted
    if matcher.operator == "!=":
        return lambda labels: labels.get(label, "") != wanted
    pattern = re.compile(wanted, re.DOTALL)
    if matcher.operator == "=~":
        return lambda labels: pattern.fullmatch(labels.get(label, "")) is not None
    return lambda labels: pattern.fullmatch(labels.get(label, "")) is None
