"""What the columns that this program adds have to do with each other and with those of FOCUS.

Facts are those of the table of extension columns. Figures with 9 digits are the exact ones rounded
half to even, so that a figure differs from the quotient by half of its last digit at the most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.focus.column import Column
from exporter.focus.rules.arithmetic import all_usable
from exporter.focus.rules.coded import Mask
from exporter.focus.rules.elements import used_quantity
from exporter.focus.rules.own_rule import own_rule
from exporter.focus.rules.row_rule import Finding, RowRule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.typed import Floats

_NEVER_NEGATIVE = (
    "AmortizationCost",
    "MaintenanceCost",
    "ElectricityCost",
    "IdleCost",
    "EnergyKWh",
    "GpuHours",
    "ActiveGpuHours",
)
_SPLIT, _DETAILS = "AllocatedMethodId", "AllocatedMethodDetails"
_NO_SPLIT = "no row of this program is a part of a split charge"
#: Less than the last of 9 digits, and what floats lose of the sum of two columns.
_LEAST, _NOISE = 0.5e-9, 4e-15
_QUOTIENT = 1e-9  #: how far a rounded quotient may be off; of large ones also 1e-12 of it
_OF_LARGE_QUOTIENT = 1e-12
#: Both times are split among holders with the residue of the rounding at the largest of them, so
#: that a GPU that was never idle may be active for a trifle longer than it was held.
_TRIFLE, _OF_LONG_TIMES = 1e-6, 1e-3


def relation_rules(columns: Sequence[Column], prefix: str) -> Iterator[RowRule]:
    """The rules for one prefix; `columns` are those of a version of FOCUS."""
    names = {column.name for column in columns}
    for name in _NEVER_NEGATIVE:
        yield _not_negative(prefix + name, prefix)
    yield _tokens(prefix)
    yield _active_hours(prefix)
    yield _utilization(prefix)
    yield _cost_per_million(prefix)
    yield _savings(prefix)
    yield _cluster(prefix)
    if "SkuMeter" in names:
        yield _meter(prefix)
    if _SPLIT in names:
        yield _split_hours(prefix)
        yield _split_quantities(prefix)


def _off(found: Floats, wanted: Floats, least: float = _LEAST, relative: float = _NOISE) -> Mask:
    """Where two figures differ; NaN, for what is not there, differs from nothing."""
    with np.errstate(over="ignore", invalid="ignore"):
        differ: Mask = np.abs(found - wanted) > least + relative * np.abs(wanted)
    return differ


def _not_negative(name: str, prefix: str) -> RowRule:
    return own_rule(
        "not-negative",
        name,
        prefix,
        "GPU-time, energy and the parts of a cost are never negative.",
        "is negative",
        lambda rows: Finding(rows.usable(name), rows.numbers(name) < 0),
    )


def _tokens(prefix: str) -> RowRule:
    consumed, unit = "ConsumedQuantity", "ConsumedUnit"
    sides = (f"{prefix}TokensInput", f"{prefix}TokensOutput")

    def look(rows: Rows) -> Finding:
        concerned = rows.among(unit, "Tokens") & all_usable(rows, (*sides, consumed))
        return Finding(concerned, _off(_sum(rows, sides), rows.numbers(consumed)))

    return own_rule(
        "tokens",
        consumed,
        prefix,
        "ConsumedQuantity in tokens is TokensInput and TokensOutput together.",
        "is not TokensInput and TokensOutput together",
        look,
        (unit, *sides),
    )


def _sum(rows: Rows, names: tuple[str, str]) -> Floats:
    first, second = (rows.numbers(name) for name in names)
    return first + second


def _active_hours(prefix: str) -> RowRule:
    held, active = f"{prefix}GpuHours", f"{prefix}ActiveGpuHours"

    def look(rows: Rows) -> Finding:
        most = rows.numbers(held) * (1 + _OF_LONG_TIMES) + _TRIFLE
        return Finding(all_usable(rows, (held, active)), rows.numbers(active) > most)

    return own_rule(
        "active-hours",
        active,
        prefix,
        "ActiveGpuHours are no more than GpuHours, but for rounding.",
        "is more than GpuHours",
        look,
        (held,),
    )


def _utilization(prefix: str) -> RowRule:
    """Null is wrong, too, where it can be told."""
    held, active = f"{prefix}GpuHours", f"{prefix}ActiveGpuHours"
    percent = f"{prefix}UtilizationPercent"

    def look(rows: Rows) -> Finding:
        hours = rows.numbers(held)
        told = rows.usable(percent) | rows.null(percent)
        concerned = all_usable(rows, (held, active)) & (hours > 0) & told
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            off = _off(rows.numbers(percent), 100 * rows.numbers(active) / hours, _QUOTIENT)
        return Finding(concerned, off | rows.null(percent))

    return own_rule(
        "utilization",
        percent,
        prefix,
        "UtilizationPercent is ActiveGpuHours in percent of GpuHours.",
        "is not ActiveGpuHours in percent of GpuHours",
        look,
        (held, active),
    )


def _cost_per_million(prefix: str) -> RowRule:
    per_million = f"{prefix}CostPerMillionTokens"
    sides = (f"{prefix}TokensInput", f"{prefix}TokensOutput")

    def look(rows: Rows) -> Finding:
        tokens = _sum(rows, sides)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            wanted = rows.numbers("EffectiveCost") / tokens * 1e6
        off = _off(rows.numbers(per_million), wanted, _QUOTIENT, _OF_LARGE_QUOTIENT)
        concerned = all_usable(rows, (per_million, "EffectiveCost", *sides))
        return Finding(concerned, off | (tokens == 0))

    return own_rule(
        "cost-per-million",
        per_million,
        prefix,
        "CostPerMillionTokens is EffectiveCost over TokensInput and TokensOutput, by the million.",
        "is not EffectiveCost over the millions of TokensInput and TokensOutput",
        look,
        ("EffectiveCost", *sides),
    )


def _savings(prefix: str) -> RowRule:
    percent, cloud = f"{prefix}SavingsPercent", f"{prefix}CloudEquivalentCostUSD"

    def look(rows: Rows) -> Finding:
        return Finding(rows.usable(cloud) & (rows.numbers(cloud) == 0), rows.filled(percent))

    return own_rule(
        "savings",
        percent,
        prefix,
        "SavingsPercent is null where CloudEquivalentCostUSD is 0.",
        "is not null, and CloudEquivalentCostUSD is 0",
        look,
        (cloud,),
    )


def _cluster(prefix: str) -> RowRule:
    """By its beginning, for a cluster may have a name with `/`."""
    cluster, resource = f"{prefix}Cluster", "ResourceId"

    def look(rows: Rows) -> Finding:
        clusters, ids = rows.texts(cluster), rows.texts(resource)
        told = rows.usable(cluster) & rows.usable(resource)
        outside = np.zeros(len(rows), np.bool_)
        for code in np.unique(clusters.codes[told]).tolist():
            places = np.flatnonzero(told & (clusters.codes == code))
            names = ids.words.take(pa.array(ids.codes[places]))
            inside = pc.starts_with(names, f"{clusters.values[code]}/")
            outside[places] = ~inside.to_numpy(zero_copy_only=False)
        return Finding(told, outside)

    return own_rule(
        "cluster",
        cluster,
        prefix,
        "Cluster is the first part of ResourceId.",
        "is not the first part of ResourceId",
        look,
        (resource,),
    )


def _meter(prefix: str) -> RowRule:
    meter = "SkuMeter"
    sides = (f"{prefix}TokensInput", f"{prefix}TokensOutput")

    def look(rows: Rows) -> Finding:
        of_input, of_output = (rows.among(meter, f"{side} Tokens") for side in ("Input", "Output"))
        others = np.where(of_input, rows.numbers(sides[1]), rows.numbers(sides[0]))
        return Finding((of_input | of_output) & all_usable(rows, sides), others != 0)

    return own_rule(
        "meter",
        meter,
        prefix,
        "Input Tokens and Output Tokens are metered in rows without tokens of the other side.",
        "is the meter of one side, and there are tokens of the other",
        look,
        sides,
        "no row of this program tells input and output apart",
    )


def _split_hours(prefix: str) -> RowRule:
    consumed, held = "ConsumedQuantity", f"{prefix}GpuHours"

    def look(rows: Rows) -> Finding:
        concerned = rows.filled(_SPLIT) & all_usable(rows, (consumed, held))
        return Finding(concerned, _off(rows.numbers(consumed), rows.numbers(held)))

    return own_rule(
        "split-hours",
        consumed,
        prefix,
        "ConsumedQuantity of a share of a pool is its GpuHours.",
        "is not GpuHours, in a share of a pool",
        look,
        (_SPLIT, held),
        _NO_SPLIT,
    )


def _split_quantities(prefix: str) -> RowRule:
    held, energy = f"{prefix}GpuHours", f"{prefix}EnergyKWh"

    def look(rows: Rows) -> Finding:
        details = rows.texts(_DETAILS)
        used = np.array([*map(used_quantity, details.values), (np.nan, np.nan)])[details.codes]
        off = [_off(used[:, i], rows.numbers(name)) for i, name in enumerate((held, energy))]
        told = rows.filled(_SPLIT) & ~np.isnan(used).all(axis=1)
        return Finding(told, off[0] | off[1])

    return own_rule(
        "split-quantities",
        _DETAILS,
        prefix,
        "The UsageQuantity of the hardware is GpuHours, and that of the electricity EnergyKWh.",
        "has another UsageQuantity than GpuHours and EnergyKWh say",
        look,
        (_SPLIT, held, energy),
        _NO_SPLIT,
    )
