"""Who pays, by the first key of a report: the bars of its chart and the bands of its trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.chargeback.decimals import EXACT, added
from exporter.chargeback.figures import Chargeback, Nobodys
from exporter.chargeback.grouping import dearest_first
from exporter.pages.names import Name, name, stands_for

#: Colours of the style sheet for bands of teams, in order; the others share one.
COLOURS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7")
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Band:
    """One value of the first key, or all of those that have no colour of their own.

    `colour` is a name in the style sheet; `nobodys` tells idle and unobserved GPU-time.
    """

    name: Name
    cost: Decimal
    days: tuple[Decimal, ...]
    colour: str
    nobodys: bool


def bands(chargeback: Chargeback, most: int) -> tuple[Band, ...]:
    """Dearest first, at most so many of teams, the rest as one; what nobody pays comes last."""
    whole = _by_first_key(chargeback)
    paid = [item for item in whole if item[0][1] is None]
    kept, rest = (paid, []) if len(paid) <= most else (paid[: most - 1], paid[most - 1 :])
    key = chargeback.keys[0]
    colours = _colours(len(paid))
    shown = [
        Band(name(value, key), cost, days, colour, nobodys=False)
        for ((value, _), cost, days), colour in zip(kept, colours, strict=False)
    ]
    if rest:
        shown.append(_others(rest))
    return (*shown, *(_nobodys(item) for item in whole if item[0][1] is not None))


def _colours(count: int) -> list[str]:
    """The same in every chart: where there are more teams than colours, the rest look alike."""
    own = COLOURS if count <= len(COLOURS) else COLOURS[:-1]
    return [*own, *[OTHERS] * (count - len(own))]


_Value = tuple[str | None, Nobodys | None]
_Item = tuple[_Value, Decimal, tuple[Decimal, ...]]


def _by_first_key(chargeback: Chargeback) -> list[_Item]:
    costs: dict[_Value, Decimal] = {}
    days: dict[_Value, tuple[Decimal, ...]] = {}
    for line in chargeback.groups:
        value = line.values[0], stands_for(line.values[0], line.nobodys)
        costs[value] = EXACT.add(costs.get(value, Decimal(0)), line.sums.cost)
        days[value] = _added(days.get(value), line.days)
    dearest = sorted(costs, key=lambda value: dearest_first(value, costs[value]))
    return [(value, costs[value], days[value]) for value in dearest]


def _others(rest: Sequence[_Item]) -> Band:
    days: tuple[Decimal, ...] | None = None
    for item in rest:
        days = _added(days, item[2])
    words = f"{len(rest)} others"
    cost = added(item[1] for item in rest)
    return Band(Name(words, words, given=False), cost, days or (), OTHERS, nobodys=False)


def _nobodys(item: _Item) -> Band:
    (value, nobodys), cost, days = item
    colour = "idle" if nobodys is Nobodys.IDLE else "unobserved"
    return Band(name(value, "", nobodys), cost, days, colour, nobodys=True)


def _added(some: tuple[Decimal, ...] | None, more: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if some is None:
        return more
    return tuple(EXACT.add(one, other) for one, other in zip(some, more, strict=True))
