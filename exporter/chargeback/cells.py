"""The cells of rows that a report reads, under one name and type whatever layout they came in.

Extension columns go by their names without prefix, `Currency` of infercost-1.0 by
`BillingCurrency`, and times are unix seconds. A column that the layout does not have is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from exporter.chargeback.casting import as_cells, cell_type
from exporter.chargeback.tag_values import TAG_COLUMNS
from exporter.errors import UnreadableFile
from exporter.focus.column import Column
from exporter.focus.extensions import INFERCOST_EXTENSIONS, OWN_EXTENSIONS, PREFIXES
from exporter.focus.focus_columns import FOCUS_COLUMNS

#: Whether a row's layout has GPU-hours, energy, cost components and requests: all but infercost.
DETAILED = "Detailed"

_ALIASES = {"BillingCurrency": "Currency"}  # as infercost-1.0 calls it
#: Without these a row cannot be charged to anybody.
REQUIRED = ("EffectiveCost", "ChargePeriodStart", "ChargePeriodEnd", "BillingCurrency")
_OF_FOCUS = (
    *REQUIRED,
    *TAG_COLUMNS,
    "AllocatedMethodId",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "ResourceId",
    "ResourceName",
    "SubAccountId",
)
_OF_EXTENSIONS = (
    "CostProfile",
    "GpuModel",
    "GpuCount",
    "TokensInput",
    "TokensOutput",
    "CloudEquivalentCostUSD",
    "SavingsUSD",
    "Cluster",
    "Namespace",
    "AmortizationCost",
    "MaintenanceCost",
    "ElectricityCost",
    "IdleCost",
    "EnergyKWh",
    "PowerSource",
    "GpuHours",
    "ActiveGpuHours",
    "TokensCached",
    "Requests",
    "MarginalCostPerMillionTokens",
    "AllocationMethod",
)


def _columns() -> dict[str, Column]:
    """The columns by name; of those that versions define differently the types agree."""
    focus = {column.name: column for column in FOCUS_COLUMNS}
    extensions = {column.name: column for column in (*INFERCOST_EXTENSIONS, *OWN_EXTENSIONS)}
    return {name: focus[name] for name in _OF_FOCUS} | {
        name: extensions[name] for name in _OF_EXTENSIONS
    }


COLUMNS: Mapping[str, Column] = _columns()


def columns_needed(names: Sequence[str], *, tags: bool = True) -> list[str]:
    """Which of a file's columns `cells_of` looks at, in the file's order.

    Those with tags, which are long, only with `tags`.
    """
    wanted = {_spelling(name, names) for name in COLUMNS if tags or name not in TAG_COLUMNS}
    return [name for name in names if name in wanted]


def cells_of(batch: pa.RecordBatch, *, text: bool) -> pa.Table:
    """The cells of COLUMNS, and DETAILED; with `text` those of a CSV, where all are texts.

    Raises UnreadableFile for a value or a column that no layout has, or without a cost, a period
    or a currency.
    """
    names = batch.schema.names
    cells = {
        name: _cells(batch, _spelling(name, names), column, text)
        for name, column in COLUMNS.items()
    }
    for name in REQUIRED:
        if cells[name].null_count:
            raise UnreadableFile(f"has rows without {name}, which no layout allows")
    detailed = _spelling("GpuHours", names) is not None
    return pa.table(cells | {DETAILED: pa.repeat(detailed, batch.num_rows)})


def _spelling(name: str, names: Sequence[str]) -> str | None:
    """What a file calls a column; None if it has no such column."""
    prefixes = PREFIXES if name in _OF_EXTENSIONS else ("",)
    possible = (*(prefix + name for prefix in prefixes), _ALIASES.get(name))
    return next((each for each in possible if each in names), None)


def _cells(batch: pa.RecordBatch, spelled: str | None, column: Column, text: bool) -> pa.Array:
    if spelled is None:
        return pa.nulls(batch.num_rows, cell_type(column))
    array = batch.column(batch.schema.names.index(spelled))
    return as_cells(array, replace(column, name=spelled), text=text)
