"""Arithmetic that never rounds on its own, unlike that of Python's default context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Context, Decimal

#: Wide enough for any amount over the smallest number that a document can say.
EXACT = Context(prec=400)
_ATTO_DIGITS = 18
_RATIO = Decimal(1).scaleb(-9)
_CENT = Decimal("0.01")


def ratio(amount: Decimal, count: Decimal | int) -> Decimal | None:
    """The quotient; null where there is nothing to divide by."""
    return quotient(amount, count) if count else None


def quotient(amount: Decimal, count: Decimal | int) -> Decimal:
    """Rounded to nine digits, as all ratios of a report."""
    return EXACT.divide(amount, Decimal(count)).quantize(_RATIO, context=EXACT)


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """The part of a whole; null of less than a cent, of which no part tells anything."""
    return quotient(part, whole) if whole >= _CENT else None


def added(amounts: Iterable[Decimal]) -> Decimal:
    """The sum with all of its digits."""
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def evenly(amount: Decimal, parts: int) -> Iterator[Decimal]:
    """Parts that add up to the amount exactly: equal ones of 18 digits, the last with the rest."""
    atto = int(EXACT.scaleb(amount, _ATTO_DIGITS))
    each = atto // parts
    for part in (each,) * (parts - 1):
        yield EXACT.scaleb(Decimal(part), -_ATTO_DIGITS)
    yield EXACT.scaleb(Decimal(atto - each * (parts - 1)), -_ATTO_DIGITS)
