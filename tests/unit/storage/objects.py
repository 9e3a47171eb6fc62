"""Candidates and destinations, valid by default; a test names only what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import BinaryIO

from exporter.periods import DAY_SECONDS, Period, Schedule, day_of, period_at, tile, unix_seconds
from exporter.storage.destination import Destination
from exporter.storage.publish import Outcome, WriteRules, publish
from exporter.storage.record import Candidate, Totals
from exporter.storage.replacements import Replacements
from exporter.storage.store import Store, StoredObject

PARQUET = "application/vnd.apache.parquet"


def at(text: str) -> int:
    """Unix seconds of `2026-03-10` or `2026-03-10T14`, UTC."""
    day, _, hour = text.partition("T")
    return unix_seconds(datetime.fromisoformat(f"{day}T{hour or '00'}:00:00+00:00"))


#: The tests run in March; February is billed.
MARCH = WriteRules(current_month_start=at("2026-03-01"))


def hour(text: str = "2026-03-10T14") -> Period:
    return period_at(Schedule.HOURLY, at(text))


def day(text: str = "2026-03-10") -> Period:
    return period_at(Schedule.DAILY, at(text))


def week(text: str) -> Period:
    return period_at(Schedule.WEEKLY, at(text))


def month(text: str = "2026-03-01") -> Period:
    return period_at(Schedule.MONTHLY, at(text))


def hours_of(period: Period) -> list[Period]:
    return list(tile(Schedule.HOURLY, period.start, period.end))


def days_of(period: Period) -> list[Period]:
    return list(tile(Schedule.DAILY, period.start, period.end))


def tile_days(first: str, count: int) -> list[date]:
    """Calendar days in a row."""
    return [day_of(at(first) + number * DAY_SECONDS) for number in range(count)]


def totals(tokens: int = 100, energy: int = 2_000, gpu: int = 3_000) -> Totals:
    return Totals(tokens, energy, gpu)


def candidate(
    period: Period,
    body: bytes = b"rows",
    *,
    report: str = "default",
    extension: str = "parquet",
    seen: Totals | None = None,
    schema_id: str | None = "schema-1",
) -> Candidate:
    found = seen or totals()
    return Candidate(report, period, extension, body, PARQUET, found, 1, schema_id)


def destination(
    store: Store,
    *,
    cluster: str = "prod",
    reports: Sequence[str] = ("default",),
    report_set: str = "set-1",
    layout: str = "focus-1.3",
    ternary_prefix: str | None = None,
    prefix: str = "focus/",
) -> Destination:
    return Destination(
        store,
        prefix=prefix,
        layout=layout,
        cluster=cluster,
        reports=reports,
        report_set=report_set,
        ternary_prefix=ternary_prefix,
    )


def publish_all(
    to: Destination,
    candidates: Sequence[Candidate],
    rules: WriteRules = MARCH,
    replacements: Replacements | None = None,
) -> list[Outcome]:
    return [publish(to, one, rules, replacements) for one in candidates]


def data_keys(store: Store) -> list[str]:
    """The last parts of the data objects' keys."""
    return sorted(key.rpartition("/")[2] for key in store.list_keys("focus/version="))


class CountedStore:
    """Passes everything on and remembers each call as `method key`."""

    def __init__(self, store: Store) -> None:
        self.calls: list[str] = []
        self._store = store

    def head(self, key: str) -> StoredObject | None:
        self.calls.append(f"head {key}")
        return self._store.head(key)

    def list_keys(self, prefix: str) -> Iterator[str]:
        self.calls.append(f"list {prefix}")
        return self._store.list_keys(prefix)

    def list_sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        self.calls.append(f"list {prefix}")
        return self._store.list_sizes(prefix)

    def list_folders(self, prefix: str) -> Iterator[str]:
        self.calls.append(f"folders {prefix}")
        return self._store.list_folders(prefix)

    def put(self, key: str, body: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        self.calls.append(f"put {key}")
        self._store.put(key, body, metadata, content_type)

    def get(self, key: str) -> bytes:
        self.calls.append(f"get {key}")
        return self._store.get(key)

    def download(self, key: str, into: BinaryIO) -> None:
        self.calls.append(f"download {key}")
        self._store.download(key, into)

    def delete(self, key: str) -> None:
        self.calls.append(f"delete {key}")
        self._store.delete(key)

    def describe(self) -> str:
        return self._store.describe()

    def check_access(self, prefix: str) -> None:
        self._store.check_access(prefix)

    def check_writing(self, prefix: str) -> None:
        self._store.check_writing(prefix)

    def close(self) -> None:
        self._store.close()

    def count(self, method: str) -> int:
        return sum(call.startswith(f"{method} ") for call in self.calls)
