"""The time sectors of one day: what each period that starts then holds, and since when.

Three know something, in this order: the outcomes of this run, the recency written earlier, and
the objects themselves, which say whether they are complete, but not since when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from exporter.cost.billing import ReportPlan
from exporter.focus.focus_columns import FOCUS_VERSIONS
from exporter.focus.recency import Recency, TimeSector, renewed
from exporter.focus.schema_identity import has_instances
from exporter.periods import HOUR_SECONDS, Period, Schedule, day_start, period_at
from exporter.pipeline.homes import Home
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.storage.keys import ObjectName, layout_name, report_slug

#: One object of a day, whatever its format: report slug, and hour unless its period is longer.
_Slot = tuple[str | None, int | None]
#: Dataset instance and start of a time sector.
_Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Ended:
    """One period of this run, and whether its object is in place now."""

    outcome: Outcome
    in_place: bool


def recency_of_day(
    home: Home, day: date, ended: Iterable[Ended], known: Mapping[str, Recency], now: int
) -> list[Recency]:
    """The Recency of each dataset instance that has periods which start on the day.

    `known` is what was written earlier; what has not changed since stays as it is, times included.
    """
    listed = home.destination.objects_on(day)
    sectors = _Sectors(home, known, now)
    tried = [one for one in ended if one.outcome.ending is not Ending.SKIPPED]
    for one in tried:
        if one.in_place:
            sectors.add_made(one.outcome)
    sectors.keep_known(listed.values(), day)
    for one in tried:
        sectors.add_missing(one.outcome)
    sectors.add_unknown(listed)
    return [
        renewed(known.get(instance_id), instance_id, found, now)
        for instance_id, found in sectors.found.items()
        if found
    ]


class _Sectors:
    """Collects the sectors of a day by instance and start."""

    def __init__(self, home: Home, known: Mapping[str, Recency], now: int) -> None:
        self.found: dict[str, dict[int, TimeSector]] = defaultdict(dict)
        self._home, self._known, self._now = home, known, now
        self._taken: set[_Slot] = set()  # objects that have a sector

    def add_made(self, outcome: Outcome) -> None:
        """What this run wrote, or found to be as it would write it."""
        plan, period = outcome.task.plan, outcome.task.period
        instance_id = self._home.instance(plan).id
        before = self._before(instance_id, period)
        self.found[instance_id][period.start] = _made(outcome, before, self._now)
        self._taken.add(_slot_of(plan, period))

    def add_missing(self, outcome: Outcome) -> None:
        """A period that failed and of which no object stays from before."""
        period = outcome.task.period
        instance_id = self._home.instance(outcome.task.plan).id
        before = self._before(instance_id, period)
        since = self._now if before is None else before.updated
        missing = TimeSector(period.start, period.end, False, since)
        self.found[instance_id].setdefault(period.start, missing)

    def _before(self, instance_id: str, period: Period) -> TimeSector | None:
        recency = self._known.get(instance_id)
        return None if recency is None else recency.sectors.get(period.start)

    def keep_known(self, listed: Iterable[ObjectName], day: date) -> None:
        """What earlier runs wrote, as long as its object is there.

        A failed period has none, and stays as long as its report is configured as it was.
        """
        left = [name for name in listed if _slot(name) not in self._taken]
        here = _places(self._home, self._home.version, left)
        current = {self._home.instance(plan).id for plan in self._home.plans}
        homeless = []
        for instance_id, sector in self._not_ended():
            place = instance_id, sector.start
            if place in here:
                self._taken.add(here[place])
            elif sector.complete or instance_id not in current:
                homeless.append(place)
                continue
            self.found[instance_id][sector.start] = sector
        if homeless:
            self._keep(set(homeless) & _places_elsewhere(self._home, day))

    def add_unknown(self, listed: Mapping[str, ObjectName]) -> None:
        """Objects that no document tells of: a run was killed, or the documents are lost."""
        for key, name in listed.items():
            if _slot(name) in self._taken:
                continue
            for plan in self._home.plans:
                period = _period_of(self._home, plan, key, name)
                if period is not None:
                    record = self._home.destination.known_record(key)
                    complete = record is not None and record.complete is True
                    sector = TimeSector(period.start, period.end, complete, self._now)
                    self.found[self._home.instance(plan).id].setdefault(period.start, sector)

    def _not_ended(self) -> Iterator[tuple[str, TimeSector]]:
        """The known sectors of which this run says nothing."""
        for instance_id, recency in self._known.items():
            for start, sector in recency.sectors.items():
                if start not in self.found[instance_id]:
                    yield instance_id, sector

    def _keep(self, places: Iterable[_Place]) -> None:
        for instance_id, start in places:
            self.found[instance_id][start] = self._known[instance_id].sectors[start]


def _made(outcome: Outcome, before: TimeSector | None, now: int) -> TimeSector:
    """Content that did not change keeps its time, and is as complete as it ever was."""
    period = outcome.task.period
    if outcome.ending is not Ending.UNCHANGED:
        return TimeSector(period.start, period.end, outcome.complete, now)
    complete = outcome.complete or (before is not None and before.complete)
    return TimeSector(period.start, period.end, complete, now if before is None else before.updated)


def _slot(name: ObjectName) -> _Slot:
    return name.report_slug, name.hour


def _slot_of(plan: ReportPlan, period: Period) -> _Slot:
    hourly = plan.schedule is Schedule.HOURLY
    return report_slug(plan.name), period.start // HOUR_SECONDS % 24 if hourly else None


def _start(name: ObjectName) -> int:
    """The first second of the object's period."""
    return day_start(name.day) + (name.hour or 0) * HOUR_SECONDS


def _places(home: Home, version: str, names: Iterable[ObjectName]) -> dict[_Place, _Slot]:
    """Every sector that the objects may stand for."""
    return {
        (instance.id, _start(name)): _slot(name)
        for name in names
        for instance in home.possible_instances(name, version)
    }


def _places_elsewhere(home: Home, day: date) -> set[_Place]:
    """The same of what other FOCUS versions left under this prefix."""
    places: set[_Place] = set()
    for version in FOCUS_VERSIONS:
        if has_instances(version) and version != home.version:
            listed = home.destination.objects_of_layout(layout_name(version), day)
            places |= _places(home, version, listed.values()).keys()
    return places


def _period_of(home: Home, plan: ReportPlan, key: str, name: ObjectName) -> Period | None:
    """The period of the report that an object holds; None if it is none of the report's."""
    hourly = plan.schedule is Schedule.HOURLY
    if name.report_slug != report_slug(plan.name) or (name.hour is not None) is not hourly:
        return None
    period = period_at(plan.schedule, _start(name))
    if hourly:
        return period
    # The name does not say how long it is, so the object is asked.
    record = home.destination.known_record(key)
    if record is None:
        return period if period.start == _start(name) else None
    return record.period if record.period.schedule is plan.schedule else None
