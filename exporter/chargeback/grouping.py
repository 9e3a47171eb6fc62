"""Lines of a cube added up by some of their columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.decimals import EXACT
from exporter.chargeback.holders import Cells, RowKind

Key = tuple[Any, ...]

POOL_KINDS = (RowKind.IDLE, RowKind.UNOBSERVED)
_SUM = pc.ScalarAggregateOptions(skip_nulls=True, min_count=1)


def added_up(
    lines: pa.Table, by: Sequence[str], measures: Iterable[str]
) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """The values of the columns `by`, and the sums of the measures, null where none has a value."""
    measures = list(measures)
    everything = lines.append_column("everything", pa.repeat(True, lines.num_rows))
    groups = everything.group_by(["everything", *by], use_threads=False)
    for row in groups.aggregate([(name, "sum", _SUM) for name in measures]).to_pylist():
        yield tuple(row[name] for name in by), {name: row[f"{name}_sum"] for name in measures}


def with_columns(lines: pa.Table, columns: Mapping[str, Cells]) -> pa.Table:
    """The lines with further columns."""
    for name, column in columns.items():
        lines = lines.append_column(name, column)
    return lines


def of_kind(lines: pa.Table, *kinds: RowKind) -> Cells:
    """Which lines are of one of these kinds."""
    return pc.is_in(lines["kind"], pa.array([kind.value for kind in kinds]))


def where(condition: Cells, amounts: Cells) -> Cells:
    """The amounts of the lines for which a condition holds, 0 elsewhere and where they are null."""
    return filled(pc.if_else(condition, amounts, pa.scalar(None, amounts.type)))


def filled(amounts: Cells) -> Cells:
    """The amounts with 0 for null."""
    return pc.fill_null(amounts, pa.scalar(0, pa.int64()).cast(amounts.type))


def shared_idle(lines: pa.Table) -> Cells:
    """The idle cost inside the lines of holders, 0 unless it is shared."""
    return where(pc.invert(of_kind(lines, *POOL_KINDS)), lines["shared_idle"])


def dearest_first(key: Key, cost: Decimal) -> tuple[Any, ...]:
    """A key to sort by: dearest first, equally dear ones by their values, null last."""
    return (EXACT.minus(cost), *((value is None, value or "") for value in key))


def distinct(lines: pa.Table, column: str) -> Collection[str]:
    """The values of a column that are not null, sorted."""
    return sorted(value for value in pc.unique(lines[column]).to_pylist() if value is not None)
