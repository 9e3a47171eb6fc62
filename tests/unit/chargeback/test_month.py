"""The rows of a month as they come in, in every layout."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporter.chargeback.month import MonthSpend, month_columns
from exporter.cost.sale import SalesTerms
from exporter.errors import UnreadableFile
from exporter.focus.columns import SELECTABLE_VERSIONS
from exporter.periods import DAY_SECONDS, month_of
from tests.builders import NOON, make_charges_of, table_of

DAY = NOON - NOON % DAY_SECONDS
#: What one charge of the builders costs.
COST = Decimal("6.000000001")
BY_POOL = {"terms": SalesTerms(None, contracted=False, by_pool=True)}


def batch(**context: Any) -> pa.RecordBatch:
    """A day of March 2026: two models of `chat`, one with tokens, idle and unpriced ones."""
    charges = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
    (whole,) = table_of(charges, **context).combine_chunks().to_batches()
    return whole.select(month_columns(whole.schema.names))


def march(*namespaces: str) -> MonthSpend:
    return MonthSpend(month_of(NOON), namespaces)


def add(spend: MonthSpend, rows: pa.RecordBatch, *, text: bool = False) -> None:
    spend.add(rows, text=text, cluster="prod", report=None)


LAYOUTS = [
    *({"version": version} for version in SELECTABLE_VERSIONS),
    {"version": "1.3", "prefix": "x_Infer"},
    {"version": "1.3", **BY_POOL},
    {"version": "1.4", "sub_account_label": "team"},
    {"version": "infercost-1.0", "sub_account_label": "team"},
]


@pytest.mark.parametrize("context", LAYOUTS, ids=str)
def test_a_namespace_costs_what_its_rows_say_in_every_layout(context: dict[str, Any]) -> None:
    spend = march("chat")
    add(spend, batch(**context))
    assert spend.to_date("chat") == 2 * COST
    assert (spend.until, spend.currencies) == (DAY + DAY_SECONDS, ("USD",))


def test_few_columns_are_read_of_a_focus_file() -> None:
    assert sorted(batch(version="1.3").schema.names) == [
        "BillingCurrency",
        "ChargePeriodEnd",
        "ChargePeriodStart",
        "EffectiveCost",
        "x-InferGpuHours",
        "x-InferNamespace",
    ]


def test_namespaces_without_a_budget_are_not_kept_but_their_time_is() -> None:
    spend = march("code")
    add(spend, batch())
    assert [spend.to_date(name) for name in ("chat", "code")] == [0, 0]
    assert (spend.until, spend.currencies) == (DAY + DAY_SECONDS, ())


def test_a_sum_has_more_digits_than_its_rows() -> None:
    """20 digits before the point are all that a row has."""
    rows, most = batch(version="1.3"), Decimal("99999999999999999999.999999999999999999")
    place = rows.schema.get_field_index("EffectiveCost")
    field = rows.schema.field(place)
    costs = pa.array([most] * rows.num_rows, field.type)
    spend = march("chat")
    add(spend, rows.set_column(place, field, costs))
    found = spend.to_date("chat")
    assert found > most
    assert found % most == 0


def test_rows_of_two_currencies_are_told() -> None:
    spend = march("chat")
    add(spend, batch(currency="EUR"))
    add(spend, batch(currency="USD"))
    assert spend.currencies == ("EUR", "USD")


def test_rows_of_another_month_are_left_out() -> None:
    spend = MonthSpend(month_of(NOON + 40 * DAY_SECONDS), ["chat"])
    add(spend, batch())
    assert spend.to_date("chat") == 0
    assert spend.until is None


def as_text(cell: object) -> str | None:
    """A cell as our CSV has it."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    return f"{cell:f}" if isinstance(cell, Decimal) else cell if cell is None else str(cell)


def test_the_texts_of_a_csv_are_amounts() -> None:
    rows = batch(version="1.3")
    columns = {name: rows.column(name).to_pylist() for name in rows.schema.names}
    texts = {name: pa.array(map(as_text, found), pa.string()) for name, found in columns.items()}
    spend = march("chat")
    add(spend, pa.RecordBatch.from_pydict(texts), text=True)
    assert spend.to_date("chat") == 2 * COST


def test_a_file_without_costs_cannot_be_read() -> None:
    with pytest.raises(UnreadableFile, match="has no column EffectiveCost"):
        month_columns(["ChargePeriodStart", "x-InferNamespace"])
    with pytest.raises(UnreadableFile, match="EffectiveCost"):
        add(march("chat"), batch().drop_columns(["EffectiveCost"]))
