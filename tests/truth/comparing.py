"""Compares many random fleets with the reference, and says what they were."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from exporter.documents.load import load_documents
from exporter.periods import DAY_SECONDS
from exporter.sources.openmetrics import OpenMetricsSource
from exporter.sources.prometheus import PrometheusAccess, PrometheusSource
from exporter.sources.series import Source
from tests.fleets.token_scenarios import T0
from tests.servers import prometheus_over, require_tool
from tests.truth.differing import differences, lost_or_doubled
from tests.truth.exports import Case, exported
from tests.truth.priced_fleets import priced_fleet

#: Fleets in one server lie so far apart that none is in reach of another's lookback or periods.
APART = 6 * DAY_SECONDS
#: Every so many fleets are compared down to the cells of their rows, not only by charges.
ROWS_EVERY = 5


@dataclass(slots=True)
class Compared:
    """Figures of a comparison, and what differed: one line per fleet, its smallest cell."""

    figures: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, case: Case, source: Source, *, as_rows: bool) -> None:
        """Export one fleet in all its ways and compare every cell."""
        self.figures["fleets"] += 1
        self.figures["fleets_down_to_rows"] += as_rows
        for way in case.ways:
            found = exported(case, way, source, as_rows=as_rows)
            fault = next((str(one) for one in differences(case, way, found)), None)
            fault = fault or next(lost_or_doubled(case, way, found), None)
            self.figures["rows"] += len(found)
            self.figures["periods"] += len(case.tasks(way))
            self.figures["periods_too_sparse_for_money"] += sum(
                not case.told(task) for task in case.tasks(way)
            )
            if fault:
                self.faults.append(f"priced_fleet({case.priced.seed}), {way}: {fault}")


def case_of(seed: int, folder: Path, base: int = T0, *, long_reports: bool = False) -> Case:
    """A fleet with its documents, read from YAML as a mounted ConfigMap."""
    priced = priced_fleet(seed, base, long_reports=long_reports)
    documents = load_documents(priced.fleet.write_config(folder / f"config-{seed}.yaml"))
    return Case(priced, documents)


def compare_dumps(seeds: Iterable[int], folder: Path) -> Compared:
    """Every fleet from an OpenMetrics dump of its own."""
    compared = Compared()
    for seed in seeds:
        case = case_of(seed, folder, long_reports=True)
        dump = case.priced.fleet.write_text(folder / "dump.om")
        with closing(OpenMetricsSource(dump)) as source:
            compared.add(case, source, as_rows=seed % ROWS_EVERY == 0)
    return compared


def compare_server(seeds: Sequence[int], folder: Path) -> Compared:
    """All fleets from one Prometheus, one after another in time."""
    compared = Compared()
    cases = [
        case_of(seed, folder, T0 - number * APART) for number, seed in enumerate(reversed(seeds))
    ]
    with _holding(cases, folder) as source:
        for case in cases:
            compared.add(case, source, as_rows=case.priced.seed % ROWS_EVERY == 0)
    return compared


@contextmanager
def _holding(cases: Sequence[Case], folder: Path) -> Iterator[Source]:
    """A Prometheus with the samples of all fleets, in as few blocks as promtool makes."""
    blocks = folder / "blocks"
    blocks.mkdir(parents=True)
    load = [str(require_tool("promtool")), "tsdb", "create-blocks-from", "openmetrics"]
    for case in cases:
        dump = case.priced.fleet.write_text(folder / "dump.om")
        longest = ["--max-block-duration=162h"]
        subprocess.run([*load, *longest, str(dump), str(blocks)], check=True, capture_output=True)
    with (
        prometheus_over(blocks, folder) as url,
        closing(PrometheusSource(PrometheusAccess(url=url))) as source,
    ):
        yield source
