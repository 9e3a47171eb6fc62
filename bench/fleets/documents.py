"""The configuration that prices a fleet: one CostProfile per pool."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from bench.fleets.plan import KINDS, GpuKind, Node

#: Prices that leave a remainder wherever they are divided.
PRICE_PER_GPU = Fraction("28641.37")
AMORTIZATION_YEARS = 4
MAINTENANCE_PER_YEAR = Fraction("0.0725")
RATE_PER_KWH = Fraction("0.1234567")
PUE = Fraction("1.37")


def write_documents(nodes: Sequence[Node], path: Path) -> dict[str, int]:
    """Write the profiles of the pools that have nodes; returns how many GPUs each pool has."""
    counts = {kind: sum(len(n.gpus) for n in nodes if n.kind is kind) for kind in KINDS}
    there = {kind: count for kind, count in counts.items() if count}
    documents = [_profile(kind, count) for kind, count in there.items()]
    path.write_text(yaml.safe_dump_all(documents, sort_keys=False), "utf-8")
    return {kind.pool: count for kind, count in there.items()}


def _profile(kind: GpuKind, gpus: int) -> dict[str, Any]:
    return {
        "apiVersion": "finops.infercost.ai/v1alpha1",
        "kind": "CostProfile",
        "metadata": {"name": kind.pool},
        "spec": {
            "hardware": {
                "gpuModel": kind.model,
                "gpuCount": gpus,
                "purchasePriceUSD": float(PRICE_PER_GPU * gpus),
                "amortizationYears": AMORTIZATION_YEARS,
                "maintenancePercentPerYear": float(MAINTENANCE_PER_YEAR),
                "tdpWatts": kind.tdp_watts,
            },
            "electricity": {"ratePerKWh": float(RATE_PER_KWH), "pueFactor": float(PUE)},
            "nodeSelector": {"nvidia.com/gpu.product": kind.product},
        },
    }
