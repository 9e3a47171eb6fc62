"""Values of the chart by their paths."""

from __future__ import annotations

from typing import Any


def nested(path: str, value: Any) -> dict[str, Any]:
    """`{"a": {"b": value}}` of a.b."""
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            both = isinstance(value, dict) and isinstance(found.get(name), dict)
            found[name] = merged(found[name], value) if both else value
    return found


def given(**values: Any) -> dict[str, Any]:
    """Values by path, with __ for the dots."""
    return merged(*(nested(path.replace("__", "."), v) for path, v in values.items()))
