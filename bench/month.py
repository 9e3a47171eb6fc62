"""A month of a fleet: does memory stay flat, time straight, and do shards share the work?"""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.exactness import check_exactness
from bench.exporting import Site, begin_backfill
from bench.fleets.cache import MadeFleet
from bench.results import Backfill, MonthResult
from bench.rounds import Tell, prometheus_cpu_seconds, site_of
from bench.written import Written, written_to

#: From here on the source holds the whole look-back of the first day.
_FIRST_DAY = 2
_DAYS = (1, 10, 28)
_SHARDED_DAYS = 8
_PROCESSES = (1, 2, 4)


def measure_month(fleet: MadeFleet, tell: Tell) -> MonthResult:
    """Backfills of growing length, then shards. Raises WrongNumbers."""
    size = fleet.size
    with site_of(fleet) as site:
        tell(f"{size.name}: one day, to warm up")
        _backfill(site, 1)
        lengths, cells = [], 0
        for days in _DAYS:
            tell(f"{size.name}: {days} days")
            done, written = _backfill(site, days)
            cells += check_exactness(written, fleet, _hours(days))
            lengths.append(done)
        shards = []
        for processes in _PROCESSES:
            tell(f"{size.name}: {_SHARDED_DAYS} days by {processes} at a time")
            done, written = _backfill(site, _SHARDED_DAYS, processes)
            cells += check_exactness(written, fleet, _hours(_SHARDED_DAYS))
            shards.append(done)
    return MonthResult(size.gpus, size.pods, size.scrape_seconds, lengths, shards, cells)


def _hours(days: int) -> range:
    return range(_FIRST_DAY * 24, (_FIRST_DAY + days) * 24)


def _backfill(site: Site, days: int, processes: int = 1) -> tuple[Backfill, Written]:
    """So many days by so many shards at a time, into a bucket of their own."""
    bucket, used = site.s3.new_bucket(), prometheus_cpu_seconds(site)
    begin = time.perf_counter()
    started = [
        begin_backfill(site, site.settings(bucket), _hours(days), flags=flags)
        for flags in _shards(processes)
    ]
    try:
        runs = [one.end() for one in started]
    finally:
        for one in started:
            one.stop()
    seconds = time.perf_counter() - begin
    used = prometheus_cpu_seconds(site) - used
    written = written_to(site.s3, bucket)
    done = Backfill(
        days,
        processes,
        seconds,
        sum(run.cpu_seconds for run in runs),
        max(run.peak_bytes for run in runs),
        used,
        sum(table.num_rows for table in written.tables),
    )
    return done, written


def _shards(processes: int) -> list[Sequence[str]]:
    if processes == 1:
        return [()]
    return [("--shard", f"{number}/{processes}") for number in range(processes)]
