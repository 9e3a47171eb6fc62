"""Pools: what they cost and how much of them nobody used."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.days import Days
from exporter.chargeback.decimals import added
from exporter.chargeback.figures import PoolLine
from exporter.chargeback.grouping import (
    Key,
    added_up,
    filled,
    of_kind,
    shared_idle,
    where,
    with_columns,
)
from exporter.chargeback.holders import Cells, RowKind
from exporter.chargeback.lines import LAST

_POOL = ("cluster", "cost_profile")
_Hardware = tuple[str | None, int | None]


def pool_lines(lines: pa.Table, days: Days) -> tuple[PoolLine, ...]:
    """One line for each pool, by cluster and profile.

    Only of rows that know GPU-hours and the parts of their cost: infercost-1.0 has neither. What
    such rows of a pool cost stands beside; a pool without any others has no line.
    """
    known = lines.filter(_in_a_pool(lines))
    undetailed = lines.filter(pc.invert(lines["detailed"]))
    besides = {key: sums["cost"] for key, sums in added_up(undetailed, _POOL, ["cost"])}
    hardware, utilization, measures = _hardware(known), days.utilization(_POOL), _measures(known)
    # Apart from the columns of the same names, which may be null.
    renamed = {f"pool_{name}": column for name, column in measures.items()}
    found = added_up(with_columns(known, renamed), _POOL, renamed)
    return tuple(
        PoolLine(
            cluster,
            profile,
            *hardware[cluster, profile],
            **{name: sums[f"pool_{name}"] for name in measures},
            undetailed_cost=besides.get((cluster, profile), Decimal(0)),
            days_utilization=utilization[cluster, profile],
        )
        for (cluster, profile), sums in sorted(found, key=lambda each: each[0])
    )


def unpooled_cost(lines: pa.Table) -> Decimal:
    """The EffectiveCost of the rows that no pool's figures are of."""
    outside = lines.filter(pc.invert(_in_a_pool(lines)))
    return added(sums["cost"] for _, sums in added_up(outside, (), ["cost"]))


def _in_a_pool(lines: pa.Table) -> Cells:
    return pc.and_(lines["detailed"], pc.is_valid(lines["cost_profile"]))


def _measures(lines: pa.Table) -> Mapping[str, Cells]:
    """By the names of PoolLine; cost is what the rows cost, also where a price is billed."""
    cost = filled(lines["amortization"])
    for name in ("maintenance", "electricity"):
        cost = pc.add(cost, filled(lines[name]))
    hours = lines["gpu_hours"]
    idle, unobserved = of_kind(lines, RowKind.IDLE), of_kind(lines, RowKind.UNOBSERVED)
    return {
        "cost": cost,
        "idle_cost": pc.add(where(idle, cost), shared_idle(lines)),
        "unobserved_cost": where(unobserved, cost),
        "observed_gpu_hours": where(pc.invert(unobserved), hours),
        "unobserved_gpu_hours": where(unobserved, hours),
        "idle_gpu_hours": where(idle, hours),
        "active_gpu_hours": filled(lines["active_gpu_hours"]),
        "energy_kwh": filled(lines["energy_kwh"]),
    }


def _hardware(lines: pa.Table) -> dict[Key, _Hardware]:
    """GPU model and count of each pool as its last row declares them."""
    columns = [*_POOL, LAST, "gpu_count", "gpu_model"]
    order = [(name, "ascending") for name in columns]
    # Later rows take the place of earlier ones.
    rows = lines.select(columns).sort_by(order).to_pylist()
    return {
        (row["cluster"], row["cost_profile"]): (row["gpu_model"], row["gpu_count"]) for row in rows
    }
