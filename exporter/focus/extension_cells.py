"""The cells of the extension columns, by their names without prefix."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Charges, Meter, Method, PowerSource
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.distinct import Texts, objects_of
from exporter.cost.sale import Sale
from exporter.documents.kinds import CostProfile
from exporter.focus.cells import Cell
from exporter.focus.context import RowContext
from exporter.focus.decimals import (
    NANO_DIGITS,
    Ints,
    Mask,
    blank,
    from_nano,
    from_python_integers,
    quotients,
)
from exporter.focus.names import namespaces
from exporter.focus.quantities import MILLION
from exporter.focus.ratios import Ratio
from exporter.focus.texts import texts_by
from exporter.integers import NANO

_RATIO_LIMIT = 10**18  # a ratio of 18 digits in all, the width of its column
_METHODS = tuple(method.text for method in Method)
_SOURCES = tuple(source.text for source in PowerSource)


def extension_cells(sale: Sale, cloud: CloudEquivalents, context: RowContext) -> dict[str, Cell]:
    """InferCost's columns and ours."""
    charges = sale.charges
    return {
        **_profile_cells(charges),
        **_cloud_cells(cloud),
        **_holder_cells(charges, context),
        **_cost_cells(charges, context),
        **_energy_cells(charges),
        **_token_cells(charges),
        **_unit_cost_cells(sale),
    }


def _profile_cells(charges: Charges) -> dict[str, Cell]:
    profiles = objects_of(charges.profile)

    def texts(text: Callable[[CostProfile], str]) -> Texts:
        return profiles.texts(lambda each: None if each is None else text(each))

    def numbers(number: Callable[[CostProfile], Decimal]) -> pa.Array:
        each = [None if p is None else _nano(number(p)) for p in profiles.values]
        return from_python_integers(each, NANO_DIGITS).take(pa.array(profiles.codes))

    counts = [None if p is None else p.spec.hardware.gpu_count for p in profiles.values]
    return {
        "CostProfile": texts(lambda p: p.name),
        "GpuModel": texts(lambda p: p.spec.hardware.gpu_model),
        "GpuCount": pa.array(counts, pa.int64()).take(pa.array(profiles.codes)),
        "AmortizationYears": numbers(lambda p: p.spec.hardware.amortization_years),
        "ElectricityRatePerKWh": numbers(lambda p: p.spec.electricity.rate_per_kwh),
        "PUEFactor": numbers(lambda p: p.spec.electricity.pue_factor),
    }


def _nano(amount: Decimal) -> int:
    return int(amount.scaleb(NANO_DIGITS).to_integral_value(ROUND_HALF_EVEN))


def _cloud_cells(cloud: CloudEquivalents) -> dict[str, Cell]:
    not_compared = ~cloud.compared
    percent = Ratio(cloud.savings_nano_usd, cloud.cost_nano_usd, 100 * NANO)
    return {
        "CloudEquivalentProvider": cloud.provider,
        "CloudEquivalentModel": cloud.model,
        "CloudEquivalentCostUSD": blank(from_nano(cloud.cost_nano_usd), not_compared),
        "SavingsUSD": blank(from_nano(cloud.savings_nano_usd), not_compared),
        "SavingsPercent": blank(_ratio(percent), not_compared),
    }


def _holder_cells(charges: Charges, context: RowContext) -> dict[str, Cell]:
    return {
        "Cluster": context.cluster,
        "Namespace": namespaces(charges),
        "Workload": charges.workload,
        "WorkloadType": charges.workload_type,
        "Pod": charges.pod,
        "AllocationMethod": texts_by(charges.method, *_METHODS),
        "Completeness": _completeness(charges),
    }


def _completeness(charges: Charges) -> pa.Array:
    observed = np.minimum(charges.observed_nano_hours, charges.capacity_nano_hours)
    shares = Ratio(observed, charges.capacity_nano_hours, NANO)
    return blank(_ratio(shares), charges.unpriced)


def _ratio(ratio: Ratio) -> pa.Array:
    return ratio.decimals(NANO_DIGITS, _RATIO_LIMIT)


def _cost_cells(charges: Charges, context: RowContext) -> dict[str, Cell]:
    return {
        "AmortizationCost": from_nano(charges.amortization_nano),
        "MaintenanceCost": from_nano(charges.maintenance_nano),
        "ElectricityCost": from_nano(charges.electricity_nano),
        "IdleCost": from_nano(charges.idle_nano) if context.idle_shared else None,
    }


def _energy_cells(charges: Charges) -> dict[str, Cell]:
    # An unpriced charge says 0 here because its GPU is not known, which is not a measured 0.
    unknown = charges.unpriced
    active = Ratio(charges.active_nano_hours, charges.gpu_nano_hours, 100 * NANO)
    sources = texts_by(np.where(unknown, len(_SOURCES), charges.power_source), *_SOURCES, None)
    return {
        "EnergyKWh": blank(
            from_nano(charges.energy_nano_kwh), unknown & (charges.energy_nano_kwh == 0)
        ),
        "PowerSource": sources,
        "GpuHours": _hours(charges.gpu_nano_hours, unknown),
        "ActiveGpuHours": _hours(charges.active_nano_hours, unknown),
        "UtilizationPercent": _ratio(active),
    }


def _hours(values: Ints, unknown: Mask) -> pa.Array:
    return blank(from_nano(values), unknown & (values == 0))


def _token_cells(charges: Charges) -> dict[str, Cell]:
    return {
        "TokensInput": pa.array(charges.tokens_input, pa.int64()),
        "TokensOutput": pa.array(charges.tokens_output, pa.int64()),
        "TokensCached": pa.array(charges.tokens_cached, pa.int64()),
        "Requests": pa.array(charges.requests, pa.int64()),
    }


def _unit_cost_cells(sale: Sale) -> dict[str, Cell]:
    """No cost per request where input and output are told apart: neither is the whole of it."""
    charges = sale.charges
    unknown, apart = charges.unpriced, charges.meter != Meter.ALL
    marginal = Ratio(charges.active_electricity_nano, charges.tokens, MILLION)
    return {
        "CostPerMillionTokens": blank(_cost_per(sale, charges.tokens, MILLION), unknown),
        "MarginalCostPerMillionTokens": blank(_ratio(marginal), unknown),
        "CostPerRequest": blank(_cost_per(sale, charges.requests, 1), unknown | apart),
    }


def _cost_per(sale: Sale, counts: Ints, factor: int) -> pa.Array:
    if sale.effective_unit == NANO:
        return _ratio(Ratio(sale.charges.cost_nano, counts, factor))
    scale = sale.effective_unit // NANO
    divisors = [count * scale for count in counts.tolist()]
    found = quotients(sale.effective, divisors, factor, _RATIO_LIMIT)
    return from_python_integers(found, NANO_DIGITS)
