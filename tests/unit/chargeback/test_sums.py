"""What rows add up to: worked examples of every way in which they are sold."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from exporter.chargeback.sums import NOTHING, sums_by
from exporter.cost.charges import Kind
from exporter.cost.sale import SalesTerms
from tests.builders import NANO, make_charges, make_charges_of, table_of
from tests.selling import CARD
from tests.unit.chargeback.reports import costing, cube_of, decimals, nano, report_of, total_of

UNKNOWN_TO_INFERCOST = (
    "amortization",
    "maintenance",
    "electricity",
    "marginal",
    "gpu_hours",
    "unobserved_gpu_hours",
    "active_gpu_hours",
    "energy_kwh",
    "tokens_cached",
    "requests",
)


def test_parts_and_quantities_are_those_of_the_rows() -> None:
    # Two namespaces of 1 + 0.5 + 0.25 and 3 + 0.5 + 0.125, of which 0.2 and 0.1 while active.
    charges = make_charges(
        namespace=["chat", "search"],
        amortization_nano=nano("1", "3"),
        maintenance_nano=nano("0.5", "0.5"),
        electricity_nano=nano("0.25", "0.125"),
        active_electricity_nano=nano("0.2", "0.1"),
        gpu_nano_hours=nano("4", "2"),
        active_nano_hours=nano("3", "0.5"),
        energy_nano_kwh=nano("1.5", "0.75"),
        tokens_input=[1_000_000, 500_000],
        tokens_output=[1_000_000, 500_000],
        tokens_cached=[10, 20],
        requests=[3, 7],
    )
    total = total_of(table_of(charges))
    assert (total.cost, total.served_cost) == (Decimal("5.375"), Decimal("5.375"))
    assert (total.amortization, total.maintenance, total.electricity) == decimals(4, 1, "0.375")
    assert total.marginal == Decimal("0.3")
    assert (total.gpu_hours, total.active_gpu_hours) == decimals(6, "3.5")
    assert total.energy_kwh == Decimal("2.25")
    assert (total.tokens_input, total.tokens_output, total.tokens_cached) == (
        1_500_000,
        1_500_000,
        30,
    )
    assert (total.requests, total.unpriced_tokens) == (10, 0)
    assert total.idle == 0
    assert total.cost_per_million_tokens == Decimal("1.791666667")  # 5.375 of 3 million
    assert total.marginal_per_million_tokens == Decimal("0.1")
    assert total.cost_per_request == Decimal("0.5375")
    assert total.utilization == Decimal("0.583333333")


def test_hours_without_tokens_cost_but_are_in_no_price_of_tokens() -> None:
    # 4 with a million tokens, 6 of a model that was only loaded.
    charges = costing(
        model=["llama", "qwen"],
        amortization_nano=nano("4", "6"),
        tokens_input=[1_000_000, 0],
        tokens_output=0,
        tokens_cached=0,
        requests=[8, 0],
    )
    total = total_of(table_of(charges))
    assert (total.cost, total.served_cost) == decimals(10, 4)
    assert total.cost_per_million_tokens == 4
    assert total.cost_per_request == Decimal("0.5")


def test_idle_is_that_of_idle_and_unobserved_rows() -> None:
    # 6.000000001 each.
    total = total_of(table_of(make_charges_of("model", "idle", "unobserved")))
    assert total.idle == Decimal("12.000000002")
    assert total.cost == Decimal("18.000000003")


def test_idle_is_inside_the_holders_rows_where_it_is_shared() -> None:
    # Of the holder's 6.000000001 are 2.5 idle cost; a pool that nobody held keeps its row.
    charges = make_charges_of("model", "idle", "unobserved", idle_nano=0)
    holder = make_charges(idle_nano=nano("2.5"), namespace="search")
    total = total_of(
        table_of(charges, idle_shared=True), table_of(holder, idle_shared=True, cluster="west")
    )
    assert total.idle == Decimal("14.500000002")
    assert total.cost == 4 * Decimal("6.000000001")


def test_time_that_nobody_observed_is_in_no_utilization() -> None:
    # 4 GPU-hours held, 3 of them active, 4 idle; of 4 more nobody knows: 3 of 8, not of 12.
    total = total_of(table_of(make_charges_of("model", "idle", "unobserved")))
    assert (total.gpu_hours, total.unobserved_gpu_hours) == decimals(12, 4)
    assert total.utilization == Decimal("0.375")
    report = report_of(table_of(make_charges_of("model", "unobserved")), keys=("cost-profile",))
    (group,), (pool,) = report.groups, report.pools
    assert group.sums.utilization == pool.utilization == Decimal("0.75")


def test_of_nothing_but_unobserved_time_no_utilization_is_known() -> None:
    total = total_of(table_of(make_charges_of("unobserved")))
    assert (total.gpu_hours, total.unobserved_gpu_hours) == decimals(4, 4)
    assert total.utilization is None


def test_tokens_without_a_price_make_no_other_tokens_cheaper() -> None:
    # 6.000000001 for 2.5 million priced tokens; 2.5 million more cost nothing.
    total = total_of(table_of(make_charges_of("model", "unpriced")))
    assert (total.tokens, total.unpriced_tokens) == (5_000_000, 2_500_000)
    assert (total.requests, total.unpriced_requests) == (3_200, 1_600)
    assert total.cost_per_million_tokens == Decimal("2.400000000")
    assert total.cost_per_request == Decimal("0.003750000")


def test_unpriced_tokens_alone_have_tokens_and_null_elsewhere() -> None:
    total = total_of(table_of(make_charges_of("unpriced")))
    assert total.cost == 0
    assert (total.tokens, total.requests) == (2_500_000, 1_600)
    assert (total.gpu_hours, total.energy_kwh, total.marginal) == (None, None, None)
    assert (total.cloud_usd, total.savings_usd) == (None, None)
    assert (total.cost_per_million_tokens, total.cost_per_request) == (None, None)
    assert total.utilization is None


@pytest.mark.parametrize("contracted", [False, True])
def test_a_model_priced_apart_counts_nothing_twice(contracted: bool) -> None:
    terms = SalesTerms(CARD, contracted=contracted)
    assert table_of(make_charges(), terms).num_rows == 2
    apart, whole = total_of(table_of(make_charges(), terms)), total_of(table_of(make_charges()))
    for name in ("requests", "tokens_input", "tokens_output", "tokens_cached", "gpu_hours"):
        assert getattr(apart, name) == getattr(whole, name), name
    for name in ("active_gpu_hours", "energy_kwh", "electricity", "amortization"):
        assert getattr(apart, name) == getattr(whole, name), name


def test_with_contracted_billing_the_cost_is_the_price() -> None:
    # 1.5 million input tokens at 0.45 and a million output tokens at 1.35, 10 % off the list.
    report = report_of(table_of(make_charges(), SalesTerms(CARD, contracted=True)))
    assert report.total.cost == Decimal("2.025")
    assert (report.total.amortization, report.total.electricity) == decimals(5, "0.250000001")
    assert report.scope.contracted


def test_what_a_price_list_bills_for_unpriced_tokens_is_in_no_price_of_tokens() -> None:
    # 2.025 for the priced tokens of chat and as much for those on unknown GPUs.
    table = table_of(make_charges_of("model", "unpriced"), SalesTerms(CARD, contracted=True))
    total = total_of(table)
    assert (total.cost, total.served_cost) == (Decimal("4.05"), Decimal("2.025"))
    assert total.cost_per_million_tokens == Decimal("0.81")


@pytest.mark.parametrize("terms", [SalesTerms(), SalesTerms(CARD), SalesTerms(by_pool=True)])
def test_without_contracted_billing_the_cost_is_that_of_the_pool(terms: SalesTerms) -> None:
    report = report_of(table_of(make_charges_of("model", "rollup", "idle", "unpriced"), terms))
    assert report.total.cost == 3 * Decimal("6.000000001")
    assert not report.scope.contracted


def test_shares_of_a_pool_are_counted_as_ordinary_rows_are() -> None:
    charges = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
    shared = table_of(charges, SalesTerms(by_pool=True))
    assert total_of(shared) == total_of(table_of(charges))


def test_infercost_says_costs_and_tokens_and_no_more() -> None:
    charges = make_charges_of("model", "idle", "unpriced")
    total, whole = total_of(table_of(charges, version="infercost-1.0")), total_of(table_of(charges))
    assert {name: getattr(total, name) for name in UNKNOWN_TO_INFERCOST} == dict.fromkeys(
        UNKNOWN_TO_INFERCOST
    )
    known = {field.name for field in fields(total)} - {*UNKNOWN_TO_INFERCOST, "unpriced_requests"}
    assert {name: getattr(total, name) for name in known} == {
        name: getattr(whole, name) for name in known
    }


def test_infercost_rows_of_holders_do_not_say_whether_idle_is_shared() -> None:
    total = total_of(table_of(make_charges(), version="infercost-1.0"))
    assert total.idle is None


def test_a_sum_that_some_rows_cannot_say_is_null_and_no_part_of_it() -> None:
    table = table_of(make_charges())
    total = total_of(table, table_of(make_charges(), version="infercost-1.0"))
    assert (total.cost, total.tokens) == (2 * Decimal("6.000000001"), 5_000_000)
    assert (total.gpu_hours, total.marginal, total.requests) == (None, None, None)
    assert total_of(table).gpu_hours == 4


def test_no_rows_add_up_to_nothing() -> None:
    assert sums_by(cube_of().table(), ()) == {}
    assert (NOTHING.cost, NOTHING.gpu_hours) == decimals(0, None)
    assert NOTHING.tokens == 0


def test_amounts_of_more_digits_than_python_keeps_by_default_are_exact() -> None:
    # 29 digits: with a context of 28 the last one would be lost.
    charges = costing(
        kind=Kind.MODEL,
        namespace=["chat", "search"],
        amortization_nano=[9 * 10**8 * NANO + 1, 9 * 10**8 * NANO + 2],
        tokens_input=10**15 + 1,
        tokens_output=0,
        tokens_cached=0,
        active_electricity_nano=0,
    )
    table = table_of(charges, SalesTerms(CARD, contracted=True))
    total = total_of(*[table] * 3)
    rows = [row["EffectiveCost"] for row in table.to_pylist()]
    assert str(total.cost) == str(3 * (rows[0] + rows[1]))
