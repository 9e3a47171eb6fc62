from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from exporter.focus.rules.keys import KEY, MemoryKeys
from exporter.focus.rules.rule import Level, Result, Status
from tests.unit.focus.rules.given import csv, day, parquet, results, row

OWN: dict[str, Any] = {"x-InferCluster": "prod", "x-InferCostProfile": "pool"}


def of_rows(*changes: dict[str, Any], version: str = "1.3", **options: Any) -> dict[str, Result]:
    return results(version, parquet(version, [row(version, **each) for each in changes]), **options)


def test_a_row_that_is_there_again_is_told_with_the_first_one() -> None:
    table = parquet("1.3", [row("1.3", ResourceId="other"), row("1.3")])

    found = results("1.3", table, table)["rows/once"]

    assert (found.rows, found.broken) == (4, 2)
    assert [(each.file, each.row, each.what) for each in found.examples] == [
        ("b", 1, "is there already, in row 1 of a"),
        ("b", 2, "is there already, in row 2 of a"),
    ]


def test_amounts_do_not_make_another_row() -> None:
    found = of_rows({}, {"BilledCost": Decimal(1), "ListUnitPrice": None})

    assert found["rows/once"].broken == 1


@pytest.mark.parametrize(
    "changes", [{"ChargeDescription": "b"}, {"RegionId": None}, {"x_Line": "2"}, {"Tags": "{}"}]
)
def test_everything_else_does(changes: dict[str, Any]) -> None:
    assert of_rows({}, changes)["rows/once"].broken == 0


def test_a_number_that_is_no_amount_tells_rows_apart() -> None:
    rows = [row("1.3", x_Line=1), row("1.3", x_Line=2)]

    assert results("1.3", parquet("1.3", rows, x_Line=pa.int64()))["rows/once"].broken == 0
    assert results("1.3", parquet("1.3", rows, x_Line=pa.float64()))["rows/once"].broken == 1


def test_the_same_rows_in_csv_and_parquet_are_the_same() -> None:
    found = results("1.3", csv([row("1.3")] * 2), text=True)["rows/once"]

    assert found.broken == 1


@pytest.mark.parametrize(
    ("version", "level"), [("1.0", Level.WARNING), ("1.3", Level.WARNING), ("1.4", Level.ERROR)]
)
def test_duplicates_of_others_are_an_error_in_1_4(version: str, level: Level) -> None:
    assert of_rows({}, {}, version=version)["rows/once"].rule.level is level


def test_rows_of_this_program_are_known_by_what_they_are_for() -> None:
    told_apart = {"ResourceId": "b"}
    found = of_rows(OWN, OWN | {"Tags": "{}", "BilledCost": Decimal(1)}, OWN | told_apart)

    assert (found["extensions/once"].broken, found["extensions/once"].examples[0].row) == (1, 2)
    assert found["rows/once"].reason == "every file is of this program"


@pytest.mark.parametrize(
    ("start", "end", "broken"),
    [
        (10, 11, 0),  # the same
        (11, 12, 0),  # the next
        (9, 10, 0),
        (10, 12, 1),
        (9, 11, 1),
        (1, 30, 1),
    ],
)
def test_periods_are_equal_or_apart(start: int, end: int, broken: int) -> None:
    period = {"ChargePeriodStart": day(start), "ChargePeriodEnd": day(end), "Tags": "{}"}

    assert of_rows({}, period)["rows/no-overlap"].broken == broken
    assert of_rows(OWN, OWN | period)["extensions/no-overlap"].broken == broken


@pytest.mark.parametrize(
    "other",
    [
        {"ResourceId": "b"},
        {"SubAccountId": "b"},
        {"BillingAccountId": "b"},
        {"SkuPriceId": "b"},
        {"ChargeCategory": "Purchase"},
        {"ChargeClass": "Correction"},
    ],
)
def test_periods_of_others_and_of_other_charges_may_overlap(other: dict[str, Any]) -> None:
    found = of_rows({}, {"ChargePeriodEnd": day(12)} | other)

    assert found["rows/no-overlap"].broken == 0


def test_months_to_date_overlap() -> None:
    tables = [
        parquet("1.3", [row("1.3", ChargePeriodStart=day(1), ChargePeriodEnd=day(last))])
        for last in (20, 21, 22)
    ]

    found = results("1.3", *tables)["rows/no-overlap"]

    assert [(each.file, each.value, each.what) for each in found.examples] == [
        ("b", "2026-03-01T00:00:00Z", "begins a period that overlaps the one in row 1 of a"),
        ("c", "2026-03-01T00:00:00Z", "begins a period that overlaps the one in row 1 of b"),
    ]


def test_the_first_five_are_told_whatever_the_order_of_the_store() -> None:
    rows = [row("1.3", ResourceId=str(number)) for number in range(20)]

    found = results("1.3", parquet("1.3", rows + rows[::-1]), batch_rows=7)["rows/once"]

    assert found.broken == 20
    assert [each.row for each in found.examples] == [21, 22, 23, 24, 25]


def test_rows_with_a_broken_period_are_compared_by_the_rest() -> None:
    broken = row("1.3", ChargePeriodEnd=None)

    found = results("1.3", parquet("1.3", [broken, broken]))

    assert found["rows/once"].broken == 1
    assert found["rows/no-overlap"].status is Status.NOT_APPLICABLE


def test_memory_holds_records_in_the_order_added() -> None:
    store = MemoryKeys()
    assert list(store.partitions()) == []
    for number in (3, 1, 2):
        records = np.zeros(1, KEY)
        records["row"] = number
        store.add(records)

    (partition,) = store.partitions()

    assert partition["row"].tolist() == [3, 1, 2]
