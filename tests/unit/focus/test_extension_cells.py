from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from exporter.cost.charges import Kind, Method, PowerSource
from exporter.cost.sale import sell
from exporter.errors import PeriodError
from exporter.focus.rows import build_rows
from tests.builders import (
    NANO,
    make_charges,
    make_charges_of,
    make_cloud,
    make_context,
    make_profile,
    row_of,
    rows_of,
)


def test_unpriced_tokens_have_a_quantity_and_a_price_of_zero_and_say_nothing_else() -> None:
    row = row_of(make_charges_of("unpriced"))

    assert row["EffectiveCost"] == row["ListUnitPrice"] == 0
    assert row["ConsumedQuantity"] == 2_500_000
    assert row["x-InferAllocationMethod"] == "unpriced"
    assert (row["x-InferTokensInput"], row["x-InferRequests"]) == (1_500_000, 1_600)
    unknown = (
        "CostProfile GpuModel GpuCount AmortizationYears ElectricityRatePerKWh PUEFactor "
        "CloudEquivalentProvider CloudEquivalentModel CloudEquivalentCostUSD SavingsUSD "
        "SavingsPercent EnergyKWh PowerSource GpuHours ActiveGpuHours UtilizationPercent "
        "CostPerMillionTokens MarginalCostPerMillionTokens CostPerRequest Completeness"
    )
    assert {name: row[f"x-Infer{name}"] for name in unknown.split()} == dict.fromkeys(
        unknown.split()
    )


def test_unpriced_tokens_without_a_profile_keep_the_model_as_sku_even_when_none_were_counted() -> (
    None
):
    charges = make_charges_of("unpriced", tokens_input=0, tokens_output=0, gpu_nano_hours=NANO)

    row = row_of(charges)

    assert row["SkuId"] == "llama-3.1-70b"
    assert (row["ConsumedUnit"], row["x-InferGpuHours"]) == ("GPU-Hours", 1)


def test_extension_columns_carry_the_prefix_asked_for() -> None:
    row = row_of(make_charges(), prefix="x_Infer")

    assert row["x_InferCluster"] == "prod"
    assert not [name for name in row if name.startswith("x-")]


def test_idle_cost_is_shown_only_when_it_is_shared() -> None:
    charges = make_charges(idle_nano=1_000_000_000)

    assert row_of(charges)["x-InferIdleCost"] is None
    assert row_of(charges, idle_shared=True)["x-InferIdleCost"] == 1


def test_workload_and_pod_are_columns_of_their_own() -> None:
    charges = make_charges(workload="llama", workload_type="Deployment", pod="llama-0")

    row = row_of(charges)

    assert row["x-InferWorkload"] == "llama"
    assert row["x-InferWorkloadType"] == "Deployment"
    assert row["x-InferPod"] == "llama-0"


@pytest.mark.parametrize(
    ("observed", "completeness"), [(0, 0), (3 * NANO, Decimal("0.375")), (9 * NANO, 1)]
)
def test_completeness_is_the_observed_share_and_never_above_one(
    observed: int, completeness: Decimal
) -> None:
    row = row_of(make_charges(observed_nano_hours=observed))

    assert row["x-InferCompleteness"] == completeness


@pytest.mark.parametrize(
    ("method", "text"),
    [(Method.GPU_TIME, "gpu-time"), (Method.REQUESTS, "requests"), (Method.TOKENS, "tokens")],
)
def test_the_allocation_method_is_named(method: Method, text: str) -> None:
    assert row_of(make_charges(method=method))["x-InferAllocationMethod"] == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (PowerSource.POWER_SAMPLES, "power-samples"),
        (PowerSource.TDP, "tdp"),
        (PowerSource.NONE, "none"),
    ],
)
def test_the_power_source_is_named(source: PowerSource, text: str) -> None:
    assert row_of(make_charges(power_source=source))["x-InferPowerSource"] == text


def test_priced_rows_without_tokens_are_a_loss_against_the_cloud() -> None:
    row = row_of(make_charges_of("idle"))

    assert row["x-InferCloudEquivalentCostUSD"] == 0
    assert row["x-InferSavingsUSD"] == Decimal("-6.000000001")
    assert row["x-InferSavingsPercent"] is None
    assert row["x-InferCloudEquivalentProvider"] is None


def test_a_ratio_too_large_for_its_column_is_null() -> None:
    row = row_of(make_charges(amortization_nano=2_000 * NANO, tokens_input=1, tokens_output=0))

    assert row["x-InferCostPerMillionTokens"] is None
    assert row["ListUnitPrice"] == Decimal("2001000000.001")


def test_a_cost_too_large_for_its_column_fails_the_period_and_says_where() -> None:
    charges = make_charges(maintenance_nano=[1, 2_000_000_000 * NANO])
    not_compared = make_cloud(sell(charges), compared=np.array([False, False]))

    with pytest.raises(
        PeriodError,
        match=r"^x-InferMaintenanceCost of row 1 is 2000000000\.0+, and the column holds less "
        r"than 1000000000; export this report over shorter periods",
    ):
        build_rows(sell(charges), not_compared, make_context())


def test_profiles_differ_row_by_row() -> None:
    charges = make_charges(
        kind=Kind.IDLE,
        tokens_input=0,
        tokens_output=0,
        profile=[make_profile("a", "A100"), make_profile("b", "B200")],
    )

    first, second = rows_of(charges)

    assert (first["x-InferCostProfile"], first["SkuId"]) == ("a", "A100")
    assert (second["x-InferCostProfile"], second["x-InferGpuModel"]) == ("b", "B200")


def test_savings_that_are_not_cloud_minus_cost_are_an_error() -> None:
    charges = make_charges()
    cloud = make_cloud(sell(charges), savings_nano_usd=np.array([5 * NANO]))

    with pytest.raises(ValueError, match=r"^savings of charge 0 are 5000000000e-9, which is not"):
        build_rows(sell(charges), cloud, make_context())
