"""The rows of a period, and of the one before, from where they were exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporter.chargeback.keys import tags_of
from exporter.commands.progress import progress_of
from exporter.commands.reporting.budget_month import spend_in
from exporter.commands.reporting.clusters import of_clusters, refuse_strangers
from exporter.commands.reporting.comparing import comparable_ends
from exporter.commands.reporting.coverage import Coverage
from exporter.commands.reporting.cubes import Cubes
from exporter.commands.reporting.gathering import Gathered, gather
from exporter.commands.reporting.known import Known
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
from exporter.commands.reporting.terms import Terms
from exporter.errors import ConfigurationError
from exporter.log import get_logger
from exporter.storage.keys import layout_name


def rows_of(place: Place, terms: Terms) -> Gathered:
    """The rows of the period and of the budgets' month.

    Raises ConfigurationError for clusters or a currency that do not fit and for time that is held
    twice, UnusableError for a place that cannot be read.
    """
    month = terms.month
    window = terms.window
    whole = window if month is None else (min(window[0], month[0]), max(window[1], month[1]))
    listed = _listed(place, terms, whole)
    earlier = find_before(place.store, place.prefix, window[0], layout=_layout(terms))
    names = cluster_names(place.store, [*listed, *earlier])
    objects = of_clusters(listed, names, terms.clusters)
    earlier = of_clusters(earlier, names, terms.clusters)
    refuse_strangers([*objects, *earlier], names, terms.clusters)
    spend = None if month is None else spend_in(month, terms)
    cubes = _cubes(terms, window)
    return _read(place, terms, objects, Gathered(names, cubes, spend, Coverage(whole), earlier))


def rows_before(place: Place, terms: Terms, known: Known) -> Gathered:
    """The period before; of one that is not over the same span, up to where its rows end."""
    start, end = terms.period.before
    if terms.now < terms.period.end:
        end = min(end, start + known.until - terms.period.start)
    window = start, end
    listed = _listed(place, terms, window)
    names = cluster_names(place.store, listed)
    objects = of_clusters(listed, names, terms.clusters)
    cubes = _cubes(terms, window, comparable_ends(known, window))
    return _read(place, terms, objects, Gathered(names, cubes, None, Coverage(window)))


def _layout(terms: Terms) -> str | None:
    return None if terms.layout is None else layout_name(terms.layout)


def _listed(place: Place, terms: Terms, window: Window) -> list[DataObject]:
    strangers: list[str] = []
    layout = _layout(terms)
    found = find_objects(place.store, place.prefix, window, layout=layout, strangers=strangers)
    _tell_strangers(place, strangers)
    return found


def _cubes(terms: Terms, window: Window, ends: Mapping[Series, int] | None = None) -> Cubes:
    return Cubes(window, tags_of(terms.keys), terms.namespaces, apart=terms.compare, ends=ends)


def _read(place: Place, terms: Terms, objects: Sequence[DataObject], into: Gathered) -> Gathered:
    """Each object once."""
    refuse_doubles(place.store, objects)
    with progress_of(len(objects), "reading objects") as advance:
        gather(place.store, objects, into, advance)
    for one, other, moment in into.everything.doubled():
        raise doubled(place.store, one, other, moment)
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
    others = sorted({*found.cubes.currencies, *of_month} - {terms.currency})
    if others:
        raise ConfigurationError(
            f"rows are in {' and '.join(others)}, FOCUS_BILLING_CURRENCY is {terms.currency}: set"
            " it, and FOCUS_USD_RATE with it, as they were when the rows were written"
        )
