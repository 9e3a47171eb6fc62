"""Charges that were split among those who used them.

Source: DataGeneratorCalculatedSplitCostAllocationHandling and the pages of the Allocated columns
(1.3, 1.4). An origin charge is told by account, resource, SKU price, charge period and tags, which
all its parts keep; only who used it, and how much, differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

import numpy as np

from exporter.focus.column import ColumnType
from exporter.focus.rules.arithmetic import TOLERANCE
from exporter.focus.rules.dataset_rule import Tallies
from exporter.focus.rules.digests import Digests, Words
from exporter.focus.rules.elements import EXACT, ratio_of
from exporter.focus.rules.layout import focus_columns_of
from exporter.focus.rules.nullness import UNIT_PRICES
from exporter.focus.rules.periods import CHARGE
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Broken, Level, Rule

METHOD = "AllocatedMethodId"
ORIGIN = ("BillingAccountId", "ResourceId", "SkuPriceId", *CHARGE, "Tags")
_DETAILS = "AllocatedMethodDetails"
_COST = "EffectiveCost"
#: How many origin charges whose ratios are not yet 1 are remembered; some 2 kB each.
MOST_ORIGINS = 100_000
_WIDE = Context(prec=200)

_RATIOS = Rule(
    "split/ratios", Level.ERROR, "The ratios of all parts of a split charge add up to exactly 1."
)
_SHARES = Rule(
    "split/shares",
    Level.ERROR,
    "The parts of a split charge have the share of its EffectiveCost that their ratios say.",
)
_DIMENSIONS = Rule(
    "split/dimensions",
    Level.ERROR,
    "The parts of a split charge have the same in all columns that are not added up.",
)
_ONE_METHOD = Rule(
    "split/one-method", Level.ERROR, "The parts of a split charge have one AllocatedMethodId."
)


@dataclass(slots=True)
class _Origin:
    """The parts of one charge so far; the sums are exact.

    `ratio` is None once a part has no valid ratio or cost, so that nothing adds up.
    """

    file: str
    row: int
    method: str
    dimensions: Words
    ratio: Decimal | None = Decimal(0)
    parts: int = 0
    cost: Decimal = Decimal(0)
    cost_squares: Decimal = Decimal(0)
    ratio_squares: Decimal = Decimal(0)
    products: Decimal = Decimal(0)

    def add(self, ratio: Decimal | None, cost: Decimal | None) -> None:
        """One more part."""
        self.parts += 1
        if ratio is None or cost is None or self.ratio is None:
            self.ratio = None
            return
        self.ratio = EXACT.add(self.ratio, ratio)
        self.cost = _WIDE.add(self.cost, cost)
        self.cost_squares = _WIDE.fma(cost, cost, self.cost_squares)
        self.ratio_squares = _WIDE.fma(ratio, ratio, self.ratio_squares)
        self.products = _WIDE.fma(ratio, cost, self.products)

    @property
    def shares_differ(self) -> bool:
        """Whether some part has another cost than its ratio says.

        The squares of all differences add up to what the sums give, and to no more than `parts`
        squares of the tolerance where no part is beyond it.
        """
        total = self.cost
        squares = _WIDE.fma(_WIDE.multiply(total, total), self.ratio_squares, self.cost_squares)
        squares = _WIDE.fma(_WIDE.multiply(Decimal(-2), total), self.products, squares)
        allowed = TOLERANCE * max(abs(total), Decimal(1))
        return squares > self.parts * allowed * allowed


class SplitCharges:
    """The rules about all parts of a charge.

    A charge whose ratios are 1 when a file ends is done with; the others may go on in other files.
    """

    rules = (_RATIOS, _SHARES, _DIMENSIONS, _ONE_METHOD)
    needs: tuple[str, ...] = (METHOD, _DETAILS, "ResourceId", *CHARGE)
    nobody = "no row is a part of a split charge"

    def __init__(self, version: str, most: int = MOST_ORIGINS) -> None:
        self._most = most
        self._names = [
            column.name
            for column in focus_columns_of(version)
            if not column.name.startswith("Allocated")
            and column.name not in ORIGIN
            and (column.type is not ColumnType.DECIMAL or column.name in UNIT_PRICES)
        ]
        self._origins: dict[tuple[int, int], _Origin] = {}

    def check(self, rows: Rows, digests: Digests, tallies: Tallies) -> None:
        """Adds the parts among the rows to the charges that they are parts of."""
        places = np.flatnonzero(rows.filled(METHOD))
        for tally in (tallies[rule.id] for rule in self.rules):
            tally.looked = True
        if not len(places):
            return
        keys = digests.together(ORIGIN)[:, places].T.tolist()
        dimensions = np.stack([digests.of(name)[0] for name in self._names], axis=1)
        for key, place in zip(map(tuple, keys), places.tolist(), strict=True):
            origin = self._origin(key, rows, place, dimensions[place])
            if origin is None:
                _say_partly(tallies, self._most)
                continue
            origin.add(ratio_of(rows.texts(_DETAILS).text(place) or ""), _cost(rows, place))
            self._compare(origin, rows, place, dimensions[place], tallies)

    def _origin(
        self, key: tuple[int, int], rows: Rows, place: int, dimensions: Words
    ) -> _Origin | None:
        known = self._origins.get(key)
        if known is None and len(self._origins) < self._most:
            method, row = rows.texts(METHOD).text(place) or "", rows.first + place + 1
            known = _Origin(rows.layout.file, row, method, dimensions)
            self._origins[key] = known
        return known

    def _compare(
        self, origin: _Origin, rows: Rows, place: int, dimensions: Words, tallies: Tallies
    ) -> None:
        """One part with the first of the same charge."""
        first = f"that row {origin.row} of {origin.file} is a part of"
        tallies[_DIMENSIONS.id].rows += 1
        tallies[_ONE_METHOD.id].rows += 1
        for number in np.flatnonzero(dimensions != origin.dimensions)[:1].tolist():
            what = f"differs among the parts of the charge {first}"
            tallies[_DIMENSIONS.id].add_broken_row(rows, place, self._names[number], what)
        if rows.texts(METHOD).text(place) != origin.method:
            what = f"is another one for the charge {first}"
            tallies[_ONE_METHOD.id].add_broken_row(rows, place, METHOD, what)

    def end_file(self, tallies: Tallies) -> None:
        """Judges the charges that are whole, and forgets them."""
        whole = [key for key, origin in self._origins.items() if origin.ratio in (None, 1)]
        for key in whole:
            _judge(self._origins.pop(key), tallies)

    def finish(self, files: Sequence[str], tallies: Tallies) -> None:
        """Judges the charges that never became whole."""
        for origin in self._origins.values():
            _judge(origin, tallies)
        self._origins.clear()


def _cost(rows: Rows, place: int) -> Decimal | None:
    return rows.exact(_COST, place) if rows.usable(_COST)[place] else None


def _judge(origin: _Origin, tallies: Tallies) -> None:
    """Shares are judged where ratios are right, so that one fault is told once."""
    if origin.ratio is None:
        return
    tallies[_RATIOS.id].rows += 1
    if origin.ratio != 1:
        what = f"adds up to {origin.ratio:f} over all {origin.parts} parts of the charge"
        broken = Broken(origin.file, origin.row, _DETAILS, f"{origin.ratio:f}"[:80], what[:200])
        tallies[_RATIOS.id].add_broken(broken)
        return
    tallies[_SHARES.id].rows += 1
    if origin.shares_differ:
        what = f"is not the share that the ratio says, in some of {origin.parts} parts"
        broken = Broken(origin.file, origin.row, _COST, "", what)
        tallies[_SHARES.id].add_broken(broken)


def _say_partly(tallies: Tallies, most: int) -> None:
    for rule in SplitCharges.rules:
        tallies[rule.id].partly = f"of the charges open at once only {most} were added up"
