"""A finished period as rows."""

from __future__ import annotations

from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

import pytest

from exporter.cost.billing import ReportPlan
from exporter.documents.load import default_prices
from exporter.errors import PeriodError
from exporter.focus.context import RowSettings
from exporter.periods import Schedule, period_at
from exporter.pipeline.export import Finished
from exporter.pipeline.rows import RowRules, make_rows
from exporter.pipeline.tasks import Task
from exporter.storage.record import NO_TOTALS
from tests.builders import NOON, make_charges, make_charges_of, make_context


def rules(**changes: Any) -> RowRules:
    shared = {each.name for each in fields(RowSettings)}
    context = {name: value for name, value in asdict(make_context()).items() if name in shared}
    return RowRules(
        **context | changes,
        billing_account_id=None,
        billing_account_name=None,
        pricing=default_prices(),
    )


def finished(*kinds: str, **changes: Any) -> Finished:
    plan = ReportPlan("default", Schedule.HOURLY, None, None, False)
    charges = make_charges_of(*kinds, **changes) if kinds else make_charges(**changes)
    task = Task(plan, period_at(Schedule.HOURLY, NOON))
    return Finished("prod", task, charges, NO_TOTALS, complete=True)


def test_rows_that_break_a_rule_fail_their_period_and_nothing_else() -> None:
    with pytest.raises(PeriodError, match="BillingCurrency of row 1 is no currency code"):
        make_rows(finished("model"), rules(currency="dollars"))


@pytest.mark.parametrize("name", ["N/A", "not applicable", " ", "null"])
def test_no_name_that_a_tenant_gives_keeps_a_period_from_being_written(name: str) -> None:
    made = make_rows(finished(model=name, namespace=name), rules())

    assert made.table["ResourceName"].to_pylist() == [name]
    assert made.table["BilledCost"].to_pylist() == [Decimal("6.000000001")]


def test_charges_of_nothing_have_no_row() -> None:
    nothing = dict.fromkeys(
        ("amortization_nano", "maintenance_nano", "electricity_nano", "gpu_nano_hours"), 0
    )
    made = make_rows(finished("idle", **nothing), rules())

    assert (made.table.num_rows, made.cost_nano) == (0, 0)
