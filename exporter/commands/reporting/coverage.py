"""Which time of a window the reports of each cluster hold, and which is missing or held twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.chargeback.figures import Gap
from exporter.commands.reporting.objects import DataObject, Series, Window
from exporter.periods import DAY_SECONDS, Schedule, period_at

#: The schedule of a report, given its last object, null where nothing says it.
AskSchedule = Callable[[DataObject], Schedule | None]


@dataclass(frozen=True, slots=True)
class Held:
    """An object and the time of its rows, unix seconds.

    `end` is null for one without rows whose name does not tell. `readable` is false for one that
    could not be read: then nobody has its time.
    """

    found: DataObject
    start: int
    end: int | None
    readable: bool


def held(found: DataObject, rows: Window | None, *, readable: bool = True) -> Held:
    """What an object holds: the hour in its name, else what its rows are of, first to last."""
    if found.end is not None or rows is None:
        return Held(found, found.start, found.end, readable)
    return Held(found, min(found.start, rows[0]), rows[1], readable)


class Coverage:
    """The objects that hold some of a window."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._series = defaultdict[Series, list[Held]](list)

    def add(self, one: Held) -> None:
        """An object; one that ends before the window is passed over."""
        start, end = self._window
        last = one.found.start + 1 if one.end is None else one.end
        if one.start < end and start < last:
            self._series[one.found.series].append(one)

    @property
    def objects(self) -> list[DataObject]:
        """Those that could be read."""
        return [one.found for _, held in self for one in held if one.readable]

    @property
    def clusters(self) -> set[str]:
        """The slugs of clusters that hold some of it."""
        return {series.cluster_slug for series in self._series}

    def doubled(self) -> Iterator[tuple[DataObject, DataObject]]:
        """Objects of one report whose rows overlap in time, such as an hour and its day."""
        for _, objects in sorted(self._series.items(), key=lambda item: str(item[0])):
            ordered = sorted(objects, key=lambda one: (one.start, one.found.key))
            longest = ordered[0]
            for one in ordered[1:]:
                if longest.end is not None and one.start < longest.end:
                    yield longest.found, one.found
                if (one.end or 0) > (longest.end or 0):
                    longest = one

    def gaps(
        self, limit: int, ask: AskSchedule, also_expected: Collection[Series] = ()
    ) -> Iterator[tuple[Series, int, int]]:
        """Start and end of time that no object holds, by report and time.

        Periods that end after `limit` are not missing yet, unless a later one is there.
        `also_expected` are hourly reports that hold nothing of the window.
        """
        missing = {series: self._missing_of(objects, limit, ask) for series, objects in self}
        for series in also_expected:
            missing.setdefault(series, self._missing([], limit, Schedule.HOURLY))
        for series in sorted(missing, key=_order):
            for start, end in missing[series]:
                yield series, start, end

    def __iter__(self) -> Iterator[tuple[Series, Sequence[Held]]]:
        return iter(self._series.items())

    def _missing_of(
        self, objects: Sequence[Held], limit: int, ask: AskSchedule
    ) -> Iterator[Window]:
        schedule = ask(max(objects, key=lambda one: one.start).found) or _guessed(objects)
        return self._missing(objects, limit, schedule)

    def _missing(self, objects: Sequence[Held], limit: int, schedule: Schedule) -> Iterator[Window]:
        start, end = self._window
        spans = [(one.start, _end(one, schedule), one.readable) for one in objects]
        until = max([period_at(schedule, limit).start, *(last for _, last, _ in spans)])
        covered = start
        for first, last, readable in sorted(spans):
            if readable:
                if covered < first:
                    yield covered, first
                covered = max(covered, last)
        if covered < min(until, end):
            yield covered, min(until, end)


def _end(one: Held, schedule: Schedule) -> int:
    return period_at(schedule, one.start).end if one.end is None else one.end


def _guessed(objects: Sequence[Held]) -> Schedule:
    """By the longest object: nothing else is left to go by."""
    if any(one.found.end is not None for one in objects):
        return Schedule.HOURLY
    longest = max(one.end - one.start if one.end is not None else 0 for one in objects)
    if longest <= DAY_SECONDS:
        return Schedule.DAILY
    return Schedule.WEEKLY if longest <= 7 * DAY_SECONDS else Schedule.MONTHLY


def _order(series: Series) -> tuple[str, str]:
    return series.cluster_slug, series.report_slug or ""


def as_gaps(found: Iterable[tuple[Series, int, int]], names: Mapping[str, str]) -> list[Gap]:
    """As a report shows them, with the names of the clusters by slug."""
    return [
        Gap(names[series.cluster_slug], series.report, start, end) for series, start, end in found
    ]
