"""Questions to a census about the last hour, told apart by cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from exporter.periods import HOUR_SECONDS
from exporter.sources.census import Census, CountQuery, Group
from exporter.sources.series import Matcher
from exporter.usage.identity import ClusterNaming

#: Where a scrape that is just late must not pass for one that is missing.
SHORT_SECONDS = 600

_Name = TypeVar("_Name")


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks about the time up to `end`, unix seconds."""

    census: Census
    naming: ClusterNaming
    end: int

    def query(
        self,
        metric: str,
        *by: str,
        seconds: int = HOUR_SECONDS,
        ago: int = 0,
        matchers: tuple[Matcher, ...] = (),
        distinct: tuple[str, ...] = (),
        latest: float | None = None,
    ) -> CountQuery:
        """A question about the `seconds` that ended `ago` seconds before the end."""
        label = () if self.naming.label is None else (self.naming.label,)
        return CountQuery(
            metric, self.end - ago, seconds, (*label, *by), matchers, distinct, latest
        )

    def ask(self, queries: Mapping[_Name, CountQuery]) -> dict[_Name, list[Group]]:
        """The answers by the questions' names."""
        return dict(zip(queries, self.census.count([*queries.values()]), strict=True))

    def by_cluster(self, groups: Iterable[Group]) -> Counter[str]:
        """How many there are in each cluster; series that name none are under the empty name."""
        found: Counter[str] = Counter()
        for group in groups:
            found[self.naming.of(group.labels)] += group.count
        return found

    def within(self, cluster: str) -> tuple[Matcher, ...]:
        """The condition that a series is of the cluster."""
        label = self.naming.label
        return () if label is None else (Matcher(label, "=", cluster),)
