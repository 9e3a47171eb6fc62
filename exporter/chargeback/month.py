"""What namespaces have cost in one calendar month, charge period by charge period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa

from exporter.chargeback.cells import cells_of
from exporter.chargeback.coverage import Coverage, Span
from exporter.chargeback.decimals import EXACT
from exporter.chargeback.holders import namespaces
from exporter.errors import UnreadableFile
from exporter.focus.extensions import PREFIXES
from exporter.periods import DAY_SECONDS, HOUR_SECONDS

#: How far back a forecast looks, seconds.
_LOOKS_BACK = 7 * DAY_SECONDS

#: Wider than a row's amount: a sum of 38 digits would turn over silently.
_SUM = pa.decimal256(76, 18)
_OF_FOCUS = ("EffectiveCost", "ChargePeriodStart", "ChargePeriodEnd", "BillingCurrency", "Currency")
#: By the first of them all layouts but infercost-1.0 are known; the other is a row's namespace.
_OF_EXTENSIONS = tuple(prefix + name for prefix in PREFIXES for name in ("GpuHours", "Namespace"))
_OF_INFERCOST = ("ResourceId",)  # begins with the namespace


def month_columns(names: Sequence[str]) -> list[str]:
    """Which of a file's columns MonthSpend looks at, in the file's order.

    Raises UnreadableFile for a file without costs.
    """
    if _OF_FOCUS[0] not in names:
        raise UnreadableFile(f"has no column {_OF_FOCUS[0]}")
    further = _OF_INFERCOST if {*_OF_EXTENSIONS}.isdisjoint(names) else _OF_EXTENSIONS
    return [name for name in names if name in _OF_FOCUS or name in further]


@dataclass(slots=True)
class _Series:
    """The charge periods of one report of one cluster that are exported, with what they cost."""

    periods: dict[Span, dict[str, Decimal]] = field(default_factory=dict)

    @property
    def until(self) -> int:
        return max(end for _, end in self.periods)

    @property
    def longest(self) -> int:
        return max(end - start for start, end in self.periods)

    def mean_hourly(self, namespace: str, since: int) -> Decimal:
        """What an exported hour has cost since then; a longer period costs the same every hour."""
        seconds, amount = 0, Decimal(0)
        for (start, end), costs in self.periods.items():
            inside = end - max(start, since)
            if inside > 0:
                seconds += inside
                cost = EXACT.multiply(costs.get(namespace, Decimal(0)), inside)
                amount = EXACT.add(amount, EXACT.divide(cost, end - start))
        whole = EXACT.multiply(amount, HOUR_SECONDS)
        return EXACT.divide(whole, seconds) if seconds else Decimal(0)


class MonthSpend:
    """Collects a month's exported periods and what some namespaces cost in them.

    `month` is its start and exclusive end in unix seconds; a period that is not wholly inside is
    left out. Memory grows with periods, reports and these namespaces, not with rows.

    A `report` is any name that tells the reports of a cluster apart, which may be exported to
    different times. `reports` are those that may hold rows of a namespace, where that is known.
    """

    def __init__(
        self,
        month: Span,
        namespaces: Collection[str],
        reports: Mapping[str, Collection[str | None]] | None = None,
    ) -> None:
        self.start, self.end = month
        self._namespaces = frozenset(namespaces)
        self._reports = reports or {}
        self._series: defaultdict[tuple[str, str | None], _Series] = defaultdict(_Series)
        self._missing: defaultdict[str | None, list[Span]] = defaultdict(list)
        self._currencies: set[str] = set()

    def add(self, batch: pa.RecordBatch, *, text: bool, cluster: str, report: str | None) -> None:
        """Add rows of a file with at least `month_columns`, `text` for a CSV.

        Raises UnreadableFile.
        """
        for row in _sums(cells_of(batch, text=text)).to_pylist():
            period = row["start"], row["end"]
            self.cover(cluster, report, period)
            if row["namespace"] in self._namespaces:
                self._currencies.add(row["currency"])
                self.spend(cluster, report, period, row["namespace"], row["cost_sum"])

    def cover(self, cluster: str, report: str | None, period: Span) -> None:
        """This period is exported, whether or not anything cost something in it."""
        start, end = period
        if self.start <= start < end <= self.end:
            self._series[cluster, report].periods.setdefault(period, {})

    def lack(self, report: str | None, span: Span) -> None:
        """This time of a report is not exported."""
        self._missing[report].append(span)

    def spend(
        self, cluster: str, report: str | None, period: Span, namespace: str, cost: Decimal
    ) -> None:
        """A part of what a namespace costs in an exported period."""
        self.cover(cluster, report, period)
        costs = self._series[cluster, report].periods.get(period)
        if costs is not None:
            costs[namespace] = EXACT.add(costs.get(namespace, Decimal(0)), cost)

    @property
    def currencies(self) -> tuple[str, ...]:
        """The billing currencies of the namespaces' rows, sorted."""
        return tuple(sorted(self._currencies))

    @property
    def until(self) -> int | None:
        """The end of the last period that is exported; null if none is."""
        return max((one.until for one in self._exported()), default=None)

    def to_date(self, namespace: str) -> Decimal:
        """What all exported periods cost the namespace; 0 without any."""
        total = Decimal(0)
        for series in self._exported():
            for costs in series.periods.values():
                total = EXACT.add(total, costs.get(namespace, Decimal(0)))
        return total

    def to_come(self, namespace: str) -> Decimal | None:
        """What the rest of the month costs if each report's mean of its last seven days goes on.

        Each report of each cluster goes on from where it is exported to. One that ended more than
        seven days, and its own longest period, before the others does not: its cluster is gone.
        Null without any exported period, and while a report that may hold the namespace has none
        and no other holds it: then nobody knows what it costs.
        """
        until = self.until
        if until is None or self._is_unknown(namespace):
            return None
        total = Decimal(0)
        for series in self._exported():
            end = series.until
            if until - end <= _LOOKS_BACK + series.longest:
                hours = EXACT.divide(Decimal(self.end - end), HOUR_SECONDS)
                mean = series.mean_hourly(namespace, end - _LOOKS_BACK)
                total = EXACT.add(total, EXACT.multiply(mean, hours))
        return total

    def missing_hours(self, namespace: str) -> Decimal:
        """In so many hours some report lacks its rows that may hold the namespace."""
        reports = self._reports.get(namespace)
        missing = Coverage()
        for report, spans in self._missing.items():
            if not reports or report in reports:
                missing.add(spans)
        return EXACT.divide(Decimal(missing.seconds), HOUR_SECONDS)

    def clusters(self, namespace: str) -> tuple[str, ...]:
        """Where the namespace has rows, sorted."""
        found = {
            cluster
            for (cluster, _), series in self._series.items()
            if any(namespace in costs for costs in series.periods.values())
        }
        return tuple(sorted(found))

    def _is_unknown(self, namespace: str) -> bool:
        exported = {report for (_, report), series in self._series.items() if series.periods}
        lacking = set(self._reports.get(namespace, ())) - exported
        return bool(lacking) and not self.clusters(namespace)

    def _exported(self) -> Iterator[_Series]:
        return (one for one in self._series.values() if one.periods)


def _sums(cells: pa.Table) -> pa.Table:
    """`cost_sum` of each charge period, namespace and currency."""
    rows = pa.table(
        {
            "start": cells["ChargePeriodStart"],
            "end": cells["ChargePeriodEnd"],
            "namespace": namespaces(cells),
            "currency": cells["BillingCurrency"],
            "cost": cells["EffectiveCost"].cast(_SUM),
        }
    )
    keys = ["start", "end", "namespace", "currency"]
    return rows.group_by(keys, use_threads=False).aggregate([("cost", "sum")])
