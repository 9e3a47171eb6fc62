"""Whether a written dataset says what the fleet really did: a fast wrong number is a failure.

Nothing is shared with the exporter: sums of the truth, fractions, one rounding at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.fleets.cache import MadeFleet
from bench.fleets.documents import (
    AMORTIZATION_YEARS,
    MAINTENANCE_PER_YEAR,
    PRICE_PER_GPU,
    PUE,
    RATE_PER_KWH,
)
from bench.fleets.truth import summed
from bench.written import Written, read

_X = "x-Infer"
_COUNTS = {
    "input": f"{_X}TokensInput",
    "output": f"{_X}TokensOutput",
    "cached": f"{_X}TokensCached",
    "requests": f"{_X}Requests",
}
_AMOUNTS = {
    "cost": "EffectiveCost",
    "kwh": f"{_X}EnergyKWh",
    "gpu_hours": f"{_X}GpuHours",
    "active_hours": f"{_X}ActiveGpuHours",
}
_KEYS = {
    "start": "ChargePeriodStart",
    "namespace": f"{_X}Namespace",
    "model": "SkuId",
    "pod": f"{_X}Pod",
    "pool": f"{_X}CostProfile",
}
_NANO = Fraction(1, 10**9)
_MILLIJOULES_PER_KWH = 3_600_000_000
#: How far the active time, an estimate, may be off over all hours.
_ACTIVE_TOLERANCE = Fraction(1, 50)
_SHOWN = 5
_POOL_ROWS = {"__idle__": None}

#: Amounts by what they belong to.
Sums = dict[Hashable, Fraction]


class WrongNumbers(Exception):
    """Cells that are not what the fleet did; the text names the first of them."""


def check_exactness(written: Written, fleet: MadeFleet, hours: range) -> int:
    """Compare every cell that the truth knows; returns how many there are. Raises WrongNumbers.

    `hours` are those exported, counted from 0. Counts are equal to the last token; cost, energy and
    GPU-time of a pool-hour to the last of nine digits; those of a namespace or pod to the rounding
    of the parts; active time, an estimate, within 2 % of the whole.
    """
    rows = _rows(written, fleet)
    by_pod = any(row["pod"] for row in rows)
    parts = ("namespace", "pod", "model") if by_pod else ("namespace", "model")
    return (
        _check_periods(written, hours)
        + _check_tokens(rows, fleet, hours, parts)
        + _check_pools(rows, fleet, hours)
        + _check_holders(rows, fleet, hours, parts[:-1])
        + _check_active(rows, fleet, hours)
    )


def _rows(written: Written, fleet: MadeFleet) -> list[dict[str, Any]]:
    """Every row, as far as it is compared, under the names of the truth and with its hour."""
    names = {**_KEYS, **_COUNTS, **_AMOUNTS}
    tables = [read(body, list(names.values())) for body in written.data.values()]
    found = pa.concat_tables(tables).select(list(names.values())).rename_columns(list(names))
    start = fleet.size.start_ms // 1000
    return [{**row, "hour": _hour(row["start"], start)} for row in found.to_pylist()]


def _hour(moment: datetime, start: int) -> int:
    return (int(moment.timestamp()) - start) // 3600


def _check_periods(written: Written, hours: range) -> int:
    if len(written.data) != len(hours):
        raise WrongNumbers(f"{len(written.data)} objects were written for {len(hours)} hours")
    return len(hours)


def _check_tokens(
    rows: Sequence[Mapping[str, Any]], fleet: MadeFleet, hours: range, parts: Sequence[str]
) -> int:
    truth = summed(fleet.truth.tokens, ["hour", *parts], _COUNTS)
    checked = 0
    for name in _COUNTS:
        expected = _sums(_within(truth, hours), ("hour", *parts), name)
        found = _sums(rows, ("hour", *parts), name)
        checked += _compare(name, found, expected, lambda _: Fraction(0))
    return checked


def _check_pools(rows: Sequence[Mapping[str, Any]], fleet: MadeFleet, hours: range) -> int:
    """What a pool costs, uses and has in an hour, all rows together."""
    truth = summed(fleet.truth.holdings, ["hour", "pool"], ["millijoules"])
    expected: dict[str, Sums] = defaultdict(dict)
    for row in _within(truth, hours):
        key, gpus = (row["hour"], row["pool"]), fleet.pools[row["pool"]]
        kwh = Fraction(row["millijoules"], _MILLIJOULES_PER_KWH)
        expected["kwh"][key] = _nano(kwh)
        expected["cost"][key] = _cost(gpus, kwh)
        expected["gpu_hours"][key] = Fraction(gpus)
    return sum(
        _compare(name, _sums(rows, ("hour", "pool"), name), sums, lambda _: Fraction(0))
        for name, sums in expected.items()
    )


def _cost(gpus: int, kwh: Fraction) -> Fraction:
    """One hour of a pool: each of the three components has nine digits."""
    price = PRICE_PER_GPU * gpus
    parts = [
        price / AMORTIZATION_YEARS / 8760,
        price * MAINTENANCE_PER_YEAR / 8760,
        kwh * RATE_PER_KWH * PUE,
    ]
    return sum(map(_nano, parts), Fraction(0))


def _nano(value: Fraction) -> Fraction:
    return round(value / _NANO) * _NANO


def _check_holders(
    rows: Sequence[Mapping[str, Any]], fleet: MadeFleet, hours: range, parts: Sequence[str]
) -> int:
    """Energy and GPU-time of each namespace or pod, and of nobody, in an hour."""
    keys = ("hour", *parts)
    truth = summed(fleet.truth.holdings, keys, ["millijoules", "gpu_hours"])
    held = list(_within(truth, hours))
    kwh = {_key(row, keys): Fraction(row["millijoules"], _MILLIJOULES_PER_KWH) for row in held}
    time = {_key(row, keys): Fraction(row["gpu_hours"]) for row in held}
    observed = [_nobodys(row) for row in rows if row["namespace"] != "__unobserved__"]
    # A pool's residue of the rounding goes to its largest part.
    residue = max(fleet.pools.values()) * _NANO
    return sum(
        _compare(name, _sums(observed, keys, name), expected, lambda _: residue)
        for name, expected in (("kwh", kwh), ("gpu_hours", time))
    )


def _nobodys(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with nobody as null, as the truth has it."""
    return {**row, "namespace": _POOL_ROWS.get(row["namespace"], row["namespace"])}


def _check_active(rows: Sequence[Mapping[str, Any]], fleet: MadeFleet, hours: range) -> int:
    held = _within(fleet.truth.holdings, hours)
    expected = sum((Fraction(row["active_hours"]) for row in held), Fraction(0))
    found = sum((_exact(row["active_hours"]) for row in rows), Fraction(0))
    return _compare(
        "active_hours",
        {"all hours": found},
        {"all hours": expected},
        lambda amount: amount * _ACTIVE_TOLERANCE,
    )


def _within(truth: pa.Table, hours: range) -> Iterator[Mapping[str, Any]]:
    begins, ends = pc.field("hour") >= hours.start, pc.field("hour") < hours.stop
    return iter(truth.filter(begins & ends).to_pylist())


def _sums(
    rows: Iterator[Mapping[str, Any]] | Sequence[Mapping[str, Any]], keys: Sequence[str], name: str
) -> Sums:
    """The sums of an amount by key; those that are zero are left out."""
    sums: dict[Hashable, Fraction] = defaultdict(Fraction)
    for row in rows:
        amount = row[name]
        if amount:
            sums[_key(row, keys)] += _exact(amount)
    return dict(sums)


def _key(row: Mapping[str, Any], keys: Sequence[str]) -> Hashable:
    return tuple(row[key] for key in keys)


def _exact(amount: Decimal | int | float | None) -> Fraction:
    return Fraction(0) if amount is None else Fraction(amount)


def _compare(
    name: str, found: Sums, expected: Sums, tolerance: Callable[[Fraction], Fraction]
) -> int:
    nothing = Fraction(0)
    wrong = [
        f"{name} of {key}: {float(found.get(key, nothing))!r}"
        f" instead of {float(expected.get(key, nothing))!r}"
        for key in sorted({*found, *expected}, key=repr)
        if abs(found.get(key, nothing) - (true := expected.get(key, nothing))) > tolerance(true)
    ]
    if wrong:
        more = f" (and {len(wrong) - _SHOWN} more)" if len(wrong) > _SHOWN else ""
        raise WrongNumbers("; ".join(wrong[:_SHOWN]) + more)
    return len({*found, *expected})
