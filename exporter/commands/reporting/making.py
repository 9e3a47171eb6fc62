"""From exported objects to the figures of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from exporter.chargeback.budgets import budget_lines, namespaces_of, spend_of
from exporter.chargeback.compared import held_against
from exporter.chargeback.figures import BudgetLine, Chargeback, Gap
from exporter.chargeback.keys import check_keys, tags_of
from exporter.chargeback.month import MonthSpend
from exporter.chargeback.report import Asked, charge_back
from exporter.commands.moments import NamedPeriod
from exporter.commands.progress import progress_of
from exporter.commands.reporting.clusters import of_clusters, refuse_strangers
from exporter.commands.reporting.comparing import comparable_ends, compare
from exporter.commands.reporting.coverage import Coverage, as_gaps
from exporter.commands.reporting.cubes import Cubes
from exporter.commands.reporting.expecting import asking, reports_by_namespace
from exporter.commands.reporting.gathering import Gathered, all_faults, gather
from exporter.commands.reporting.known import (
    Expecting,
    Known,
    expected_in,
    expecting,
    known_of,
)
from exporter.commands.reporting.objects import (
    DataObject,
    Series,
    Window,
    cluster_names,
    doubled,
    find_before,
    find_objects,
    refuse_doubles,
)
from exporter.commands.reporting.places import Place
from exporter.commands.reporting.words import counted
from exporter.cost.billing import ReportPlan
from exporter.documents.kinds import CloudPricing, TokenBudget
from exporter.errors import ConfigurationError, ExporterError, UnreadableFile
from exporter.log import get_logger
from exporter.periods import Schedule, month_of
from exporter.storage.keys import layout_name


@dataclass(frozen=True, slots=True)
class Terms:
    """What a report is to be of and what it is compared with; `now` is unix seconds.

    `layout` is a FOCUS_VERSION, null for all that are there; `clusters` are patterns, none for all.
    `plans` are the reports of the documents, `home` is CLUSTER_NAME.
    """

    period: NamedPeriod
    keys: tuple[str, ...]
    compare: bool
    every_entry: bool
    layout: str | None
    clusters: tuple[str, ...]
    now: int
    settle_minutes: int
    lookback_hours: int
    currency: str
    usd_rate: Decimal
    budgets: Sequence[TokenBudget]
    pricing: CloudPricing
    plans: Sequence[ReportPlan] = ()
    home: str | None = None

    def expecting(self, place: Place) -> Expecting:
        """How reports that must be there are known."""
        ask = asking(place.store)
        limits = self.now, self.settle_minutes, self.lookback_hours
        return expecting(self.plans, self.home, ask, *limits)


@dataclass(frozen=True, slots=True)
class Made:
    """A report, and the objects that could not be read for it, with the reason."""

    chargeback: Chargeback
    faults: Sequence[tuple[DataObject, str]]


def make(place: Place, terms: Terms) -> Made:
    """Read what is there and add it up.

    Raises ConfigurationError for keys, clusters or a currency that do not fit, for time that is
    held twice and without any row; UnreadableFile when rows are there and none can be read;
    UnusableError for a place that cannot be read.
    """
    check_keys(terms.keys)
    window = terms.period.start, terms.period.end
    month = month_of(terms.period.end - 1) if terms.budgets else None
    found = _gathered(place, terms, window, month)
    cube = found.cubes.together()
    if cube.until is None:
        raise _nothing(place, terms, found)
    how = terms.expecting(place)
    expected = expected_in(found, how)
    known = known_of(found, cube.until, how, expected)
    before = _before(place, terms, known) if terms.compare else None
    if before is not None:
        known = known_of(found, cube.until, how, {**_gone(before, found, how), **expected})
    _cover_periods_without_rows(found, how, expected)
    beside = None if before is None else compare(found, before, known)
    chargeback = charge_back(
        Asked(terms.period.name, *window, terms.keys, terms.every_entry),
        cube,
        None if beside is None else beside.before,
        budgets=_budget_lines(terms, found),
        pricing=terms.pricing,
        usd_rate=terms.usd_rate,
        gaps=[*_gaps_before(before, how), *known.gaps],
        objects=len(found.coverage.objects),
        layouts=[each.layout for each in found.coverage.objects],
        straddling=[each.key for each in found.straddling],
    )
    if beside is not None and beside.now is not None:
        chargeback = held_against(chargeback, beside.now, beside.left_out)
    faults = list(all_faults(found, before))
    return Made(_with_what_is_lacking(chargeback, found, known, faults), faults)


def _with_what_is_lacking(
    chargeback: Chargeback,
    found: Gathered,
    known: Known,
    faults: Sequence[tuple[DataObject, str]],
) -> Chargeback:
    told = replace(
        chargeback.completeness,
        awaited=tuple(known.awaited),
        unreadable=tuple(each.key for each, _ in faults),
        budget_gaps=tuple(known.budget_gaps),
        budgets_fault=_budgets_fault(found),
    )
    return replace(chargeback, completeness=told)


def _before(place: Place, terms: Terms, known: Known) -> Gathered:
    """The period before; of one that is not over the same span, up to where its rows end."""
    start, end = terms.period.before
    if terms.now < terms.period.end:
        end = min(end, start + known.until - terms.period.start)
    return _gathered(place, terms, (start, end), None, comparable_ends(known, (start, end)))


def _gathered(
    place: Place,
    terms: Terms,
    window: Window,
    month: Window | None,
    ends: Mapping[Series, int] | None = None,
) -> Gathered:
    """The window's rows and those of the budgets' month, each object read once.

    `ends` are given for the period before, of which it is not asked what was there earlier.
    """
    whole = window if month is None else (min(window[0], month[0]), max(window[1], month[1]))
    layout = None if terms.layout is None else layout_name(terms.layout)
    strangers: list[str] = []
    listed = find_objects(place.store, place.prefix, whole, layout=layout, strangers=strangers)
    _tell_strangers(place, strangers)
    earlier: list[DataObject] = []
    if ends is None:
        earlier = find_before(place.store, place.prefix, window[0], layout=layout)
    names = cluster_names(place.store, [*listed, *earlier])
    objects = of_clusters(listed, names, terms.clusters)
    earlier = of_clusters(earlier, names, terms.clusters)
    if ends is None:
        refuse_strangers([*objects, *earlier], names, terms.clusters)
    refuse_doubles(place.store, objects)
    into = Gathered(
        names,
        Cubes(window, tags_of(terms.keys), apart=terms.compare, ends=ends),
        None if month is None else _spend_of(terms, month),
        Coverage(whole),
        earlier,
    )
    with progress_of(len(objects), "reading objects") as advance:
        gather(place.store, objects, into, advance)
    for one, other in into.everything.doubled():
        raise doubled(place.store, one, other)
    _check_currency(terms, into)
    return into


def _spend_of(terms: Terms, month: Window) -> MonthSpend:
    reports = reports_by_namespace(terms.plans, namespaces_of(terms.budgets))
    return spend_of(terms.budgets, month, reports)


def _tell_strangers(place: Place, keys: Sequence[str]) -> None:
    if keys:
        get_logger().warning(
            "files are left out, infer-focus did not name them so",
            files=len(keys),
            such_as=place.store.describe() + keys[0],
        )


def _check_currency(terms: Terms, found: Gathered) -> None:
    """Budgets and the rate are in the currency of the settings."""
    of_month = () if found.month is None else found.month.currencies
    others = sorted({*found.cubes.currencies, *of_month} - {terms.currency})
    if others:
        raise ConfigurationError(
            f"rows are in {' and '.join(others)}, FOCUS_BILLING_CURRENCY is {terms.currency}: set"
            " it, and FOCUS_USD_RATE with it, as they were when the rows were written"
        )


def _cover_periods_without_rows(
    found: Gathered, how: Expecting, expected: Mapping[Series, Schedule]
) -> None:
    """They count as exported for the budgets, as an hour without rows does."""
    if found.month is not None:
        for series, period in found.everything.without_rows(how.ask, expected):
            found.month.cover(found.names[series.cluster_slug], series.report_slug, period)


def _budget_lines(terms: Terms, found: Gathered) -> tuple[BudgetLine, ...]:
    """None of a month of which something cannot be read: half a sum would be a wrong one."""
    if found.month is None or _budgets_fault(found) is not None:
        return ()
    return tuple(budget_lines(terms.budgets, found.month))


def _budgets_fault(found: Gathered) -> str | None:
    """Why budgets cannot be evaluated; null if they can, and if there are none."""
    month = found.month
    of_month = (
        f"{each.key}: {reason}"
        for each, reason in found.faults
        if month is not None and month.start <= each.start < month.end
    )
    return next(of_month, None)


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


def _nothing(place: Place, terms: Terms, found: Gathered) -> ExporterError:
    named = f"no rows of {terms.period.name} in {place}"
    if found.faults:
        first, reason = found.faults[0]
        count = counted(len(found.faults), "object")
        return UnreadableFile(f"{named}: {count} could not be read, {first.key}: {reason}")
    if found.straddling:
        return ConfigurationError(
            f"{named}: {found.straddling[0].key} reaches over its edge and cannot be divided,"
            " ask for a longer --period, such as the whole month"
        )
    return ConfigurationError(
        f"{named}: name another --period, or with --location the folder or s3://bucket/prefix/"
        " that holds version=…"
    )
