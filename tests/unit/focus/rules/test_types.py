from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporter.focus.rules.rule import Level, Result, Status
from tests.unit.focus.rules.given import csv, day, parquet, results, row


def of_cell(column: str, text: str, version: str = "1.3") -> dict[str, Result]:
    return results(version, csv([row(version) | {column: text}]), text=True)


def failed(found: dict[str, Result]) -> set[str]:
    return {rule for rule, result in found.items() if result.status is Status.FAILED}


@pytest.mark.parametrize(
    "text", ["6", "6.0", "-6", "-0", "-0.0", "006", "35.2E-7", "35.2E7", "6.000000000000000000001"]
)
def test_numbers_as_focus_writes_them_are_no_fault(text: str) -> None:
    assert of_cell("x_Any", "1")["BilledCost/type"].status is Status.PASSED
    assert of_cell("BilledCost", text)["BilledCost/type"].status is Status.PASSED


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 6",
        "6 ",
        "+6",
        "1,000",
        "$6",
        "6 EUR",
        "1/2",
        "6.",
        ".6",
        "1.2.3",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e-07",
        "35.2E+7",
        "1E",
        "0x10",
        "6_0",
        "٦",
        "'6",
        "1E999",
    ],
)
def test_a_wrong_number_breaks_its_own_rule_and_no_other(text: str) -> None:
    assert failed(of_cell("BilledCost", text)) == {"BilledCost/type"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-10",
        "2026-03-10T00:00:00",
        "2026-03-10T00:00:00+00:00",
        "2026-03-10T00:00:00.000Z",
        "2026-03-10t00:00:00z",
        "2026-03-10 00:00:00Z",
        "2026-03-10T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-3-10T00:00:00Z",
        "20260310T000000Z",
        "2026-03-10T00:00:00Z\n",
        "2026-03-10T00:00:00ZZ",
        "1773100800",
        "٢026-03-10T00:00:00Z",
    ],
)
def test_a_wrong_time_breaks_its_own_rule_and_no_other(text: str) -> None:
    assert failed(of_cell("ChargePeriodStart", text)) == {"ChargePeriodStart/type"}


def test_a_leap_day_is_a_time() -> None:
    found = of_cell("BillingPeriodStart", "2028-02-29T00:00:00Z")

    assert found["BillingPeriodStart/type"].status is Status.PASSED


def with_type(column: str, value: Any, kind: pa.DataType, version: str = "1.3") -> Any:
    table = parquet(version, [row(version, **{column: value})], **{column: kind})
    return results(version, table)


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("BilledCost", 6, pa.int64()),
        ("BilledCost", 6.0, pa.float64()),
        ("BilledCost", Decimal(6), pa.decimal256(60, 30)),
        ("InvoiceId", "a", pa.large_string()),
        ("InvoiceId", "a", pa.string_view()),
        ("InvoiceId", "a", pa.dictionary(pa.int8(), pa.string())),
        ("ChargeClass", None, pa.null()),
        ("ChargePeriodStart", day(10), pa.timestamp("s", "UTC")),
        ("ChargePeriodStart", day(10), pa.timestamp("ns", "+00:00")),
    ],
)
def test_types_that_hold_the_same_are_no_fault(column: str, value: Any, kind: pa.DataType) -> None:
    found = with_type(column, value, kind)

    assert found[f"{column}/type"].status is Status.PASSED
    assert failed(found) <= {"columns/exact-numbers"}


@pytest.mark.parametrize(
    ("column", "value", "kind", "what"),
    [
        ("BilledCost", "6", pa.string(), "is string and no number"),
        ("BilledCost", True, pa.bool_(), "is bool and no number"),
        ("BillingAccountId", 7, pa.int64(), "is int64 and no text"),
        ("SkuId", b"a", pa.binary(), "is binary and no text"),
        ("ChargePeriodStart", day(10), pa.timestamp("us"), "no timestamp in UTC"),
        ("ChargePeriodStart", day(10), pa.timestamp("us", "Europe/Berlin"), "no timestamp in UTC"),
        ("ChargePeriodStart", day(10).date(), pa.date32(), "no timestamp in UTC"),
        ("ChargePeriodStart", "2026-03-10T00:00:00Z", pa.string(), "no timestamp in UTC"),
        ("Tags", [("a", "b")], pa.map_(pa.string(), pa.string()), "and no text"),
        ("Tags", {"a": "b"}, pa.struct({"a": pa.string()}), "and no text"),
    ],
)
def test_a_wrong_type_breaks_its_own_rule_and_no_other(
    column: str, value: Any, kind: pa.DataType, what: str
) -> None:
    found = with_type(column, value, kind)

    assert failed(found) == {f"{column}/type"}
    (example,) = found[f"{column}/type"].examples
    assert (example.row, example.column, example.value) == (None, column, str(kind))
    assert example.what.endswith(what)


def test_floating_point_money_is_a_warning() -> None:
    found = with_type("ListCost", 7.5, pa.float64())["columns/exact-numbers"]

    assert (found.status, found.rule.level) == (Status.FAILED, Level.WARNING)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_no_number(value: float) -> None:
    found = with_type("BilledCost", value, pa.float64())

    assert failed(found) == {"BilledCost/type", "columns/exact-numbers"}
    assert found["BilledCost/type"].examples[0].row == 1


def test_a_fraction_of_a_second_is_no_time() -> None:
    found = with_type(
        "ChargePeriodStart", day(10).replace(microsecond=1), pa.timestamp("us", "UTC")
    )

    assert failed(found) == {"ChargePeriodStart/type"}


def test_a_time_beyond_the_calendar_of_python_can_be_shown() -> None:
    kind = pa.timestamp("s", "UTC")
    found = with_type("BillingPeriodEnd", pa.scalar(2**40, kind), kind)

    assert found["BillingPeriodStart/calendar-month"].status is Status.FAILED


def test_an_exponent_is_too_much_for_an_integer() -> None:
    table = csv([row("infercost-1.0") | {"x-InferTokensInput": "15E5"}])
    found = results("infercost-1.0", table, text=True)["x-InferTokensInput/type"]

    assert found.examples[0].what == "is no whole number"
