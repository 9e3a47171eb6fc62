"""JSON objects in cells: what makes one valid.

Source: KeyValueFormat (Tags, AllocatedTags, SkuPriceDetails; all versions) and JsonObjectFormat
(1.3, 1.4).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

MOST_LEVELS = 3  #: of nesting that JsonObjectFormat recommends at most


class NotJsonError(ValueError):
    """A text that is no valid JSON object; the message completes a sentence about it."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise NotJsonError("has a key twice in one object")
    return values


def _no_number(constant: str) -> Any:
    raise NotJsonError(f"holds {constant}, which is no number in JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_number, parse_float=Decimal
)


def json_object(text: str) -> Mapping[str, Any]:
    """The object that a text holds; numbers with a point or exponent are Decimal.

    Raises NotJsonError for what is no JSON, no object, or has a key twice.
    """
    try:
        value = _DECODER.decode(text)
    except NotJsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJsonError("is no JSON") from error
    if not isinstance(value, dict):
        raise NotJsonError("is no JSON object")
    return value


@lru_cache(maxsize=4096)
def key_value_fault(text: str) -> str:
    """What is wrong with a flat JSON object; empty if nothing is."""
    try:
        values = json_object(text)
    except NotJsonError as error:
        return str(error)
    if any(isinstance(value, dict | list) for value in values.values()):
        return "holds an object or array inside the JSON object"
    return ""


@lru_cache(maxsize=4096)
def object_fault(text: str) -> str:
    """What is wrong with a JSON object of JsonObjectFormat; empty if nothing is."""
    try:
        return _array_fault(json_object(text))
    except NotJsonError as error:
        return str(error)


def _array_fault(value: Any) -> str:
    """What is wrong with the arrays inside a value."""
    if isinstance(value, dict):
        return next(filter(None, map(_array_fault, value.values())), "")
    if not isinstance(value, list):
        return ""
    if None in value:
        return "has an array with null"
    if len({_kind(member) for member in value}) > 1:
        return "has an array of values of different types"
    if len({_written(member) for member in value}) < len(value):
        return "has an array that repeats a value"
    return next(filter(None, map(_array_fault, value)), "")


def _kind(value: Any) -> str:
    """The type that JSON knows, which has one kind of number."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | Decimal) else type(value).__name__


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def levels(value: Any) -> int:
    """How deep objects and arrays are nested; 0 for a plain value."""
    if isinstance(value, dict):
        return 1 + max(map(levels, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(levels, value), default=0)
    return 0
