"""Figures and names as a terminal shows them; null is a hyphen."""

from __future__ import annotations

from decimal import Decimal

from exporter.chargeback.decimals import EXACT
from exporter.chargeback.decimals import share as ratio_of
from exporter.commands.terminal import one_line
from exporter.periods import DAY_SECONDS, day_of, rfc3339

NOTHING = "-"


def money(amount: Decimal | None) -> str:
    """With two decimals."""
    return NOTHING if amount is None else f"{amount:,.2f}"


def price(amount: Decimal | None) -> str:
    """Of a million tokens or a request: two decimals, below 1 four, below 0.01 six."""
    if amount is None:
        return NOTHING
    digits = 2 if abs(amount) >= 1 or not amount else 4 if abs(amount) >= Decimal("0.01") else 6
    return f"{amount:,.{digits}f}"


def count(number: int | None) -> str:
    """Whole, with separators; none at all is a hyphen too."""
    return f"{number:,}" if number else NOTHING


def hours(amount: Decimal | None) -> str:
    """GPU-hours with one decimal."""
    return NOTHING if amount is None else f"{amount:,.1f}"


def percent(ratio: Decimal | None) -> str:
    """Whole percent; one decimal below ten."""
    if ratio is None:
        return NOTHING
    digits = 0 if abs(ratio) >= Decimal("0.0995") or not ratio else 1
    return f"{EXACT.scaleb(ratio, 2):,.{digits}f} %"


def change(now: Decimal, before: Decimal | None) -> str:
    """By how much it rose or fell, in percent of what was before."""
    if before is None:
        return "new"
    if not before:
        return NOTHING
    ratio = EXACT.divide(EXACT.subtract(now, before), EXACT.abs(before))
    return f"{'+' if ratio > 0 else ''}{percent(ratio)}"


def share(part: Decimal | None, whole: Decimal) -> str:
    """The part in percent of the whole; none of less than a cent."""
    return NOTHING if part is None else percent(ratio_of(part, whole))


def name(value: str | None) -> str:
    """A name of somebody else's, on one line."""
    return "(none)" if value is None else one_line(value)


def moment(seconds: int) -> str:
    """A time in UTC, as a date where it is midnight."""
    return f"{day_of(seconds)}" if seconds % DAY_SECONDS == 0 else rfc3339(seconds)


def counted(number: int, thing: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
