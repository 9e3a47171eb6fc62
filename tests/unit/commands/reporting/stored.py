"""Exported objects in a folder, by hand: for tests of which of them are found and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow as pa

from exporter.commands.reporting.objects import DataObject, Window
from exporter.files.csv import encode_csv
from exporter.files.parquet import encode_parquet
from exporter.periods import DAY_SECONDS, HOUR_SECONDS, Period, Schedule, period_at, unix_seconds
from exporter.storage.keys import object_key, parse_object_name
from exporter.storage.local import LocalStore
from exporter.storage.record import NO_TOTALS, ObjectRecord
from tests.builders import make_charges_of, table_of
from tests.unit.chargeback.reports import moved

PREFIX = "focus/"
HOURLY, DAILY = Schedule.HOURLY, Schedule.DAILY
WEEKLY, MONTHLY = Schedule.WEEKLY, Schedule.MONTHLY
DAY, HOUR = DAY_SECONDS, HOUR_SECONDS


def at(day: int, hour: int = 0, month: int = 3) -> int:
    """A moment of 2026, in March."""
    return unix_seconds(datetime(2026, month, day, hour, tzinfo=UTC))


MARCH: Window = (at(1), at(1, month=4))


def store_in(folder: Path) -> LocalStore:
    return LocalStore(folder)


def key_of(
    start: int,
    schedule: Schedule = HOURLY,
    *,
    cluster: str = "prod",
    report: str = "default",
    layout: str = "focus-1.3",
    extension: str = "parquet",
    prefix: str = PREFIX,
) -> str:
    return object_key(prefix, layout, cluster, report, period_at(schedule, start), extension)


def object_of(key: str) -> DataObject:
    """What the listing makes of a key."""
    name = parse_object_name(key.rpartition("/")[2])
    assert name is not None
    return DataObject(key, key.partition("version=")[2].partition("/")[0], name)


def rows_of(start: int, end: int, cost: int = 0) -> pa.Table:
    """Rows of one charge period; a served model, held time and idle."""
    table = moved(_rows(), start, end)
    if cost:
        place = table.schema.get_field_index("EffectiveCost")
        field = table.schema.field(place)
        amounts = pa.array([Decimal(cost)] * len(table), field.type)
        table = table.set_column(place, field, amounts)
    return table


@cache
def _rows() -> pa.Table:
    """Made and checked once: the rows of every period differ by it alone."""
    return table_of(make_charges_of("model", "idle"), cluster="prod")


def encoded(table: pa.Table, extension: str = "parquet") -> bytes:
    if extension == "csv":
        return encode_csv(table)
    return encode_parquet(table, "zstd", {})


def put(
    store: LocalStore,
    start: int,
    schedule: Schedule = HOURLY,
    *,
    table: pa.Table | None = None,
    body: bytes | None = None,
    described: bool = True,
    **named: str,
) -> str:
    """An object of a period; its key. Without `described` it has no metadata."""
    key = key_of(start, schedule, **named)
    period = period_at(schedule, start)
    if body is None:
        rows = rows_of(period.start, period.end) if table is None else table
        body = encoded(rows, named.get("extension", "parquet"))
    metadata = _record(period, named).to_metadata() if described else {}
    store.put(key, body, metadata, "application/octet-stream")
    return key


def _record(period: Period, named: dict[str, str]) -> ObjectRecord:
    cluster, report = named.get("cluster", "prod"), named.get("report", "default")
    return ObjectRecord("0" * 64, cluster, report, "set", period, NO_TOTALS, 2)


def keys_of(objects: Sequence[DataObject]) -> list[str]:
    return [each.key for each in objects]
