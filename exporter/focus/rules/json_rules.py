"""The rules of columns that hold JSON.

Source: KeyValueFormat, JsonObjectFormat, and the pages of SkuPriceDetails, AllocatedTags,
AllocatedMethodDetails and ContractApplied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from exporter.focus.rules.elements import allocation_fault, contract_fault, unit_fault
from exporter.focus.rules.json_cells import (
    MOST_LEVELS,
    NotJsonError,
    json_object,
    key_value_fault,
    levels,
    object_fault,
)
from exporter.focus.rules.row_rule import Finding, RowRule, row_rule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level

_KEY_VALUE = ("AllocatedTags", "SkuPriceDetails", "Tags")
_OBJECTS = ("AllocatedMethodDetails", "CommitmentProgramEligibilityDetails", "ContractApplied")
_NO_VALUE = "no row has a value"
#: The properties that FOCUS defines in SkuPriceDetails since 1.2.
_SKU_TEXTS = (
    "DiskType",
    "InstanceSeries",
    "InstanceType",
    "OperatingSystem",
    "Redundancy",
    "StorageClass",
)
_SKU_NUMBERS = (
    "CoreCount",
    "DiskMaxIops",
    "DiskSpace",
    "GpuCount",
    "MemorySize",
    "NetworkMaxIops",
    "NetworkMaxThroughput",
)
_PASCAL_CASE = re.compile(r"(x_)?[A-Z][A-Za-z0-9]*")


def json_rules(version: str, names: Sequence[str]) -> Iterator[RowRule]:
    """The rules of the JSON columns that a version defines."""
    for name in filter(names.__contains__, _KEY_VALUE):
        yield key_value_rule(name)
    for name in filter(names.__contains__, _OBJECTS):
        yield from _object_rules(name)
    if "SkuPriceDetails" in names:
        yield from _sku_rules(version)
    if "AllocatedMethodDetails" in names:
        yield from _split_rules(version)


def key_value_rule(name: str) -> RowRule:
    """A column holds flat JSON objects."""
    return _json_rule(
        "key-value",
        name,
        Level.ERROR,
        f"{name} is a flat JSON object with unique keys.",
        "is no flat JSON object with unique keys",
        lambda text: bool(key_value_fault(text)),
    )


def _object_rules(name: str) -> Iterator[RowRule]:
    yield _json_rule(
        "json-object",
        name,
        Level.ERROR,
        f"{name} is a JSON object with unique keys and arrays of unlike values of one type.",
        "is no JSON object as JsonObjectFormat asks for",
        lambda text: bool(object_fault(text)),
    )
    yield _json_rule(
        "nesting",
        name,
        Level.WARNING,
        f"{name} is nested no deeper than {MOST_LEVELS} levels.",
        f"is nested deeper than {MOST_LEVELS} levels",
        _of_objects(lambda value: levels(value) > MOST_LEVELS),
    )


def _sku_rules(version: str) -> Iterator[RowRule]:
    name = "SkuPriceDetails"
    yield _json_rule(
        "pascal-case",
        name,
        Level.WARNING,
        "Keys of SkuPriceDetails are in PascalCase.",
        "has a key that is not in PascalCase",
        _of_objects(lambda value: not all(map(_PASCAL_CASE.fullmatch, value))),
    )
    if version == "1.1":
        return
    yield _json_rule(
        "keys",
        name,
        Level.ERROR,
        "Keys of SkuPriceDetails are those of FOCUS or start with x_.",
        "has a key that is neither of FOCUS nor starts with x_",
        _of_objects(lambda value: not all(map(_is_sku_key, value))),
    )
    yield _json_rule(
        "value-types",
        name,
        Level.ERROR,
        "Properties of FOCUS in SkuPriceDetails have their type: counts and sizes are numbers.",
        "has a property of the wrong type",
        _of_objects(lambda value: not all(map(_has_sku_type, value.items()))),
    )


def _is_sku_key(key: str) -> bool:
    return key in _SKU_TEXTS or key in _SKU_NUMBERS or key.startswith("x_")


def _has_sku_type(item: tuple[str, Any]) -> bool:
    key, value = item
    if key in _SKU_TEXTS:
        return isinstance(value, str)
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return is_number or key not in _SKU_NUMBERS


def _split_rules(version: str) -> Iterator[RowRule]:
    yield _json_rule(
        "elements",
        "AllocatedMethodDetails",
        Level.ERROR,
        "AllocatedMethodDetails has Elements with an AllocatedRatio of 0 to 1 each, and a "
        "UsageUnit where there is a UsageQuantity; other keys start with x_.",
        "has no Elements as FOCUS defines them",
        _of_objects(lambda value: bool(allocation_fault(value))),
    )
    yield _json_rule(
        "unit",
        "AllocatedMethodDetails",
        Level.WARNING,
        "UsageUnit in AllocatedMethodDetails is written in UnitFormat.",
        "has a UsageUnit that is not written in UnitFormat",
        _of_objects(lambda value: unit_fault(value, version)),
    )
    yield _json_rule(
        "elements",
        "ContractApplied",
        Level.ERROR,
        "ContractApplied has Elements, which are flat objects.",
        "has no Elements as FOCUS defines them",
        _of_objects(lambda value: bool(contract_fault(value))),
    )
    yield row_rule(
        "not-in-tags",
        "AllocatedTags",
        Level.ERROR,
        "AllocatedTags has no key that Tags has.",
        "has a key that Tags has",
        _tags_twice,
        needs=("Tags",),
        nobody="no row has both",
    )


def _of_objects(is_broken: Callable[[Any], bool]) -> Callable[[str], bool]:
    """The same of texts; what is no object breaks another rule, not this one."""

    def of_text(text: str) -> bool:
        try:
            return is_broken(json_object(text))
        except NotJsonError:
            return False

    return of_text


def _json_rule(
    aspect: str,
    name: str,
    level: Level,
    text: str,
    what: str,
    is_broken: Callable[[str], bool],
) -> RowRule:
    def look(rows: Rows) -> Finding:
        return Finding(rows.usable(name), rows.where(name, is_broken))

    return row_rule(aspect, name, level, text, what, look, nobody=_NO_VALUE)


def _tags_twice(rows: Rows) -> Finding:
    both = rows.usable("AllocatedTags") & rows.usable("Tags")
    broken = np.zeros(len(rows), np.bool_)
    for row in np.flatnonzero(both).tolist():
        broken[row] = not _keys(rows, "Tags", row).isdisjoint(_keys(rows, "AllocatedTags", row))
    return Finding(both, broken)


def _keys(rows: Rows, name: str, row: int) -> set[str]:
    try:
        return set(json_object(rows.texts(name).text(row) or ""))
    except NotJsonError:
        return set()
