"""The cells of the extension columns, by their names without prefix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Charges, Meter, Method, PowerSource
from exporter.cost.cloud_equivalents import CloudEquivalents
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

Value = TypeVar("Value")

_RATIO_LIMIT = 10**18  # a ratio of 18 digits in all, the width of its column
_UNIT = 10**NANO_DIGITS


def extension_cells(sale: Sale, cloud: CloudEquivalents, context: RowContext) -> dict[str, Cell]:
    """InferCost's columns and ours."""
    charges = sale.charges
    return {
        **_profile_cells(charges.profile),
        **_cloud_cells(cloud),
        **_holder_cells(charges, context),
        **_cost_cells(charges, context),
        **_energy_cells(charges),
        **_token_cells(charges),
        **_unit_cost_cells(sale),
    }


def _profile_cells(profiles: Sequence[CostProfile | None]) -> dict[str, Cell]:
    return {
        "CostProfile": _each(profiles, lambda profile: profile.name),
        "GpuModel": _each(profiles, lambda profile: profile.spec.hardware.gpu_model),
        "GpuCount": pa.array(
            _each(profiles, lambda profile: profile.spec.hardware.gpu_count), pa.int64()
        ),
        "AmortizationYears": _declared(
            profiles, lambda profile: profile.spec.hardware.amortization_years
        ),
        "ElectricityRatePerKWh": _declared(
            profiles, lambda profile: profile.spec.electricity.rate_per_kwh
        ),
        "PUEFactor": _declared(profiles, lambda profile: profile.spec.electricity.pue_factor),
    }


def _each(
    profiles: Sequence[CostProfile | None], value: Callable[[CostProfile], Value]
) -> list[Value | None]:
    return [None if profile is None else value(profile) for profile in profiles]


def _declared(
    profiles: Sequence[CostProfile | None], value: Callable[[CostProfile], Decimal]
) -> pa.Array:
    return from_python_integers(_each(profiles, lambda each: _nano(value(each))), NANO_DIGITS)


def _nano(amount: Decimal) -> int:
    return int(amount.scaleb(NANO_DIGITS).to_integral_value(ROUND_HALF_EVEN))


def _cloud_cells(cloud: CloudEquivalents) -> dict[str, Cell]:
    not_compared = ~cloud.compared
    percent = quotients(cloud.savings_nano_usd, cloud.cost_nano_usd, 100 * _UNIT, _RATIO_LIMIT)
    return {
        "CloudEquivalentProvider": cloud.provider,
        "CloudEquivalentModel": cloud.model,
        "CloudEquivalentCostUSD": blank(from_nano(cloud.cost_nano_usd), not_compared),
        "SavingsUSD": blank(from_nano(cloud.savings_nano_usd), not_compared),
        "SavingsPercent": blank(from_python_integers(percent, NANO_DIGITS), not_compared),
    }


def _holder_cells(charges: Charges, context: RowContext) -> dict[str, Cell]:
    return {
        "Cluster": context.cluster,
        "Namespace": namespaces(charges),
        "Workload": charges.workload,
        "WorkloadType": charges.workload_type,
        "Pod": charges.pod,
        "AllocationMethod": [Method(method).text for method in charges.method.tolist()],
        "Completeness": _completeness(charges),
    }


def _completeness(charges: Charges) -> pa.Array:
    observed = np.minimum(charges.observed_nano_hours, charges.capacity_nano_hours)
    shares = quotients(observed, charges.capacity_nano_hours, _UNIT)
    return blank(from_python_integers(shares, NANO_DIGITS), charges.unpriced)


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
    active = quotients(charges.active_nano_hours, charges.gpu_nano_hours, 100 * _UNIT, _RATIO_LIMIT)
    sources = [PowerSource(source).text for source in charges.power_source.tolist()]
    return {
        "EnergyKWh": blank(
            from_nano(charges.energy_nano_kwh), unknown & (charges.energy_nano_kwh == 0)
        ),
        "PowerSource": blank(pa.array(sources, pa.string()), unknown),
        "GpuHours": _hours(charges.gpu_nano_hours, unknown),
        "ActiveGpuHours": _hours(charges.active_nano_hours, unknown),
        "UtilizationPercent": from_python_integers(active, NANO_DIGITS),
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
    charges, million = sale.charges, 10**6
    unknown, apart = charges.unpriced, charges.meter != Meter.ALL
    scale = sale.effective_unit // _UNIT

    def per(cost: Sequence[int], divisor: Sequence[int], factor: int, hidden: Mask) -> pa.Array:
        ratios = quotients(cost, divisor, factor, _RATIO_LIMIT)
        return blank(from_python_integers(ratios, NANO_DIGITS), hidden)

    tokens, requests = charges.tokens.tolist(), charges.requests.tolist()
    marginal = charges.active_electricity_nano.tolist()
    return {
        "CostPerMillionTokens": per(
            sale.effective, [count * scale for count in tokens], million, unknown
        ),
        "MarginalCostPerMillionTokens": per(marginal, tokens, million, unknown),
        "CostPerRequest": per(
            sale.effective, [count * scale for count in requests], 1, unknown | apart
        ),
    }
