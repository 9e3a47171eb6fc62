from __future__ import annotations

import pytest

from exporter.focus.rules.units import is_unit, tokens_in


@pytest.mark.parametrize(
    "unit",
    [
        "Tokens",
        "1000000 Tokens",
        "GPU-Hours",
        "GPU-Seconds",
        "Kilowatt-Hours",
        "GiB",
        "GB-Hours",
        "Tokens/Second",
        "GiB/Hour",
        "Requests/5 Minutes",
        "1000 Requests",
        "Hours",
        "MB",
        "Units",
    ],
)
def test_units_of_the_attribute_are_units(unit: str) -> None:
    assert is_unit(unit, "1.0")
    assert is_unit(unit, "1.4")


@pytest.mark.parametrize(
    "unit",
    [
        "1M Tokens",
        "1,000,000 Tokens",
        "1e6 Tokens",
        "Million Tokens",
        "GPU Hours",
        "gpu-hours",
        "GPU-hours",
        "GPU-Hour",
        "kWh",
        "tokens",
        "Token",
        "0 Tokens",
        "01 Tokens",
        "Tokens/Seconds",
        "1.5 Tokens",
        "Tokens / Second",
        "",
        " Tokens",
        "1000000  Tokens",
        "gib/Second",
        "-Hours",
    ],
)
def test_other_ways_to_write_are_not(unit: str) -> None:
    assert not is_unit(unit, "1.0")
    assert not is_unit(unit, "1.4")


@pytest.mark.parametrize("unit", ["100 GB-Hours", "Tokens/GPU-Second", "5 Requests/2 Hours"])
def test_a_count_before_any_shape_came_with_1_4(unit: str) -> None:
    assert is_unit(unit, "1.4")
    assert not is_unit(unit, "1.3")


@pytest.mark.parametrize(
    ("unit", "tokens"),
    [("Tokens", 1), ("1000000 Tokens", 10**6), ("1M Tokens", None), ("GPU-Hours", None)],
)
def test_tokens_are_counted_by_the_unit(unit: str, tokens: int | None) -> None:
    assert tokens_in(unit) == tokens
