"""The days of a report, and which of them lack data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

from exporter.chargeback.completeness_figures import Gap
from exporter.chargeback.figures import Chargeback

_DAY = 86_400


class Missing(Enum):
    """How much of a day's data is not there, in words of the page."""

    NOTHING = ""
    PART = "a part is missing"
    ALL = "no data"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the trend; `start` in unix seconds."""

    date: date
    cost: Decimal
    missing: Missing


def days(chargeback: Chargeback) -> tuple[Day, ...]:
    """In order of time."""
    gaps = chargeback.completeness.gaps
    return tuple(
        Day(day, cost, _missing(day, cost, gaps))
        for day, cost in zip(chargeback.days, chargeback.daily_cost, strict=True)
    )


def _missing(day: date, cost: Decimal, gaps: tuple[Gap, ...]) -> Missing:
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    touching = [gap for gap in gaps if gap.start < start + _DAY and gap.end > start]
    if not touching:
        return Missing.NOTHING
    whole = any(gap.start <= start and gap.end >= start + _DAY for gap in touching)
    return Missing.ALL if whole and not cost else Missing.PART
