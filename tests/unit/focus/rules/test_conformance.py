from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pytest

from exporter.focus.columns import columns_for
from exporter.focus.infercost_layout import INFERCOST_COLUMNS
from exporter.focus.rules.conformance import Conformance
from exporter.focus.rules.rule import Level, Result, Status
from tests.unit.focus.rules.given import VERSIONS, csv, parquet, results, row


def failed(found: Iterable[Result]) -> list[str]:
    return [result.rule.id for result in found if result.status is Status.FAILED]


@pytest.mark.parametrize(
    ("version", "errors", "warnings"),
    [
        ("1.0", 183, 63),
        ("1.1", 210, 76),
        ("1.2", 236, 83),
        ("1.3", 279, 94),
        ("1.4", 278, 94),
        ("infercost-1.0", 159, 27),
    ],
)
def test_every_version_has_its_rules(version: str, errors: int, warnings: int) -> None:
    levels = [result.rule.level for result in Conformance(version).results()]

    assert (levels.count(Level.ERROR), levels.count(Level.WARNING)) == (errors, warnings)


@pytest.mark.parametrize("version", VERSIONS)
def test_rules_have_ids_of_their_own_and_say_one_sentence(version: str) -> None:
    rules = [result.rule for result in Conformance(version).results()]

    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert re.fullmatch(r"[A-Za-z-]+/[A-Za-z-]+", rule.id)
        assert rule.text.endswith(".")
        assert "\n" not in rule.text


@pytest.mark.parametrize("version", VERSIONS)
def test_a_valid_file_of_somebody_else_breaks_no_rule(version: str) -> None:
    rows = [row(version), row(version, ResourceId="prod/chat/other")]

    assert failed(results(version, parquet(version, rows)).values()) == []
    assert failed(results(version, csv(rows), text=True).values()) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_file_has_its_columns_and_no_rows(version: str) -> None:
    found = results(version, parquet(version, [row(version)]).slice(0, 0))

    assert failed(found.values()) == []
    assert found["BilledCost/present"].status is Status.PASSED
    assert found["BilledCost/not-null"].status is Status.NOT_APPLICABLE
    assert found["BilledCost/not-null"].reason == "there are no rows"


def test_without_files_nothing_applies() -> None:
    found = Conformance("1.3").results()

    assert {(result.status, result.reason) for result in found} == {
        (Status.NOT_APPLICABLE, "there are no files")
    }


def test_a_rule_without_its_column_does_not_apply() -> None:
    table = parquet("1.3", [row("1.3")]).drop_columns(["RegionId"])

    found = results("1.3", table)

    assert found["RegionName/together"].status is Status.NOT_APPLICABLE
    assert found["RegionName/together"].reason == "no file has the column RegionId"
    assert failed(found.values()) == ["RegionId/present"]


def test_rules_of_this_program_do_not_apply_to_files_of_others() -> None:
    found = results("1.3", parquet("1.3", [row("1.3")]))

    own = {result.reason for rule, result in found.items() if rule.startswith("extensions/")}
    assert own == {
        "no file has these columns of this program",
        "no row of this program is a part of a split charge",
        "no row of this program tells input and output apart",
        "every file is of another program",
    }


def test_a_rule_that_one_of_two_files_can_break_applies() -> None:
    whole = parquet("1.3", [row("1.3", RegionName=None)])

    found = results("1.3", whole.drop_columns(["RegionId"]), whole)["RegionName/together"]

    assert (found.status, found.rows, found.examples[0].file) == (Status.FAILED, 1, "b")


def test_rows_are_counted_over_batches_and_examples_are_few() -> None:
    table = parquet(
        "1.3", [row("1.3", BilledCost=None if number % 2 else 6) for number in range(20)]
    )

    found = results("1.3", table, table, batch_rows=3)["BilledCost/not-null"]

    assert (found.rows, found.broken) == (40, 20)
    assert [(each.file, each.row) for each in found.examples] == [
        ("a", 2),
        ("a", 4),
        ("a", 6),
        ("a", 8),
        ("a", 10),
    ]


def test_an_example_shows_the_value_in_one_short_line() -> None:
    table = csv([row("1.3", ChargeCategory="a\n" + "b" * 100)])

    (example,) = results("1.3", table, text=True)["ChargeCategory/allowed"].examples

    assert example.value == "a\\n" + "b" * 76 + "…"


def test_rows_before_a_file_are_refused() -> None:
    batch = parquet("1.3", [row("1.3")]).to_batches()[0]

    with pytest.raises(ValueError, match="rows came before the file"):
        Conformance("1.3").check(batch)


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"FOCUS version '1\.5' is not one of"):
        Conformance("1.5").begin("a", pa.schema([]), text=False)


@pytest.mark.parametrize("text", ["'=1", "'+1", "'-1", "'@a", "'\ta", "'\ra", "'\na"])
def test_the_guard_before_a_formula_is_no_part_of_a_text(text: str) -> None:
    names = {"ResourceId": text[1:], "ResourceName": text}
    rule = "ResourceName/no-repetition"

    assert results("1.3", csv([row("1.3", **names)]), text=True)[rule].broken == 1
    assert results("1.3", parquet("1.3", [row("1.3", **names)]))[rule].broken == 0


def test_other_quotes_are_part_of_a_text() -> None:
    names = {"ResourceId": "a", "ResourceName": "'a"}

    found = results("1.3", csv([row("1.3", **names)]), text=True)

    assert found["ResourceName/no-repetition"].broken == 0


def of_infercost(**changes: Any) -> dict[str, Any]:
    """A row as InferCost writes it, when nothing is wrong in it."""
    cells = {
        **row("infercost-1.0"),
        "InvoiceIssuerName": "Self-Hosted",
        "ProviderName": "InferCost",
        "Tags": '{"report":"r","schedule":"daily","model":"m","gpuModel":"x"}',
    }
    return {column.name: cells[column.name] for column in INFERCOST_COLUMNS} | changes


def test_the_faults_of_infercosts_own_rows_are_told() -> None:
    rows = [
        of_infercost(),
        of_infercost(SkuId=None, SkuPriceId=None, Tags="costProfile=h100"),
        of_infercost(Tags='{"report":"a"b"}', ChargePeriodStart=None),
    ]

    found = results("infercost-1.0", csv(rows), text=True)

    assert {
        (rule, example.row) for rule, result in found.items() for example in result.examples
    } == {
        ("SkuId/not-null", 2),
        ("SkuPriceId/not-null", 2),
        ("Tags/key-value", 2),
        ("Tags/key-value", 3),
        ("ChargePeriodStart/not-null", 3),
    }


def test_infercosts_columns_are_no_focus() -> None:
    found = results("1.0", csv([of_infercost()]), text=True)

    errors = [
        rule for rule, result in found.items() if result.broken and result.rule.level is Level.ERROR
    ]
    assert errors == [
        "columns/older-name",
        "BillingAccountId/present",
        "BillingAccountName/present",
        "BillingCurrency/present",
        "PricingQuantity/present",
        "PricingCategory/allowed",
    ]
    assert found["columns/hyphen"].broken == 1
    assert found["PricingUnit/unit"].broken == 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("prefix", ["x-Infer", "x_Infer"])
def test_the_columns_of_this_program_are_all_known(version: str, prefix: str) -> None:
    schema = pa.schema([column.arrow_field for column in columns_for(version, prefix)])
    conformance = Conformance(version)
    conformance.begin("a", schema, text=False)

    found = failed(conformance.results())

    assert set(found) <= {"columns/hyphen", "columns/alphabetical"}
