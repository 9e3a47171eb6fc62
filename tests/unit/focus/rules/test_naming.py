from __future__ import annotations

import pytest

from exporter.focus.rules.rule import Level, Result, Status
from tests.unit.focus.rules.given import parquet, results, row


def of_columns(version: str, *names: str, strict: bool = False) -> dict[str, Result]:
    table = parquet(version, [dict.fromkeys(names)])
    return results(version, table, strict=strict)


def whats(result: Result) -> list[tuple[str, str]]:
    return [(example.column, example.what) for example in result.examples]


@pytest.mark.parametrize(
    ("older", "right"),
    [
        ("AmortizedCost", "EffectiveCost"),
        ("ChargeType", "ChargeCategory"),
        ("Currency", "BillingCurrency"),
        ("Region", "RegionId and RegionName"),
        ("UsageQuantity", "ConsumedQuantity"),
        ("UsageUnit", "ConsumedUnit"),
    ],
)
def test_an_older_name_is_told_with_the_right_one(older: str, right: str) -> None:
    found = of_columns("1.3", older)

    what = f"is a name of an older draft; it is {right}"
    assert whats(found["columns/older-name"]) == [(older, what)]
    assert found["columns/prefix"].status is Status.PASSED


@pytest.mark.parametrize(
    ("version", "name", "span"),
    [
        ("1.4", "ProviderName", "it went after 1.3"),
        ("1.4", "PublisherName", "it went after 1.3"),
        ("1.0", "SkuMeter", "it came with 1.1"),
        ("1.3", "InvoiceDetailId", "it came with 1.4"),
    ],
)
def test_a_column_of_another_version_is_told_with_its_time(
    version: str, name: str, span: str
) -> None:
    found = of_columns(version, name)

    assert whats(found["columns/version"]) == [(name, f"is no column of {version}: {span}")]


@pytest.mark.parametrize("name", ["Thing", "X_Thing", "billedcost", "x", "X-Thing"])
def test_a_column_without_the_prefix_is_an_error(name: str) -> None:
    found = of_columns("1.2", name)["columns/prefix"]

    assert (found.status, found.rule.level) == (Status.FAILED, Level.ERROR)


def test_a_focus_column_in_another_spelling_is_told_the_right_one() -> None:
    (example,) = of_columns("1.2", "billedCost")["columns/prefix"].examples

    assert example.what.endswith("FOCUS spells it BilledCost")


def test_of_many_columns_the_first_five_are_told() -> None:
    found = of_columns("1.2", *"abcdefg")["columns/prefix"]

    assert (found.broken, [column for column, _ in whats(found)]) == (1, list("abcde"))


@pytest.mark.parametrize(("strict", "level"), [(False, Level.WARNING), (True, Level.ERROR)])
def test_a_hyphen_is_an_error_only_when_strict(strict: bool, level: Level) -> None:
    found = of_columns("1.3", "x-Thing", strict=strict)["columns/hyphen"]

    assert (found.status, found.rule.level) == (Status.FAILED, level)


@pytest.mark.parametrize("name", ["x_some", "x_Some_Thing", "x_", "x_" + "A" * 49])
def test_a_custom_column_is_in_pascal_case(name: str) -> None:
    assert of_columns("1.3", name)["columns/custom-name"].status is Status.FAILED


def test_a_custom_name_of_fifty_characters_is_no_fault() -> None:
    found = of_columns("1.3", "x_" + "A" * 48)["columns/custom-name"]

    assert found.status is Status.PASSED


def test_a_repeated_column_is_an_error_and_the_first_one_counts() -> None:
    table = parquet("1.0", [row("1.0")])
    twice = table.append_column("BilledCost", table["ListCost"])

    found = results("1.0", twice)

    assert whats(found["columns/once"]) == [("BilledCost", "is there 2 times")]
    assert found["EffectiveCost/billed"].status is Status.PASSED


def test_custom_columns_come_last() -> None:
    found = of_columns("1.3", "BilledCost", "x_A", "ListCost")["columns/order"]

    assert whats(found) == [("ListCost", "stands after a custom column")]
    assert of_columns("1.3", "ListCost", "BilledCost", "x_A")["columns/order"].broken == 0
    assert of_columns("1.0", "BilledCost", "Currency", "ListCost")["columns/order"].broken == 0


def test_columns_stand_by_the_alphabet_in_1_4() -> None:
    found = of_columns("1.4", "BilledCost", "ListCost", "EffectiveCost", "x_B", "x_A")

    assert [column for column, _ in whats(found["columns/alphabetical"])] == [
        "x_A",
        "EffectiveCost",
    ]
    assert of_columns("1.4", "BilledCost", "x_A")["columns/alphabetical"].broken == 0
    assert "columns/alphabetical" not in of_columns("1.3", "BilledCost")


def test_the_columns_of_infercost_have_one_order() -> None:
    valid = parquet("infercost-1.0", [row("infercost-1.0")])
    moved = valid.select(["EffectiveCost", "BilledCost", *valid.column_names[2:]])

    assert results("infercost-1.0", valid)["columns/order"].status is Status.PASSED
    found = results("infercost-1.0", moved)["columns/order"]
    assert (found.rule.level, whats(found)) == (
        Level.ERROR,
        [("EffectiveCost", "stands where BilledCost belongs")],
    )
