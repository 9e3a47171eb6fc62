"""What every source is asked and what it returns: hourly reductions and raw samples, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from exporter.periods import HOUR_SECONDS, HourRange

Labels = dict[str, str]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: How the samples of one clock hour become one value.
#: last, min, max, sum, count: of the samples in (hour start, hour end].
#: resets: how many of them are lower than the sample before them in the same hour.
#: active: how many of the instants in (start, end] that are multiples of the resolution since 1970
#:         have a latest sample, at most five minutes old, above a threshold.
Reduction = Literal["last", "min", "max", "sum", "count", "resets", "active"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label condition; `value` is a plain text for = and !=, an anchored RE2 for =~ and !~."""

    label: str
    operator: Literal["=", "!=", "=~", "!~"]
    value: str


@dataclass(frozen=True, slots=True)
class HourlyQuery:
    """One reduction of one metric for each hour of a range.

    `threshold` and `resolution_seconds` belong to the reduction `active` only.
    """

    metric: str
    reduction: Reduction
    hours: HourRange
    matchers: tuple[Matcher, ...] = ()
    threshold: float | None = None
    resolution_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class RawQuery:
    """All samples of the matching series in (start, end], unix seconds."""

    metric: str
    start: int
    end: int
    matchers: tuple[Matcher, ...] = ()


@dataclass(frozen=True, slots=True)
class HourlySeries:
    """Answer to an HourlyQuery: values[i, j] of series i in the j-th hour, NaN without a sample."""

    labels: Sequence[Labels]
    values: Floats


@dataclass(frozen=True, slots=True)
class RawSeries:
    """Answer to a RawQuery: per series its sample times (unix ms, rising) and values."""

    labels: Sequence[Labels]
    times_ms: Sequence[Ints]
    values: Sequence[Floats]


class Source(Protocol):
    """Where samples come from. Order of series in an answer means nothing.

    Both methods raise UnreadablePeriod when an answer cannot be trusted (warnings, partial,
    cut, retries exhausted) and UnusableError when no request can succeed.
    """

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]: ...

    def read_raw(self, queries: Sequence[RawQuery]) -> list[RawSeries]: ...

    def give_up(self) -> None:
        """Whatever is being asked in other threads is not waited for any longer, and may fail."""

    def close(self) -> None: ...


def empty_hourly(hours: HourRange) -> HourlySeries:
    """The answer of a metric that has no series."""
    return HourlySeries([], np.empty((0, (hours.end - hours.start) // HOUR_SECONDS)))
