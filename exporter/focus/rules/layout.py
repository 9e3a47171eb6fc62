"""What is known of a file before its rows: its columns and which of them the version knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from exporter.focus.column import Column
from exporter.focus.columns import columns_for
from exporter.focus.extensions import PREFIXES
from exporter.focus.focus_columns import FOCUS_COLUMNS
from exporter.focus.infercost_layout import INFERCOST_LAYOUT

_TELLTALE = "Cluster"  #: the extension column that InferCost's own files do not have


@dataclass(frozen=True, slots=True)
class FileLayout:
    """The columns of one file, the `number`th from 0.

    `names` are those of the file in its order, repeated ones included; `types` has the first of
    each. `columns` are those that the version or this program defines, by name. `prefix` is that
    of this program's extension columns, None for a file of somebody else. `text` is true for CSV.
    """

    file: str
    number: int
    version: str
    text: bool
    names: tuple[str, ...]
    types: Mapping[str, pa.DataType]
    columns: Mapping[str, Column]
    prefix: str | None

    @property
    def is_infercost(self) -> bool:
        """Whether the file is to be InferCost's export and no FOCUS version."""
        return self.version == INFERCOST_LAYOUT

    def has(self, *names: str) -> bool:
        """Whether the file has all these columns."""
        return all(name in self.types for name in names)


def layout_of(file: str, number: int, version: str, schema: pa.Schema, *, text: bool) -> FileLayout:
    """The layout of a file by its schema; of repeated columns the first counts."""
    types: dict[str, pa.DataType] = {}
    for field in schema:
        types.setdefault(field.name, field.type)
    known = {column.name: column for prefix in PREFIXES for column in columns_for(version, prefix)}
    return FileLayout(
        file=file,
        number=number,
        version=version,
        text=text,
        names=tuple(schema.names),
        types=types,
        columns={name: known[name] for name in types if name in known},
        prefix=next((prefix for prefix in PREFIXES if prefix + _TELLTALE in types), None),
    )


@cache
def focus_columns_of(version: str) -> tuple[Column, ...]:
    """The columns that a FOCUS version itself defines."""
    return tuple(column for column in FOCUS_COLUMNS if version in column.versions)
