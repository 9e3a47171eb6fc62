from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporter.focus.rules.conformance import Conformance
from exporter.focus.rules.digests import Digests
from exporter.focus.rules.layout import layout_of
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Result, Status
from exporter.focus.rules.splits import SplitCharges
from exporter.focus.rules.tally import Tally
from tests.unit.focus.rules.given import parquet, results, row

THIRD = "0." + "3" * 40


def part(ratio: str, resource: str | None, **changes: Any) -> dict[str, Any]:
    """A part of a charge of 6, with the share that the ratio says."""
    element = f'{{"Elements":[{{"AllocatedRatio":{ratio}}}]}}'
    return row(
        "1.3",
        AllocatedMethodId="m",
        AllocatedMethodDetails=element,
        AllocatedResourceId=resource,
        AllocatedResourceName=resource,
        EffectiveCost=(6 * Decimal(ratio)).quantize(Decimal("1e-18")),
        **changes,
    )


def of_parts(*parts: dict[str, Any]) -> dict[str, Result]:
    return results("1.3", parquet("1.3", parts))


def test_ratios_add_up_with_the_remainder_and_to_the_last_digit() -> None:
    found = of_parts(part(THIRD, "a"), part(THIRD, "b"), part("0." + "3" * 39 + "4", None))

    assert found["split/ratios"].status is Status.PASSED
    assert found["split/ratios"].rows == 1


def test_ratios_that_miss_one_in_the_fortieth_digit_are_told() -> None:
    found = of_parts(part(THIRD, "a"), part(THIRD, "b"), part(THIRD, None))["split/ratios"]

    assert found.status is Status.FAILED
    assert (found.examples[0].file, found.examples[0].row) == ("a", 1)
    assert found.examples[0].value == "0." + "9" * 40


def test_parts_of_other_charges_are_added_up_apart() -> None:
    found = of_parts(
        part("0.5", "a"),
        part("0.5", "b"),
        part("0.5", "a", ResourceId="pool2"),
        part("1", "b", Tags="{}"),
    )

    assert (found["split/ratios"].rows, found["split/ratios"].broken) == (3, 1)
    assert found["split/ratios"].examples[0].row == 3


def test_two_prices_of_one_resource_are_two_charges() -> None:
    cores, memory = {"SkuPriceId": "cores"}, {"SkuPriceId": "memory", "SkuMeter": "Memory"}

    found = of_parts(
        *(part("0.5", name, **sku) for name in "ab" for sku in (cores, memory)),
        row("1.3", SkuPriceId="traffic"),
    )

    assert found["split/ratios"].rows == 2
    assert not any(result.broken for rule, result in found.items() if rule.startswith("split/"))


def test_parts_of_one_charge_may_be_in_two_files() -> None:
    first, second = (parquet("1.3", [part("0.5", name)]) for name in "ab")

    assert results("1.3", first, second)["split/ratios"].status is Status.PASSED
    assert results("1.3", first)["split/ratios"].status is Status.FAILED


def test_broken_details_are_told_once_and_add_up_to_nothing() -> None:
    found = of_parts(part("0.5", "a"), part("0.5", "b") | {"AllocatedMethodDetails": "{}"})

    about_splits = ("split/", "Allocated")
    assert [
        rule for rule, result in found.items() if result.broken and rule.startswith(about_splits)
    ] == ["AllocatedMethodDetails/elements"]


def test_shares_agree_with_ratios_within_the_tolerance() -> None:
    exact, other = part("0.25", "a"), part("0.75", "b")
    near = other | {"EffectiveCost": Decimal("4.500000001")}
    off = other | {"EffectiveCost": Decimal("4.5001")}

    assert of_parts(exact, near)["split/shares"].status is Status.PASSED
    found = of_parts(exact, off)["split/shares"]
    assert (found.status, found.examples[0].column) == (Status.FAILED, "EffectiveCost")


def test_a_charge_that_cost_nothing_has_ratios_all_the_same() -> None:
    free = {"EffectiveCost": Decimal(0)}

    found = of_parts(part("0.5", "a") | free, part("0.5", "b") | free)

    assert found["split/shares"].status is Status.PASSED


@pytest.mark.parametrize(
    "changes",
    [
        {"SubAccountId": "other"},
        {"ChargeDescription": "of a"},
        {"ListUnitPrice": Decimal(1)},
        {"RegionId": None},
        {"BillingPeriodEnd": None},
    ],
)
def test_parts_differ_in_nothing_but_amounts_and_who_used_them(changes: dict[str, Any]) -> None:
    found = of_parts(part("0.5", "a"), part("0.5", "b") | changes)["split/dimensions"]

    assert [(example.row, example.column) for example in found.examples] == [(2, *changes)]


def test_amounts_and_extension_columns_may_differ() -> None:
    found = of_parts(
        part("0.5", "a", x_Any="a", PricingQuantity=Decimal(1)),
        part("0.5", "b", x_Any="b", BilledCost=Decimal(1)),
    )

    assert found["split/dimensions"].status is Status.PASSED


def test_an_origin_beside_its_parts_is_told_with_one_of_them() -> None:
    parts = part("0.5", "a"), part("0.5", "b")
    found = of_parts(parts[0], row("1.3", ResourceId="other"), row("1.3"), parts[1])

    (example,) = found["split/no-origin"].examples
    assert (example.row, example.what) == (
        3,
        "is null, and the row has amounts of which row 1 of a is a part",
    )


def test_ordinary_rows_of_other_files_are_no_origin() -> None:
    ordinary, parts = (
        parquet("1.3", [row("1.3")]),
        parquet("1.3", [part("0.5", "a"), part("0.5", "b")]),
    )

    assert results("1.3", ordinary, parts)["split/no-origin"].broken == 0


def test_at_most_so_many_open_charges_are_remembered() -> None:
    rules = SplitCharges("1.3", most=1)
    tallies = {rule.id: Tally(rule) for rule in rules.rules}
    table = parquet("1.3", [part("0.5", "a"), part("0.5", "a", ResourceId="pool2")])
    layout = layout_of("a", 0, "1.3", table.schema, text=False)
    rows = Rows(layout, table.combine_chunks().to_batches()[0], 0)

    rules.check(rows, Digests(rows), tallies)
    rules.end_file(tallies)
    rules.finish(["a"], tallies)

    result = tallies["split/ratios"].result()
    assert (result.rows, result.reason) == (1, "of the charges open at once only 1 were added up")


@pytest.mark.parametrize("batch_rows", [1, 3, 100])
def test_the_size_of_batches_changes_nothing(batch_rows: int) -> None:
    parts = [part("0.5", name, ResourceId=pool) for name in "ab" for pool in ("p", "q", "r")]
    table = parquet("1.3", [*parts, part("0.5", "c")])

    found = results("1.3", table, batch_rows=batch_rows)

    assert (found["split/ratios"].rows, found["split/ratios"].broken) == (4, 1)


def test_versions_before_have_no_split_charges() -> None:
    ids = {result.rule.id for result in Conformance("1.2").results()}

    assert not any(rule.startswith(("split/", "Allocated")) for rule in ids)


def test_a_file_without_the_columns_says_nothing() -> None:
    table = pa.table({"BilledCost": pa.array([Decimal(1)])})

    found = results("1.3", table)["split/ratios"]

    assert (found.status, found.reason) == (
        Status.NOT_APPLICABLE,
        "no file has the column AllocatedMethodId",
    )
