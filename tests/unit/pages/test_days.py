from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from exporter.chargeback.completeness_figures import Gap
from exporter.pages.days import Missing, days
from tests.unit.pages.chargebacks import rich, unix
from tests.unit.pages.spending import MISSING_DAY, PARTLY_MISSING_DAY


def test_only_days_that_a_gap_touches_lack_data() -> None:
    lacking = {day.date: day.missing for day in days(rich()) if day.missing != Missing.NOTHING}
    assert lacking == {MISSING_DAY: Missing.ALL, PARTLY_MISSING_DAY: Missing.PART}


@pytest.mark.parametrize(
    ("gap", "cost", "expected"),
    [
        ((unix(2026, 10, 1), unix(2026, 10, 3)), "0", Missing.ALL),
        ((unix(2026, 10, 2), unix(2026, 10, 3)), "1", Missing.PART),
        ((unix(2026, 10, 2, 1), unix(2026, 10, 2, 2)), "0", Missing.PART),
        ((unix(2026, 10, 1), unix(2026, 10, 2)), "0", Missing.NOTHING),
        ((unix(2026, 10, 3), unix(2026, 10, 4)), "0", Missing.NOTHING),
    ],
    ids=["whole day", "another cluster has rows", "an hour", "ends before", "starts after"],
)
def test_a_day_lacks_what_its_gaps_cover(
    gap: tuple[int, int], cost: str, expected: Missing
) -> None:
    report = rich(days=(date(2026, 10, 2),))
    gaps = (Gap("prod-eu", "default", *gap),)
    changed = replace(
        report,
        daily_cost=(Decimal(cost),),
        completeness=replace(report.completeness, gaps=gaps),
    )
    (day,) = days(changed)
    assert day.missing is expected
