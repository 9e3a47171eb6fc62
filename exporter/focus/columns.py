"""The schema of what is written, per FOCUS version or layout."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from exporter.focus.column import Column
from exporter.focus.extensions import INFERCOST_EXTENSIONS, OWN_EXTENSIONS, PREFIXES, named
from exporter.focus.focus_columns import FOCUS_COLUMNS, FOCUS_VERSIONS
from exporter.focus.infercost_layout import INFERCOST_COLUMNS, INFERCOST_LAYOUT

SELECTABLE_VERSIONS = (*FOCUS_VERSIONS, INFERCOST_LAYOUT)


@cache
def columns_for(version: str, prefix: str) -> tuple[Column, ...]:
    """Every column of a version in the order written: FOCUS columns by name, then extensions.

    `infercost-1.0` keeps InferCost's order and its own prefix whatever `prefix` says.
    Raises ValueError for a version or prefix that does not exist.
    """
    if prefix not in PREFIXES:
        raise ValueError(f"extension prefix {prefix!r} is not one of {', '.join(PREFIXES)}")
    if version == INFERCOST_LAYOUT:
        return INFERCOST_COLUMNS
    if version not in FOCUS_VERSIONS:
        known = ", ".join((*FOCUS_VERSIONS, INFERCOST_LAYOUT))
        raise ValueError(f"FOCUS version {version!r} is not one of {known}")
    defined = (column for column in FOCUS_COLUMNS if version in column.versions)
    return (*defined, *named(INFERCOST_EXTENSIONS + OWN_EXTENSIONS, version, prefix))


@cache
def arrow_schema(version: str, prefix: str) -> pa.Schema:
    """The columns of a version as an Arrow schema, which the file formats are given."""
    return pa.schema([column.arrow_field for column in columns_for(version, prefix)])


def defines_shares(version: str) -> bool:
    """Whether a version has columns for the shares of a charge that was split."""
    return any(each.name == "AllocatedMethodId" for each in columns_for(version, PREFIXES[0]))
