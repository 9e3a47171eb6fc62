"""Typed values out of metadata documents that were written earlier, and may be damaged since.

Every function raises ValueError for what it does not expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from exporter.periods import unix_seconds

Fields = Mapping[str, object]


def objects_of(value: object) -> list[Fields]:
    """A list of JSON objects."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("it is not a list of objects")
    return value


def text_of(fields: Fields, name: str) -> str:
    """A field that is a text."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, not a text")
    return value


def flag_of(fields: Fields, name: str) -> bool:
    """A field that is true or false."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}, not true or false")
    return value


def moment_of(fields: Fields, name: str) -> int:
    """A field that is a time with a zone, in unix seconds."""
    text = text_of(fields, name)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{name} is {text!r}, a time without a zone")
    return unix_seconds(moment)
