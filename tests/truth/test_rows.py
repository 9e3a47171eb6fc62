"""Whatever happens in a fleet, its rows keep every rule, in every version and however sold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from exporter.focus.checks import check_rows
from exporter.sources.openmetrics import OpenMetricsSource
from tests.builders import table_of
from tests.fleets.fleet import Fleet
from tests.fleets.scenarios import SCENARIOS
from tests.selling import WAYS
from tests.truth.random_fleets import random_fleet
from tests.truth.test_usage import profiles_of, read_days
from tests.unit.cost.priced import book, price

SEEDS = (*range(0, 150, 15), 9, 99)  # the last two are longer than a day
FLEETS: dict[str, Callable[[], Fleet]] = {
    **{name: scenario for name, scenario in SCENARIOS.items() if scenario().pools},
    **{f"random-{seed}": partial(random_fleet, seed) for seed in SEEDS},
}


@pytest.mark.parametrize("name", FLEETS)
def test_rows_of_a_fleet_break_no_rule(name: str, tmp_path: Path) -> None:
    """Idle cost apart and shared; a row per pod is the finest."""
    fleet = FLEETS[name]()
    source = OpenMetricsSource(fleet.write_text(tmp_path / "dump.om"))
    profiles = profiles_of(fleet, tmp_path)
    windows = read_days(source, fleet, profiles)
    for share_idle in (False, True):
        priced = [price(usage, profiles, share_idle=share_idle) for usage in windows]
        charges = book(priced, grain="pod")
        assert charges.filled.any()
        for version, terms in WAYS:
            check_rows(table_of(charges, terms, version=version, row_grain="pod"), version)
