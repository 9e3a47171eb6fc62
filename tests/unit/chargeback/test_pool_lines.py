"""Pools: what they cost, and how much of them nobody used."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from exporter.chargeback.figures import PoolLine
from exporter.cost.sale import SalesTerms
from exporter.periods import DAY_SECONDS
from tests.builders import make_charges, make_charges_of, make_profile, table_of
from tests.selling import CARD
from tests.unit.chargeback.reports import DAY, decimals, moved, nano, report_of

TENTH = 10 - 1
COST = Decimal("6.000000001")
FOUR_GPUS = make_profile()
FOUR_GPUS = FOUR_GPUS.model_copy(
    update={
        "spec": FOUR_GPUS.spec.model_copy(
            update={"hardware": FOUR_GPUS.spec.hardware.model_copy(update={"gpu_count": 4})}
        )
    }
)


def test_a_pool_is_told_apart_into_held_idle_and_unobserved() -> None:
    # Three rows of 4 GPU-hours that cost 6.000000001; the model was active for 3 of its 4.
    (pool,) = report_of(table_of(make_charges_of("model", "idle", "unobserved"))).pools
    assert (pool.cluster, pool.cost_profile) == ("prod", "h100-pool")
    assert (pool.gpu_model, pool.gpu_count) == ("H100-SXM5", 8)
    assert (pool.cost, pool.idle_cost, pool.unobserved_cost) == (3 * COST, COST, COST)
    assert (pool.observed_gpu_hours, pool.unobserved_gpu_hours, pool.idle_gpu_hours) == decimals(
        8, 4, 4
    )
    assert (pool.active_gpu_hours, pool.energy_kwh) == decimals(3, 3 * Decimal("1.602564109"))
    assert (pool.utilization, pool.completeness) == (Decimal("0.375"), Decimal("0.666666667"))
    assert pool.days_utilization[TENTH] == Decimal("0.375")
    assert pool.days_utilization[:TENTH] == (None,) * TENTH


def test_shared_idle_cost_is_what_holders_pay_for_it() -> None:
    charges = make_charges(namespace=["chat", "search"], idle_nano=nano("2", "0.5"))
    (pool,) = report_of(table_of(charges, idle_shared=True)).pools
    assert (pool.cost, pool.idle_cost, pool.unobserved_cost) == decimals(2 * COST, "2.5", 0)


@pytest.mark.parametrize(
    "terms",
    [SalesTerms(CARD), SalesTerms(CARD, contracted=True), SalesTerms(by_pool=True)],
)
def test_a_pool_costs_what_it_costs_whatever_is_billed(terms: SalesTerms) -> None:
    charges = make_charges_of("model", "idle", "unpriced")
    (pool,) = report_of(table_of(charges, terms)).pools
    (at_cost,) = report_of(table_of(charges)).pools
    assert pool == at_cost
    assert pool.cost == 2 * COST


def test_unless_prices_are_billed_the_pools_cost_what_is_billed() -> None:
    charges = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
    east, west = (table_of(charges, cluster=cluster) for cluster in ("east", "west"))
    report = report_of(west, east)
    assert [pool.cluster for pool in report.pools] == ["east", "west"]
    assert sum(pool.cost for pool in report.pools) == report.total.cost


def test_a_pool_has_the_gpus_that_were_declared_last() -> None:
    day_before = DAY[0] - DAY_SECONDS, DAY[0]
    eight, four = table_of(make_charges()), table_of(make_charges(profile=FOUR_GPUS))
    for tables in permutations((moved(eight, *DAY), moved(four, *day_before))):
        assert [pool.gpu_count for pool in report_of(*tables).pools] == [8]
    for tables in permutations((moved(four, *DAY), moved(eight, *day_before))):
        assert [pool.gpu_count for pool in report_of(*tables).pools] == [4]


def test_pools_are_told_apart_by_profile() -> None:
    profiles = [make_profile("b", "L4"), make_profile("a")]
    charges = make_charges(profile=profiles, namespace=["chat", "search"])
    pools = report_of(table_of(charges)).pools
    assert [(pool.cost_profile, pool.gpu_model) for pool in pools] == [
        ("a", "H100-SXM5"),
        ("b", "L4"),
    ]


def test_rows_that_know_no_gpu_hours_make_no_pool() -> None:
    report = report_of(table_of(make_charges(), version="infercost-1.0"))
    pools: tuple[PoolLine, ...] = report.pools
    assert pools == ()
    assert report.completeness.unpooled_cost == COST


def test_what_rows_without_gpu_hours_cost_stands_beside_the_pool() -> None:
    # A day of two rows, and one of three in a layout that knows no GPU-hours.
    day_before = DAY[0] - DAY_SECONDS, DAY[0]
    known = moved(table_of(make_charges_of("model", "idle")), *DAY)
    further = make_charges_of("model", "idle", "unpriced", "unobserved")
    less = moved(table_of(further, version="infercost-1.0"), *day_before)
    report = report_of(known, less)
    (pool,) = report.pools
    assert (pool.cost, pool.idle_cost, pool.undetailed_cost) == (2 * COST, COST, 3 * COST)
    assert report.completeness.unpooled_cost == 3 * COST
    assert pool.cost + report.completeness.unpooled_cost == report.total.cost == 5 * COST


def test_where_all_rows_are_of_pools_nothing_is_left_out() -> None:
    report = report_of(table_of(make_charges_of("model", "idle", "unpriced")))
    pool, left_out = report.pools[0], report.completeness.unpooled_cost
    assert (pool.undetailed_cost, left_out) == decimals(0, 0)
