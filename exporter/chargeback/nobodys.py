"""GPU-time that no holder has, kept apart from holders without a name."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.grouping import of_kind
from exporter.chargeback.holders import Cells, RowKind
from exporter.chargeback.keys import TAG, columns_of
from exporter.focus.names import IDLE, UNOBSERVED

#: Column of lines: a figures.Nobodys where the keys of a report tell idle and unobserved time apart
#: from that of holders, else null.
NOBODYS = "nobodys"
_HOLDERS = frozenset({"namespace", "sub_account"})
_TEXT = pa.scalar(None, pa.string())


def told_apart(lines: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The lines with NOBODYS, and `__idle__` or `__unobserved__` in place of tags they lack.

    So that a tag is null for holders without it only. What a key such as a pool or a tag of the
    exporter itself is known of stays with the others of that key.
    """
    columns = columns_of(keys)
    apart = pa.repeat(not _HOLDERS.isdisjoint(columns), lines.num_rows)
    for column in columns:
        if column.startswith(TAG):
            lacks = pc.is_null(lines[column])
            apart = pc.or_(apart, lacks)
            values = pc.coalesce(lines[column], _named(lines, IDLE, UNOBSERVED))
            lines = lines.set_column(lines.schema.get_field_index(column), column, values)
    kinds = _named(lines, RowKind.IDLE.value, RowKind.UNOBSERVED.value)
    return lines.append_column(NOBODYS, pc.if_else(apart, kinds, _TEXT))


def _named(lines: pa.Table, idle: str, unobserved: str) -> Cells:
    """Texts for lines of idle and of unobserved time, null for those of holders."""
    seen = pc.if_else(of_kind(lines, RowKind.IDLE), idle, _TEXT)
    return pc.if_else(of_kind(lines, RowKind.UNOBSERVED), unobserved, seen)
