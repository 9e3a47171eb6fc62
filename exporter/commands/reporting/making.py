"""From exported objects to the figures of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from exporter.chargeback.compared import held_against
from exporter.chargeback.completeness import ReadFrom
from exporter.chargeback.completeness_figures import Gap
from exporter.chargeback.cube import Cube
from exporter.chargeback.figures import Chargeback
from exporter.chargeback.keys import check_keys
from exporter.chargeback.report import Asked, Prices, charge_back
from exporter.commands.reporting.budget_month import (
    budgets_fault,
    budgets_of,
    cover_periods_without_rows,
)
from exporter.commands.reporting.comparing import Beside, compare
from exporter.commands.reporting.coverage import as_gaps
from exporter.commands.reporting.finding import rows_before, rows_of
from exporter.commands.reporting.gathering import Gathered, all_faults
from exporter.commands.reporting.known import Expecting, Known, expected_in, known_of
from exporter.commands.reporting.nothing import no_rows
from exporter.commands.reporting.objects import DataObject, Series
from exporter.commands.reporting.places import Place
from exporter.commands.reporting.terms import Terms
from exporter.periods import Schedule


@dataclass(frozen=True, slots=True)
class Made:
    """A report, and the objects that could not be read for it, with the reason."""

    chargeback: Chargeback
    faults: Sequence[tuple[DataObject, str]]


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows of the period, and of the one before if that was asked for; what is known of both.

    `expected` are the reports that must be there.
    """

    rows: Gathered
    cube: Cube
    before: Gathered | None
    known: Known
    expected: Mapping[Series, Schedule]
    how: Expecting


def make(place: Place, terms: Terms) -> Made:
    """Read what is there and add it up.

    Raises ConfigurationError for keys, clusters, namespaces or a currency that do not fit, for time
    that is held twice and without any row; UnreadableFile when rows are there and none can be read;
    UnusableError for a place that cannot be read.
    """
    check_keys(terms.keys)
    found = _find(place, terms)
    cover_periods_without_rows(found.rows, found.how, found.expected)
    before = found.before
    beside = None if before is None else compare(found.rows, before, found.known)
    chargeback = _charged(terms, found, beside)
    faults = list(all_faults(found.rows, before))
    return Made(_with_what_is_lacking(chargeback, terms, found, faults), faults)


def _find(place: Place, terms: Terms) -> _Found:
    rows = rows_of(place, terms)
    cube = rows.cubes.together()
    if cube.until is None or not cube.rows:
        raise no_rows(place, terms, rows, cube)
    how = terms.expecting(place)
    expected = expected_in(rows, how)
    known = known_of(rows, cube.until, how, expected)
    before = rows_before(place, terms, known) if terms.compare else None
    if before is not None:
        known = known_of(rows, cube.until, how, {**_gone(before, rows, how), **expected})
    return _Found(rows, cube, before, known, expected, how)


def _charged(terms: Terms, found: _Found, beside: Beside | None) -> Chargeback:
    objects = found.rows.coverage.objects
    chargeback = charge_back(
        Asked(terms.period.name, *terms.window, terms.keys, terms.every_entry, terms.namespaces),
        found.cube,
        None if beside is None else beside.before,
        budgets_of(found.rows, terms, found.how, found.expected),
        Prices(terms.pricing, terms.usd_rate),
        ReadFrom(
            objects=len(objects),
            layouts=[each.layout for each in objects],
            gaps=[*_gaps_before(found.before, found.how), *found.known.gaps],
            straddling=[each.key for each in found.rows.straddling],
            misplaced=[each.key for each in found.rows.misplaced],
        ),
    )
    if beside is None or beside.now is None:
        return chargeback
    return held_against(chargeback, beside.now, beside.left_out)


def _with_what_is_lacking(
    chargeback: Chargeback,
    terms: Terms,
    found: _Found,
    faults: Sequence[tuple[DataObject, str]],
) -> Chargeback:
    told = replace(
        chargeback.completeness,
        awaited=tuple(found.known.awaited),
        unreadable=tuple(each.key for each, _ in faults),
        budget_gaps=tuple(found.known.budget_gaps),
        budgets_fault=budgets_fault(found.rows),
    )
    return replace(
        chargeback,
        completeness=told,
        compare_asked=terms.compare,
        documents_read=terms.documented,
    )


def _gone(before: Gathered, found: Gathered, how: Expecting) -> dict[Series, Schedule]:
    """The reports of clusters that were there before and are not now."""
    gone = before.coverage.clusters - found.coverage.clusters
    schedules = before.coverage.schedules(how.ask, {})
    return {each: schedule for each, schedule in schedules.items() if each.cluster_slug in gone}


def _gaps_before(before: Gathered | None, how: Expecting) -> list[Gap]:
    if before is None:
        return []
    limit = how.due(before.cubes.window)
    return as_gaps(before.coverage.times(limit, how.ask, {}), before.names)
