"""Whether rows of this program keep the rules that count, without telling which they break.

`Conformance` counts for every rule the rows that it concerns and names those that break it. Rows
that are about to be written break none, so that it is asked only where this finds that some do.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from exporter.focus.constants import Constants, TracedRows, constants_of
from exporter.focus.rules.catalogue import catalogue_of
from exporter.focus.rules.dataset_rule import DatasetRule
from exporter.focus.rules.digests import Digests
from exporter.focus.rules.identity import NoOverlap
from exporter.focus.rules.keys import MemoryKeys
from exporter.focus.rules.layout import layout_of
from exporter.focus.rules.periods import CHARGE
from exporter.focus.rules.row_rule import Finding
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Rule
from exporter.focus.rules.splits import METHOD
from exporter.focus.rules.tally import Tally

_Look = Callable[[Rows], Finding]
#: How many sets of columns with one value are remembered; the files of a run have one or a few.
_MOST_REMEMBERED = 16


class OwnRules:
    """The rules of one schema, found once for any number of tables; `counts` says which matter.

    A rule that looks at columns with one value only is kept by all tables with these values, so
    that it is not asked again.
    """

    def __init__(self, version: str, schema: pa.Schema, counts: Callable[[Rule], bool]) -> None:
        catalogue = catalogue_of(version, strict=False, keys=MemoryKeys)
        self._version = version
        self._counts = counts
        self._layout = layout_of("", 0, version, schema, text=False)
        self._of_rows = tuple(
            each.look
            for each in catalogue.of_rows
            if counts(each.rule) and self._layout.has(*each.needs)
        )
        self._schema_fits = not any(
            each.look(self._layout)
            for each in catalogue.of_files
            if counts(each.rule) and self._layout.has(*each.needs)
        )
        self._open: dict[Constants, tuple[_Look, ...]] = {}

    def are_kept(self, batch: pa.RecordBatch) -> bool:
        """Whether no rule that counts is broken by these rows, which are all of a file."""
        rows = Rows(self._layout, batch, 0)
        if not self._schema_fits:
            return False
        return not len(rows) or (self._by_each_row(rows, batch) and self._by_all_rows(rows))

    def _by_each_row(self, rows: Rows, batch: pa.RecordBatch) -> bool:
        findings = (look(rows) for look in self._undecided(batch))
        return not any((found.broken & found.concerned).any() for found in findings)

    def _undecided(self, batch: pa.RecordBatch) -> tuple[_Look, ...]:
        """The rules that are not known to be kept wherever these columns have these values."""
        constants = constants_of(batch)
        undecided = self._open.get(constants)
        if undecided is None:
            names, first = {name for name, _ in constants}, batch.slice(0, 1)
            undecided = tuple(
                look for look in self._of_rows if not self._settles(look, first, names)
            )
            if len(self._open) >= _MOST_REMEMBERED:
                self._open.clear()
            self._open[constants] = undecided
        return undecided

    def _settles(self, look: _Look, row: pa.RecordBatch, names: set[str]) -> bool:
        """Whether a rule is kept by a row and looks at no other columns than these."""
        rows = TracedRows(self._layout, row, 0)
        found = look(rows)
        return rows.touched <= names and not (found.broken & found.concerned).any()

    def _by_all_rows(self, rows: Rows) -> bool:
        rules, digests = self._of_datasets(rows), Digests(rows)
        tallies = {rule.id: Tally(rule) for each in rules for rule in each.rules}
        for each in rules:
            each.check(rows, digests, tallies)
            each.end_file(tallies)
            each.finish([""], tallies)
        return not any(tally.broken and self._counts(tally.rule) for tally in tallies.values())

    def _of_datasets(self, rows: Rows) -> list[DatasetRule]:
        """New rules about all rows, without those about parts of charges where there are none.

        Nor can periods overlap where all are the same.
        """
        has_parts = bool(rows.filled(METHOD).any())
        one_period = all((rows.times(name) == rows.times(name)[0]).all() for name in CHARGE)
        return [
            each
            for each in catalogue_of(self._version, strict=False, keys=MemoryKeys).of_datasets
            if any(map(self._counts, each.rules))
            and self._layout.has(*each.needs)
            and (has_parts or METHOD not in each.needs)
            and not (one_period and isinstance(each, NoOverlap))
        ]
