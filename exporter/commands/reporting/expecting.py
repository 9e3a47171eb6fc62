"""Which reports of which clusters must have rows in a window, whether or not any are there.

Without that a report of which nothing is left would be missed by nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from exporter.commands.reporting.coverage import AskSchedule, length_of
from exporter.commands.reporting.gathering import charge_periods
from exporter.commands.reporting.objects import DataObject, Series, schedule_of
from exporter.commands.reporting.reading import read_objects
from exporter.cost.billing import ReportPlan
from exporter.errors import UnreadableFile
from exporter.periods import DAY_SECONDS, Schedule, period_at
from exporter.storage.keys import report_slug, slug
from exporter.storage.store import Store

#: A report without anything for so long, and its own period, has ended.
_GONE_AFTER = 7 * DAY_SECONDS
_PERIOD = ("ChargePeriodStart", "ChargePeriodEnd")


def of_documents(
    plans: Sequence[ReportPlan], clusters: Collection[str], home: str | None
) -> dict[Series, Schedule]:
    """The billing reports of CONFIG_PATH for clusters (slugs).

    `home` is CLUSTER_NAME: where it is one of them the documents are of that one alone.
    """
    own = None if home is None else slug(home)
    of = [own] if own is not None and own in clusters else sorted(clusters)
    return {
        Series(cluster, report_slug(plan.name)): plan.schedule
        for cluster in of
        for plan in plans
        if not plan.side
    }


def of_objects(
    objects: Sequence[DataObject], start: int, ask: AskSchedule
) -> dict[Series, Schedule]:
    """The reports that had something not long before a moment."""
    last: dict[Series, DataObject] = {}
    for each in objects:
        known = last.get(each.series)
        if each.start < start and (known is None or known.start < each.start):
            last[each.series] = each
    schedules = {series: ask(found) or Schedule.DAILY for series, found in last.items()}
    return {
        series: schedule
        for series, schedule in schedules.items()
        if not _gone(last[series], schedule, start)
    }


def _gone(last: DataObject, schedule: Schedule, start: int) -> bool:
    period = period_at(schedule, last.start)
    return start - period.end > _GONE_AFTER + period.end - period.start


def asking(store: Store) -> AskSchedule:
    """By an object's name or metadata, else by its rows."""

    def ask(found: DataObject) -> Schedule | None:
        return schedule_of(store, found) or _by_rows(store, found)

    return ask


def _by_rows(store: Store, found: DataObject) -> Schedule | None:
    for read in read_objects(store, [found], _period_columns):
        try:
            periods = [] if read.batch is None else charge_periods(read.batch, text=read.text)
        except UnreadableFile:  # whoever reads it for its window will say so
            return None
        last = max((end for _, end in periods), default=None)
        return None if last is None else length_of(last - periods[0][0])
    return None


def _period_columns(names: Sequence[str]) -> list[str]:
    if found := [name for name in names if name in _PERIOD]:
        return found
    raise UnreadableFile("has no column of FOCUS")


def reports_by_namespace(
    plans: Sequence[ReportPlan], namespaces: Collection[str]
) -> Mapping[str, frozenset[str | None]]:
    """The billing reports (slugs) that may hold rows of each namespace."""
    return {each: frozenset(_reports_of(plans, each)) for each in namespaces}


def _reports_of(plans: Sequence[ReportPlan], namespace: str) -> Iterator[str | None]:
    for plan in plans:
        if not plan.side and (plan.namespaces is None or namespace in plan.namespaces):
            yield report_slug(plan.name)
