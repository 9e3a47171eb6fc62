"""One tiny fleet, exported once: what the tests of the benchmark look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bench.exporting import Site
from bench.fleets.cache import MadeFleet, fleet_of
from bench.fleets.sizes import TINY
from bench.rounds import Recorded, record, site_of
from bench.written import Written
from tests.servers import require_tool


@dataclass(frozen=True, slots=True)
class Smoke:
    """The fleet behind real servers, and a first run of the exporter over it."""

    site: Site
    recorded: Recorded

    @property
    def fleet(self) -> MadeFleet:
        return self.site.fleet

    @property
    def written(self) -> Written:
        return self.recorded.written

    @property
    def hours(self) -> range:
        return range(self.fleet.size.hours)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> MadeFleet:
    """The tiny fleet, made from scratch."""
    cache = tmp_path_factory.mktemp("fleets")
    return fleet_of(TINY, cache, require_tool("promtool"), lambda _: None)


@pytest.fixture(scope="session")
def smoke(tiny: MadeFleet) -> Iterator[Smoke]:
    """Servers and a recorded run, whose numbers were found right."""
    with site_of(tiny) as site:
        yield Smoke(site, record(site))
