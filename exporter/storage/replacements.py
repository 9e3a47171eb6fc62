"""Old objects of another granularity, format or report set: gone only when nothing is lost.

An old object is removed, or overwritten where a new one has its key, as soon as every report of
the set has been written for the whole time it covers. Until then it stays, and both are there.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from exporter.errors import PeriodError, WriteRefused
from exporter.periods import HourRange, Period
from exporter.storage.conflicts import Conflict, overlap, span_text
from exporter.storage.destination import Destination
from exporter.storage.record import Candidate, ObjectRecord, Totals, total


@dataclass(frozen=True, slots=True)
class Held:
    """A candidate whose key an old object still has, with the metadata it is written with."""

    candidate: Candidate
    record: ObjectRecord


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An old object that had to stay; `held` is the candidate not written because of it."""

    key: str
    span: HourRange
    held: Candidate | None
    error: PeriodError


@dataclass(slots=True)
class _Old:
    conflict: Conflict
    held: Held | None


class Replacements:
    """What `--replace-layout` is about to remove in one run at one destination.

    `plan` names every (report, period) the run writes or finds unchanged. Publish the periods of
    all reports in order of time: a held candidate stays in memory until its time is complete.
    Safe for several threads.
    """

    def __init__(
        self, destination: Destination, plan: Iterable[tuple[str, Period]], *, force: bool
    ) -> None:
        self._destination = destination
        self._force = force
        self._planned: dict[str, set[int]] = defaultdict(set)
        for report, period in plan:
            self._planned[report].update(period.hours.starts)
        #: report → hour → the published period it lies in, with its totals
        self._done: dict[str, dict[int, tuple[HourRange, Totals]]] = defaultdict(dict)
        self._old: dict[str, _Old] = {}
        self._lock = threading.RLock()

    def planned(self, span: HourRange) -> bool:
        """Whether this run writes every report for all of the time."""
        reports = self._destination.reports
        return all(self._planned[report].issuperset(span.starts) for report in reports)

    def add(self, conflict: Conflict) -> None:
        """An old object to be removed; one that already waits to be overwritten stays so."""
        with self._lock:
            self._old.setdefault(conflict.key, _Old(conflict, None))

    def hold(self, conflict: Conflict, held: Held) -> None:
        """A candidate to be written over the old object that has its key."""
        with self._lock:
            self._old[conflict.key] = _Old(conflict, held)

    def published(self, key: str, candidate: Candidate) -> None:
        """The candidate is in place, unchanged or held: removes what that makes superfluous."""
        with self._lock:
            old = self._old.get(key)
            if old is not None and old.held is None:
                del self._old[key]
            span = candidate.period.hours
            done = self._done[candidate.report]
            done.update(dict.fromkeys(span.starts, (span, candidate.totals)))
            self._settle(span)

    @property
    def held(self) -> list[Candidate]:
        """What still waits to be written over old objects."""
        with self._lock:
            return [old.held.candidate for old in self._old.values() if old.held is not None]

    def finish(self) -> list[Unfinished]:
        """Tries what is left once more; returns what must stay and why, in order of time."""
        with self._lock:
            left = sorted(self._old.values(), key=lambda old: old.held is None)
            unfinished = [stayed for old in left for stayed in self._last_try(old)]
        return sorted(unfinished, key=lambda stayed: (stayed.span, stayed.key))

    def _settle(self, span: HourRange) -> None:
        """Overwrites first and removes then: a killed run leaves rows twice, never none."""
        for removing in (False, True):
            touched = [old for old in self._old.values() if overlap(old.conflict.span, span)]
            waiting = self._spans_held()
            for old in touched:
                if (old.held is None) is removing and self._is_ready(old, waiting):
                    self._try_to_replace(old)

    def _spans_held(self) -> list[HourRange]:
        return [old.conflict.span for old in self._old.values() if old.held is not None]

    def _is_ready(self, old: _Old, waiting: Sequence[HourRange]) -> bool:
        """What is removed may stand in candidates still held; what is overwritten may not."""
        span = old.conflict.span
        if old.held is None and any(overlap(span, other) for other in waiting):
            return False
        return self._complete(span) and not self._shortfall(old.conflict)

    def _try_to_replace(self, old: _Old) -> None:
        """Leaves a failure to `finish`: the period just published is not at fault."""
        with suppress(PeriodError):
            self._replace(old)

    def _last_try(self, old: _Old) -> list[Unfinished]:
        conflict, held = old.conflict, old.held
        try:
            self._check(old)
            self._replace(old)
        except PeriodError as error:
            candidate = None if held is None else held.candidate
            return [Unfinished(conflict.key, conflict.span, candidate, error)]
        return []

    def _check(self, old: _Old) -> None:
        """Raises WriteRefused unless the old object is ready."""
        if self._is_ready(old, self._spans_held()):
            return
        place = self._destination.locate(old.conflict.key)
        span, shortfall = span_text(old.conflict.span), self._shortfall(old.conflict)
        if shortfall:
            raise WriteRefused(
                f"{place} is not replaced: it saw more than the objects that stand beside it"
                f" ({shortfall}); repeat the backfill of {span} with --replace-layout --force"
            )
        raise WriteRefused(
            f"{place} is not replaced: not every report was written for all of {span}, and the"
            " objects that were stand beside it; repeat the backfill of that time with"
            " --replace-layout"
        )

    def _replace(self, old: _Old) -> None:
        key = old.conflict.key
        if old.held is None:
            self._destination.remove(key)
        else:
            self._destination.write(key, old.held.candidate, old.held.record)
        del self._old[key]

    def _complete(self, span: HourRange) -> bool:
        reports = self._destination.reports
        return all(self._done[report].keys() >= set(span.starts) for report in reports)

    def _shortfall(self, conflict: Conflict) -> str:
        """What the old object saw and the shorter new ones of some report did not, as text."""
        if self._force or conflict.record is None:
            return ""
        for report in self._destination.reports:
            inside = self._inside(conflict.span, report)
            if sum(part.count for part in inside) == conflict.span.count:
                shortfall = total(inside.values()).shortfall(conflict.record.totals)
                if shortfall:
                    return shortfall
        return ""

    def _inside(self, span: HourRange, report: str) -> dict[HourRange, Totals]:
        """The report's published periods that lie wholly in the time, with their totals."""
        done = self._done[report]
        found = (done[hour] for hour in span.starts if hour in done)
        return {
            part: seen for part, seen in found if span.start <= part.start <= part.end <= span.end
        }
