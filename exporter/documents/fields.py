"""What the fields of documents may hold, each with the words that say what was expected.

An Expectation is put into an annotation: `Annotated[Decimal, number(minimum=0)]`. It sees the
value before pydantic does, so that every fault of a value has one form, and a text is never
taken for a number, nor a boolean for an integer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from exporter import periods

#: No amount, price or power is larger; money is counted in 1e-9 within 64 bits.
_LARGEST = Decimal(10) ** 12
#: Longer integers are only slow to compare; none is in any field's range.
_MOST_BITS = 128
_NAMESPACE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")

_IRREGULAR_NAMES = {
    "purchase_price_usd": "purchasePriceUSD",
    "monthly_limit_usd": "monthlyLimitUSD",
    "rate_per_kwh": "ratePerKWh",
    "with_": "with",
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a field accepts: in words, and as a function that raises ValueError otherwise."""

    words: str
    convert: Callable[[Any], object]

    def _check(self, value: object) -> object:
        try:
            return self.convert(value)
        except ValueError:
            raise PydanticCustomError("expected", "{words}", {"words": self.words}) from None

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._check, handler(source))


def _refuse_unless(condition: bool) -> None:
    if not condition:
        raise ValueError


def to_decimal(value: object) -> Decimal:
    """A finite number by its shortest text, so that a float of 0.1 is Decimal("0.1")."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError
    if isinstance(value, int):
        _refuse_unless(value.bit_length() <= _MOST_BITS)
    else:
        _refuse_unless(math.isfinite(value))
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def number(
    *,
    minimum: int | None = None,
    above: int | None = None,
    maximum: int | None = None,
    digits: int | None = None,
    hint: str = "",
) -> Expectation:
    """A number from `minimum`, or above `above`, to `maximum` (if null, 1e12), as Decimal.

    It has at most `digits` fractional digits; if null, any number of them.
    """
    start = f"from {minimum} to" if above is None else f"above {above} and up to"
    most = _LARGEST if maximum is None else Decimal(maximum)
    form = "" if digits is None else f" with at most {digits} fractional digits"

    def convert(value: object) -> Decimal:
        amount = to_decimal(value)
        _refuse_unless(minimum is None or amount >= minimum)
        _refuse_unless(above is None or amount > above)
        _refuse_unless(amount <= most)
        _refuse_unless(digits is None or amount == round(amount, digits))
        return abs(amount) if amount == 0 else amount  # -0.0 is 0

    end = "1e12" if maximum is None else f"{maximum}"
    return Expectation(f"a number {start} {end}{form}{hint}", convert)


def whole_number(minimum: int, maximum: int) -> Expectation:
    """An integer within the limits; 8.0 is one, true is not."""

    def convert(value: object) -> int:
        amount = to_decimal(value)
        _refuse_unless(minimum <= amount <= maximum and amount == int(amount))
        return int(amount)

    return Expectation(f"a whole number from {minimum} to {maximum}", convert)


def printable(value: object) -> str:
    """A text without control characters, line ends or halves of surrogate pairs."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError
    return value


def _filled(value: object) -> str:
    _refuse_unless(printable(value).strip() != "")
    return printable(value)


def _remark(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    value.encode()  # UnicodeError is a ValueError: half a surrogate pair cannot be written
    return value


def _namespace(value: object) -> str:
    _refuse_unless(_NAMESPACE_NAME.fullmatch(_filled(value)) is not None)
    return _filled(value)


def _day(value: object) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    _refuse_unless(isinstance(value, date) and not isinstance(value, datetime))
    return value  # type: ignore[return-value]  # the line above leaves a date


def _moment(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        value = datetime.fromisoformat(value.upper())
    if not isinstance(value, datetime):
        return periods.day_start(_day(value))
    _refuse_unless(value.tzinfo is not None and value.microsecond == 0)
    return periods.unix_seconds(value)


def _tuple(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError
    return tuple(value)


def one_of(*choices: str) -> Expectation:
    """One of a few words, exactly so written."""

    def convert(value: object) -> object:
        _refuse_unless(isinstance(value, str) and value in choices)
        return value

    return Expectation(f"one of {', '.join(choices)}", convert)


TEXT = Expectation("a text", _filled)
LABEL_VALUE = Expectation("a text", printable)
REMARK = Expectation("a text", _remark)
NAMESPACE = Expectation("the name of one namespace", _namespace)
LIST = Expectation("a list", _tuple)
DAY = Expectation("a date such as 2026-03-10", _day)
MOMENT = Expectation("a date or an RFC 3339 time such as 2026-03-10T00:00:00Z", _moment)
AT_LEAST_ZERO = number(minimum=0)

Text = Annotated[str, TEXT]
Amount = Annotated[Decimal, AT_LEAST_ZERO]
Positive = Annotated[Decimal, number(above=0)]
Labels = dict[Text, Annotated[str, LABEL_VALUE]]
Texts = Annotated[tuple[Text, ...], LIST]


def yaml_name(field: str) -> str:
    """The name of a field in a document: `gpu_count` is `gpuCount`."""
    return _IRREGULAR_NAMES.get(field) or to_camel(field)


class Document(BaseModel):
    """Base of all parts of a document: frozen, closed to unknown fields, null means not given."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=yaml_name,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        """Kubernetes takes an explicit null for an absent field; an unknown field stays a fault."""
        if not isinstance(data, dict):
            return data
        known = {yaml_name(field) for field in cls.model_fields}
        return {key: value for key, value in data.items() if value is not None or key not in known}
