"""A report as JSON: every figure, decimals as texts with all their digits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal

from exporter.chargeback.figures import Chargeback
from exporter.periods import rfc3339

#: Unix seconds in the figures, RFC 3339 in the document.
_TIMES = frozenset({"start", "end", "until"})


def report_document(report: Chargeback) -> str:
    """One JSON object in the order of the figures, with a line end."""
    return json.dumps(_value(report), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _value(figure: object) -> object:
    match figure:
        case Decimal():
            return plain(figure)
        case date():
            return figure.isoformat()
        case tuple():
            return [_value(each) for each in figure]
        case _ if is_dataclass(figure):
            return {_camel(name): _member(figure, name) for name in _names(type(figure))}
        case _:
            return figure


def _member(figure: object, name: str) -> object:
    found = getattr(figure, name)
    return rfc3339(found) if name in _TIMES and found is not None else _value(found)


def _names(of: type) -> Iterator[str]:
    """The figures themselves, then what follows from them."""
    yield from (field.name for field in fields(of))
    yield from properties_of(of)


def properties_of(of: type) -> list[str]:
    """The names of the properties of a class, in its order."""
    return [name for name, member in vars(of).items() if isinstance(member, property)]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def plain(number: Decimal) -> str:
    """Without exponent and without zeros at the end: the same number is the same text."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
