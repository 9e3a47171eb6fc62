"""Times that no object of a series holds, between its first and its last one.

A series is one report of one cluster in one dataset; only objects named by this program tell it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from exporter.focus.rules.rule import Broken
from exporter.periods import HOUR_SECONDS, day_start, rfc3339, unix_seconds
from exporter.storage.keys import ObjectName, parse_object_name

_END = "ChargePeriodEnd"
_YEAR_10000 = 253_402_300_800  # the first second that has no RFC 3339 form


class Series(NamedTuple):
    """Root of the dataset, version, cluster and report, as names have them."""

    root: str
    version: str
    cluster: str
    report: str


class Span(NamedTuple):
    """The time one object holds, unix seconds; `end` is None where nothing says it."""

    start: int
    end: int | None
    file: str


@dataclass(slots=True)
class Seen:
    """The latest end of the rows of one file; None before a row with a time that can be read."""

    end: int | None = None

    def look_at(self, batch: pa.RecordBatch) -> None:
        """The rows of one batch; a column that is missing, doubled or no time says nothing."""
        if batch.schema.names.count(_END) != 1:
            return
        found = _latest(batch.column(_END))
        if found is not None and (self.end is None or found > self.end):
            self.end = found


def _latest(column: pa.Array) -> int | None:
    if pa.types.is_timestamp(column.type):
        whole = column.cast(pa.timestamp("s", column.type.tz), safe=False)
        found = pc.max(whole.cast(pa.int64())).as_py()
    elif pa.types.is_string(column.type):
        found = _seconds(pc.max(column).as_py())
    else:
        return None
    return found if found is not None and 0 <= found < _YEAR_10000 else None


def _seconds(text: str | None) -> int | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return unix_seconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


class Timeline:
    """The spans of all series."""

    def __init__(self) -> None:
        self._spans = defaultdict[Series, list[Span]](list)

    @property
    def objects(self) -> int:
        """How many objects are named by this program."""
        return sum(map(len, self._spans.values()))

    def add(self, file: str, root: str, version: str, seen: Seen) -> None:
        """An object; one that this program did not name is passed over."""
        name = parse_object_name(file.rpartition("/")[2])
        if name is not None:
            series = Series(root, version, name.cluster_slug, name.report_slug or "")
            self._spans[series].append(_span(name, file, seen))

    def gaps(self) -> Iterator[Broken]:
        """Each gap, in the order of series and time."""
        for _, spans in sorted(self._spans.items()):
            yield from _gaps(sorted(spans, key=lambda span: span.start))


def _span(name: ObjectName, file: str, seen: Seen) -> Span:
    """An object without an hour in its name is as long as its rows say; without rows who knows."""
    start = day_start(name.day)
    if name.hour is None:
        return Span(start, seen.end, file)
    start += name.hour * HOUR_SECONDS
    return Span(start, start + HOUR_SECONDS, file)


def _gaps(spans: list[Span]) -> Iterator[Broken]:
    covered = 0
    for one, following in pairwise(spans):
        if one.end is None:
            continue
        covered = max(covered, one.end)
        if covered < following.start:
            missing = f"{rfc3339(covered)}/{rfc3339(following.start)}"
            yield Broken(following.file, None, "", missing, "no object before it holds this time")
