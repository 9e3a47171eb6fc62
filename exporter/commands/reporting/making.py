"""From exported objects to the figures of a report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.chargeback.budgets import budget_lines, spend_of
from exporter.chargeback.cube import Cube
from exporter.chargeback.figures import BudgetLine, Chargeback, Gap
from exporter.chargeback.keys import check_keys, tags_of
from exporter.chargeback.month import MonthSpend
from exporter.chargeback.report import Asked, charge_back
from exporter.commands.moments import NamedPeriod
from exporter.commands.progress import progress_of
from exporter.commands.reporting.clusters import of_clusters
from exporter.commands.reporting.coverage import Coverage, as_gaps
from exporter.commands.reporting.gathering import Gathered, all_faults, gather
from exporter.commands.reporting.objects import (
    DataObject,
    Series,
    Window,
    cluster_names,
    doubled,
    find_objects,
    refuse_doubles,
    schedule_of,
)
from exporter.commands.reporting.places import Place
from exporter.commands.reporting.words import counted
from exporter.documents.kinds import CloudPricing, TokenBudget
from exporter.errors import ConfigurationError, ExporterError, UnreadableFile
from exporter.log import get_logger
from exporter.periods import HOUR_SECONDS, Schedule, month_of, settled_until
from exporter.storage.keys import layout_name


@dataclass(frozen=True, slots=True)
class Terms:
    """What a report is to be of and what it is compared with; `now` is unix seconds.

    `layout` is a FOCUS_VERSION, null for all that are there; `clusters` are patterns, none for all.
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

    def due_until(self, window: Window) -> int:
        """Up to when exports must be there.

        That is all of a window that is over; else what the next run no longer looks back at.
        """
        settled = settled_until(self.now, self.settle_minutes)
        if settled >= window[1]:
            return window[1]
        return settled - self.lookback_hours * HOUR_SECONDS


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
    if not found.cube.rows:
        raise _nothing(place, terms, found)
    before = None
    if terms.compare:
        before = _gathered(place, terms, _window_before(terms, found.cube), None)
    chargeback = charge_back(
        Asked(terms.period.name, *window, terms.keys, terms.every_entry),
        found.cube,
        None if before is None else before.cube,
        budgets=_budget_lines(terms, found.month),
        pricing=terms.pricing,
        usd_rate=terms.usd_rate,
        gaps=_gaps(place, terms, found, before),
        objects=len(found.coverage.objects),
        layouts=[each.layout for each in found.coverage.objects],
        straddling=found.straddling,
    )
    return Made(chargeback, list(all_faults(found, before)))


def _gathered(place: Place, terms: Terms, window: Window, month: Window | None) -> Gathered:
    """The window's rows and those of the budgets' month, each object read once."""
    whole = window if month is None else (min(window[0], month[0]), max(window[1], month[1]))
    layout = None if terms.layout is None else layout_name(terms.layout)
    strangers: list[str] = []
    listed = find_objects(place.store, place.prefix, whole, layout=layout, strangers=strangers)
    _tell_strangers(place, strangers)
    names = cluster_names(place.store, listed)
    objects = of_clusters(listed, names, terms.clusters)
    refuse_doubles(place.store, objects)
    into = Gathered(
        names,
        Cube(window, tags_of(terms.keys)),
        None if month is None else spend_of(terms.budgets, month),
        Coverage(whole),
    )
    with progress_of(len(objects), "reading objects") as advance:
        gather(place.store, objects, into, advance)
    for one, other in into.everything.doubled():
        raise doubled(place.store, one, other)
    _check_currency(terms, into)
    return into


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
    others = sorted({*found.cube.currencies, *of_month} - {terms.currency})
    if others:
        raise ConfigurationError(
            f"rows are in {' and '.join(others)}, FOCUS_BILLING_CURRENCY is {terms.currency}: set"
            " it, and FOCUS_USD_RATE with it, as they were when the rows were written"
        )


def _window_before(terms: Terms, cube: Cube) -> Window:
    """The period before; of one that is not over the same span, up to where its rows end."""
    start, end = terms.period.before
    if cube.until is None or terms.now >= terms.period.end:
        return start, end
    return start, min(end, start + cube.until - terms.period.start)


def _budget_lines(terms: Terms, month: MonthSpend | None) -> tuple[BudgetLine, ...]:
    return () if month is None else tuple(budget_lines(terms.budgets, month))


def _gaps(place: Place, terms: Terms, found: Gathered, before: Gathered | None) -> list[Gap]:
    """Those of the period and, in front of them, of the one it is compared with.

    A cluster that was there before and is not now has a gap, too.
    """

    def ask(last: DataObject) -> Schedule | None:
        return schedule_of(place.store, last)

    def of(one: Gathered, names: Mapping[str, str], expected: Collection[str]) -> list[Gap]:
        gone = [Series(each, None) for each in sorted(expected)]
        limit = terms.due_until(one.cube.window)
        return as_gaps(one.coverage.gaps(limit, ask, gone), names)

    if before is None:
        return of(found, found.names, ())
    names = {**before.names, **found.names}
    gone = before.coverage.clusters - found.coverage.clusters
    return [*of(before, names, ()), *of(found, names, gone)]


def _nothing(place: Place, terms: Terms, found: Gathered) -> ExporterError:
    named = f"no rows of {terms.period.name} in {place}"
    if found.faults:
        first, reason = found.faults[0]
        count = counted(len(found.faults), "object")
        return UnreadableFile(f"{named}: {count} could not be read, {first.key}: {reason}")
    if found.straddling:
        return ConfigurationError(
            f"{named}: {found.straddling[0]} reaches over its edge and cannot be divided,"
            " ask for a longer --period, such as the whole month"
        )
    return ConfigurationError(
        f"{named}: name another --period, or with --location the folder or s3://bucket/prefix/"
        " that holds version=…"
    )
