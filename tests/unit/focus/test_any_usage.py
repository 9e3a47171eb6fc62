"""Any usage that can be priced gives rows that keep every rule."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.cost.sale import SalesTerms
from exporter.focus.checks import check_rows
from tests.builders import table_of
from tests.selling import WAYS
from tests.unit.cost.any_usage import AnyFleet, any_fleet
from tests.unit.cost.priced import book, price

GRAINS = st.sampled_from(["model", "workload", "pod"])


@settings(max_examples=60)
@given(any_fleet(), st.booleans(), GRAINS, st.sampled_from(WAYS))
def test_rows_of_any_usage_break_no_rule(
    fleet: AnyFleet, share_idle: bool, grain: str, way: tuple[str, SalesTerms]
) -> None:
    version, terms = way
    priced = price(fleet.usage, fleet.profiles, share_idle=share_idle)
    for cluster in fleet.usage.clusters:
        charges = book([priced], cluster, grain)
        check_rows(table_of(charges, terms, version=version, row_grain=grain), version)
