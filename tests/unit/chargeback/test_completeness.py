"""What was estimated, not seen or left out."""

from __future__ import annotations

from decimal import Decimal

from exporter.chargeback.completeness_figures import Estimate, Gap
from exporter.cost.charges import Method, PowerSource
from tests.builders import make_charges, make_charges_of, table_of
from tests.unit.chargeback.reports import decimals, report_of

COST = Decimal("6.000000001")


def test_rows_are_added_up_by_how_they_were_measured() -> None:
    charges = make_charges(
        namespace=["chat", "search", "dev"],
        power_source=[PowerSource.ENERGY_COUNTER, PowerSource.TDP, PowerSource.TDP],
        method=[Method.GPU_TIME, Method.GPU_TIME, Method.REQUESTS],
    )
    report = report_of(table_of(charges), table_of(make_charges_of("unpriced")))
    assert report.completeness.estimates == (
        Estimate("power source", "energy-counter", Decimal(4), COST),
        Estimate("power source", "tdp", Decimal(8), 2 * COST),
        Estimate("allocation", "gpu-time", Decimal(8), 2 * COST),
        Estimate("allocation", "requests", Decimal(4), COST),
        Estimate("allocation", "unpriced", None, Decimal(0)),
    )
    assert report.completeness.unpriced_tokens == 2_500_000


def test_time_that_nobody_saw_has_hours_and_a_cost() -> None:
    charges = make_charges_of("model", "idle", "unobserved")
    completeness = report_of(table_of(charges)).completeness
    assert (completeness.unobserved_gpu_hours, completeness.unobserved_cost) == decimals(4, COST)


def test_where_all_was_seen_nothing_is_unobserved() -> None:
    completeness = report_of(table_of(make_charges())).completeness
    assert (completeness.unobserved_gpu_hours, completeness.unobserved_cost) == decimals(0, 0)


def test_infercost_knows_no_hours_and_not_how_it_was_measured() -> None:
    charges = make_charges_of("model", "unobserved")
    completeness = report_of(table_of(charges, version="infercost-1.0")).completeness
    assert (completeness.unobserved_gpu_hours, completeness.unobserved_cost) == (None, COST)
    assert completeness.estimates == ()
    seen = report_of(table_of(make_charges(), version="infercost-1.0")).completeness
    assert (seen.unobserved_gpu_hours, seen.unobserved_cost) == decimals(None, 0)


def test_gaps_and_straddling_objects_are_told() -> None:
    gap = Gap("prod", "default", 0, 3600)
    completeness = report_of(
        table_of(make_charges()), gaps=[gap], straddling=["b", "a", "b"]
    ).completeness
    assert (completeness.gaps, completeness.straddling) == ((gap,), ("a", "b"))
