"""One cluster's objects of one layout under one prefix: their names, listings and copies."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from exporter.errors import WriteRefused
from exporter.periods import Period
from exporter.storage.keys import (
    ObjectName,
    cluster_prefix,
    object_key,
    parse_object_name,
    slug,
    ternary_key,
)
from exporter.storage.record import Candidate, ObjectRecord, recorded_name, sha256_hex
from exporter.storage.store import Store, StoredObject

#: How many days of listings are kept: a month's, and those of the days around it.
DAYS_KEPT = 64


@dataclass(slots=True)
class _Day:
    """The cluster's objects whose period starts on one day, and what is known of each."""

    names: dict[str, ObjectName]
    heads: dict[str, StoredObject] = field(default_factory=dict)


class Destination:
    """Where the reports of one set go.

    `reports` are all of the set, `report_set` a text that changes when what they make together
    changes. A report outside the billing dataset has a Destination of its own, with
    `keys.side_prefix` and itself as the only report. Listings are cached and kept true to this
    process's writes, so that a month of hours lists each day once. Safe for several threads.
    """

    def __init__(
        self,
        store: Store,
        *,
        prefix: str,
        layout: str,
        cluster: str,
        reports: Sequence[str],
        report_set: str,
        ternary_prefix: str | None = None,
    ) -> None:
        self.store = store
        self.prefix = prefix
        self.layout = layout
        self.reports = tuple(reports)
        self.cluster = recorded_name(cluster)
        self.report_set = recorded_name(report_set)
        self._cluster_name = cluster
        self._ternary_prefix = ternary_prefix
        self._days: OrderedDict[date, _Day] = OrderedDict()
        self._lock = threading.RLock()

    def key(self, report: str, period: Period, extension: str) -> str:
        """The key of one report's object for one period."""
        return object_key(self.prefix, self.layout, self._cluster_name, report, period, extension)

    def locate(self, key: str) -> str:
        """The object as a message names it."""
        return self.store.describe() + key

    def record(self, candidate: Candidate) -> ObjectRecord:
        """The metadata the candidate is written with."""
        return ObjectRecord(
            sha256=sha256_hex(candidate.body),
            cluster=self.cluster,
            report=recorded_name(candidate.report),
            report_set=self.report_set,
            period=candidate.period,
            totals=candidate.totals,
            rows=candidate.rows,
            schema_id=candidate.schema_id,
            complete=candidate.complete,
        )

    def existing_keys(self, days: Iterable[date]) -> set[str]:
        """The keys of the cluster's objects whose periods start on those days.

        A key says nothing of the length of a daily or longer period.
        """
        return {key for day in days for key in self.objects_on(day)}

    def objects_on(self, day: date) -> Mapping[str, ObjectName]:
        """The cluster's objects whose periods start on that day, by key.

        An empty one is none: every file of ours says at least which columns it has.
        """
        with self._lock:
            return dict(self._day(day).names)

    def forget(self, day: date) -> None:
        """List the day anew when it is asked about next: another process may have written."""
        with self._lock:
            self._days.pop(day, None)

    def objects_of_layout(self, layout: str, day: date) -> Mapping[str, ObjectName]:
        """The same for another layout under this prefix, listed anew."""
        return self._list(layout, day)

    def head(self, key: str) -> StoredObject | None:
        """The object as it is now."""
        found = self.store.head(key)
        if found is not None:
            self._learn(found)
        return found

    def known_head(self, key: str) -> StoredObject | None:
        """The object as this process last saw it."""
        with self._lock:
            known = self._day(_name_of(key).day).heads.get(key)
        return self.head(key) if known is None else known

    def known_record(self, key: str) -> ObjectRecord | None:
        """What that object's metadata says; None if there is none, or it says nothing."""
        known = self.known_head(key)
        return None if known is None else ObjectRecord.from_metadata(known.metadata)

    def write(self, key: str, candidate: Candidate, record: ObjectRecord) -> None:
        """Replaces the object and then its copy."""
        metadata = record.to_metadata()
        self.store.put(key, candidate.body, metadata, candidate.content_type)
        self._remember(key, StoredObject(key, metadata))
        self.copy(key, candidate, record)

    def copy(self, key: str, candidate: Candidate, record: ObjectRecord) -> bool:
        """Brings Ternary's copy up to date; True if that took a write.

        Raises WriteRefused if the object there is another cluster's.
        """
        if self._ternary_prefix is None:
            return False
        copied_to = ternary_key(self._ternary_prefix, key)
        stored, metadata = self.store.head(copied_to), record.to_metadata()
        whole = stored is not None and stored.size in (None, len(candidate.body))
        if whole and stored is not None and dict(stored.metadata) == metadata:
            return False
        refuse_foreign(self.locate(copied_to), stored, record)
        self.store.put(copied_to, candidate.body, metadata, candidate.content_type)
        return True

    def remove(self, key: str) -> None:
        """Removes the object and its copy; the copy first, so that a killed removal is repeated."""
        if self._ternary_prefix is not None:
            self.store.delete(ternary_key(self._ternary_prefix, key))
        self.store.delete(key)
        self._remember(key, None)

    def _day(self, day: date) -> _Day:
        """Lists under the lock: a write that ends meanwhile is remembered after the listing."""
        with self._lock:
            if day not in self._days:
                self._days[day] = _Day(self._list(self.layout, day))
            self._days.move_to_end(day)
            while len(self._days) > DAYS_KEPT:
                self._days.popitem(last=False)
            return self._days[day]

    def _list(self, layout: str, day: date) -> dict[str, ObjectName]:
        start = cluster_prefix(self.prefix, layout, day, self._cluster_name)
        own = slug(self._cluster_name)
        names = {}
        for key, size in self.store.list_sizes(start):
            name = parse_object_name(key.rpartition("/")[2])
            ours = name is not None and name.cluster_slug == own and name.day == day
            if name is not None and ours and size:
                names[key] = name
        return names

    def _learn(self, found: StoredObject) -> None:
        """Keeps what was read, unless a write of this process is remembered: that is newer."""
        with self._lock:
            day = self._days.get(_name_of(found.key).day)
            if day is not None:
                day.heads.setdefault(found.key, found)

    def _remember(self, key: str, found: StoredObject | None) -> None:
        """Keeps what was just written (None: removed)."""
        name = _name_of(key)
        with self._lock:
            day = self._days.get(name.day)
            if day is None:
                return
            if found is None:
                day.names.pop(key, None)
                day.heads.pop(key, None)
            else:
                day.names[key] = name
                day.heads[key] = found


def refuse_foreign(place: str, stored: StoredObject | None, record: ObjectRecord) -> None:
    """Raises WriteRefused if the object is another cluster's or report's, whatever the flags."""
    if stored is None:
        return
    for what, ours in (("cluster", record.cluster), ("report", record.report)):
        theirs = stored.metadata.get(what, ours)
        if theirs != ours:
            raise WriteRefused(
                f"{place} is not written: the object there belongs to {what} {theirs!r}, not to"
                f" {ours!r}; choose another name or prefix, no flag replaces it"
            )


def _name_of(key: str) -> ObjectName:
    name = parse_object_name(key.rpartition("/")[2])
    if name is None:
        raise ValueError(f"not the key of an exported object: {key}")
    return name
