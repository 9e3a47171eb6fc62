"""Whether the source answers, what it is, and what time it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from exporter.commands.checking.findings import UNUSABLE, Finding, fail, ok, refused, warn
from exporter.errors import ExporterError
from exporter.periods import rfc3339
from exporter.sources.census import Census

#: A request takes its time, too.
TOLERANCE_SECONDS = 60


def source_findings(census: Census, theirs: int | None, now: int) -> Iterator[Finding]:
    """What a source that answered says of itself; `theirs` is its time, unix seconds."""
    version = census.version()
    if theirs is None:
        yield fail("source", f"{census.place} holds no sample", "name another file in SOURCE_FILE")
    elif not census.has_clock:
        yield ok("source", f"{census.place} holds samples until {rfc3339(theirs)}, taken for now")
    else:
        said = f", version {version}" if version else ""
        yield ok("source", f"{census.place} answers{said}")
        yield _clock(theirs - now)


def _clock(ahead: int) -> Finding:
    if abs(ahead) <= TOLERANCE_SECONDS:
        return ok("clock", "the source's agrees with this machine's")
    way = "ahead of" if ahead > 0 else "behind"
    return warn(
        "clock",
        f"the source's is {abs(ahead)} seconds {way} this machine's: periods settle too"
        f" {'late' if ahead > 0 else 'early'}",
        "set the clock of this machine or that of the source (NTP);"
        " raise COLLECTION_SETTLE_MINUTES meanwhile",
    )


def unusable_source(error: ExporterError) -> Finding:
    """A source that does not even tell the time."""
    finding = refused("source", error, UNUSABLE)
    if "not JSON of a Prometheus API" in finding.detail:
        return replace(finding, fix="set PROMETHEUS_URL to the API itself, behind no login page")
    return finding
