"""Which exported objects may hold rows of a window of time, by their names alone.

Only the days that matter are listed, in every layout below the prefix. Side reports and Ternary's
copies lie under prefixes of their own and are never looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from exporter.errors import ConfigurationError, StoreFailed
from exporter.files.reading import ENDINGS
from exporter.periods import (
    DAY_SECONDS,
    HOUR_SECONDS,
    Schedule,
    day_of,
    day_start,
    period_at,
    rfc3339,
)
from exporter.storage.keys import (
    DEFAULT_REPORT,
    ObjectName,
    day_prefix,
    parse_object_name,
    slug,
)
from exporter.storage.record import ObjectRecord
from exporter.storage.store import Store

#: What readers know: the endings of data objects.
EXTENSIONS = frozenset({"parquet", "csv"})
#: How many requests run at the same time.
THREADS = 8

_LAYOUT = "version="

#: Start and exclusive end in unix seconds.
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Series:
    """A report of a cluster, as object names have them."""

    cluster_slug: str
    report_slug: str | None

    @property
    def report(self) -> str:
        """With the name of the implicit report."""
        return DEFAULT_REPORT if self.report_slug is None else self.report_slug


@dataclass(frozen=True, slots=True)
class DataObject:
    """One object with rows; `layout` such as focus-1.3."""

    key: str
    layout: str
    name: ObjectName

    @property
    def series(self) -> Series:
        """The report it belongs to."""
        return Series(self.name.cluster_slug, self.name.report_slug)

    @property
    def start(self) -> int:
        """Where its period starts."""
        hour = 0 if self.name.hour is None else self.name.hour
        return day_start(self.name.day) + hour * HOUR_SECONDS

    @property
    def end(self) -> int | None:
        """Where an hour ends; null for longer periods, whose names do not tell."""
        return None if self.name.hour is None else self.start + HOUR_SECONDS


def layouts_of(store: Store, prefix: str) -> list[str]:
    """The layouts that lie below a prefix."""
    begin = f"{prefix}{_LAYOUT}"
    folders = store.list_folders(begin)
    return sorted(folder.removeprefix(begin).rstrip("/") for folder in folders)


def find_objects(
    store: Store,
    prefix: str,
    window: Window,
    *,
    clusters: Collection[str] | None = None,
    layout: str | None = None,
    strangers: list[str] | None = None,
) -> list[DataObject]:
    """The objects whose charge periods may lie in the window or reach into it, in order.

    `clusters` are slugs (keys.slug), null for all; `layout` leaves the other ones out. Two of them
    may hold the same time: see `refuse_doubles`. The keys of files with rows that this program
    did not name are added to `strangers`: nobody knows what they hold. Raises UnusableError or
    StoreFailed when the place cannot be listed.
    """
    layouts = layouts_of(store, prefix) if layout is None else [layout]
    listed = _on_days(
        store, prefix, [(each, day) for each in layouts for day in days_to_list(window)]
    )
    if strangers is not None:
        strangers += sorted(each for each in listed if isinstance(each, str))
    objects = [
        each
        for each in listed
        if isinstance(each, DataObject)
        and (clusters is None or each.name.cluster_slug in clusters)
        and _may_lie_in(each, window)
    ]
    return sorted(objects, key=_order)


def days_to_list(window: Window) -> list[date]:
    """The window's days, and where the week and the month around its start begin.

    Weeks are cut where a month ends, so nothing that starts earlier reaches into the window.
    """
    start, end = window
    starts = set(range(day_start(day_of(start)), end, DAY_SECONDS))
    starts |= {period_at(longer, start).start for longer in (Schedule.WEEKLY, Schedule.MONTHLY)}
    return [day_of(each) for each in sorted(starts)]


def days_to_ask(start: int) -> list[date]:
    """The days whose objects tell which reports there were before a moment.

    Those of the week before it, and where the weeks and months around and before it begin.
    """
    days = {start - days * DAY_SECONDS for days in range(1, 8)}
    for longer in (Schedule.WEEKLY, Schedule.MONTHLY):
        around = period_at(longer, start).start
        days |= {around, period_at(longer, around - 1).start}
    return [day_of(each) for each in sorted(days)]


def find_before(
    store: Store, prefix: str, start: int, *, layout: str | None = None
) -> list[DataObject]:
    """Objects of the time before a moment, by their names: see `days_to_ask`."""
    layouts = layouts_of(store, prefix) if layout is None else [layout]
    listed = _on_days(
        store, prefix, [(each, day) for each in layouts for day in days_to_ask(start)]
    )
    objects = [each for each in listed if isinstance(each, DataObject)]
    return sorted((each for each in objects if each.start < start), key=_order)


def _on_days(
    store: Store, prefix: str, folders: Sequence[tuple[str, date]]
) -> list[DataObject | str]:
    def on_day(folder: tuple[str, date]) -> list[DataObject | str]:
        return list(_listed(store, prefix, *folder))

    with ThreadPoolExecutor(THREADS) as pool:
        return [found for page in pool.map(on_day, folders) for found in page]


def _listed(store: Store, prefix: str, layout: str, day: date) -> Iterator[DataObject | str]:
    """The objects of a day; a file with rows of another name as its key."""
    folder = day_prefix(prefix, layout, day)
    for key in store.list_keys(folder):
        last = key.removeprefix(folder)
        name = parse_object_name(last)
        if name is not None and name.day == day and name.extension in EXTENSIONS:
            yield DataObject(key, layout, name)
        elif last.lower().endswith(ENDINGS) and not last.startswith("."):
            yield key


def _may_lie_in(found: DataObject, window: Window) -> bool:
    start, end = window
    return found.start < end and (found.end is None or start < found.end)


def _order(found: DataObject) -> tuple[str, str, int, str]:
    return found.name.cluster_slug, found.name.report_slug or "", found.start, found.key


def refuse_doubles(store: Store, objects: Iterable[DataObject]) -> None:
    """Raises ConfigurationError for objects of one name in two layouts or formats."""
    held: dict[tuple[Series, int, int | None], DataObject] = {}
    for each in sorted(objects, key=_order):
        other = held.setdefault((each.series, each.start, each.end), each)
        if other is not each:
            raise doubled(store, other, each)


def doubled(
    store: Store, one: DataObject, other: DataObject, moment: int | None = None
) -> ConfigurationError:
    """The same time of a report stands in two objects, so that a sum would count it twice.

    `moment` is a part of it, by default what their names say.
    """
    place = store.describe()
    if one.layout != other.layout:
        fix = f"read one layout with --layout {one.layout.removeprefix('focus-')}"
    else:
        fix = "remove one of them with backfill --replace-layout"
    start = rfc3339(max(one.start, other.start) if moment is None else moment)
    return ConfigurationError(
        f"{place}{one.key} and {place}{other.key} both hold {start} of one report,"
        f" which would count twice; {fix}"
    )


def cluster_names(store: Store, objects: Sequence[DataObject]) -> dict[str, str]:
    """The cluster's name behind each slug, for rows that do not say it.

    Only a slug with a hash is not the name itself: then an object's metadata says it, if the store
    keeps any, else the slug has to do.
    """
    firsts = {each.name.cluster_slug: each for each in reversed(objects)}
    return {name: _name_behind(store, name, first) for name, first in firsts.items()}


def _name_behind(store: Store, cluster_slug: str, found: DataObject) -> str:
    if slug(cluster_slug) == cluster_slug:
        return cluster_slug
    record = _record(store, found)
    return cluster_slug if record is None else record.cluster


def schedule_of(store: Store, found: DataObject) -> Schedule | None:
    """How long the object's period is, by its name or metadata; null if neither says it."""
    if found.name.hour is not None:
        return Schedule.HOURLY
    record = _record(store, found)
    return None if record is None else record.period.schedule


def _record(store: Store, found: DataObject) -> ObjectRecord | None:
    try:
        stored = store.head(found.key)
    except StoreFailed:  # whoever reads the object will say so
        return None
    return None if stored is None else ObjectRecord.from_metadata(stored.metadata)
