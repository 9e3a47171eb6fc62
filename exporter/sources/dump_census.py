"""Counts of what an OpenMetrics dump holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from exporter.sources.census import CountQuery, Group
from exporter.sources.openmetrics import OpenMetricsSource
from exporter.sources.series import Labels, Matcher, RawQuery

_Values = tuple[tuple[str, str], ...]


class DumpCensus:
    """A Census (see census.py) of a file or folder; its time is that of the newest sample."""

    has_clock = False

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._source = OpenMetricsSource(path)

    def now(self) -> int | None:
        return self._source.newest_sample()

    def version(self) -> str | None:
        return None

    def retention(self) -> str | None:
        return None

    def count(self, queries: Sequence[CountQuery]) -> list[list[Group]]:
        return [self._count(query) for query in queries]

    def label_names(
        self, metric: str, end: int, seconds: int, matchers: tuple[Matcher, ...] = ()
    ) -> frozenset[str] | None:
        (found,) = self._source.read_raw([RawQuery(metric, end - seconds, end, matchers)])
        return frozenset(name for labels in found.labels for name in labels)

    def close(self) -> None:
        self._source.close()

    def _count(self, query: CountQuery) -> list[Group]:
        raw = RawQuery(query.metric, query.end - query.seconds, query.end, query.matchers)
        (found,) = self._source.read_raw([raw])
        members: dict[_Values, list[_Values]] = {}
        for labels, values in zip(found.labels, found.values, strict=True):
            if query.latest is None or values[-1] == query.latest:
                members.setdefault(_of(labels, query.by), []).append(_of(labels, query.distinct))
        return [
            Group(dict(group), len(set(those)) if query.distinct else len(those))
            for group, those in members.items()
        ]


def _of(labels: Labels, names: Sequence[str]) -> _Values:
    return tuple((name, labels[name]) for name in names if labels.get(name))
