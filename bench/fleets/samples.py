"""Series as arrays, the scrapes that make them, and what their steps add up to by hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.fleets.sizes import HOUR_MS, FleetSize

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Offsets of scrapes are multiples of it: as seconds they are exact in binary, so that no reader
#: of the text can round a time to the millisecond beside it.
TICK_MS = 125


@dataclass(frozen=True, slots=True)
class Series:
    """One series: sample times (unix ms, rising) and values; a single value stands for all times.

    The series of one target share the array of times, or slices of it.
    """

    metric: str
    labels: Mapping[str, str]
    times_ms: Ints
    values: Ints | Floats | int


def scrape_times(size: FleetSize, offset_ms: int, seconds: int) -> Ints:
    """When a target is scraped, from the lead-in to the end; an end on the grid belongs to it."""
    return np.arange(size.first_ms + offset_ms, size.end_ms + 1, seconds * 1000, dtype=np.int64)


def any_offset(rng: np.random.Generator, seconds: int) -> int:
    """Where in the interval a target is scraped; every twentieth target on the hour's edge."""
    if rng.random() < 0.05:
        return 0
    return int(rng.integers(1, seconds * 1000 // TICK_MS)) * TICK_MS


def hours_of(size: FleetSize, times_ms: Ints) -> Ints:
    """The exported hour, counted from 0, whose (start, end] holds each time; below 0: lead-in."""
    return (times_ms - size.start_ms - 1) // HOUR_MS


def rises(values: Ints, *, first_counts: bool) -> Ints:
    """What each sample adds to its counter: the step up, or all of it after a fall."""
    before = np.concatenate([[0 if first_counts else values[0]], values[:-1]])
    return np.where(values >= before, values - before, values)


def by_hour(size: FleetSize, hours: Ints, amounts: Ints) -> Ints:
    """The sum of the amounts of each exported hour."""
    inside = hours >= 0
    sums = np.zeros(size.hours, np.int64)
    np.add.at(sums, hours[inside], amounts[inside])
    return sums


def outside(times_ms: Ints, spans: Sequence[tuple[int, int]]) -> Bools:
    """Which times lie in none of the spans [begin, end), ms."""
    kept = np.ones(len(times_ms), bool)
    for begin, end in spans:
        kept &= (times_ms < begin) | (times_ms >= end)
    return kept
