"""GPU pools and the cost profiles that describe them, with prices that are easy in the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

API_VERSION = "finops.infercost.ai/v1alpha1"
#: Paid off over 3 years this is 1 an hour: 26280 = 3 × 8760.
PRICE_PER_GPU = 26_280


@dataclass(frozen=True, slots=True)
class Pool:
    """One cost profile and the nodes it matches; by default 1 per GPU-hour and 0.10 per kWh.

    Without a `selector` it is the host name of the only node.
    """

    name: str
    nodes: tuple[str, ...]
    gpu_count: int = 1
    selector: Mapping[str, str] | None = None
    gpu_model: str = "NVIDIA H100 80GB HBM3"
    tdp_watts: int | None = 700

    def document_at(self, hour: int) -> Mapping[str, Any]:
        """The CostProfile that applies to the hour of that first second."""
        return self.document

    @property
    def document(self) -> Mapping[str, object]:
        """The CostProfile."""
        hardware: dict[str, object] = {
            "gpuModel": self.gpu_model,
            "gpuCount": self.gpu_count,
            "purchasePriceUSD": PRICE_PER_GPU * self.gpu_count,
            "amortizationYears": 3,
            "maintenancePercentPerYear": 0,
        }
        if self.tdp_watts is not None:
            hardware["tdpWatts"] = self.tdp_watts
        selector = self.selector or {"kubernetes.io/hostname": self.nodes[0]}
        return document(
            "CostProfile",
            self.name,
            {
                "hardware": hardware,
                "electricity": {"ratePerKWh": 0.10, "pueFactor": 1.0},
                "nodeSelector": dict(selector),
            },
        )


def document(kind: str, name: str, spec: Mapping[str, object]) -> Mapping[str, object]:
    """One configuration document in the form of the InferCost resources."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
