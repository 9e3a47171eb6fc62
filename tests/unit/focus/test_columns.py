from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from exporter.focus.columns import SELECTABLE_VERSIONS, arrow_schema, columns_for
from exporter.focus.extensions import INFERCOST_EXTENSIONS, OWN_EXTENSIONS, PREFIXES
from exporter.focus.focus_columns import FOCUS_COLUMNS, FOCUS_VERSIONS
from exporter.focus.rules.presence import presence_rules
from exporter.focus.rules.rule import Level

FACTS = Path(__file__).parents[2] / "golden/focus-columns/columns.csv"

INFERCOST_HEADER = (
    "BilledCost,EffectiveCost,ListCost,ContractedCost,ChargePeriodStart,ChargePeriodEnd,"
    "BillingPeriodStart,BillingPeriodEnd,Currency,ServiceName,ServiceCategory,ProviderName,"
    "PublisherName,InvoiceIssuerName,ResourceId,ResourceName,ResourceType,Region,UsageQuantity,"
    "UsageUnit,PricingUnit,PricingCategory,ChargeCategory,ChargeClass,ChargeDescription,"
    "ChargeFrequency,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags,x-InferCostProfile,"
    "x-InferGpuModel,x-InferGpuCount,x-InferTokensInput,x-InferTokensOutput,"
    "x-InferAmortizationYears,x-InferElectricityRatePerKWh,x-InferPUEFactor,"
    "x-InferCloudEquivalentProvider,x-InferCloudEquivalentModel,x-InferCloudEquivalentCostUSD,"
    "x-InferSavingsUSD,x-InferSavingsPercent"
)
OWN_NAMES = (
    "Cluster,Namespace,Workload,WorkloadType,Pod,AmortizationCost,MaintenanceCost,"
    "ElectricityCost,IdleCost,EnergyKWh,PowerSource,GpuHours,ActiveGpuHours,UtilizationPercent,"
    "TokensCached,Requests,CostPerMillionTokens,MarginalCostPerMillionTokens,CostPerRequest,"
    "AllocationMethod,Completeness"
)


def facts_of(version: str) -> list[dict[str, str]]:
    with FACTS.open(newline="") as file:
        return [fact for fact in csv.DictReader(file) if fact["version"] == version]


@pytest.mark.parametrize("version", FOCUS_VERSIONS)
def test_focus_columns_are_those_of_the_specification(version: str) -> None:
    expected = [
        (
            fact["column"],
            fact["data_type"].lower().replace("-", ""),
            fact["allows_nulls"] == "true",
            fact["deprecated"] == "true",
            set(filter(None, fact["allowed_values"].split("|"))),
        )
        for fact in facts_of(version)
    ]

    columns = [column for column in FOCUS_COLUMNS if version in column.versions]

    assert [
        (
            column.name,
            column.type.value,
            column.nullable,
            version in column.deprecated,
            set(column.allowed),
        )
        for column in columns
    ] == expected


@pytest.mark.parametrize("version", FOCUS_VERSIONS)
def test_a_file_must_have_the_mandatory_columns(version: str) -> None:
    rules = [each.rule for each in presence_rules(version)]
    demanded = {
        rule.id.removesuffix("/present")
        for rule in rules
        if rule.level is Level.ERROR and rule.id.endswith("/present")
    }

    assert demanded == {
        fact["column"] for fact in facts_of(version) if fact["feature_level"] == "Mandatory"
    }


@pytest.mark.parametrize(
    ("version", "count"), [("1.0", 43), ("1.1", 50), ("1.2", 57), ("1.3", 65), ("1.4", 65)]
)
def test_a_version_has_all_its_columns(version: str, count: int) -> None:
    names = [column.name for column in columns_for(version, "x-Infer")]

    assert [name for name in names if not name.startswith("x-")] == [
        fact["column"] for fact in facts_of(version)
    ]
    assert len(facts_of(version)) == count


def test_extension_columns_follow_the_focus_columns() -> None:
    names = [column.name for column in columns_for("1.3", "x_Infer")]

    focus = [name for name in names if not name.startswith("x_Infer")]
    assert len(focus) == 65
    assert names[:65] == sorted(focus)
    assert names[65:] == [
        f"x_Infer{name}"
        for name in (
            *(each.removeprefix("x-Infer") for each in INFERCOST_HEADER.split(",")[31:]),
            *OWN_NAMES.split(","),
        )
    ]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_infercost_layout_is_the_header_of_infercost_under_any_prefix(prefix: str) -> None:
    names = [column.name for column in columns_for("infercost-1.0", prefix)]

    assert ",".join(names) == INFERCOST_HEADER
    assert names[28] == "SubAccountId"  # $29 of awk


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_every_column_says_what_it_means(version: str) -> None:
    for column in columns_for(version, "x-Infer"):
        assert column.meaning.endswith("."), column.name
        assert version in column.versions, column.name


def test_schema_has_wide_focus_decimals_narrow_own_decimals_and_plain_text() -> None:
    schema = arrow_schema("1.3", "x-Infer")

    assert schema.field("EffectiveCost").type == pa.decimal128(38, 18)
    assert schema.field("PricingQuantity").type == pa.decimal128(38, 18)
    assert schema.field("x-InferEnergyKWh").type == pa.decimal128(18, 9)
    assert schema.field("x-InferTokensInput").type == pa.int64()
    assert schema.field("ChargePeriodStart").type == pa.timestamp("us", tz="UTC")
    assert schema.field("Tags").type == pa.string()
    assert not schema.field("EffectiveCost").nullable
    assert schema.field("InvoiceId").nullable


def test_unknown_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^FOCUS version '2\.0' is not one of 1\.0, .*infercost"):
        columns_for("2.0", "x-Infer")


def test_unknown_prefix_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^extension prefix 'X' is not one of x-Infer, x_Infer$"):
        columns_for("1.3", "X")


def test_names_behind_the_prefix_keep_to_the_length_that_focus_asks_for() -> None:
    assert all(len(f"x_Infer{each.name}") <= 50 for each in INFERCOST_EXTENSIONS + OWN_EXTENSIONS)
