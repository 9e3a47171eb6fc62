"""What of a report was estimated, not seen or left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.completeness_figures import Completeness, Estimate, Gap
from exporter.chargeback.grouping import of_kind
from exporter.chargeback.holders import RowKind
from exporter.chargeback.pool_lines import unpooled_cost
from exporter.chargeback.sums import NOTHING, sums_by

#: What an Estimate calls each column.
_ESTIMATES = {"power source": "power_source", "allocation": "allocation_method"}


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """What the rows were read from; `gaps` is time that no object holds.

    `straddling` objects have rows that reach over the edge of the period, `misplaced` ones have
    rows of other time than their names say.
    """

    objects: int
    layouts: Sequence[str]
    gaps: Sequence[Gap] = ()
    straddling: Sequence[str] = ()
    misplaced: Sequence[str] = ()


def completeness_of(lines: pa.Table, read: ReadFrom, unpriced_tokens: int) -> Completeness:
    """Unobserved GPU-hours are null where the rows do not say GPU-hours, 0 where all were seen."""
    unseen = sums_by(lines.filter(of_kind(lines, RowKind.UNOBSERVED)), ()).get((), NOTHING)
    nothing_unseen = NOTHING.cost if pc.all(lines["detailed"]).as_py() else None
    return Completeness(
        gaps=tuple(read.gaps),
        estimates=tuple(
            estimate
            for kind, column in _ESTIMATES.items()
            for estimate in _estimates(lines, kind, column)
        ),
        unobserved_gpu_hours=nothing_unseen if unseen is NOTHING else unseen.gpu_hours,
        unobserved_cost=unseen.cost,
        unpooled_cost=unpooled_cost(lines),
        unpriced_tokens=unpriced_tokens,
        straddling=tuple(sorted(set(read.straddling))),
        misplaced=tuple(sorted(set(read.misplaced))),
    )


def _estimates(lines: pa.Table, kind: str, column: str) -> list[Estimate]:
    """By value; rows that do not say how they were measured are in none."""
    found = sums_by(lines.filter(pc.is_valid(lines[column])), (column,))
    return [
        Estimate(kind, key[0], sums.gpu_hours, sums.cost) for key, sums in sorted(found.items())
    ]
