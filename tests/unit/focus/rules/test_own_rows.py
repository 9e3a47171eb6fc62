from __future__ import annotations

import pyarrow as pa
import pytest

from exporter.focus.rules.rule import Level, Result
from exporter.periods import Schedule
from tests.builders import KINDS, make_charges, make_charges_of, table_of
from tests.unit.focus.rules.given import VERSIONS, csv, results

PREFIXES = ("x-Infer", "x_Infer")


def errors(found: dict[str, Result]) -> list[str]:
    return [
        rule for rule, result in found.items() if result.broken and result.rule.level is Level.ERROR
    ]


def as_text(table: pa.Table) -> pa.Table:
    return csv(table.to_pylist())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_rows_of_every_kind_break_no_rule(version: str, prefix: str) -> None:
    table = table_of(make_charges_of(*KINDS, region="eu-1"), version=version, prefix=prefix)

    assert errors(results(version, table)) == []
    assert errors(results(version, as_text(table), text=True)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_days_and_hours_side_by_side_are_counted_twice(version: str) -> None:
    charges = make_charges_of("model")
    days, hours = (
        table_of(charges, version=version, schedule=schedule)
        for schedule in (Schedule.DAILY, Schedule.HOURLY)
    )

    found = results(version, days, hours)

    expected = [] if version == "infercost-1.0" else ["extensions/no-overlap"]
    assert errors(found) == expected


def test_a_cost_without_a_quantity_is_the_one_fault_of_our_rows() -> None:
    charges = make_charges(tokens_input=0, tokens_output=0, gpu_nano_hours=0, active_nano_hours=0)

    assert errors(results("1.3", table_of(charges))) == [
        "ContractedUnitPrice/filled-of-nothing",
        "ListUnitPrice/filled-of-nothing",
        "PricingCurrencyContractedUnitPrice/filled-of-nothing",
        "PricingCurrencyListUnitPrice/filled-of-nothing",
    ]
