"""Read how long GPUs drew more than their idle power.

Most hours of a GPU lie wholly on one side of the threshold, which the least and the greatest of
their samples tell. Only for GPUs with an hour on both sides Prometheus is asked about every
instant, which costs it ten times as much as a plain reduction.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from exporter.periods import HourRange
from exporter.reading.gpu_answers import GpuAnswers, of_gpus, uuid_of
from exporter.reading.questions import ask_in_parts
from exporter.sources.series import Floats, HourlyQuery, HourlySeries, Ints, Labels, Matcher, Source
from exporter.usage import gpu_time
from exporter.usage.energy import POWER_METRIC, Bools
from exporter.usage.gpus import GpuReader, Holding, Sightings, count_instants
from exporter.usage.raw_needs import one_of

_GPUS_PER_QUERY = 200
#: Of more GPUs than this share of all, all are asked about: their names would not save anything.
_MOST_NAMED = 0.5


@dataclass(frozen=True, slots=True)
class ActiveTime:
    """What the active time above any threshold is read from; `time` is the holdings' GPU-time."""

    source: Source
    answers: GpuAnswers
    hours: HourRange
    holdings: Mapping[Holding, int]
    reader: GpuReader
    seen: Sightings
    time: Ints

    def above(self, threshold: Decimal) -> Ints:
        """Active time of each holding and hour in 1e-9 GPU-hours, an estimate."""
        known = _Known.of(self.answers, float(threshold))
        active = np.zeros_like(self.time)
        for resolution in sorted(set(self.seen.interval_seconds[self.time > 0].tolist())):
            instants = count_instants(
                known.with_instants(self._instants(known, float(threshold), resolution)),
                self.holdings,
                self.reader,
            )
            counted = gpu_time.active_nano_hours(instants, resolution, self.time)
            active = np.where(self.seen.interval_seconds == resolution, counted, active)
        return active

    def _instants(self, known: _Known, threshold: float, resolution: int) -> HourlySeries:
        """Instants above the threshold, of GPUs that are above it in a part of an hour."""
        queries = [
            HourlyQuery(POWER_METRIC, "active", self.hours, named, threshold, resolution)
            for named in _named(known.series.labels, known.mixed)
        ]
        return of_gpus(ask_in_parts(self.source, queries, self.hours))


@dataclass(frozen=True, slots=True)
class _Known:
    """What least and greatest samples tell: the samples above the threshold, where not `mixed`."""

    series: HourlySeries
    mixed: Bools

    @staticmethod
    def of(answers: GpuAnswers, threshold: float) -> _Known:
        counts = answers.power_samples
        least = _aligned(answers.power_minimum, counts.labels)
        greatest = _aligned(answers.power_maximum, counts.labels)
        above = least > threshold
        known = HourlySeries(counts.labels, np.where(above, counts.values, 0.0))
        return _Known(known, (greatest > threshold) & ~above)

    def with_instants(self, answer: HourlySeries) -> HourlySeries:
        """The same with the instants of an answer in the mixed hours."""
        instants = np.nan_to_num(_aligned(answer, self.series.labels))
        values = np.where(self.mixed, instants, self.series.values)
        return HourlySeries(self.series.labels, values)


def _aligned(answer: HourlySeries, wanted: Sequence[Labels]) -> Floats:
    """The values of an answer in the order of other labels; NaN for series it does not have."""
    rows = {_identity(labels): row for row, labels in enumerate(answer.labels)}
    found = [rows.get(_identity(labels), -1) for labels in wanted]
    missing = np.full((1, answer.values.shape[1]), np.nan)
    chosen: Floats = np.vstack([answer.values, missing])[found]
    return chosen


def _identity(labels: Labels) -> Hashable:
    return frozenset(labels.items())


def _named(labels: Sequence[Labels], mixed: Bools) -> list[tuple[Matcher, ...]]:
    """The matchers of one query each for the series with a mixed hour."""
    rows = np.flatnonzero(mixed.any(axis=1)).tolist()
    if len(rows) > _MOST_NAMED * len(labels):
        return [()]
    uuids: dict[str, set[str]] = {"UUID": set(), "uuid": set()}
    for row in rows:
        uuids["UUID" if labels[row].get("UUID") else "uuid"].add(uuid_of(labels[row]) or "")
    return [
        (one_of(form, part),) for form, names in uuids.items() for part in _parts(sorted(names))
    ]


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), _GPUS_PER_QUERY):
        yield names[first : first + _GPUS_PER_QUERY]
