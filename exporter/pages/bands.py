"""Who pays, by the first key of a report: the bars of its chart and the bands of its trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.chargeback.figures import Chargeback
from exporter.focus.names import IDLE
from exporter.pages.names import Name, is_nobodys, name

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
    paid = [item for item in whole if not is_nobodys(item[0])]
    kept, rest = (paid, []) if len(paid) <= most else (paid[: most - 1], paid[most - 1 :])
    key = chargeback.keys[0]
    colours = _colours(len(paid))
    shown = [
        Band(name(value, key), cost, days, colour, nobodys=False)
        for (value, cost, days), colour in zip(kept, colours, strict=False)
    ]
    if rest:
        shown.append(_others(rest))
    return (*shown, *(_nobodys(item) for item in whole if is_nobodys(item[0])))


def _colours(count: int) -> list[str]:
    """The same in every chart: where there are more teams than colours, the rest look alike."""
    own = COLOURS if count <= len(COLOURS) else COLOURS[:-1]
    return [*own, *[OTHERS] * (count - len(own))]


_Item = tuple[str | None, Decimal, tuple[Decimal, ...]]


def _by_first_key(chargeback: Chargeback) -> list[_Item]:
    costs: dict[str | None, Decimal] = {}
    days: dict[str | None, tuple[Decimal, ...]] = {}
    for line in chargeback.groups:
        value = line.values[0]
        costs[value] = costs.get(value, Decimal(0)) + line.sums.cost
        days[value] = _added(days.get(value), line.days)
    dearest = sorted(costs, key=lambda value: (-costs[value], value is None, value or ""))
    return [(value, costs[value], days[value]) for value in dearest]


def _others(rest: Sequence[_Item]) -> Band:
    days: tuple[Decimal, ...] | None = None
    for item in rest:
        days = _added(days, item[2])
    words = f"{len(rest)} others"
    cost = sum((item[1] for item in rest), Decimal(0))
    return Band(Name(words, words, given=False), cost, days or (), OTHERS, nobodys=False)


def _nobodys(item: _Item) -> Band:
    value, cost, days = item
    colour = "idle" if value == IDLE else "unobserved"
    return Band(name(value, ""), cost, days, colour, nobodys=True)


def _added(some: tuple[Decimal, ...] | None, more: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return more if some is None else tuple(a + b for a, b in zip(some, more, strict=True))
