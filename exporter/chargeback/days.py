"""Lines of a cube day by day.

Amounts of rows longer than a day are spread evenly over their days; what does not divide goes to
the last one, so that days add up to what the rows do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.decimals import EXACT, evenly, ratio
from exporter.chargeback.grouping import Key, added_up, filled, of_kind, where
from exporter.chargeback.holders import RowKind
from exporter.periods import DAY_SECONDS, day_of

_AMOUNT = pa.decimal256(60, 18)
_MILLION = 1_000_000
_ZERO = Decimal(0)


class Days:
    """The days from `start` to `until`, unix seconds, and what lines add up to on each of them."""

    def __init__(self, lines: pa.Table, start: int, until: int) -> None:
        first = start - start % DAY_SECONDS
        self._starts = range(first, until, DAY_SECONDS)
        self._lines = _by_day(lines)

    @property
    def dates(self) -> tuple[date, ...]:
        return tuple(day_of(start) for start in self._starts)

    def cost(self, by: Sequence[str]) -> dict[Key, tuple[Decimal, ...]]:
        """The cost of each day, by the values of some columns; of everything with none."""
        found = self._sums(by, ["cost"])
        return {
            key: tuple(days.get(start, {}).get("cost", _ZERO) for start in self._starts)
            for key, days in found.items()
        }

    def cost_per_million(self, by: Sequence[str]) -> dict[Key, tuple[Decimal | None, ...]]:
        """The cost of a million tokens that have a price; null on days without any."""
        return self._ratios(by, "served_cost", "priced_tokens", _MILLION)

    def utilization(self, by: Sequence[str]) -> dict[Key, tuple[Decimal | None, ...]]:
        """Active over observed GPU-time; null on days without any."""
        return self._ratios(by, "active_hours", "observed_hours", 1)

    def _ratios(
        self, by: Sequence[str], above: str, below: str, factor: int
    ) -> dict[Key, tuple[Decimal | None, ...]]:
        def of_day(sums: Mapping[str, Decimal] | None) -> Decimal | None:
            if sums is None:
                return None
            return ratio(EXACT.multiply(sums[above], Decimal(factor)), sums[below])

        found = self._sums(by, [above, below])
        return {
            key: tuple(of_day(days.get(start)) for start in self._starts)
            for key, days in found.items()
        }

    def _sums(
        self, by: Sequence[str], measures: Sequence[str]
    ) -> dict[Key, dict[int, Mapping[str, Any]]]:
        found: dict[Key, dict[int, Mapping[str, Any]]] = {}
        for (*key, day), sums in added_up(self._lines, [*by, "day"], measures):
            found.setdefault(tuple(key), {})[day] = sums
        return found


def _by_day(lines: pa.Table) -> pa.Table:
    """Lines of one day each, with amounts of 18 digits after the point."""
    served = of_kind(lines, RowKind.SERVED)
    seen = pc.invert(of_kind(lines, RowKind.UNOBSERVED))
    tokens = [where(served, lines[name]) for name in ("tokens_input", "tokens_output")]
    amounts = {
        "cost": lines["cost"],
        "served_cost": where(served, lines["cost"]),
        "priced_tokens": pc.add(tokens[0], tokens[1]),
        "observed_hours": where(seen, lines["gpu_hours"]),
        "active_hours": filled(lines["active_gpu_hours"]),
    }
    columns = {name: lines[name] for name in lines.column_names if name not in amounts}
    whole = pa.table(columns | {name: each.cast(_AMOUNT) for name, each in amounts.items()})
    longer = pc.greater(whole["days"], 1)
    return pa.concat_tables(
        [whole.filter(pc.invert(longer)), _spread(whole.filter(longer), list(amounts))]
    )


def _spread(lines: pa.Table, amounts: Sequence[str]) -> pa.Table:
    """Each line once for each of its days."""
    counts = lines["days"].to_numpy()
    rows = np.repeat(np.arange(lines.num_rows), counts)
    offsets = np.concatenate([np.arange(count) for count in (0, *counts.tolist())])
    repeated = lines.take(pa.array(rows))
    shares = {name: _shares(lines[name], counts.tolist()) for name in amounts}
    days = pc.add(repeated["day"], pa.array(offsets.astype(np.int64) * DAY_SECONDS))
    for name, column in {**shares, "day": days}.items():
        repeated = repeated.set_column(repeated.schema.get_field_index(name), name, column)
    return repeated


def _shares(amounts: pa.ChunkedArray, counts: Sequence[int]) -> pa.Array:
    pairs = zip(amounts.to_pylist(), counts, strict=True)
    return pa.array([part for amount, count in pairs for part in evenly(amount, count)], _AMOUNT)
