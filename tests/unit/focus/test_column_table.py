from __future__ import annotations

import pytest

from exporter.focus.column_table import ESTIMATES, HEADS, column_table
from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.extensions import OWN_EXTENSIONS


def row(name: str, version: str = "1.3", prefix: str = "x-Infer") -> dict[str, str]:
    (found,) = (cells for cells in column_table(version, prefix) if cells[0] == name)
    return dict(zip(HEADS, found, strict=True))


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_every_column_has_a_row_in_the_order_written(version: str) -> None:
    rows = column_table(version, "x-Infer")

    assert [cells[0] for cells in rows] == [each.name for each in columns_for(version, "x-Infer")]
    assert {len(cells) for cells in rows} == {len(HEADS)}


def test_a_row_tells_type_null_versions_and_meaning() -> None:
    assert row("ListUnitPrice") == {
        "column": "ListUnitPrice",
        "type": "decimal(38,18)",
        "null": "yes",
        "versions": "1.0-1.4",
        "note": "",
        "meaning": "List price of one PricingUnit.",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SkuId", "text"),
        ("ChargePeriodStart", "time"),
        ("Tags", "JSON"),
        ("x-InferTokensInput", "integer"),
        ("x-InferEnergyKWh", "decimal(18,9)"),
    ],
)
def test_types_are_words(name: str, kind: str) -> None:
    assert row(name)["type"] == kind


@pytest.mark.parametrize(
    ("name", "version", "versions"),
    [
        ("ServiceProviderName", "1.3", "1.3-1.4"),
        ("ProviderName", "1.0", "1.0-1.3"),
        ("InvoiceDetailId", "1.4", "1.4"),
        ("x-InferGpuHours", "1.2", "1.0-1.4"),
        ("BilledCost", "infercost-1.0", "infercost-1.0"),
        ("x-InferCostProfile", "infercost-1.0", "infercost-1.0"),
    ],
)
def test_versions_are_the_first_and_the_last_with_the_column(
    name: str, version: str, versions: str
) -> None:
    assert row(name, version)["versions"] == versions


def test_a_column_whose_rules_change_is_one_column_in_all_its_versions() -> None:
    """PricingCurrency may be null up to 1.3."""
    assert row("PricingCurrency", "1.3")["versions"] == "1.2-1.4"
    assert (row("PricingCurrency", "1.3")["null"], row("PricingCurrency", "1.4")["null"]) == (
        "yes",
        "no",
    )


def test_deprecated_columns_are_marked() -> None:
    noted = {cells[0]: cells[4] for cells in column_table("1.3", "x-Infer") if "depr" in cells[4]}

    since = "deprecated since 1.3"
    assert noted == {"ProviderName": since, "PublisherName": since}


@pytest.mark.parametrize("prefix", ["x-Infer", "x_Infer"])
def test_estimates_are_marked(prefix: str) -> None:
    noted = {cells[0] for cells in column_table("1.3", prefix) if cells[4] == "estimate"}

    names = ("ActiveGpuHours", "UtilizationPercent", "MarginalCostPerMillionTokens")
    assert noted == {prefix + name for name in names}


def test_a_column_that_says_it_is_an_estimate_is_one() -> None:
    said = {each.name for each in OWN_EXTENSIONS if "estimate" in each.meaning}

    assert said == {"ActiveGpuHours"}
    assert said <= ESTIMATES
