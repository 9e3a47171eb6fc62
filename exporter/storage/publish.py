"""Writes one object unless that would harm what is written already.

Another cluster's object is never replaced. An unchanged one is not written again, a damaged one is.
A richer one stays, and one of a billed month; and the same time is never stored twice. Each refusal
names the object and the flag that lifts it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from exporter.errors import WriteRefused
from exporter.periods import rfc3339
from exporter.storage.conflicts import Conflict, find_conflicts, series_of, span_text
from exporter.storage.damage import Found, look_at
from exporter.storage.destination import Destination, refuse_foreign
from exporter.storage.record import Candidate, ObjectRecord, total
from exporter.storage.replacements import Held, Replacements


class Outcome(StrEnum):
    """What publishing did."""

    WRITTEN = "written"  #: the object or its copy was written
    UNCHANGED = "unchanged"  #: nothing was written: the same stands there already
    HELD = "held"  #: Replacements writes it, once its time is complete


@dataclass(frozen=True, slots=True)
class WriteRules:
    """The flags of the command. `restate` is None for `run`, which never asks for it.

    `current_month_start` (unix seconds): objects of earlier months are billed.
    """

    current_month_start: int
    force: bool = False
    restate: bool | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One candidate and everything that stands in its way or beside it."""

    destination: Destination
    candidate: Candidate
    key: str
    record: ObjectRecord
    found: Found | None
    conflicts: Sequence[Conflict]

    @property
    def existing(self) -> ObjectRecord | None:
        """What the metadata of the object there says."""
        return None if self.found is None else self.found.record


def publish(
    destination: Destination,
    candidate: Candidate,
    rules: WriteRules,
    replacements: Replacements | None = None,
) -> Outcome:
    """Writes the candidate and Ternary's copy of it.

    `replacements` is given with `--replace-layout`; call its `finish` at the end of the run.
    Raises WriteRefused, with nothing written.
    """
    case = _look(destination, candidate, rules)
    if _same_content(case):
        outcome = _refresh(case, replacements)
    else:
        _refuse(case, [*_obstacles(case, rules), *_layout_obstacles(case, replacements)])
        outcome = _write(case, replacements)
    if replacements is not None:
        replacements.published(case.key, candidate)
    return outcome


def _look(destination: Destination, candidate: Candidate, rules: WriteRules) -> _Case:
    key = destination.key(candidate.report, candidate.period, candidate.extension)
    record = destination.record(candidate)
    stored = destination.head(key)
    refuse_foreign(destination.locate(key), stored, record)
    found = look_at(destination, stored, candidate, record, read=rules.force)
    conflicts = find_conflicts(destination, candidate, key)
    return _Case(destination, candidate, key, record, found, conflicts)


def _same_content(case: _Case) -> bool:
    """Whether the same bytes for the same period stand there, or stood there before damage."""
    if case.found is None or case.found.sha256 != case.record.sha256:
        return False
    return case.existing is None or case.existing.period == case.record.period


def _refresh(case: _Case, replacements: Replacements | None) -> Outcome:
    """Leaves the content, repairs its metadata and its copy; totals only ever rise.

    A known schema stays: it is the one the content was delivered with, and describes it still.

    The data is as it was, so only objects known to double it stop this.
    """
    known = [c for c in case.conflicts if c.key != case.key and c.record is not None]
    case = replace(case, conflicts=known)
    _refuse(case, _layout_obstacles(case, replacements))
    _replace_later(case, replacements)
    record = case.record
    if case.existing is not None:
        record = _kept(record, case.existing)
    damaged = case.found is not None and case.found.damaged
    if damaged or case.existing != record:
        case.destination.write(case.key, case.candidate, record)
        return Outcome.WRITTEN
    copied = case.destination.copy(case.key, case.candidate, record)
    return Outcome.WRITTEN if copied else Outcome.UNCHANGED


def _kept(record: ObjectRecord, existing: ObjectRecord) -> ObjectRecord:
    known, complete = existing.schema_id, existing.complete
    return replace(
        record,
        totals=record.totals.at_least(existing.totals),
        schema_id=record.schema_id if known is None else known,
        # Nobody needs to write every object of an older version again for this alone.
        complete=None if complete is None else complete or record.complete,
    )


def _write(case: _Case, replacements: Replacements | None) -> Outcome:
    _replace_later(case, replacements)
    own = [conflict for conflict in case.conflicts if conflict.key == case.key]
    if replacements is not None and own:
        replacements.hold(own[0], Held(case.candidate, case.record))
        return Outcome.HELD
    case.destination.write(case.key, case.candidate, case.record)
    return Outcome.WRITTEN


def _replace_later(case: _Case, replacements: Replacements | None) -> None:
    if replacements is None:
        return
    for conflict in case.conflicts:
        if conflict.key != case.key:
            replacements.add(conflict)


def _refuse(case: _Case, obstacles: Iterable[str]) -> None:
    text = "; ".join(obstacles)
    if text:
        raise WriteRefused(f"{case.destination.locate(case.key)} is not written: {text}")


def _obstacles(case: _Case, rules: WriteRules) -> Iterator[str]:
    """Why changing what is stored is not allowed."""
    if not rules.force:
        yield from _poorer(case)
    changes = case.found is not None or bool(case.conflicts)
    billed = case.record.period.billing_month[0] < rules.current_month_start
    if rules.restate is False and changes and billed:
        month = rfc3339(case.record.period.start)[:7]
        yield f"{month} is billed and its content would change; --restate changes it"


def _poorer(case: _Case) -> Iterator[str]:
    """What is stored saw more, or nobody knows what it saw."""
    if case.found is not None and case.existing is None:
        yield _unknown("the object there")
    for conflict in case.conflicts:
        if conflict.record is None and conflict.key != case.key:
            yield _unknown(case.destination.locate(conflict.key))
    for records in _replaced(case):
        shortfall = case.record.totals.shortfall(total(record.totals for record in records))
        if shortfall:
            yield f"what is stored saw more ({shortfall}); --force replaces it"
            return


def _unknown(place: str) -> str:
    return f"{place} has no infer-focus metadata and may have seen more; --force replaces it"


def _replaced(case: _Case) -> Iterator[list[ObjectRecord]]:
    """The stored records inside the candidate's time; those together that divide time, not data."""
    span = case.record.period.hours
    groups: dict[object, list[ObjectRecord]] = defaultdict(list)
    stored = {c.key: (c.series, c.record) for c in case.conflicts if c.record is not None}
    if case.existing is not None:
        stored[case.key] = (series_of(case.candidate), case.existing)
    for series, record in stored.values():
        groups[series, record.period.schedule].append(record)
    for records in groups.values():
        inside = [r for r in records if span.start <= r.period.start and r.period.end <= span.end]
        if inside:
            yield inside


def _layout_obstacles(case: _Case, replacements: Replacements | None) -> Iterator[str]:
    """Objects that hold the same time, and are not wholly replaced by this run."""
    if replacements is None:
        blocking = list(case.conflicts)
        what_next = "--replace-layout removes it"
    else:
        blocking = [c for c in case.conflicts if not replacements.planned(c.span)]
        what_next = (
            "--replace-layout needs a backfill of all of that time, without --shard and"
            " --missing-only"
        )
    if blocking:
        first, others = blocking[0], len(blocking) - 1
        more = f" (and {others} more)" if others else ""
        yield f"{_describe(case, first)}{more}; {what_next}"


def _describe(case: _Case, conflict: Conflict) -> str:
    own = conflict.key == case.key
    place = "the object there" if own else case.destination.locate(conflict.key)
    return f"{place} is {conflict.reason} and covers {span_text(conflict.span)}"
