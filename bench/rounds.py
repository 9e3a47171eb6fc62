"""One fleet under measurement: everything in turn, round after round, every output checked."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from bench import floor
from bench.exactness import WrongNumbers, check_exactness
from bench.exporting import Site, begin_backfill
from bench.fleets.cache import MadeFleet
from bench.recorder import Asked, recording
from bench.replay import PARALLEL, replay
from bench.results import Asking, Exports, FleetResult, Floor
from bench.transform import ROWS, measure_transform
from bench.written import Written, written_to
from tests.servers import prometheus_over, s3_server

_CPU_SECONDS = re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE)
#: Blocks stay as they were made: compacting them would change the times from run to run.
_NO_COMPACTION = "--storage.tsdb.max-block-duration={hours}h"

Tell = Callable[[str], None]


@contextmanager
def site_of(fleet: MadeFleet) -> Iterator[Site]:
    """The servers of a fleet: Prometheus over links to its blocks, and an empty S3 server."""
    with TemporaryDirectory(prefix="infer-focus-bench-", dir=fleet.folder.parent) as name:
        folder = Path(name)
        shutil.copytree(fleet.blocks, folder / "blocks", copy_function=os.link)
        flag = _NO_COMPACTION.format(hours=fleet.size.block_hours)
        with (
            prometheus_over(folder / "blocks", folder, [flag]) as url,
            s3_server(folder / "s3") as s3,
        ):
            yield Site(fleet, url, s3, folder / "runs")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A first run, not timed: what was asked and loaded, and what was written, found exact."""

    requests: list[Asked]
    modules: list[str]
    written: Written
    cells: int


@dataclass(slots=True)
class _Times:
    """Seconds of every round."""

    curl: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in PARALLEL})
    start: list[float] = field(default_factory=list)
    write: list[float] = field(default_factory=list)
    put: list[float] = field(default_factory=list)


def measure_fleet(
    fleet: MadeFleet, rounds: int, tell: Tell, *, pod_rows: int = ROWS
) -> FleetResult:
    """Everything about one fleet; `pod_rows` is about how many rows the transform makes.

    Raises WrongNumbers when any run writes a wrong cell.
    """
    with site_of(fleet) as site:
        tell(f"{fleet.size.name}: recording what the exporter asks")
        recorded = record(site)
        times, exports = _Times(), Exports()
        for number in range(rounds):
            tell(f"{fleet.size.name}: round {number + 1} of {rounds}")
            _time_floor(site, recorded, times)
            _time_export(site, recorded, exports)
        tell(f"{fleet.size.name}: rows at pod grain")
        transform = measure_transform(site, rounds, pod_rows)
    size, written = fleet.size, recorded.written
    asked = recorded.requests
    raw = sum(one.is_raw for one in asked)
    return FleetResult(
        *(size.name, size.gpus, size.pods, size.scrape_seconds, fleet.series, fleet.samples),
        floor=_floor(times),
        exports=exports,
        asking=Asking(len(asked) - raw, raw, sum(one.answer_bytes for one in asked)),
        rows=sum(table.num_rows for table in written.tables),
        objects=len(written.objects),
        bytes=written.bytes,
        cells=recorded.cells,
        transform=transform,
    )


def record(site: Site) -> Recorded:
    """Run the exporter once through the recorder, and hold what it wrote against the truth."""
    bucket = site.s3.new_bucket()
    with recording(site.prometheus) as kept:
        settings = site.settings(bucket, PROMETHEUS_URL=kept.url)
        run = begin_backfill(site, settings, python=("-X", "importtime")).end()
    written = written_to(site.s3, bucket)
    cells = check_exactness(written, site.fleet, range(site.fleet.size.hours))
    return Recorded(kept.requests, floor.third_party_modules(run.stderr), written, cells)


def _time_floor(site: Site, recorded: Recorded, times: _Times) -> None:
    written = recorded.written
    for parallel, taken in times.curl.items():
        taken.append(replay(site.prometheus, recorded.requests, parallel, site.folder))
    times.start.append(floor.bare_start(recorded.modules, site.s3, site.folder).seconds)
    times.write.append(floor.bare_write(written.tables))
    times.put.append(floor.bare_puts(written.objects, site.s3))


def _floor(times: _Times) -> Floor:
    curl = min(median(taken) for taken in times.curl.values())
    return Floor(curl, *(median(taken) for taken in (times.start, times.write, times.put)))


def _time_export(site: Site, recorded: Recorded, exports: Exports) -> None:
    bucket, before = site.s3.new_bucket(), prometheus_cpu_seconds(site)
    run = begin_backfill(site, site.settings(bucket)).end()
    exports.seconds.append(run.seconds)
    exports.cpu_seconds.append(run.cpu_seconds)
    exports.peak_bytes.append(run.peak_bytes)
    exports.prometheus_cpu_seconds.append(prometheus_cpu_seconds(site) - before)
    if written_to(site.s3, bucket).data != recorded.written.data:
        raise WrongNumbers("a run wrote other data than the first one, which was right")


def prometheus_cpu_seconds(site: Site) -> float:
    """What Prometheus says it has used so far."""
    found = _CPU_SECONDS.search(httpx.get(f"{site.prometheus}/metrics").text)
    if found is None:
        raise ValueError("Prometheus does not tell its process_cpu_seconds_total")
    return float(found[1])
