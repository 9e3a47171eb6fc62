"""Rows of a window of time added up, as finely as any table of a report needs them.

Sums are exact decimals of any size, so that neither the order of the rows nor how they are
divided between files changes them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.cells import REQUIRED, cells_of
from exporter.chargeback.coverage import Coverage, Span
from exporter.chargeback.holders import chosen, namespaces
from exporter.chargeback.keys import TAG
from exporter.chargeback.lines import FIRST, KEY_COLUMNS, LAST, MEASURES, lines_of
from exporter.chargeback.tag_values import TAG_COLUMNS, tag_values
from exporter.errors import UnreadableFile
from exporter.focus.names import IDLE, UNOBSERVED

#: Rows that are held before they are added up.
_PENDING_ROWS = 16 * 1024
_SUM = pc.ScalarAggregateOptions(skip_nulls=True, min_count=1)


class Cube:
    """Adds up rows whose whole charge period lies in a window, by lines.KEY_COLUMNS and tags.

    `window` is unix seconds, the end excluded. With `only` (patterns) those of these namespaces
    alone; which time rows are of is that of all. Memory grows with the combinations of keys, at
    most one set of them for each day, never with hours or objects.
    """

    def __init__(self, window: Span, tags: Sequence[str] = (), only: Sequence[str] = ()) -> None:
        self.window = window
        self.tags = tuple(tags)
        self.only = tuple(only)
        self._keys = (*KEY_COLUMNS, *(TAG + key for key in self.tags))
        self._pending: list[pa.Table] = []
        self._pending_rows = 0
        self._added_up: list[pa.Table] = []
        self._lines = 0  # how many were left when they were last added up
        self._coverage = Coverage()
        self._namespaces: set[str] = set()
        self._currencies: set[str] = set()
        self._rows = 0

    def add(self, batch: pa.RecordBatch, *, text: bool, cluster: str) -> int:
        """Add rows of a file; `text` for a CSV, `cluster` for rows that do not name theirs.

        Returns how many rows reach over the edge of the window, which are left out as those
        outside of it are. Raises UnreadableFile.
        """
        cells = cells_of(batch, text=text)
        starts, ends = cells["ChargePeriodStart"], cells["ChargePeriodEnd"]
        if pc.any(pc.greater_equal(starts, ends)).as_py():
            raise UnreadableFile("has a row whose ChargePeriodEnd is not after ChargePeriodStart")
        begin, end = self.window
        touching = pc.and_(pc.less(starts, end), pc.greater(ends, begin))
        inside = pc.and_(pc.greater_equal(starts, begin), pc.less_equal(ends, end))
        wanted = self._wanted(cells)
        over = pc.and_(wanted, pc.and_not(touching, inside))
        self._take(self._ready(cells.filter(pc.and_(wanted, inside)), cluster))
        self._coverage.add(_spans(cells.filter(inside)))
        straddling: int = pc.sum(over, min_count=0).as_py()
        return straddling

    def _wanted(self, cells: pa.Table) -> pa.Array:
        """Which rows are of the namespaces asked for."""
        if not self.only:
            return pa.repeat(True, cells.num_rows)
        found = namespaces(cells)
        self._namespaces.update(name for name in pc.unique(found).to_pylist() if name is not None)
        return pc.is_in(found, pa.array(chosen(self._namespaces, self.only), pa.string()))

    def _ready(self, cells: pa.Table, cluster: str) -> pa.Table:
        """With a cluster in every row, and the tags asked for in place of all of them."""
        place = cells.schema.get_field_index("Cluster")
        cells = cells.set_column(place, "Cluster", pc.fill_null(cells["Cluster"], cluster))
        for key in self.tags:
            cells = cells.append_column(TAG + key, tag_values(cells, key))
        return cells.drop_columns(list(TAG_COLUMNS))

    def _take(self, cells: pa.Table) -> None:
        if not cells.num_rows:
            return
        self._rows += cells.num_rows
        self._currencies.update(pc.unique(cells["BillingCurrency"]).to_pylist())
        self._pending.append(cells)
        self._pending_rows += cells.num_rows
        if self._pending_rows >= _PENDING_ROWS:
            self._add_up()

    def take(self, other: Cube) -> None:
        """Add what another cube holds, of a window inside this one and asked for alike."""
        other._add_up()
        self._added_up += other._added_up
        self._rows += other._rows
        self._currencies |= other._currencies
        self._namespaces |= other._namespaces
        self._coverage.add(other._coverage.spans)

    def _add_up(self) -> None:
        """Pending rows become lines; all lines are added up when they have doubled."""
        if self._pending:
            lines = lines_of(pa.concat_tables(self._pending).combine_chunks())
            self._added_up.append(self._summed(lines))
            self._pending, self._pending_rows = [], 0
        if self.held_rows > 2 * self._lines + _PENDING_ROWS:
            self._merge()

    def _merge(self) -> None:
        self._added_up = [self._summed(pa.concat_tables(self._added_up))]
        self._lines = self._added_up[0].num_rows

    def _summed(self, lines: pa.Table) -> pa.Table:
        """One line for each combination of keys."""
        sums = [(name, "sum", _SUM) for name in MEASURES]
        groups = lines.group_by(list(self._keys), use_threads=False)
        found = groups.aggregate([*sums, (FIRST, "min"), (LAST, "max")])
        columns = {name: found[name] for name in self._keys}
        columns |= {name: found[f"{name}_sum"].cast(lines[name].type) for name in MEASURES}
        return pa.table(columns | {FIRST: found[f"{FIRST}_min"], LAST: found[f"{LAST}_max"]})

    def table(self) -> pa.Table:
        """One line for each combination of keys, sorted by them; columns as in lines.py.

        A sum is null where no row of its line has a value.
        """
        self._add_up()
        if not self._added_up:
            return self._summed(lines_of(self._ready(_no_cells(), "")))
        self._merge()
        return self._added_up[0].sort_by([(name, "ascending") for name in self._keys])

    @property
    def held_rows(self) -> int:
        """Lines, and rows not added up yet, in memory."""
        added_up: int = sum(table.num_rows for table in self._added_up)
        return self._pending_rows + added_up

    @property
    def rows(self) -> int:
        """How many rows lie in the window."""
        return self._rows

    @property
    def until(self) -> int | None:
        """The end of the last charge period, unix seconds; null without rows."""
        return self._coverage.until

    @property
    def covered(self) -> tuple[Span, ...]:
        """The time that charge periods of any cluster cover, in order, without overlap."""
        return self._coverage.spans

    @property
    def covered_seconds(self) -> int:
        return self._coverage.seconds

    @property
    def namespaces(self) -> tuple[str, ...]:
        """With `only`: those that there are, wanted or not, sorted, without idle time."""
        return tuple(sorted(self._namespaces - {IDLE, UNOBSERVED}))

    @property
    def currencies(self) -> tuple[str, ...]:
        """The billing currencies of the rows, sorted."""
        return tuple(sorted(self._currencies))


def _spans(cells: pa.Table) -> list[Span]:
    periods = cells.select(["ChargePeriodStart", "ChargePeriodEnd"])
    found = periods.group_by(periods.column_names, use_threads=False).aggregate([])
    return [(row["ChargePeriodStart"], row["ChargePeriodEnd"]) for row in found.to_pylist()]


def _no_cells() -> pa.Table:
    nothing = pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in REQUIRED})
    return cells_of(nothing, text=True)
