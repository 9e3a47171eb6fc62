"""What was measured, as plain records: the table and the JSON file are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Floor:
    """Seconds of what no exporter can do without, each a median.

    `curl`: its requests by curl, as many at a time as is fastest; `start`: a Python that loads the
    same third-party modules and makes the clients; `write`: bare pyarrow for the same tables;
    `put`: the same bytes to the same server.
    """

    curl: float
    start: float
    write: float
    put: float

    @property
    def seconds(self) -> float:
        return self.curl + self.start + self.write + self.put


@dataclass(frozen=True, slots=True)
class Exports:
    """Runs of the exporter as a process, from cold start to its end, one entry each."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_bytes: list[int] = field(default_factory=list)
    prometheus_cpu_seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asking:
    """What the exporter asked in one run: hourly questions, raw samples, bytes of all answers."""

    hourly: int
    raw: int
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Transform:
    """From charges to Parquet bytes at pod grain, and bare pyarrow for the same table.

    `pricing_seconds` is what comes before: from usage in memory to charges.
    """

    rows: int
    seconds: float
    pricing_seconds: float
    bare_seconds: float

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @property
    def priced_rows_per_second(self) -> float:
        return self.rows / self.pricing_seconds

    @property
    def bare_rows_per_second(self) -> float:
        return self.rows / self.bare_seconds

    @property
    def share_of_bare(self) -> float:
        return self.bare_seconds / self.seconds


@dataclass(frozen=True, slots=True)
class FleetResult:
    """One fleet: 24 hours of it exported to S3, several times. `cells` were compared, all right."""

    name: str
    gpus: int
    pods: int
    scrape_seconds: int
    series: int
    samples: int
    floor: Floor
    exports: Exports
    asking: Asking
    rows: int
    objects: int
    bytes: int
    cells: int
    transform: Transform

    @property
    def seconds(self) -> float:
        return median(self.exports.seconds)

    @property
    def ratio(self) -> float:
        """The whole process to the floor."""
        return self.seconds / self.floor.seconds

    @property
    def peak_mib(self) -> float:
        return median(self.exports.peak_bytes) / MIB


@dataclass(frozen=True, slots=True)
class Backfill:
    """One backfill of some days by some processes at a time; the peak is that of the largest."""

    days: int
    processes: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    prometheus_cpu_seconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class MonthResult:
    """Backfills of growing length by one process, and of one length by more and more processes."""

    gpus: int
    pods: int
    scrape_seconds: int
    lengths: list[Backfill]
    shards: list[Backfill]
    cells: int

    @property
    def peak_ratio(self) -> float:
        """Memory of the longest backfill to that of the shortest."""
        return self.lengths[-1].peak_bytes / self.lengths[0].peak_bytes

    @property
    def linearity(self) -> float:
        """Seconds a day in the longer part of the longest backfill, to those in its shorter part.

        Starting costs the same however long it is, so differences are compared.
        """
        one, some, many = self.lengths
        late = (many.seconds - some.seconds) / (many.days - some.days)
        early = (some.seconds - one.seconds) / (some.days - one.days)
        return late / early


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything of one call."""

    fleets: list[FleetResult]
    month: MonthResult | None
