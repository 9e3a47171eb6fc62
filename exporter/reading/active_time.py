"""Read how long GPUs drew more than their idle power.

Most hours of a GPU lie wholly on one side of the threshold, which the least and the greatest of
their samples tell. Only for GPUs with an hour on both sides Prometheus is asked about every
instant, which costs it ten times as much as a plain reduction: a few hours at a time, and only
above the thresholds that a GPU's node may give it. That is begun as soon as it is known whom to
ask about, and answered while the rest is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from exporter.periods import HOUR_SECONDS, HourRange
from exporter.reading.branches import Branches
from exporter.reading.gpu_answers import GpuAnswers, uuid_of
from exporter.sources.series import Floats, HourlyQuery, HourlySeries, Ints, Labels, Matcher, Source
from exporter.usage import gpu_time
from exporter.usage.energy import POWER_METRIC, Bools
from exporter.usage.gpu_time import ScrapeIntervals
from exporter.usage.gpus import Copies, GpuReader, Holding, Sightings, copies_of, count_instants
from exporter.usage.raw_needs import one_of

#: A GPU is asked about in so many hours around one on both sides of the threshold.
_HOURS_TOGETHER = 6
_GPUS_PER_QUERY = 200
#: Of more GPUs than this share of all, all are asked about: their names would not save anything.
_MOST_NAMED = 0.5

#: The thresholds in watts that may apply to the GPU of a series.
ThresholdsOf = Callable[[Labels], frozenset[Decimal]]


@dataclass(frozen=True, slots=True)
class ActiveQuestions:
    """Asks about the instants of GPUs above thresholds, each question once."""

    source: Source
    answers: GpuAnswers
    hours: HourRange
    thresholds_of: ThresholdsOf
    beside: Branches
    _known: dict[Decimal, Known] = field(default_factory=dict)
    _begun: dict[tuple[Decimal, int], Future[Floats]] = field(default_factory=dict)

    def begin(self, thresholds: Iterable[Decimal], intervals: ScrapeIntervals) -> None:
        """Ask what is most probably needed: at every interval that shows GPUs."""
        resolutions = sorted(_resolutions(self.answers.power_samples, intervals))
        for threshold in thresholds:
            for resolution in resolutions:
                self._asked(threshold, resolution)

    def known(self, threshold: Decimal) -> Known:
        """What needs no question."""
        if threshold not in self._known:
            self._known[threshold] = Known.of(self.answers, threshold, self.thresholds_of)
        return self._known[threshold]

    def samples_above(self, threshold: Decimal, resolution: int) -> Floats:
        """Per series of power samples and hour the samples or instants above the threshold."""
        known, instants = self.known(threshold), self._asked(threshold, resolution).result()
        return np.where(known.mixed, np.nan_to_num(instants), known.samples)

    def _asked(self, threshold: Decimal, resolution: int) -> Future[Floats]:
        key = threshold, resolution
        if key not in self._begun:
            mixed = self.known(threshold).mixed
            self._begun[key] = self.beside.begin(
                self._instants, mixed, float(threshold), resolution
            )
        return self._begun[key]

    def _instants(self, mixed: Bools, threshold: float, resolution: int) -> Floats:
        """Instants above the threshold in the mixed hours, NaN where there are none."""
        labels = self.answers.power_count.labels
        planned = [
            (
                columns,
                HourlyQuery(POWER_METRIC, "active", hours, named, threshold, resolution),
            )
            for columns, hours in _pieces(self.hours)
            for named in _named(labels, mixed[:, columns])
        ]
        found = np.full(mixed.shape, np.nan)
        if planned:
            rows = _Rows(labels)
            answers = self.source.read_hourly([query for _, query in planned])
            for (columns, _), answer in zip(planned, answers, strict=True):
                rows.put(answer, found[:, columns])
        return found


@dataclass(frozen=True, slots=True)
class ActiveTime:
    """Active time of holdings above any threshold; `time` is their GPU-time."""

    questions: ActiveQuestions
    holdings: Mapping[Holding, int]
    reader: GpuReader
    seen: Sightings
    time: Ints

    def above(self, thresholds: Sequence[Decimal]) -> dict[Decimal, Ints]:
        """Active time of each holding and hour in 1e-9 GPU-hours, an estimate.

        Known where the threshold may apply to the holding's GPU.
        """
        series = self.questions.answers.power_count.labels
        copies = copies_of(series, dict(self.holdings), self.reader)
        return {threshold: self._above(threshold, copies) for threshold in thresholds}

    def _above(self, threshold: Decimal, copies: Copies) -> Ints:
        active = np.zeros_like(self.time)
        spacing = self.seen.interval_seconds
        for resolution in sorted(set(spacing[self.time > 0].tolist())):
            samples = self.questions.samples_above(threshold, resolution)
            instants = count_instants(samples, copies, len(self.holdings))
            counted = gpu_time.active_nano_hours(instants, resolution, self.time)
            active = np.where(spacing == resolution, counted, active)
        return active


@dataclass(frozen=True, slots=True)
class Known:
    """What least and greatest samples tell: the samples above the threshold, where not `mixed`."""

    samples: Floats
    mixed: Bools

    @staticmethod
    def of(answers: GpuAnswers, threshold: Decimal, thresholds_of: ThresholdsOf) -> Known:
        counts, watts = answers.power_samples, float(threshold)
        rows = _Rows(counts.labels)
        least = rows.put(answers.power_minimum, np.full(counts.values.shape, np.nan))
        greatest = rows.put(answers.power_maximum, np.full(counts.values.shape, np.nan))
        above = least > watts
        applies = np.array([threshold in thresholds_of(labels) for labels in counts.labels], bool)
        mixed = (greatest > watts) & ~above & applies[:, np.newaxis]
        return Known(np.where(above, counts.values, 0.0), mixed)


class _Rows:
    """Where the series of other answers stand among some series."""

    def __init__(self, labels: Sequence[Labels]) -> None:
        self._labels = labels
        self._objects = {id(one): row for row, one in enumerate(labels)}
        self._sets = {frozenset(one.items()): row for row, one in enumerate(labels)}

    def put(self, answer: HourlySeries, into: Floats) -> Floats:
        """Set the rows of the answer's series; those unknown are left out."""
        found = np.array([self._row(labels) for labels in answer.labels], np.int64)
        into[found[found >= 0]] = answer.values[found >= 0]
        return into

    def _row(self, labels: Labels) -> int:
        row = self._objects.get(id(labels))
        return self._sets.get(frozenset(labels.items()), -1) if row is None else row


def _resolutions(power: HourlySeries, intervals: ScrapeIntervals) -> set[int]:
    """Every scrape interval, in seconds, of a job in an hour in which it shows power."""
    shown: dict[str, Bools] = {}
    for labels, hourly in zip(power.labels, power.values > 0, strict=True):
        job = labels.get("job", "")
        shown[job] = hourly | shown.get(job, hourly)
    return {int(each) for job, hourly in shown.items() for each in intervals.of(job)[hourly]}


def _pieces(hours: HourRange) -> Iterator[tuple[slice, HourRange]]:
    """A few hours at a time, with their columns."""
    for first in range(0, hours.count, _HOURS_TOGETHER):
        start = hours.start + first * HOUR_SECONDS
        end = min(start + _HOURS_TOGETHER * HOUR_SECONDS, hours.end)
        yield slice(first, first + _HOURS_TOGETHER), HourRange(start, end)


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
