"""Which time of a window the reports of each cluster hold, and which is missing or held twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from exporter.chargeback.completeness_figures import Awaited, Gap
from exporter.chargeback.coverage import Coverage as Spans
from exporter.commands.reporting.objects import DataObject, Series, Window
from exporter.periods import DAY_SECONDS, HOUR_SECONDS, Schedule, period_at, settled_until

#: The schedule of a report, given its last object, null where nothing says it.
AskSchedule = Callable[[DataObject], Schedule | None]


@dataclass(frozen=True, slots=True)
class Held:
    """An object and the time of its rows, unix seconds.

    `end` is null for one without rows whose name does not tell; `schedule` is then what its
    metadata says, null if it says nothing. `readable` is false for one that could not be read: then
    nobody has its time.
    """

    found: DataObject
    start: int
    end: int | None
    readable: bool
    schedule: Schedule | None = None


def held(
    found: DataObject,
    periods: Sequence[Window],
    *,
    readable: bool = True,
    schedule: Schedule | None = None,
) -> list[Held]:
    """What an object holds, by the charge periods of its rows; without rows by its name.

    Rows in its own time, see `own_time`, hold an hour wholly, else all up to the last one. Others
    hold the time they are of.
    """
    if not periods:
        return [Held(found, found.start, found.end, readable, schedule)]
    own = own_time(found, periods)
    inside = [end for start, end in periods if own[0] <= start and end <= own[1]]
    end = found.end or max(inside, default=own[0])
    first = [Held(found, own[0], end, readable)] if inside else []
    return [*first, *(Held(found, *span, readable) for span in outside_of(own, periods))]


def own_time(found: DataObject, periods: Sequence[Window]) -> Window:
    """The hour in an object's name; else the day, or the longer period that begins with it."""
    begun = [end for start, end in periods if start == found.start]
    return found.start, found.end or max([found.start + DAY_SECONDS, *begun])


def outside_of(own: Window, periods: Sequence[Window]) -> Sequence[Window]:
    """The time of rows that are not of their object's own time, merged where they touch."""
    spans = Spans()
    spans.add(each for each in periods if each[0] < own[0] or own[1] < each[1])
    return spans.spans


def is_misplaced(found: DataObject, periods: Sequence[Window]) -> bool:
    """Whether some rows are of other time than the object's name says."""
    return bool(outside_of(own_time(found, periods), periods))


@dataclass(frozen=True, slots=True)
class Times:
    """What there is of a report of a cluster in a window.

    `gaps` are due and not there; everything before `until` is there or a gap. Unix seconds.
    """

    schedule: Schedule
    gaps: tuple[Window, ...]
    until: int


def due_until(now: int, settle_minutes: int, lookback_hours: int, window: Window) -> int:
    """Up to when exports of a window must be there.

    That is all of a window that is over, and what the next run no longer looks back at.
    """
    settled = settled_until(now, settle_minutes)
    given_up = settled - lookback_hours * HOUR_SECONDS
    return max(window[1], given_up) if settled >= window[1] else given_up


class Coverage:
    """The objects that hold some of a window."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._series = defaultdict[Series, list[Held]](list)

    def add(self, *held: Held) -> None:
        """What objects hold; what ends before the window is passed over."""
        start, end = self._window
        for one in held:
            if one.start < end and start < _end(one, Schedule.DAILY):
                self._series[one.found.series].append(one)

    @property
    def objects(self) -> list[DataObject]:
        """Those that could be read, each once."""
        return [*dict.fromkeys(one.found for _, held in self for one in held if one.readable)]

    @property
    def clusters(self) -> set[str]:
        """The slugs of clusters that hold some of it."""
        return {series.cluster_slug for series in self._series}

    def doubled(self) -> Iterator[tuple[DataObject, DataObject, int]]:
        """Objects of one report whose rows overlap in time, such as an hour and its day, and where.

        The moment is unix seconds.
        """
        for _, objects in sorted(self._series.items(), key=lambda item: str(item[0])):
            ordered = sorted(objects, key=lambda one: (one.start, one.found.key))
            longest = ordered[0]
            for one in ordered[1:]:
                overlap = longest.end is not None and one.start < longest.end
                if overlap and one.found != longest.found:
                    yield longest.found, one.found, one.start
                if (one.end or 0) > (longest.end or 0):
                    longest = one

    def times(
        self, limit: int, ask: AskSchedule, expected: Mapping[Series, Schedule]
    ) -> dict[Series, Times]:
        """What there is of each report, by cluster and report.

        Periods that end after `limit` are not missing yet, unless a later one is there.
        `expected` are reports that must be there although nothing of the window may be.
        """
        schedules = {**expected, **self.schedules(ask, expected)}
        return {
            series: self._times(self._series.get(series, ()), limit, schedules[series])
            for series in sorted(schedules, key=_order)
        }

    def schedules(
        self, ask: AskSchedule, expected: Mapping[Series, Schedule]
    ) -> dict[Series, Schedule]:
        """How long the periods of each report are of which there are objects."""
        return {
            series: ask(max(objects, key=lambda one: one.start).found)
            or _guessed(objects, expected.get(series))
            for series, objects in self
        }

    def without_rows(
        self, ask: AskSchedule, expected: Mapping[Series, Schedule]
    ) -> Iterator[tuple[Series, Window]]:
        """The periods that were exported and in which nothing was to be charged."""
        schedules: Mapping[Series, Schedule] = {}
        for series, objects in self:
            for one in objects:
                if one.readable and one.end is None:
                    schedules = schedules or self.schedules(ask, expected)
                    yield series, (one.start, _end(one, schedules[series]))

    def __iter__(self) -> Iterator[tuple[Series, Sequence[Held]]]:
        return iter(self._series.items())

    def _times(self, objects: Sequence[Held], limit: int, schedule: Schedule) -> Times:
        start, end = self._window
        spans = [(one.start, _end(one, schedule), one.readable) for one in objects]
        due = min(end, max([period_at(schedule, limit).start, *(last for _, last, _ in spans)]))
        gaps: list[Window] = []
        covered = start
        for first, last, readable in sorted(spans):
            if readable:
                if covered < first:
                    gaps.append((covered, first))
                covered = max(covered, last)
        if covered < due:
            gaps.append((covered, due))
        return Times(schedule, tuple(gaps), max(covered, due))


def _end(one: Held, schedule: Schedule) -> int:
    """Where its time ends; a name without an hour is that of a day at least."""
    if one.end is not None:
        return one.end
    longer = max(one.schedule or schedule, Schedule.DAILY, key=lambda each: each.fineness)
    return period_at(longer, one.start).end


def _guessed(objects: Sequence[Held], documented: Schedule | None) -> Schedule:
    """By the longest object: nothing else is left to go by, but documents where none has rows."""
    if any(one.found.end is not None for one in objects):
        return Schedule.HOURLY
    own = [one for one in objects if one.start == one.found.start]
    lengths = [one.end - one.start for one in own if one.end is not None]
    return length_of(max(lengths)) if lengths else documented or Schedule.DAILY


def length_of(seconds: int) -> Schedule:
    """The schedule of objects without an hour in their names, of which the longest is so long."""
    if seconds <= DAY_SECONDS:
        return Schedule.DAILY
    return Schedule.WEEKLY if seconds <= 7 * DAY_SECONDS else Schedule.MONTHLY


def _order(series: Series) -> tuple[str, str]:
    return series.cluster_slug, series.report_slug or ""


def as_gaps(found: Mapping[Series, Times], names: Mapping[str, str]) -> list[Gap]:
    """As a report shows them, with the names of the clusters by slug."""
    return [
        Gap(names[series.cluster_slug], series.report, start, end)
        for series, times in found.items()
        for start, end in times.gaps
    ]


def as_awaited(
    found: Mapping[Series, Times], names: Mapping[str, str], until: int
) -> list[Awaited]:
    """Which of them have no rows up to a moment although nothing is missing."""
    return [
        Awaited(names[series.cluster_slug], series.report, times.schedule.value, times.until, until)
        for series, times in found.items()
        if times.until < until
    ]


def outside(gaps: Iterable[Gap], window: Window) -> Iterator[Gap]:
    """The parts of gaps that do not lie in a window."""
    for gap in gaps:
        if gap.start < window[0]:
            yield replace(gap, end=min(gap.end, window[0]))
        if gap.end > window[1]:
            yield replace(gap, start=max(gap.start, window[1]))
