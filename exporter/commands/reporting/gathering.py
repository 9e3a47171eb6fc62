"""What a report needs of some objects: added up rows, the time they are of, what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from exporter.chargeback.casting import as_cells
from exporter.chargeback.cells import COLUMNS, columns_needed
from exporter.chargeback.month import MonthSpend
from exporter.commands.reporting.coverage import Coverage, Held, held, is_misplaced
from exporter.commands.reporting.cubes import Cubes
from exporter.commands.reporting.objects import DataObject, Window, schedule_of
from exporter.commands.reporting.reading import ReadObject, read_objects
from exporter.errors import UnreadableFile
from exporter.storage.store import Store

#: Of an object with rows that its name does not promise: they count where they say they belong.
MISPLACED = "object holds rows of other time than its name says"


@dataclass(slots=True)
class Gathered:
    """The rows of one window, and of the budgets' month if there are budgets.

    `names` are those of the clusters by slug. `coverage` is of the cube's window, `of_month` of the
    budgets' month, `everything` of all objects. `earlier` are objects of the time before, by their
    names. `straddling` have rows that reach over the edge of what their cube is of, `misplaced`
    ones of other time than their names say.
    """

    names: Mapping[str, str]
    cubes: Cubes
    month: MonthSpend | None
    everything: Coverage
    earlier: Sequence[DataObject] = ()
    coverage: Coverage = field(init=False)
    of_month: Coverage | None = field(init=False)
    straddling: list[DataObject] = field(default_factory=list)
    misplaced: list[DataObject] = field(default_factory=list)
    faults: list[tuple[DataObject, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.coverage = Coverage(self.cubes.window)
        month = self.month
        self.of_month = None if month is None else Coverage((month.start, month.end))


def gather(
    store: Store, objects: Sequence[DataObject], into: Gathered, advance: Callable[[], None]
) -> None:
    """Add the objects up; what cannot be read is a fault. Raises UnusableError."""
    with_tags = bool(into.cubes.tags)
    for read in read_objects(store, objects, lambda found: _columns(found, tags=with_tags)):
        try:
            _add(store, read, into)
        except UnreadableFile as fault:
            into.faults.append((read.found, str(fault)))
            _cover(into, held_by(store, read.found, (), readable=False))
        advance()


def _columns(names: Sequence[str], *, tags: bool) -> list[str]:
    needed = columns_needed(names, tags=tags)
    if not needed:
        raise UnreadableFile("has no column of FOCUS")
    return needed


def _add(store: Store, read: ReadObject, into: Gathered) -> None:
    if read.batch is None:
        raise UnreadableFile(read.fault or "")
    cluster = into.names[read.found.name.cluster_slug]
    periods = charge_periods(read.batch, text=read.text)
    straddling = into.cubes.of(read.found).add(read.batch, text=read.text, cluster=cluster)
    if into.month is not None:
        report = read.found.series.report_slug
        into.month.add(read.batch, text=read.text, cluster=cluster, report=report)
        if read.found.end is not None and not periods:
            into.month.cover(cluster, report, (read.found.start, read.found.end))
    if straddling:
        into.straddling.append(read.found)
    if is_misplaced(read.found, periods):
        into.misplaced.append(read.found)
    _cover(into, held_by(store, read.found, periods))


def _cover(into: Gathered, held: Sequence[Held]) -> None:
    for coverage in (into.everything, into.coverage, into.of_month):
        if coverage is not None:
            coverage.add(*held)


def held_by(
    store: Store, found: DataObject, periods: Sequence[Window], *, readable: bool = True
) -> list[Held]:
    """What an object holds; where neither name nor rows tell how long, its metadata is asked."""
    silent = not periods and found.end is None
    schedule = schedule_of(store, found) if silent else None
    return held(found, periods, readable=readable, schedule=schedule)


def charge_periods(batch: pa.RecordBatch, *, text: bool) -> list[Window]:
    """The different charge periods of rows, in order. Raises UnreadableFile."""
    starts, ends = (
        as_cells(_column(batch, name), COLUMNS[name], text=text)
        for name in ("ChargePeriodStart", "ChargePeriodEnd")
    )
    periods = pa.table({"start": starts, "end": ends})
    found = periods.group_by(["start", "end"], use_threads=False).aggregate([])
    return sorted((row["start"], row["end"]) for row in found.to_pylist())


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    places = batch.schema.get_all_field_indices(name)
    if len(places) != 1 or batch.column(places[0]).null_count:
        raise UnreadableFile(f"does not say {name} of every row, once")
    return batch.column(places[0])


def all_faults(*gathered: Gathered | None) -> Iterator[tuple[DataObject, str]]:
    """Each object once, in order."""
    found = {fault[0].key: fault for one in gathered if one is not None for fault in one.faults}
    yield from (found[key] for key in sorted(found))
