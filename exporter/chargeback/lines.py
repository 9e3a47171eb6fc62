"""What a row is about and what it adds: the columns of a cube's lines, row by row."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.cells import DETAILED
from exporter.chargeback.holders import Cells, kinds, models, namespaces, sub_accounts
from exporter.chargeback.keys import TAG
from exporter.periods import DAY_SECONDS

#: What tells lines apart; the tags asked for come besides, as `tag:KEY`. `day` is the first second
#: of the day on which the charge period starts, `days` how many days it lies in, `kind` a RowKind.
#: `detailed` is false for rows of infercost-1.0, which say less.
KEY_COLUMNS = (
    "cluster",
    "cost_profile",
    "gpu_model",
    "gpu_count",
    "namespace",
    "sub_account",
    "model",
    "day",
    "days",
    "power_source",
    "allocation_method",
    "kind",
    "detailed",
)
#: What adds up, by the column it comes from; amounts in the billing currency unless named USD.
_SUMMED = {
    "cost": "EffectiveCost",
    "amortization": "AmortizationCost",
    "maintenance": "MaintenanceCost",
    "electricity": "ElectricityCost",
    "shared_idle": "IdleCost",
    "energy_kwh": "EnergyKWh",
    "gpu_hours": "GpuHours",
    "active_gpu_hours": "ActiveGpuHours",
    "cloud_usd": "CloudEquivalentCostUSD",
    "savings_usd": "SavingsUSD",
    "tokens_input": "TokensInput",
    "tokens_output": "TokensOutput",
    "tokens_cached": "TokensCached",
    "requests": "Requests",
}
#: Sums of lines. `marginal_by_million` is a million times the electricity of active time,
#: `contracted` how many rows have an EffectiveCost that is not the sum of their components.
MEASURES = (*_SUMMED, "marginal_by_million", "contracted")
#: Start of the first and end of the last charge period of a line, unix seconds.
FIRST, LAST = "first", "last"

#: Of a sum: more than any rows add up to, and less than the widest decimal, so that sums add up.
_DIGITS = 60
_COST = pa.decimal256(50, 18)


def lines_of(cells: pa.Table) -> pa.Table:
    """Keys, tags, measures and period of each row; its cluster and tags are in the cells."""
    columns = {
        **_keys(cells),
        **{name: cells[name] for name in cells.column_names if name.startswith(TAG)},
        **{name: _wide(cells[column]) for name, column in _SUMMED.items()},
        "marginal_by_million": _marginal(cells),
        "contracted": _contracted(cells),
        FIRST: cells["ChargePeriodStart"],
        LAST: cells["ChargePeriodEnd"],
    }
    return pa.table(columns)


def _keys(cells: pa.Table) -> Mapping[str, Cells]:
    namespace = namespaces(cells)
    first = _day(cells["ChargePeriodStart"])
    last = _day(pc.subtract(cells["ChargePeriodEnd"], 1))
    return {
        "cluster": cells["Cluster"],
        "cost_profile": cells["CostProfile"],
        "gpu_model": cells["GpuModel"],
        "gpu_count": cells["GpuCount"],
        "namespace": namespace,
        "sub_account": sub_accounts(cells, namespace),
        "model": models(cells, namespace),
        "day": pc.multiply(first, DAY_SECONDS),
        "days": pc.add(pc.subtract(last, first), 1),
        "power_source": cells["PowerSource"],
        "allocation_method": cells["AllocationMethod"],
        "kind": kinds(cells, namespace),
        "detailed": cells[DETAILED],
    }


def _day(seconds: Cells) -> Cells:
    """Days since 1970; no charge is older."""
    return pc.divide(seconds, DAY_SECONDS)


def _wide(column: Cells) -> Cells:
    scale = column.type.scale if pa.types.is_decimal(column.type) else 0
    return column.cast(pa.decimal256(_DIGITS, scale))


def _marginal(cells: pa.Table) -> Cells:
    """A row says it for a million of its tokens."""
    tokens = pc.add(_counted(cells["TokensInput"]), _counted(cells["TokensOutput"]))
    ratio = cells["MarginalCostPerMillionTokens"].cast(pa.decimal256(18, 9))
    return _wide(pc.multiply(ratio, tokens))


def _counted(column: Cells) -> Cells:
    return pc.fill_null(column, 0).cast(pa.decimal256(19, 0))


def _contracted(cells: pa.Table) -> Cells:
    names = ("AmortizationCost", "MaintenanceCost", "ElectricityCost")
    first, second, third = (cells[name].cast(_COST) for name in names)
    whole = pc.add(pc.add(first, second), third)
    differs = pc.not_equal(cells["EffectiveCost"].cast(_COST), whole.cast(_COST))
    return pc.fill_null(differs, False).cast(pa.int64())
