"""What lines of a cube add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.decimals import EXACT
from exporter.chargeback.figures import Sums
from exporter.chargeback.grouping import (
    POOL_KINDS,
    Key,
    added_up,
    filled,
    of_kind,
    shared_idle,
    where,
    with_columns,
)
from exporter.chargeback.holders import RowKind

_MILLION_DIGITS = 6
_ALWAYS = ("cost", "served_cost")
_WHERE_KNOWN = ("cloud_usd", "savings_usd")
#: What rows of infercost-1.0 do not say: a sum that leaves them out would be wrong.
_DETAILS = (
    "amortization",
    "maintenance",
    "electricity",
    "gpu_hours",
    "unobserved_gpu_hours",
    "active_gpu_hours",
    "energy_kwh",
)
_DETAILED_COUNTS = ("tokens_cached", "requests")
_COUNTS = ("tokens_input", "tokens_output", "unpriced_tokens", "unpriced_requests")
_HELPERS = ("marginal_by_million", "idle", "without_details", "idle_unknown", "of_pool")

#: The sums of no rows.
NOTHING = Sums(
    cost=Decimal(0),
    served_cost=Decimal(0),
    amortization=None,
    maintenance=None,
    electricity=None,
    marginal=None,
    idle=None,
    gpu_hours=None,
    unobserved_gpu_hours=None,
    active_gpu_hours=None,
    energy_kwh=None,
    tokens_input=0,
    tokens_output=0,
    tokens_cached=None,
    requests=None,
    unpriced_tokens=0,
    unpriced_requests=0,
    cloud_usd=None,
    savings_usd=None,
)


def sums_by(lines: pa.Table, by: Sequence[str]) -> dict[Key, Sums]:
    """The sums of the lines that agree in the columns `by`; of all of them with none."""
    measures = (
        *_ALWAYS,
        *_WHERE_KNOWN,
        *_DETAILS,
        *_DETAILED_COUNTS,
        *_COUNTS,
        *_HELPERS,
    )
    found = added_up(with_columns(lines, _derived(lines)), by, measures)
    return {key: _sums(row) for key, row in found}


def _derived(lines: pa.Table) -> Mapping[str, pa.ChunkedArray]:
    unpriced, of_pool = of_kind(lines, RowKind.UNPRICED), of_kind(lines, *POOL_KINDS)
    hours = lines["gpu_hours"]
    without_details = pc.invert(lines["detailed"])
    return {
        "served_cost": where(of_kind(lines, RowKind.SERVED), lines["cost"]),
        "idle": pc.add(where(of_pool, lines["cost"]), shared_idle(lines)),
        # Null where the hours are, so that rows without any do not say that all were observed.
        "unobserved_gpu_hours": pc.if_else(
            pc.is_valid(hours), where(of_kind(lines, RowKind.UNOBSERVED), hours), hours
        ),
        "unpriced_tokens": where(
            unpriced, pc.add(filled(lines["tokens_input"]), filled(lines["tokens_output"]))
        ),
        "unpriced_requests": where(unpriced, lines["requests"]),
        "without_details": without_details.cast(pa.int64()),
        "idle_unknown": pc.and_not(without_details, of_pool).cast(pa.int64()),
        "of_pool": of_pool.cast(pa.int64()),
    }


def _sums(row: Mapping[str, Any]) -> Sums:
    known = {name: row[name] for name in (*_ALWAYS, *_WHERE_KNOWN)}
    counts: dict[str, Any] = {name: int(row[name] or 0) for name in _COUNTS}
    return Sums(**known, **counts, **_details(row), idle=_idle(row))


def _details(row: Mapping[str, Any]) -> dict[str, Any]:
    """Null as soon as one row's layout does not say it."""
    if row["without_details"]:
        return dict.fromkeys((*_DETAILS, *_DETAILED_COUNTS, "marginal"))
    marginal = row["marginal_by_million"]
    return {
        **{name: row[name] for name in _DETAILS},
        **{name: None if row[name] is None else int(row[name]) for name in _DETAILED_COUNTS},
        "marginal": None if marginal is None else EXACT.scaleb(marginal, -_MILLION_DIGITS),
    }


def _idle(row: Mapping[str, Any]) -> Decimal | None:
    """Unknown where it may be shared, the layout does not say how much, and no row is of idle."""
    unknown = row["idle_unknown"] and not row["of_pool"]
    amount: Decimal = row["idle"]
    return None if unknown else amount
