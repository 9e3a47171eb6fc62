"""Records for tests: valid by default, one field changed per test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Charges, Kind, Meter, Method, PowerSource, taken
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.sale import AT_COST, Sale, SalesTerms, sell
from exporter.documents.kinds import CostProfile
from exporter.focus.coded_tables import in_full
from exporter.focus.context import RowContext
from exporter.focus.rows import build_rows
from exporter.periods import Schedule, period_at

NANO = 10**9
NOON = 1_773_144_000  # 2026-03-10T12:00:00Z, a Tuesday


def make_profile(name: str = "h100-pool", gpu_model: str = "H100-SXM5") -> CostProfile:
    """Eight GPUs, as a user would write them."""
    return CostProfile.model_validate(
        {
            "metadata": {"name": name},
            "spec": {
                "hardware": {
                    "gpuModel": gpu_model,
                    "gpuCount": 8,
                    "purchasePriceUSD": 262800,
                    "amortizationYears": 3,
                    "maintenancePercentPerYear": 0.05,
                    "tdpWatts": 700,
                },
                "electricity": {"ratePerKWh": 0.12, "pueFactor": 1.3},
            },
        }
    )


_PROFILE = make_profile()
_CHARGE: dict[str, Any] = {
    "kind": Kind.MODEL,
    "method": Method.GPU_TIME,
    "meter": Meter.ALL,
    "power_source": PowerSource.ENERGY_COUNTER,
    "profile": _PROFILE,
    "namespace": "chat",
    "workload": None,
    "workload_type": None,
    "pod": None,
    "model": "llama-3.1-70b",
    "amortization_nano": 5 * NANO,
    "maintenance_nano": 750_000_000,
    "electricity_nano": 250_000_001,
    "active_electricity_nano": 200_000_000,
    "idle_nano": 0,
    "energy_nano_kwh": 1_602_564_109,
    "gpu_nano_hours": 4 * NANO,
    "active_nano_hours": 3 * NANO,
    "tokens_input": 1_500_000,
    "tokens_output": 1_000_000,
    "tokens_cached": 300_000,
    "requests": 1_600,
    "observed_nano_hours": 8 * NANO,
    "capacity_nano_hours": 8 * NANO,
    "namespace_labels": {},
    "pod_labels": {},
    "region": None,
    "zone": None,
}
_TOKENLESS = {
    "tokens_input": 0,
    "tokens_output": 0,
    "tokens_cached": 0,
    "requests": 0,
    "model": None,
}
_OF_POOL = {**_TOKENLESS, "namespace": None, "active_nano_hours": 0}

#: What is different from the default in a charge of each kind; UNPRICED under its own name.
KINDS: Mapping[str, Mapping[str, Any]] = {
    "model": {},
    "rollup": {**_TOKENLESS, "kind": Kind.ROLLUP},
    "idle": {**_OF_POOL, "kind": Kind.IDLE},
    "unobserved": {**_OF_POOL, "kind": Kind.UNOBSERVED, "power_source": PowerSource.TDP},
    "unpriced": {
        "method": Method.UNPRICED,
        "power_source": PowerSource.NONE,
        "profile": None,
        "amortization_nano": 0,
        "maintenance_nano": 0,
        "electricity_nano": 0,
        "active_electricity_nano": 0,
        "energy_nano_kwh": 0,
        "gpu_nano_hours": 0,
        "active_nano_hours": 0,
        "observed_nano_hours": 0,
        "capacity_nano_hours": 0,
    },
}


def make_charges(**changes: Any) -> Charges:
    """Charges of which each field is the default, one value for all, or a list of values."""
    unknown = changes.keys() - _CHARGE.keys()
    if unknown:
        raise TypeError(f"a charge has no {', '.join(sorted(unknown))}")
    size = max((len(value) for value in changes.values() if isinstance(value, list)), default=1)
    return Charges(
        **{name: _column(name, value, size) for name, value in (_CHARGE | changes).items()}
    )


def make_charges_of(*kinds: str, **changes: Any) -> Charges:
    """One charge of each of these KINDS, in this order, with the same changes to all."""
    rows = [{**_CHARGE, **KINDS[kind], **changes} for kind in kinds]
    return make_charges(**{name: [row[name] for row in rows] for name in _CHARGE})


def _column(name: str, value: Any, size: int) -> Any:
    values = value if isinstance(value, list) else [value] * size
    numeric = isinstance(_CHARGE[name], int)
    return np.array(values, dtype=np.int64) if numeric else values


def make_cloud(sale: Sale, usd_rate: Decimal = Decimal(1), **changes: Any) -> CloudEquivalents:
    """A comparison of every priced charge: a cloud cost of 10 dollars if it has tokens, else 0."""
    charges = sale.charges
    compared = ~charges.unpriced
    counted = (charges.tokens > 0) & compared
    cost = np.where(counted, 10 * NANO, 0).astype(np.int64)
    own_cost = [int(amount * usd_rate * NANO / sale.effective_unit) for amount in sale.effective]
    savings = np.where(compared, cost - np.array(own_cost, dtype=np.int64), 0)
    return replace(
        CloudEquivalents(
            compared=compared,
            provider=["openai" if each else None for each in counted],
            model=["gpt-4o-mini" if each else None for each in counted],
            cost_nano_usd=cost,
            savings_nano_usd=savings,
        ),
        **changes,
    )


def make_context(**changes: Any) -> RowContext:
    """The day around NOON of cluster `prod` in the billing dataset, everything at its default."""
    schedule = changes.pop("schedule", Schedule.DAILY)
    values: dict[str, Any] = {
        "cluster": "prod",
        "report": "default",
        "schedule": schedule,
        "period": period_at(schedule, NOON),
        "version": "1.3",
        "prefix": "x-Infer",
        "currency": "USD",
        "usd_rate": Decimal(1),
        "service_provider_name": "Self-Hosted",
        "host_provider_name": "Self-Hosted",
        "invoice_issuer_name": "Self-Hosted",
        "publisher_name": "Self-Hosted",
        "billing_account_id": "prod",
        "billing_account_name": "prod",
        "region_id": None,
        "region_name": None,
        "availability_zone": None,
        "tag_allowlist": None,
        "sub_account_label": None,
        "row_grain": "model",
        "idle_shared": False,
    }
    return RowContext(**values | changes)


def rows_of(charges: Charges, **context: Any) -> list[dict[str, Any]]:
    """The FOCUS rows of charges, one dict by column name each; `terms` say how they are sold."""
    rows: list[dict[str, Any]] = table_of(charges, **context).to_pylist()
    return rows


def table_of(charges: Charges, terms: SalesTerms = AT_COST, **context: Any) -> pa.Table:
    """The FOCUS rows of charges, sold on some terms, as the pipeline makes them."""
    sale = sell(taken(charges, np.flatnonzero(charges.filled)), terms)
    cloud = make_cloud(sale, context.get("usd_rate", Decimal(1)))
    return in_full(build_rows(sale, cloud, make_context(**context)))


def row_of(charges: Charges, **context: Any) -> dict[str, Any]:
    """The only row of charges."""
    (row,) = rows_of(charges, **context)
    return row
