"""Origin charges that stayed beside the parts that they were split into.

Source: DataGeneratorCalculatedSplitCostAllocationHandling (1.3, 1.4): the parts add up to the
origin charge, so that it is counted twice unless it is dropped or kept with zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exporter.focus.rules.coded import Mask
from exporter.focus.rules.dataset_rule import Tallies
from exporter.focus.rules.digests import Digests
from exporter.focus.rules.found import FirstFound
from exporter.focus.rules.keys import KeyStore, Records, key_records, sorted_by
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule
from exporter.focus.rules.splits import METHOD, ORIGIN

_AMOUNTS = (
    "BilledCost",
    "ConsumedQuantity",
    "ContractedCost",
    "EffectiveCost",
    "ListCost",
    "PricingCurrencyEffectiveCost",
    "PricingQuantity",
)
#: Ordinary rows of a file that are held until it is known whether the file has split charges.
MOST_HELD = 1_000_000
_PART = np.uint64(1)  #: the lowest bit of `check`: a part, else an ordinary row


class NoOriginBeside:
    """The rule that no origin charge with amounts stands beside its parts."""

    rules = (
        Rule(
            "split/no-origin",
            Level.ERROR,
            "The charge that was split is not there beside its parts, or only with zeros.",
        ),
    )
    needs: tuple[str, ...] = (METHOD, "ResourceId")
    nobody = "no row is a part of a split charge"

    def __init__(self, store: KeyStore, most_held: int = MOST_HELD) -> None:
        self._store = store
        self._most_held = most_held
        self._held: list[Records] = []
        self._has_parts = False

    def check(self, rows: Rows, digests: Digests, tallies: Tallies) -> None:
        """Keeps the keys of parts and of ordinary rows; those of parts once per batch."""
        parts = rows.filled(METHOD)
        tallies[self.rules[0].id].add_concerned(parts)
        words = digests.together(ORIGIN)
        if parts.any():
            self._has_parts = True
            records = key_records(words, rows, parts)
            records["check"] |= _PART
            self._store.add(records[np.unique(records[["key", "check"]], return_index=True)[1]])
        ordinary = key_records(words, rows, ~parts & _has_amounts(rows))
        ordinary["check"] &= ~_PART
        self._held.append(ordinary)
        if sum(map(len, self._held)) > self._most_held:
            self._keep()

    def _keep(self) -> None:
        for records in self._held:
            self._store.add(records)
        self._held.clear()

    def end_file(self, tallies: Tallies) -> None:
        """An origin charge is in the file of its parts, so that other files are forgotten."""
        if self._has_parts:
            self._keep()
        self._held.clear()
        self._has_parts = False

    def finish(self, files: Sequence[str], tallies: Tallies) -> None:
        """Names the ordinary rows that have the key of a part."""
        found = FirstFound(tallies[self.rules[0].id], files)
        for records in self._store.partitions():
            beside, parts = _beside(records)
            found.add(beside, parts)
        found.tell(METHOD, "is null, and the row has amounts of which {} is a part")


def _has_amounts(rows: Rows) -> Mask:
    found = rows.none()
    for name in _AMOUNTS:
        found = found | (rows.usable(name) & (rows.numbers(name) != 0))
    return found


def _beside(records: Records) -> tuple[Records, Records]:
    """The ordinary rows whose key is that of a part, and one such part for each."""
    ordered = sorted_by(records, "key", "check", "file", "row")
    is_part = (ordered["check"] & _PART) == _PART
    keys, checks = ordered["key"], ordered["check"] >> _PART
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = (keys[1:] != keys[:-1]) | (checks[1:] != checks[:-1])
    charges = np.cumsum(is_new) - 1
    a_part = np.full(len(ordered), -1)
    a_part[charges[is_part][::-1]] = np.flatnonzero(is_part)[::-1]  # the first one stays
    beside = ~is_part & (a_part[charges] >= 0)
    return ordered[beside], ordered[a_part[charges[beside]]]
