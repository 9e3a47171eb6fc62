from __future__ import annotations

from decimal import Decimal

import pytest

from exporter.pages.numbers import (
    change,
    counted,
    difference,
    measured,
    money,
    nothing,
    percent,
    price,
    whole,
)
from tests.unit.pages.documents import read, text


def shown(markup: str) -> tuple[str, str | None]:
    """What stands there, with no-break spaces as `_`, and the exact value behind it."""
    element = read(markup)
    return (element.text or "").replace("\N{NO-BREAK SPACE}", "_"), element.get("value")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1234567.891", "1,234,567.89"),
        ("-1234.5", "−1,234.50"),
        ("0", "0.00"),
        ("0E-9", "0.00"),
        ("0.004", "<0.01"),
        ("-0.004", ">−0.01"),
        ("0.005", "<0.01"),
        ("0.015", "0.02"),
        ("1E+3", "1,000.00"),
    ],
)
def test_money_has_two_decimals_and_keeps_its_exact_value(amount: str, expected: str) -> None:
    assert shown(money(Decimal(amount))) == (expected, f"{Decimal(amount):f}")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("3.71225", "3.71"),
        ("1", "1.00"),
        ("0.51866413", "0.5187"),
        ("0.00004", "<0.0001"),
        ("0", "0.0000"),
    ],
)
def test_a_unit_price_below_one_has_four_decimals(amount: str, expected: str) -> None:
    assert shown(price(Decimal(amount), "x")) == (expected, amount)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0"),
        (999_999, "999,999"),
        (1_000_000, "1.0_M"),
        (259_200_000, "259.2_M"),
        (1_252_195_500, "1.25_B"),
        (9_999_999_999_999, "10,000.00_B"),
        (Decimal("760412903.225806452"), "760.4_M"),
    ],
)
def test_tokens_are_short_and_their_exact_number_stays(
    number: int | Decimal, expected: str
) -> None:
    assert shown(counted(number, "x")) == (expected, str(number))


def test_percent_hours_and_whole_numbers() -> None:
    assert shown(percent(Decimal("0.12345"), "x")) == ("12.3_%", "0.12345")
    assert shown(percent(Decimal("-3.477"), "x")) == ("−347.7_%", "-3.477")
    assert shown(measured(Decimal("1462.25"), "x")) == ("1,462.2", "1462.25")
    assert shown(whole(48_211, "x")) == ("48,211", "48211")


@pytest.mark.parametrize(
    ("now", "before", "ratio", "more"),
    [
        ("108", "100", "+8.0_%", "+8.00"),
        ("50", "100", "−50.0_%", "−50.00"),
        ("100", "100", "0.0_%", "0.00"),
        ("100", "-50", "+300.0_%", "+150.00"),
    ],
)
def test_a_change_has_a_sign(now: str, before: str, ratio: str, more: str) -> None:
    assert shown(change(Decimal(now), Decimal(before)))[0] == ratio
    assert shown(difference(Decimal(now), Decimal(before)))[0] == more


def test_a_difference_keeps_digits_that_python_would_round_away() -> None:
    markup = difference(Decimal("123456789012.123456789012345678"), Decimal("1E-18"))
    assert shown(markup) == ("+123,456,789,012.12", "123456789012.123456789012345677")


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (money(None), "not known"),
        (price(None, "x", "no tokens"), "no tokens"),
        (counted(None, "x"), "not known"),
        (measured(None, "x"), "not known"),
        (percent(None, "x"), "not known"),
        (change(Decimal(1), None), "nothing in the period before"),
        (change(Decimal(1), Decimal(0)), "the period before cost nothing"),
        (nothing('"<b>'), '"<b>'),
    ],
)
def test_null_is_a_dash_that_says_why(markup: str, why: str) -> None:
    element = read(markup)
    assert (element.tag, text(element), element.get("title")) == ("abbr", "–", why)
