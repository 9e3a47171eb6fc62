"""Exact increments of counters from hourly last values, minima and resets.

The increment of a counter in an hour is the sum of its positive steps between consecutive samples
whose later sample lies in (hour start, hour end]; after a fall the new value counts whole. With
L = last value, M = minimum, P = last value before the hour (up to 24 hours back), it is

    no fall inside, P known, M >= P   L - P
    no fall inside, P known, M <  P   L          (the process restarted on the hour's edge)
    no fall inside, P unknown         L - M      (M is then the series' first value)
    a fall inside                     from raw samples

which equals the sum of single steps for every counter that never decreases but by a restart.
Series that differ in scrape labels only are copies of one counter and are merged first: the
largest last value is the latest one, as long as nothing fell. Where something may have fallen from
one copy to another, raw samples tell. Values that no counter can have are no samples.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from exporter.sources.series import Floats, HourlySeries, Ints, Labels

Bools = npt.NDArray[np.bool_]
_Result = TypeVar("_Result")

#: Hours before the window in which a counter's previous value is looked for.
LOOKBACK_HOURS = 24
#: Hours of last values read before the window: one more, since the hour before it is examined too.
LAST_LOOKBACK_HOURS = LOOKBACK_HOURS + 1
#: Hours of minima and resets read before the window.
SHAPE_LOOKBACK_HOURS = 1

#: A fall by less than this part of a counter in the millions is no restart but an older value: a
#: store that merges the copies of two scrapers shows it where it changes over from one to the other
#: (Thanos, pkg/dedup/iter.go). A process that counts again from 0 hardly stops right below it.
_LAG_PART = 0.01
_LAG_COUNT = 1e6
#: Up to here float64 holds every whole number. DCGM's blank values, 0x7ffffffffffffff0 and after,
#: lie far above (dcgm_structs.h, DCGM_INT64_BLANK).
_LARGEST_COUNT = 2.0**53

#: Labels that tell who scraped, not what was scraped.
SCRAPE_LABELS = frozenset(
    {
        "job",
        "endpoint",
        "service",
        "prometheus",
        "prometheus_replica",
        "receive_replica",
        "replica",
        "thanos_replica",
        "__replica__",
        "monitor",
        "scrape_job",
    }
)


@dataclass(frozen=True, slots=True)
class CounterReading:
    """The hourly answers about one counter over n hours.

    `last` has LAST_LOOKBACK_HOURS more columns in front, `minimum` and `resets` one more.
    """

    last: HourlySeries
    minimum: HourlySeries
    resets: HourlySeries


@dataclass(frozen=True, slots=True)
class Timelines:
    """One counter per row, merged from its copies; columns as in CounterReading.

    `series` is how many series had a sample in the hour, with the columns of `last`, and `members`
    the labels of them all.
    """

    keys: list[Hashable]
    members: list[list[Labels]]
    last: Floats
    minimum: Floats
    fell: Bools
    series: Ints

    @property
    def hours(self) -> int:
        return int(self.last.shape[1]) - LAST_LOOKBACK_HOURS


@dataclass(frozen=True, slots=True)
class Increments:
    """Per counter and hour: what it grew by, and where raw samples have to tell.

    `first` is the first value ever seen of a counter (24 hours without any before), NaN elsewhere;
    it is not part of `amount`. `previous` is the last value before the hour, NaN when unknown, and
    `previous_age` how many hours before the hour's own column it lies (1 = the hour before).
    """

    amount: Floats
    first: Floats
    needs_raw: Bools
    previous: Floats
    previous_age: Ints


def copy_of(labels: Labels) -> tuple[tuple[str, str], ...]:
    """Which copy a series is: its scrape labels."""
    return tuple(sorted((k, v) for k, v in labels.items() if k in SCRAPE_LABELS))


def counter_of(labels: Labels) -> tuple[tuple[str, str], ...]:
    """Which counter a series shows: all its labels but the scrape labels."""
    return tuple(sorted((k, v) for k, v in labels.items() if k not in SCRAPE_LABELS))


def are_counts(values: Floats) -> Bools:
    """Which values a counter can have: not NaN, not negative, not infinite, not a blank."""
    return (values >= 0) & (values <= _LARGEST_COUNT)


def has_restarted(value: Floats | float, before: Floats | float) -> Bools:
    """Whether a counter that falls to a value began again, rather than showing an older one."""
    lags = (np.asarray(before) >= _LAG_COUNT) & (value > before * (1 - _LAG_PART))
    return (value < np.asarray(before)) & ~lags


def merge(reading: CounterReading, key: Callable[[Labels], Hashable]) -> Timelines:
    """Join the series of a reading that have the same key into one counter each.

    The answers share the label sets of the series that are in several of them: each is looked at
    once.
    """
    key = once_each(key)
    rows: dict[Hashable, int] = {}
    members: list[list[Labels]] = []
    last_rows = np.empty(len(reading.last.labels), np.int64)
    for i, labels in enumerate(reading.last.labels):
        row = rows.setdefault(key(labels), len(rows))
        if row == len(members):
            members.append([])
        members[row].append(labels)
        last_rows[i] = row
    counted = _counted(reading.last.values)
    last = _gather(np.fmax, counted, last_rows, len(rows))
    series = np.zeros(last.shape, np.int64)
    np.add.at(series, last_rows, ~np.isnan(counted))
    least = _aligned(np.fmin, reading.minimum, rows, key)
    resets = _aligned(np.fmax, reading.resets, rows, key)
    fell = (np.nan_to_num(resets) > 0) | (least < 0)
    return Timelines(list(rows), members, last, _counted(least), fell, series)


def once_each(read: Callable[[Labels], _Result]) -> Callable[[Labels], _Result]:
    """The same, found out once for each label set; they stay in memory as long as the result."""
    known: dict[int, tuple[Labels, _Result]] = {}

    def of(labels: Labels) -> _Result:
        found = known.get(id(labels))
        if found is None:
            found = known[id(labels)] = labels, read(labels)
        return found[1]

    return of


def _counted(values: Floats) -> Floats:
    return np.where(are_counts(values), values, np.nan)


def _aligned(
    join: np.ufunc,
    answer: HourlySeries,
    rows: dict[Hashable, int],
    key: Callable[[Labels], Hashable],
) -> Floats:
    index = np.array([rows.get(key(labels), -1) for labels in answer.labels], np.int64)
    known = index >= 0
    return _gather(join, answer.values[known], index[known], len(rows))


def _gather(join: np.ufunc, values: Floats, rows: Ints, count: int) -> Floats:
    gathered = np.full((count, values.shape[1]), np.nan)
    join.at(gathered, rows, values)
    return gathered


def previous_values(last: Floats, first_column: int) -> tuple[Floats, Ints]:
    """The last known value before each column from `first_column` on, within LOOKBACK_HOURS.

    Returns the values (NaN when there is none) and how many columns back they lie.
    """
    columns = np.arange(last.shape[1])
    latest = np.maximum.accumulate(np.where(np.isnan(last), -1, columns), axis=1)
    before = latest[:, first_column - 1 : -1]
    age = columns[first_column:] - before
    known = (before >= 0) & (age <= LOOKBACK_HOURS)
    values = np.take_along_axis(last, np.where(known, before, 0), axis=1)
    return np.where(known, values, np.nan), np.where(known, age, 0)


def increments(lines: Timelines) -> Increments:
    """The increment of each counter in each hour of the window, as far as hourly values tell."""
    previous, age = previous_values(lines.last, LOOKBACK_HOURS)
    last = lines.last[:, LOOKBACK_HOURS:]
    present, known = ~np.isnan(last), ~np.isnan(previous)
    began = known & has_restarted(lines.minimum, previous)
    grown = np.where(began, last, np.maximum(last - previous, 0))
    amount = np.where(known, grown, last - lines.minimum)
    needs_raw = present & _needs_raw(lines, began, known, age)
    first = np.where(present & ~known & ~needs_raw, lines.minimum, np.nan)
    amount = np.where(present & ~needs_raw, amount, 0.0)
    return Increments(amount[:, 1:], first[:, 1:], needs_raw[:, 1:], previous[:, 1:], age[:, 1:])


def _needs_raw(lines: Timelines, began: Bools, known: Bools, age: Ints) -> Bools:
    """Where hourly values do not tell: a fall inside, or series of which one may have fallen.

    Of several series the largest last value may then be one from before the fall, so it says too
    little about the hour for which it is the previous value, too.
    """
    joined = np.array([len(members) > 1 for members in lines.members], bool)[:, np.newaxis]
    several = lines.series[:, LOOKBACK_HOURS:] > 1
    torn: Bools = lines.fell | (joined & began) | (several & ~known)
    return torn | _follows(torn, lines.series, age)


def _follows(torn: Bools, series: Ints, age: Ints) -> Bools:
    """Whether the previous value comes from several series in an hour that is torn.

    Before the hour ahead of the window nobody knows; then it counts as torn.
    """
    column = np.arange(torn.shape[1]) - age
    before = np.take_along_axis(series, column + LOOKBACK_HOURS, axis=1)
    there = np.take_along_axis(torn, np.maximum(column, 0), axis=1) | (column < 0)
    return (age > 0) & (before > 1) & there
