from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from exporter.focus.rules.rule import Level, Result, Status
from tests.unit.focus.rules.given import day, parquet, results, row


def of_row(version: str = "1.3", **changes: Any) -> dict[str, Result]:
    return results(version, parquet(version, [row(version, **changes)]))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (day(1), day(1, month=5)),  # two months
        (day(1), day(31)),
        (day(2), day(1, month=4)),
        (day(1).replace(hour=1), day(1, month=4)),
        (day(1), day(1, month=4).replace(second=1)),
        (day(1, month=4), day(1)),
    ],
)
def test_a_billing_period_that_is_no_month_is_a_warning(start: datetime, end: datetime) -> None:
    found = of_row(BillingPeriodStart=start, BillingPeriodEnd=end)
    rule = found["BillingPeriodStart/calendar-month"]

    assert (rule.status, rule.rule.level) == (Status.FAILED, Level.WARNING)


@pytest.mark.parametrize(
    ("start", "end"),
    [(day(1), day(1, month=4)), (day(1, month=12), datetime.fromisoformat("2027-01-01T00:00:00Z"))],
)
def test_a_whole_month_is_none(start: datetime, end: datetime) -> None:
    found = of_row(BillingPeriodStart=start, BillingPeriodEnd=end)

    assert found["BillingPeriodStart/calendar-month"].status is Status.PASSED


@pytest.mark.parametrize("changes", [{"ChargeCategory": "Purchase"}, {"ChargeClass": "Correction"}])
def test_purchases_and_corrections_may_lie_outside_their_billing_period(
    changes: dict[str, str],
) -> None:
    found = of_row(ChargePeriodStart=day(1, month=1), ChargePeriodEnd=day(1, month=12), **changes)

    assert found["ChargePeriodStart/in-billing-period"].status is Status.NOT_APPLICABLE
    assert found["ChargePeriodEnd/in-billing-period"].status is Status.NOT_APPLICABLE


def test_a_file_of_this_program_is_told_once_of_its_billing_period() -> None:
    found = of_row(BillingPeriodStart=day(2), **{"x-InferCluster": "prod"})

    broken = {
        rule for rule, result in found.items() if rule.endswith("/calendar-month") and result.broken
    }
    assert broken == {"extensions/calendar-month"}
