"""What an object's metadata says about it, and the candidate for a write.

The metadata is what protects written data: without it nobody knows what the object covers, or
whether a rerun saw as much.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import quote

from exporter.periods import HourRange, Period, Schedule, rfc3339, unix_seconds

#: Names longer than this in percent encoding stand as their hash: S3 allows 2 KB of metadata.
NAME_BYTES = 256
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Totals:
    """What the source showed of the whole cluster in a period: tokens, mJ, 1e-9 GPU-hours.

    Counted before filters leave rows out and before reports divide them, so that the totals of
    two objects of the same time can be compared whatever report, schedule or format they have.
    """

    tokens: int
    energy_millijoules: int
    gpu_nano_hours: int

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.tokens + other.tokens,
            self.energy_millijoules + other.energy_millijoules,
            self.gpu_nano_hours + other.gpu_nano_hours,
        )

    def at_least(self, other: Totals) -> Totals:
        """The higher one of each."""
        return Totals(
            max(self.tokens, other.tokens),
            max(self.energy_millijoules, other.energy_millijoules),
            max(self.gpu_nano_hours, other.gpu_nano_hours),
        )

    def shortfall(self, stored: Totals) -> str:
        """Each total that is lower than the stored one, as text; empty if none is."""
        pairs = (
            ("tokens", stored.tokens, self.tokens),
            ("energy mJ", stored.energy_millijoules, self.energy_millijoules),
            ("GPU-hours/1e9", stored.gpu_nano_hours, self.gpu_nano_hours),
        )
        return ", ".join(f"{name} {was}, now {now}" for name, was, now in pairs if now < was)


NO_TOTALS = Totals(0, 0, 0)


def total(parts: Iterable[Totals]) -> Totals:
    """The sum; of nothing, zero."""
    return sum(parts, NO_TOTALS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One object about to be written; `extension` is without the dot, `rows` may be 0.

    `schema_id` names the FOCUS schema object that describes it, None if there is none. `complete`
    says whether the source could be read in all of the period.
    """

    report: str
    period: Period
    extension: str
    body: bytes
    content_type: str
    totals: Totals
    rows: int
    schema_id: str | None = None
    complete: bool | None = None


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """The metadata of one object. `cluster`, `report` and `report_set` are recorded names.

    `schema_id` is None for an object that no FOCUS schema object describes, or none yet.
    `complete` says whether the source could be read in all of the period, None if nobody knows.
    """

    sha256: str
    cluster: str
    report: str
    report_set: str
    period: Period
    totals: Totals
    rows: int
    schema_id: str | None = None
    complete: bool | None = None

    def to_metadata(self) -> dict[str, str]:
        """As the store keeps it; from_metadata is the inverse."""
        known = {} if self.schema_id is None else {"schema-id": self.schema_id}
        if self.complete is not None:
            known["complete"] = str(self.complete).lower()
        return known | {
            "sha256": self.sha256,
            "cluster": self.cluster,
            "report": self.report,
            "report-set": self.report_set,
            "schedule": self.period.schedule.value,
            "start": rfc3339(self.period.start),
            "end": rfc3339(self.period.end),
            "tokens": str(self.totals.tokens),
            "energy-millijoules": str(self.totals.energy_millijoules),
            "gpu-nano-hours": str(self.totals.gpu_nano_hours),
            "rows": str(self.rows),
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Self | None:
        """None for metadata that is missing, incomplete or not ours: nothing is then known."""
        try:
            return cls(
                sha256=metadata["sha256"],
                cluster=metadata["cluster"],
                report=metadata["report"],
                report_set=metadata["report-set"],
                period=_period(metadata),
                totals=_totals(metadata),
                rows=int(metadata["rows"]),
                schema_id=metadata.get("schema-id"),
                complete=_FLAGS.get(metadata.get("complete", "")),
            )
        except (KeyError, ValueError, OverflowError):
            return None


def _period(metadata: Mapping[str, str]) -> Period:
    """Raises KeyError or ValueError for one that is not whole hours."""
    start = unix_seconds(datetime.fromisoformat(metadata["start"]))
    span = HourRange(start, unix_seconds(datetime.fromisoformat(metadata["end"])))
    return Period(span.start, span.end, Schedule(metadata["schedule"]))


def _totals(metadata: Mapping[str, str]) -> Totals:
    return Totals(
        int(metadata["tokens"]),
        int(metadata["energy-millijoules"]),
        int(metadata["gpu-nano-hours"]),
    )


def recorded_name(name: str) -> str:
    """The name itself, or `sha256:` and its hash if it is too long for metadata."""
    if len(quote(name)) <= NAME_BYTES:
        return name
    return f"sha256:{sha256_hex(name.encode())}"


def sha256_hex(body: bytes) -> str:
    """64 lower-case hex digits."""
    return hashlib.sha256(body).hexdigest()
