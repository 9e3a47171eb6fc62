"""GPU-time that no holder has, kept apart from holders without a name."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.grouping import of_kind
from exporter.chargeback.holders import Cells, RowKind
from exporter.chargeback.keys import KEYS, TAG, columns_of
from exporter.focus.names import IDLE, UNOBSERVED

#: Column of lines: a figures.Nobodys where the keys of a report tell idle and unobserved time apart
#: from that of holders, else null.
NOBODYS = "nobodys"
#: Before the name of a column, that of its values as groups show them.
_SHOWN = "shown:"
_HOLDERS = frozenset({"namespace", "sub_account"})
_MODEL = KEYS["model"]
_TEXT = pa.scalar(None, pa.string())


def told_apart(lines: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The lines with `group_columns`: `__idle__` or `__unobserved__` for models and tags they lack.

    So that a model or a tag is null for holders without it only. What a key such as a pool or a tag
    of the exporter itself is known of stays with the others of that key.
    """
    columns = columns_of(keys)
    apart = pa.repeat(not _HOLDERS.isdisjoint(columns), lines.num_rows)
    names = _named(lines, IDLE, UNOBSERVED)
    for column in columns:
        shown = lines[column]
        if column == _MODEL or column.startswith(TAG):
            apart = pc.or_(apart, pc.is_null(shown))
            shown = pc.coalesce(shown, names)
        lines = lines.append_column(_SHOWN + column, shown)
    kinds = _named(lines, RowKind.IDLE.value, RowKind.UNOBSERVED.value)
    return lines.append_column(NOBODYS, pc.if_else(apart, kinds, _TEXT))


def group_columns(keys: Sequence[str]) -> list[str]:
    """The columns that tell groups apart, in lines that were `told_apart`: values, then NOBODYS."""
    return [*(_SHOWN + column for column in columns_of(keys)), NOBODYS]


def _named(lines: pa.Table, idle: str, unobserved: str) -> Cells:
    """Texts for lines of idle and of unobserved time, null for those of holders."""
    seen = pc.if_else(of_kind(lines, RowKind.IDLE), idle, _TEXT)
    return pc.if_else(of_kind(lines, RowKind.UNOBSERVED), unobserved, seen)
