"""The objects that describe how a charge was split, or which contract it used.

Source: the pages of AllocatedMethodDetails and ContractApplied (1.3, 1.4).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from typing import Any

from exporter.focus.rules.json_cells import NotJsonError, json_object
from exporter.focus.rules.units import is_unit

ELEMENTS = "Elements"
_RATIO, _UNIT, _QUANTITY = "AllocatedRatio", "UsageUnit", "UsageQuantity"
_KEYS = {_RATIO, _UNIT, _QUANTITY}
_NESTED, _NUMBERS = (dict, list), (int, Decimal)
_COMPONENT = "x_Component"  #: our own key: hardware in GPU-hours, electricity in kilowatt-hours
_CUSTOM_KEY = re.compile(r"x_[A-Z][A-Za-z0-9]*")
#: Sums of ratios are exact or not made at all.
EXACT = Context(prec=200, traps=[Inexact])


def allocation_fault(value: Mapping[str, Any]) -> str:
    """What is wrong with AllocatedMethodDetails; empty if nothing is."""
    if not all(key == ELEMENTS or _CUSTOM_KEY.fullmatch(key) for key in value):
        return "has a key besides Elements that does not start with x_"
    elements = value.get(ELEMENTS)
    if not isinstance(elements, list) or not elements:
        return "has no Elements"
    return next(filter(None, map(_element_fault, elements)), "")


def _element_fault(element: Any) -> str:
    if not isinstance(element, dict):
        return "has an element that is no object"
    if any(isinstance(value, _NESTED) for value in element.values()):
        return "has an element that is not flat"
    if not all(key in _KEYS or _CUSTOM_KEY.fullmatch(key) for key in element):
        return "has a key in an element that does not start with x_"
    ratio: Any = element.get(_RATIO)
    if not _is_number(ratio) or not 0 <= ratio <= 1:
        return "has an element without an AllocatedRatio of 0 to 1"
    return _usage_fault(element)


def _usage_fault(element: Mapping[str, Any]) -> str:
    if _UNIT in element and not isinstance(element[_UNIT], str):
        return "has a UsageUnit that is no text"
    if _QUANTITY in element and not _is_number(element[_QUANTITY]):
        return "has a UsageQuantity that is no number"
    alone = _QUANTITY in element and _UNIT not in element
    return "has a UsageQuantity without a UsageUnit" if alone else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def unit_fault(value: Mapping[str, Any], version: str) -> bool:
    """Whether some UsageUnit is not written in UnitFormat."""
    units = [each.get(_UNIT) for each in _objects(value.get(ELEMENTS))]
    return any(isinstance(unit, str) and not is_unit(unit, version) for unit in units)


def contract_fault(value: Mapping[str, Any]) -> str:
    """What is wrong with ContractApplied; empty if nothing is."""
    elements = value.get(ELEMENTS)
    if not isinstance(elements, list):
        return "has no Elements"
    flat = [
        isinstance(each, dict) and not any(isinstance(v, _NESTED) for v in each.values())
        for each in elements
    ]
    return "" if all(flat) else "has an element that is no flat object"


def _objects(elements: Any) -> Sequence[Mapping[str, Any]]:
    members = elements if isinstance(elements, list) else []
    return [each for each in members if isinstance(each, dict)]


@lru_cache(maxsize=4096)
def ratio_of(details: str) -> Decimal | None:
    """The sum of the ratios of one charge; None where AllocatedMethodDetails are not valid."""
    try:
        value = json_object(details)
        if allocation_fault(value):
            return None
        total = Decimal(0)
        for element in value[ELEMENTS]:
            total = EXACT.add(total, Decimal(element[_RATIO]))
        return total
    except (NotJsonError, Inexact):
        return None


def used_quantity(details: str) -> tuple[float, float]:
    """GPU-hours of the hardware and kilowatt-hours of the electricity, as this program tells them.

    NaN for what AllocatedMethodDetails do not tell so.
    """
    try:
        elements = _objects(json_object(details).get(ELEMENTS))
    except NotJsonError:
        return math.nan, math.nan
    return _used(elements, "hardware"), _used(elements, "electricity")


def _used(elements: Sequence[Mapping[str, Any]], component: str) -> float:
    for each in elements:
        quantity: Any = each.get(_QUANTITY)
        if each.get(_COMPONENT) == component and _is_number(quantity):
            return float(Decimal(quantity))
    return math.nan
