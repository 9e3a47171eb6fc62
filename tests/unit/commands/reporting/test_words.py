from __future__ import annotations

from decimal import Decimal

import pytest

from exporter.commands.reporting import words


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "-"),
        ("0", "0.00"),
        ("1234567.895", "1,234,567.90"),
        ("-12.345", "-12.34"),
        ("0.004", "0.00"),
    ],
)
def test_money_has_two_decimals(amount: str | None, text: str) -> None:
    assert words.money(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "-"),
        ("0", "0.00"),
        ("1234.5", "1,234.50"),
        ("1", "1.00"),
        ("0.51871", "0.5187"),
        ("0.01", "0.0100"),
        ("0.000778064", "0.000778"),
        ("-0.5", "-0.5000"),
    ],
)
def test_small_prices_have_more_decimals(amount: str | None, text: str) -> None:
    assert words.price(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "-"),
        ("0", "0 %"),
        ("0.0231", "2.3 %"),
        ("0.0994", "9.9 %"),
        ("0.0995", "10 %"),
        ("0.854", "85 %"),
        ("12.5", "1,250 %"),
        ("-0.05", "-5.0 %"),
    ],
)
def test_ratios_are_percent(ratio: str | None, text: str) -> None:
    assert words.percent(None if ratio is None else Decimal(ratio)) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (110, 100, "+10 %"),
        (99, 100, "-1.0 %"),
        (100, 100, "0 %"),
        (5, None, "new"),
        (5, 0, "-"),
        (0, 5, "-100 %"),
        (-5, -10, "+50 %"),
    ],
)
def test_a_change_has_a_sign(now: int, before: int | None, text: str) -> None:
    earlier = None if before is None else Decimal(before)
    assert words.change(Decimal(now), earlier) == text


def test_a_share_of_nothing_is_none() -> None:
    assert words.share(Decimal(1), Decimal(0)) == "-"
    assert words.share(None, Decimal(2)) == "-"
    assert words.share(Decimal(1), Decimal(2)) == "50 %"


def test_counts_have_separators() -> None:
    assert [words.count(number) for number in (None, 0, 1_234_567)] == ["-", "-", "1,234,567"]
    assert [words.counted(number, "row") for number in (0, 1, 2000)] == [
        "0 rows",
        "1 row",
        "2,000 rows",
    ]
    assert [words.hours(amount) for amount in (None, Decimal("1234.56"))] == ["-", "1,234.6"]


def test_a_time_is_a_date_at_midnight() -> None:
    assert words.moment(1_773_100_800) == "2026-03-10"
    assert words.moment(1_773_100_801) == "2026-03-10T00:00:01Z"


def test_names_stay_on_their_line() -> None:
    assert words.name("a\nb\x1b[31m") == "a\\nb\\x1b[31m"
    assert words.name(None) == "(none)"
