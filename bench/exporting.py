"""The exporter as a process over some days of a fleet, from cold start to the last object."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fleets.cache import MadeFleet
from bench.processes import Started, start
from exporter.periods import rfc3339
from tests.servers import S3Server

CLUSTER = "bench"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a fleet is exported from and to; `folder` takes what processes print."""

    fleet: MadeFleet
    prometheus: str
    s3: S3Server
    folder: Path

    def settings(self, bucket: str, **others: str) -> dict[str, str]:
        """The environment of the exporter; a setting given here comes first."""
        own = {
            "PROMETHEUS_URL": self.prometheus,
            "CONFIG_PATH": str(self.fleet.config),
            "CLUSTER_NAME": CLUSTER,
            **self.s3.settings(bucket),
        }
        return own | others

    def span(self, hours: range | None = None) -> tuple[int, int]:
        """Exported hours, counted from 0, as unix seconds; all of them by default."""
        whole = range(self.fleet.size.hours) if hours is None else hours
        start = self.fleet.size.start_ms // 1000
        return start + whole.start * 3600, start + whole.stop * 3600


def begin_backfill(
    site: Site,
    settings: Mapping[str, str],
    hours: range | None = None,
    *,
    flags: Sequence[str] = (),
    python: Sequence[str] = (),
) -> Started:
    """Start `infer-focus backfill` of the hours; `python` are arguments of the interpreter."""
    begin, end = map(rfc3339, site.span(hours))
    span = ("--start", begin, "--end", end)
    command = [sys.executable, *python, "-m", "exporter", "backfill", *span, *flags]
    return start(command, settings, site.folder)
