from __future__ import annotations

from datetime import UTC, datetime

import pytest

from exporter.commands.moments import NamedPeriod, named_period
from exporter.errors import ConfigurationError
from exporter.periods import DAY_SECONDS, unix_seconds

NOW = unix_seconds(datetime(2026, 3, 10, 14, 30, tzinfo=UTC))


def at(month: int, day: int, year: int = 2026) -> int:
    return unix_seconds(datetime(year, month, day, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026-02", NamedPeriod("2026-02", at(2, 1), at(3, 1))),
        ("2026-02-28", NamedPeriod("2026-02-28", at(2, 28), at(3, 1))),
        ("20260228", NamedPeriod("2026-02-28", at(2, 28), at(3, 1))),
        ("2026-W10", NamedPeriod("2026-W10", at(3, 2), at(3, 9))),
        ("this-month", NamedPeriod("2026-03", at(3, 1), at(4, 1))),
        ("last-month", NamedPeriod("2026-02", at(2, 1), at(3, 1))),
    ],
)
def test_a_period_has_its_usual_name_and_its_edges(text: str, period: NamedPeriod) -> None:
    assert named_period(text, NOW) == period


def test_last_month_of_a_january_is_in_the_year_before() -> None:
    assert named_period("last-month", at(1, 1)).name == "2025-12"


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2026-03", (at(2, 1), at(3, 1))),
        ("2026-01", (at(12, 1, 2025), at(1, 1))),
        ("2026-03-01", (at(2, 28), at(3, 1))),
        ("2026-W10", (at(3, 2) - 7 * DAY_SECONDS, at(3, 2))),
    ],
)
def test_before_a_period_is_one_of_its_kind(text: str, before: tuple[int, int]) -> None:
    assert named_period(text, NOW).before == before


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-02-30", "2026-W54", "next-month", "9999-12", "٢٠٢٦-02"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no period: expected a month such as 2026-04"):
        named_period(text, NOW)
