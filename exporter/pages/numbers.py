"""Numbers as the page shows them: rounded, with the exact figure in `<data value>`.

Null is a dash that says why. `of` names the figure, so that whoever reads the page by program finds
it again. Halves are rounded to the even digit, as everywhere else.
"""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from exporter.chargeback.decimals import EXACT

NOT_KNOWN = "not known"
_MINUS = "\N{MINUS SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"
_MILLION, _BILLION = Decimal(10**6), Decimal(10**9)

Number = Decimal | int


def money(amount: Decimal | None, of: str = "cost", why: str = NOT_KNOWN) -> Markup:
    """With two decimals."""
    return nothing(why) if amount is None else _data(amount, rounded(amount, 2), of)


def price(amount: Decimal | None, of: str, why: str = NOT_KNOWN) -> Markup:
    """Of a million tokens or a request: four decimals below 1."""
    if amount is None:
        return nothing(why)
    return _data(amount, rounded(amount, 2 if abs(amount) >= 1 else 4), of)


def counted(number: Number | None, of: str, why: str = NOT_KNOWN) -> Markup:
    """Tokens or requests: whole below a million, else in millions or billions."""
    if number is None:
        return nothing(why)
    return _data(number, _short(Decimal(number)), of)


def whole(number: int, of: str) -> Markup:
    """Of things that one counts one by one: rows, GPUs."""
    return _data(number, f"{number:,}", of)


def measured(quantity: Decimal | None, of: str, why: str = NOT_KNOWN) -> Markup:
    """GPU-hours or kilowatt-hours, with one decimal."""
    return nothing(why) if quantity is None else _data(quantity, rounded(quantity, 1), of)


def percent(ratio: Decimal | None, of: str, why: str = NOT_KNOWN) -> Markup:
    """A ratio as percent with one decimal; its exact value stays a ratio."""
    return nothing(why) if ratio is None else _data(ratio, percent_text(ratio), of)


def change(now: Decimal, before: Decimal | None, of: str = "change") -> Markup:
    """The difference in percent of what was before, signed; the exact value is a ratio."""
    if before is None:
        return nothing("nothing in the period before")
    if not before:
        return nothing("the period before cost nothing")
    ratio = EXACT.subtract(now, before) / EXACT.abs(before)
    return _data(ratio, ("+" if ratio > 0 else "") + percent_text(ratio), of)


def difference(now: Decimal, before: Decimal, of: str = "difference") -> Markup:
    """The difference in money, signed."""
    more = EXACT.subtract(now, before)
    return _data(more, ("+" if more > 0 else "") + rounded(more, 2), of)


def nothing(why: str) -> Markup:
    """The dash of a figure that is not there."""
    return Markup('<abbr class="none" title="{}">–</abbr>').format(why)


def percent_text(ratio: Decimal) -> str:
    """`12.3 %`."""
    return f"{rounded(EXACT.scaleb(ratio, 2), 1)}{_SPACE}%"


def rounded(number: Decimal, digits: int) -> str:
    """With separators and a true minus; what rounds to zero without being it, as less than that."""
    least = Decimal(1).scaleb(-digits)
    if number and EXACT.abs(number) <= least / 2:
        return f"<{least}" if number > 0 else f">{_MINUS}{least}"
    return f"{number:,.{digits}f}".replace("-", _MINUS)


def _short(number: Decimal) -> str:
    if number < _MILLION:
        return f"{number:,.0f}"
    if number < _BILLION:
        return f"{rounded(EXACT.divide(number, _MILLION), 1)}{_SPACE}M"
    return f"{rounded(EXACT.divide(number, _BILLION), 2)}{_SPACE}B"


def _data(exact: Number, shown: str, of: str) -> Markup:
    markup = Markup('<data value="{}" data-figure="{}">{}</data>')
    return markup.format(f"{exact:f}" if isinstance(exact, Decimal) else exact, of, shown)
