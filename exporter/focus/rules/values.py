"""What a single cell must be: not null, no stand-in for null, one of the allowed values.

Source: the nullability and the allowed values of each column page, NullHandling, StringHandling
and CurrencyFormat, FOCUS 1.0 to 1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from exporter.documents.currencies import CURRENCIES
from exporter.focus.column import Column, ColumnType
from exporter.focus.rules.row_rule import Finding, RowRule, row_rule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level

#: What FOCUS names as a stand-in for null, in small letters.
_STAND_INS = frozenset({"", "n/a", "not applicable"})
_LONGEST_STAND_IN = max(map(len, _STAND_INS))
_NO_VALUE = "no row has a value"
#: Nullable by the table of their page, while its text says never (1.2, 1.3).
_NEVER_BY_TEXT = ("PricingCurrency", "PricingCurrencyEffectiveCost")


def value_rules(columns: Iterable[Column]) -> Iterator[RowRule]:
    """The rules of each column by itself."""
    for column in columns:
        if not column.nullable or column.name in _NEVER_BY_TEXT:
            yield _not_null(column.name)
        if column.type is ColumnType.STRING:
            yield from _text_rules(column.name)
        if column.allowed:
            yield _allowed(column)


def currency_rule(name: str) -> RowRule:
    """A column holds codes of national currencies."""
    return _of_values(
        "currency",
        name,
        Level.ERROR,
        f"{name} is a code of ISO 4217.",
        "is no currency code of ISO 4217",
        lambda text: text not in CURRENCIES,
    )


def _not_null(name: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        return Finding(rows.all(), rows.null(name))

    text = f"{name} is never null."
    return row_rule("not-null", name, Level.ERROR, text, "is null", look)


def _text_rules(name: str) -> Iterator[RowRule]:
    yield _of_values(
        "stand-in",
        name,
        Level.ERROR,
        f"{name} is null where there is no value, not an empty text or N/A.",
        "stands in for null",
        _is_stand_in,
        _LONGEST_STAND_IN,
    )
    yield _of_values(
        "blank",
        name,
        Level.WARNING,
        f"{name} is more than spaces.",
        "is only spaces",
        lambda text: text.isspace(),
    )


def _is_stand_in(text: str) -> bool:
    return text.lower() in _STAND_INS


def _allowed(column: Column) -> RowRule:
    allowed = frozenset(column.allowed)
    return _of_values(
        "allowed",
        column.name,
        Level.ERROR,
        f"{column.name} is one of {_listed(column.allowed)}.",
        "is not one of the allowed values",
        lambda text: text not in allowed,
    )


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values) if len(values) <= 6 else f"its {len(values)} allowed values"


def _of_values(
    aspect: str,
    name: str,
    level: Level,
    text: str,
    what: str,
    is_broken: Callable[[str], bool],
    longest: int | None = None,
) -> RowRule:
    """A rule about the texts of a column, wherever it is not null; longer ones keep it."""

    def look(rows: Rows) -> Finding:
        return Finding(rows.usable(name), rows.where(name, is_broken, longest))

    return row_rule(aspect, name, level, text, what, look, nobody=_NO_VALUE)
