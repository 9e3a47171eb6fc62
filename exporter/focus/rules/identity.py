"""Rows that are there twice, and charges whose periods overlap.

Both look at all files at once, through one small record per row. A row of this program is known by
what it is for; a row of other files by everything but its amounts. DeliveryHandling of FOCUS 1.4
wants that nobody has to remove duplicate rows; overlapping periods count the same use twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from exporter.focus.column import ColumnType
from exporter.focus.rules.arithmetic import all_usable
from exporter.focus.rules.coded import Mask
from exporter.focus.rules.dataset_rule import DatasetRule, Tallies
from exporter.focus.rules.digests import Digests
from exporter.focus.rules.found import FirstFound
from exporter.focus.rules.keys import KeyStore, Records, key_records, sorted_by
from exporter.focus.rules.layout import FileLayout
from exporter.focus.rules.periods import CHARGE
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule
from exporter.focus.rules.splits import METHOD, ORIGIN

_OWN = ("BillingAccountId", *CHARGE, "ResourceId", "SkuPriceId", "AllocatedResourceId")
_OWN_EXTENSIONS = (
    "Cluster",
    "CostProfile",
    "GpuModel",
    "Namespace",
    "Workload",
    "WorkloadType",
    "Pod",
)
_OWN_HOLDER = ("BillingAccountId",)
_OWN_HOLDER_EXTENSIONS = ("Cluster", "CostProfile", "Namespace")
_OTHERS_HOLDER = ("BillingAccountId", "SubAccountId", "ResourceId", "SkuPriceId")

Places = Callable[[Rows], Mask]
Names = Callable[[FileLayout], Sequence[str]]


class SeenOnce:
    """The rule that no row that it concerns is there twice, by the columns that `names` gives."""

    def __init__(
        self,
        rule: Rule,
        store: KeyStore,
        where: Places,
        names: Names,
        *,
        needs: tuple[str, ...] = (),
        nobody: str,
    ) -> None:
        self.rules = (rule,)
        self.needs = needs
        self.nobody = nobody
        self._store = store
        self._where = where
        self._names = names

    def check(self, rows: Rows, digests: Digests, tallies: Tallies) -> None:
        """Keeps a record of every row that the rule concerns."""
        concerned = self._where(rows)
        tallies[self.rules[0].id].add_concerned(concerned)
        if concerned.any():
            words = digests.together(self._names(rows.layout))
            self._store.add(key_records(words, rows, concerned))

    def end_file(self, tallies: Tallies) -> None:
        """Rows are compared over all files."""

    def finish(self, files: Sequence[str], tallies: Tallies) -> None:
        """Names the rows that repeat one before."""
        found = FirstFound(tallies[self.rules[0].id], files)
        for records in self._store.partitions():
            ordered = sorted_by(records, "key", "check", "file", "row")
            repeated = _same(ordered, "key", "check")
            found.add(ordered[1:][repeated], ordered[:-1][repeated])
        found.tell("", "is there already, in {}")


class NoOverlap:
    """The rule that the charge periods of one holder are equal or apart."""

    def __init__(
        self, rule: Rule, store: KeyStore, where: Places, names: Names, *, nobody: str
    ) -> None:
        self.rules = (rule,)
        self.needs: tuple[str, ...] = (*CHARGE, "ChargeCategory")
        self.nobody = nobody
        self._store = store
        self._where = where
        self._names = names

    def check(self, rows: Rows, digests: Digests, tallies: Tallies) -> None:
        """Keeps a record of every holder and period."""
        concerned = self._where(rows) & rows.usage & rows.normal & all_usable(rows, CHARGE)
        tallies[self.rules[0].id].add_concerned(concerned)
        if concerned.any():
            words = digests.together(self._names(rows.layout))
            self._store.add(_first_of_each(key_records(words, rows, concerned)))

    def end_file(self, tallies: Tallies) -> None:
        """Periods are compared over all files."""

    def finish(self, files: Sequence[str], tallies: Tallies) -> None:
        """Names the periods that begin before another one of the same holder has ended."""
        found = FirstFound(tallies[self.rules[0].id], files)
        for records in self._store.partitions():
            ordered = _first_of_each(records)
            begun_early = ordered["start"][1:] < ordered["end"][:-1]
            overlap = _same(ordered, "key", "check") & begun_early
            found.add(ordered[1:][overlap], ordered[:-1][overlap])
        found.tell(CHARGE[0], "begins a period that overlaps the one in {}")


def identity_rules(version: str, keys: Callable[[], KeyStore]) -> Iterator[DatasetRule]:
    """The rules of a FOCUS version, each with a store of its own."""
    twice, apart = "No row is there twice", "Charge periods of one holder are equal or apart"
    of_own = ", in files of this program"
    level = Level.ERROR if version == "1.4" else Level.WARNING
    nobody = "every file is of this program"
    once = Rule("rows/once", level, f"{twice}.")
    yield SeenOnce(once, keys(), _others, _all_but_amounts, nobody=nobody)
    no_overlap = Rule("rows/no-overlap", Level.WARNING, f"{apart}.")
    yield NoOverlap(no_overlap, keys(), _others, _others_holder, nobody=nobody)
    nobody = "every file is of another program"
    once = Rule("extensions/once", Level.ERROR, f"{twice}{of_own}.")
    yield SeenOnce(once, keys(), _own, _own_identity, nobody=nobody)
    no_overlap = Rule("extensions/no-overlap", Level.ERROR, f"{apart}{of_own}.")
    yield NoOverlap(no_overlap, keys(), _own, _own_holder, nobody=nobody)
    if version in ("1.3", "1.4"):
        yield _allocated_once(keys())


def _allocated_once(store: KeyStore) -> SeenOnce:
    return SeenOnce(
        Rule(
            "AllocatedResourceId/once",
            Level.WARNING,
            "An AllocatedResourceId gets one part of a charge.",
        ),
        store,
        lambda rows: rows.filled(METHOD) & rows.usable("AllocatedResourceId"),
        lambda layout: (*ORIGIN, "AllocatedResourceId"),
        needs=(METHOD, "AllocatedResourceId"),
        nobody="no row is a part of a split charge",
    )


def _own(rows: Rows) -> Mask:
    return rows.none() if rows.layout.prefix is None else rows.all()


def _others(rows: Rows) -> Mask:
    return rows.all() if rows.layout.prefix is None else rows.none()


def _own_identity(layout: FileLayout) -> Sequence[str]:
    return [*_OWN, *(f"{layout.prefix}{name}" for name in _OWN_EXTENSIONS)]


def _own_holder(layout: FileLayout) -> Sequence[str]:
    return [*_OWN_HOLDER, *(f"{layout.prefix}{name}" for name in _OWN_HOLDER_EXTENSIONS)]


def _others_holder(layout: FileLayout) -> Sequence[str]:
    return _OTHERS_HOLDER


def _all_but_amounts(layout: FileLayout) -> Sequence[str]:
    return sorted(name for name in layout.types if not _is_amount(layout, name))


def _is_amount(layout: FileLayout, name: str) -> bool:
    column, kind = layout.columns.get(name), layout.types[name]
    if column is not None:
        return column.type is ColumnType.DECIMAL
    return bool(pa.types.is_decimal(kind) or pa.types.is_floating(kind))


def _first_of_each(records: Records) -> Records:
    """The first record of each holder and period, by holder and then by time."""
    ordered = sorted_by(records, "key", "check", "start", "end", "file", "row")
    again = _same(ordered, "key", "check", "start", "end")
    kept: Records = ordered[np.concatenate([np.ones(min(len(ordered), 1), np.bool_), ~again])]
    return kept


def _same(ordered: Records, *names: str) -> Mask:
    """Which records have the same as the one before, from the second on."""
    same = np.ones(max(len(ordered) - 1, 0), np.bool_)
    for name in names:
        same &= ordered[name][1:] == ordered[name][:-1]
    return same
