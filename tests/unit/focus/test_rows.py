from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow.compute as pc
import pytest

from exporter.focus.columns import SELECTABLE_VERSIONS, arrow_schema
from exporter.periods import Schedule
from tests.builders import (
    KINDS,
    NANO,
    make_charges,
    make_charges_of,
    row_of,
    rows_of,
    table_of,
)


def filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def test_a_model_row_from_end_to_end() -> None:
    own_tags = (
        '{"infer-focus/cluster":"prod","infer-focus/costProfile":"h100-pool",'
        '"infer-focus/gpuModel":"H100-SXM5","infer-focus/model":"llama-3.1-70b",'
        '"infer-focus/report":"default","infer-focus/schedule":"daily"}'
    )
    cost, price = Decimal("6.000000001"), Decimal("2.4000000004")

    assert filled(row_of(make_charges())) == {
        "BilledCost": cost,
        "BillingAccountId": "prod",
        "BillingAccountName": "prod",
        "BillingAccountType": "Cluster",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": datetime(2026, 4, 1, tzinfo=UTC),
        "BillingPeriodStart": datetime(2026, 3, 1, tzinfo=UTC),
        "ChargeCategory": "Usage",
        "ChargeDescription": "Inference on llama-3.1-70b for period 2026-03-10",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": datetime(2026, 3, 11, tzinfo=UTC),
        "ChargePeriodStart": datetime(2026, 3, 10, tzinfo=UTC),
        "ConsumedQuantity": Decimal(2_500_000),
        "ConsumedUnit": "Tokens",
        "ContractedCost": cost,
        "ContractedUnitPrice": price,
        "EffectiveCost": cost,
        "HostProviderName": "Self-Hosted",
        "InvoiceIssuerName": "Self-Hosted",
        "ListCost": cost,
        "ListUnitPrice": price,
        "PricingCategory": "Dynamic",
        "PricingCurrency": "USD",
        "PricingCurrencyContractedUnitPrice": price,
        "PricingCurrencyEffectiveCost": cost,
        "PricingCurrencyListUnitPrice": price,
        "PricingQuantity": Decimal("2.5"),
        "PricingUnit": "1000000 Tokens",
        "ProviderName": "Self-Hosted",
        "PublisherName": "Self-Hosted",
        "ResourceId": "prod/chat/llama-3.1-70b",
        "ResourceName": "llama-3.1-70b",
        "ResourceType": "AI Inference Endpoint",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": "On-Prem AI Inference",
        "ServiceProviderName": "Self-Hosted",
        "ServiceSubcategory": "Generative AI",
        "SkuId": "llama-3.1-70b",
        "SkuMeter": "Tokens",
        "SkuPriceId": "llama-3.1-70b",
        "SubAccountId": "chat",
        "SubAccountName": "chat",
        "SubAccountType": "Namespace",
        "Tags": own_tags,
        "x-InferCostProfile": "h100-pool",
        "x-InferGpuModel": "H100-SXM5",
        "x-InferGpuCount": 8,
        "x-InferTokensInput": 1_500_000,
        "x-InferTokensOutput": 1_000_000,
        "x-InferAmortizationYears": Decimal(3),
        "x-InferElectricityRatePerKWh": Decimal("0.12"),
        "x-InferPUEFactor": Decimal("1.3"),
        "x-InferCloudEquivalentProvider": "openai",
        "x-InferCloudEquivalentModel": "gpt-4o-mini",
        "x-InferCloudEquivalentCostUSD": Decimal(10),
        "x-InferSavingsUSD": Decimal("3.999999999"),
        "x-InferSavingsPercent": Decimal("39.99999999"),
        "x-InferCluster": "prod",
        "x-InferNamespace": "chat",
        "x-InferAmortizationCost": Decimal(5),
        "x-InferMaintenanceCost": Decimal("0.75"),
        "x-InferElectricityCost": Decimal("0.250000001"),
        "x-InferEnergyKWh": Decimal("1.602564109"),
        "x-InferPowerSource": "energy-counter",
        "x-InferGpuHours": Decimal(4),
        "x-InferActiveGpuHours": Decimal(3),
        "x-InferUtilizationPercent": Decimal(75),
        "x-InferTokensCached": 300_000,
        "x-InferRequests": 1_600,
        "x-InferCostPerMillionTokens": Decimal("2.4"),
        "x-InferMarginalCostPerMillionTokens": Decimal("0.08"),
        "x-InferCostPerRequest": Decimal("0.00375"),
        "x-InferAllocationMethod": "gpu-time",
        "x-InferCompleteness": Decimal(1),
    }


@pytest.mark.parametrize("kind", ["rollup", "idle", "unobserved"])
def test_rows_without_tokens_are_counted_in_gpu_hours(kind: str) -> None:
    row = row_of(make_charges_of(kind))

    assert row["ConsumedQuantity"] == row["PricingQuantity"] == 4
    assert row["ConsumedUnit"] == row["PricingUnit"] == row["SkuMeter"] == "GPU-Hours"
    assert row["SkuId"] == row["SkuPriceId"] == "H100-SXM5"
    assert row["ListUnitPrice"] == Decimal("1.50000000025")
    assert row["x-InferCostPerMillionTokens"] is None
    assert row["x-InferMarginalCostPerMillionTokens"] is None
    assert row["x-InferCostPerRequest"] is None


def test_a_model_that_served_nothing_is_counted_in_gpu_hours() -> None:
    row = row_of(make_charges(tokens_input=0, tokens_output=0))

    assert (row["ResourceName"], row["SkuId"]) == ("llama-3.1-70b", "H100-SXM5")
    assert row["ConsumedUnit"] == "GPU-Hours"


@pytest.mark.parametrize(("kind", "name"), [("idle", "__idle__"), ("unobserved", "__unobserved__")])
def test_pool_rows_are_a_sub_account_and_a_resource_of_their_own(kind: str, name: str) -> None:
    row = row_of(make_charges_of(kind))

    assert row["SubAccountId"] == row["SubAccountName"] == row["x-InferNamespace"] == name
    assert row["SubAccountType"] == "Namespace"
    assert row["ResourceType"] == "GPU Pool"
    assert row["ResourceId"] == f"prod/{name}/h100-pool"


def test_a_charge_without_cost_and_quantity_has_no_row_and_the_others_keep_their_order() -> None:
    nothing = {"amortization_nano": 0, "maintenance_nano": 0, "electricity_nano": 0}
    charges = make_charges(
        **{name: [value, 5, 5] for name, value in nothing.items()},
        gpu_nano_hours=[0, NANO, NANO],
        active_nano_hours=0,
        tokens_input=[0, 5, 5],
        tokens_output=0,
        model=["nothing", "b", "a"],
    )

    assert [row["ResourceName"] for row in rows_of(charges)] == ["b", "a"]


@pytest.mark.parametrize("part", ["electricity_nano", "tokens_input", "gpu_nano_hours"])
def test_a_charge_with_a_cost_or_a_quantity_has_a_row(part: str) -> None:
    nothing = dict.fromkeys(
        (
            "amortization_nano",
            "maintenance_nano",
            "electricity_nano",
            "tokens_input",
            "tokens_output",
            "gpu_nano_hours",
            "active_nano_hours",
        ),
        0,
    )

    assert len(rows_of(make_charges(**nothing))) == 0
    assert len(rows_of(make_charges(**{**nothing, part: 1}))) == 1


def test_a_cost_without_a_quantity_has_no_unit_price() -> None:
    row = row_of(
        make_charges(tokens_input=0, tokens_output=0, gpu_nano_hours=0, active_nano_hours=0)
    )

    assert row["EffectiveCost"] == Decimal("6.000000001")
    assert row["PricingQuantity"] == 0
    assert row["ListUnitPrice"] is None
    assert row["PricingCurrencyContractedUnitPrice"] is None
    assert row["x-InferUtilizationPercent"] is None


def test_a_unit_price_has_eighteen_digits_rounded_half_to_even() -> None:
    third = row_of(make_charges(tokens_input=3_000_000, tokens_output=0, electricity_nano=0))
    half = row_of(
        make_charges(
            amortization_nano=5,
            maintenance_nano=0,
            electricity_nano=0,
            tokens_input=2 * 10**15,
            tokens_output=0,
            requests=0,
        )
    )

    assert third["ListUnitPrice"] == Decimal("1.916666666666666667")
    assert half["ListUnitPrice"] == Decimal("2E-18")  # 2.5E-18


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_no_charges_make_an_empty_table_with_every_column(version: str) -> None:
    charges = make_charges(kind=[])

    table = table_of(charges, version=version)

    assert table.num_rows == 0
    assert table.schema == arrow_schema(version, "x-Infer")


def test_parties_and_account_are_the_configured_ones() -> None:
    row = row_of(
        make_charges(),
        currency="EUR",
        usd_rate=Decimal("1.1"),
        service_provider_name="Platform",
        host_provider_name="Hosting",
        invoice_issuer_name="Issuer",
        publisher_name="Publisher",
        billing_account_id="acme",
        billing_account_name="Acme",
    )

    assert row["ServiceProviderName"] == row["ProviderName"] == "Platform"
    assert row["HostProviderName"] == "Hosting"
    assert row["InvoiceIssuerName"] == "Issuer"
    assert row["PublisherName"] == "Publisher"
    assert (row["BillingAccountId"], row["BillingAccountName"]) == ("acme", "Acme")
    assert row["BillingAccountType"] == "Billing Account"
    assert row["BillingCurrency"] == row["PricingCurrency"] == "EUR"
    assert row["x-InferSavingsUSD"] == Decimal("3.399999999")


def test_hours_are_charged_inside_their_calendar_month() -> None:
    row = row_of(make_charges(), schedule=Schedule.HOURLY)

    assert row["ChargePeriodStart"] == datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert row["ChargePeriodEnd"] == datetime(2026, 3, 10, 13, tzinfo=UTC)
    assert row["BillingPeriodStart"] == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({}, ("eu-1", "eu-1", "eu-1a")),
        ({"region_id": "dc7"}, ("dc7", "dc7", "eu-1a")),
        ({"region_id": "dc7", "region_name": "Halle 7"}, ("dc7", "Halle 7", "eu-1a")),
        ({"region_name": "Halle 7"}, ("eu-1", "eu-1", "eu-1a")),
        ({"availability_zone": "z"}, ("eu-1", "eu-1", "z")),
    ],
)
def test_a_configured_region_goes_before_that_of_the_nodes(
    configured: dict[str, str], expected: tuple[str, ...]
) -> None:
    row = row_of(make_charges(region="eu-1", zone="eu-1a"), **configured)

    assert (row["RegionId"], row["RegionName"], row["AvailabilityZone"]) == expected


def test_an_unknown_region_is_null_together_with_its_name() -> None:
    row = row_of(make_charges())

    assert (row["RegionId"], row["RegionName"], row["AvailabilityZone"]) == (None, None, None)


def test_a_namespace_label_can_name_the_sub_account() -> None:
    row = row_of(make_charges(namespace_labels={"team": "search"}), sub_account_label="team")

    assert row["SubAccountId"] == row["SubAccountName"] == "search"
    assert row["SubAccountType"] == "team"
    assert row["x-InferNamespace"] == "chat"


def test_costs_of_rows_are_the_costs_of_the_charges() -> None:
    charges = make_charges_of(*KINDS)
    table = table_of(charges)

    total = pc.sum(table["EffectiveCost"]).as_py()

    assert total == Decimal(int(charges.cost_nano.sum())).scaleb(-9) == Decimal("24.000000004")
    parts = ("AmortizationCost", "MaintenanceCost", "ElectricityCost")
    assert sum(pc.sum(table[f"x-Infer{part}"]).as_py() for part in parts) == total


def test_an_older_version_has_the_columns_it_defines() -> None:
    row = row_of(make_charges(), version="1.0")

    assert "ServiceSubcategory" not in row
    assert row["ProviderName"] == "Self-Hosted"
