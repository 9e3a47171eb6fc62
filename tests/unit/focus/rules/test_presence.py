from __future__ import annotations

import csv
from pathlib import Path

import pytest

from exporter.focus.focus_columns import FOCUS_VERSIONS
from exporter.focus.infercost_layout import INFERCOST_COLUMNS
from exporter.focus.rules.layout import focus_columns_of
from exporter.focus.rules.rule import Level, Status
from tests.unit.focus.rules.given import parquet, results, row

_FACTS = Path(__file__).parents[5] / "shared" / "focus" / "columns.csv"
#: Of those who sell commitments, reservations and contracts, and of prices in another currency.
_NOT_ASKED_FOR = ("Commitment", "CapacityReservation", "ContractApplied", "PricingCurrency")


def levels(version: str) -> dict[str, Level]:
    """How bad it is that a column is missing, by its name."""
    found = results(version, parquet(version, [{"x_Nothing": "1"}]))
    return {
        name: result.rule.level
        for rule, result in found.items()
        for name, aspect in [rule.split("/")]
        if aspect == "present" and result.status is Status.FAILED
    }


@pytest.mark.parametrize("version", FOCUS_VERSIONS)
def test_mandatory_columns_are_an_error_and_others_a_warning(version: str) -> None:
    if not _FACTS.exists():
        pytest.skip(f"{_FACTS.name} with the facts of the column pages is not at hand")
    with _FACTS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["version"] == version]

    found = levels(version)

    for fact in rows:
        name, is_mandatory = fact["column"], fact["feature_level"] == "Mandatory"
        if is_mandatory:
            assert found[name] is Level.ERROR
        elif name.startswith((*_NOT_ASKED_FOR, "Allocated")):
            assert name not in found
        else:
            assert found[name] is Level.WARNING


def test_the_deprecated_names_are_still_mandatory_in_1_3() -> None:
    assert levels("1.3")["ProviderName"] is Level.ERROR
    assert "ProviderName" not in levels("1.4")


def test_a_conditional_column_is_told_with_its_condition() -> None:
    found = results("1.0", parquet("1.0", [{"x_Nothing": "1"}]))["Tags/present"]

    assert found.examples[0].what == "is missing, which it must not be if there are tags"


def test_all_columns_of_infercost_are_an_error() -> None:
    assert levels("infercost-1.0") == dict.fromkeys(
        (column.name for column in INFERCOST_COLUMNS), Level.ERROR
    )


def test_columns_about_split_charges_are_there_together_or_not_at_all() -> None:
    names = [column.name for column in focus_columns_of("1.3")]
    valid = row("1.3")
    without = {name: valid[name] for name in names if not name.startswith("Allocated")}

    none = results("1.3", parquet("1.3", [without]))
    one = results("1.3", parquet("1.3", [without | {"AllocatedMethodId": None}]))

    assert none["split/columns"].reason == "no file has a column about a shared charge"
    assert [example.column for example in one["split/columns"].examples] == [
        "AllocatedResourceId",
        "AllocatedResourceName",
        "AllocatedTags",
    ]
    assert one["AllocatedMethodDetails/present"].rule.level is Level.WARNING
    assert one["AllocatedMethodDetails/present"].status is Status.FAILED


def test_the_pricing_currency_comes_with_all_its_columns_or_none() -> None:
    valid = row("1.2")
    without = {name: cell for name, cell in valid.items() if not name.startswith("PricingCurrency")}

    none = results("1.2", parquet("1.2", [without]))["PricingCurrency/complete"]
    one = results("1.2", parquet("1.2", [without | {"PricingCurrency": "EUR"}]))

    assert none.status is Status.NOT_APPLICABLE
    assert len(one["PricingCurrency/complete"].examples) == 3
