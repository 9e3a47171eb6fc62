"""From charges to Parquet bytes at pod grain: the exporter's own code, without a network.

One hour with as many pods as a test wants, so one file. Bare pyarrow makes the same table from the
same columns, as arrays of numbers and of codes for texts, and writes it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from unittest.mock import patch

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.exactness import WrongNumbers, check_exactness
from bench.exporting import CLUSTER, Site
from bench.results import Transform
from bench.tiling import tiled
from bench.written import Written
from exporter import __version__
from exporter.commands.building import (
    Configuration,
    open_source,
    reading_rules,
    row_rules,
    sales_terms,
)
from exporter.commands.start import start
from exporter.focus.coded_tables import in_full
from exporter.pipeline.export import ExportRules, Finished, export
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.rows import encode, make_rows
from exporter.pipeline.tasks import Range, Task, covering, windows
from exporter.reading.window import read_window
from exporter.sources.series import HourlyQuery, HourlySeries, RawQuery, RawSeries
from exporter.usage.window import WindowUsage
from tests.servers import clean_environment

#: As many as others' rates are told for.
ROWS = 100_000
#: The hour of the day that is taken, if there are so many.
_HOUR = 12


class _Nothing:
    """The source of a pipeline that reads nothing."""

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        raise NotImplementedError

    def read_raw(self, queries: Sequence[RawQuery]) -> list[RawSeries]:
        raise NotImplementedError

    def give_up(self) -> None:
        """Nothing is asked."""

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class _Encoded:
    """Where periods are delivered: tables, bytes of files, and the seconds that both took."""

    configuration: Configuration
    tables: list[pa.Table] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return sum(table.num_rows for table in self.tables)

    def deliver(self, finished: Finished) -> Outcome:
        rules = row_rules(self.configuration)
        begin = time.perf_counter()
        rows = make_rows(finished, rules)
        body = encode(rows.table, "parquet", "snappy", rules, __version__)
        self.seconds += time.perf_counter() - begin
        self.tables.append(in_full(rows.table))
        self.files[f"/version={len(self.files)}"] = body
        return Outcome(finished.cluster, finished.task, Ending.WRITTEN, rows=rows.table.num_rows)


def measure_transform(site: Site, rounds: int, rows: int = ROWS) -> Transform:
    """Medians over the rounds, of about so many rows. Raises WrongNumbers when a cell is wrong."""
    configuration = start(clean_environment() | _settings(site), needs_destination=False)
    hour = min(_HOUR, site.fleet.size.hours - 1)
    begin, end = site.span(range(hour, hour + 1))
    tasks = covering(configuration.plans, Range(begin, end), end)
    with open_source(configuration.settings) as source:
        read = [read_window(source, w, reading_rules(configuration)) for w in windows(tasks)]
    once = _export(configuration, tasks, read)
    check_exactness(Written(once.files), site.fleet, range(hour, hour + 1))
    times = max(1, round(rows / once.rows))
    many = [tiled(usage, times) for usage in read]
    runs = [_timed_export(configuration, tasks, many) for _ in range(rounds)]
    made = runs[0][1]
    _check_copies(once, made, times)
    columns = [_Columns.of(table) for table in made.tables]
    bare = [_timed(lambda: _write(columns)) for _ in range(rounds)]
    delivering = median(one.seconds for _, one in runs)
    pricing = median(seconds - one.seconds for seconds, one in runs)
    return Transform(made.rows, delivering, pricing, median(bare))


def _timed_export(
    configuration: Configuration, tasks: Sequence[Task], read: Sequence[WindowUsage]
) -> tuple[float, _Encoded]:
    begin = time.perf_counter()
    encoded = _export(configuration, tasks, read)
    return time.perf_counter() - begin, encoded


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _check_copies(once: _Encoded, made: _Encoded, times: int) -> None:
    """The fleet was compared with the truth; of its copies only the sums are."""
    for name in ("x-InferTokensInput", "x-InferTokensOutput", "x-InferRequests"):
        found, one = (sum(pc.sum(table[name]).as_py() for table in e.tables) for e in (made, once))
        if found != one * times:
            raise WrongNumbers(f"{name} of {times} copies: {found} instead of {one * times}")


def _settings(site: Site) -> dict[str, str]:
    return {
        "PROMETHEUS_URL": site.prometheus,
        "CONFIG_PATH": str(site.fleet.config),
        "CLUSTER_NAME": CLUSTER,
        "COLLECTION_ROW_GRAIN": "pod",
        "LOG_LEVEL": "error",
    }


def _export(
    configuration: Configuration, tasks: Sequence[Task], read: Sequence[WindowUsage]
) -> _Encoded:
    """The exporter's pipeline without its first stage, whose results are there already."""
    encoded = _Encoded(configuration)
    rules = ExportRules(
        reading_rules(configuration),
        configuration.plans,
        configuration.settings.collection_row_grain,
        configuration.settings.cost_idle == "share",
        by_the_hour=sales_terms(configuration).by_the_hour,
    )
    remembered = {usage.hours: usage for usage in read}
    with patch("exporter.pipeline.export.read_window", lambda _s, hours, _r: remembered[hours]):
        export(_Nothing(), tasks, rules, encoded.deliver)
    return encoded


@dataclass(frozen=True, slots=True)
class _Columns:
    """A table as the arrays it can be made of: codes and texts, else buffers of values."""

    schema: pa.Schema
    rows: int
    texts: dict[str, tuple[pa.Array, pa.Array]]
    values: dict[str, list[pa.Buffer | None]]

    @classmethod
    def of(cls, table: pa.Table) -> _Columns:
        texts, values = {}, {}
        for name in table.column_names:
            column = table.column(name).combine_chunks()
            if pa.types.is_string(column.type):
                coded = pc.dictionary_encode(column)
                texts[name] = coded.indices, coded.dictionary
            else:
                values[name] = _copied(column)
        return cls(table.schema, table.num_rows, texts, values)

    def table(self) -> pa.Table:
        arrays = [self._array(one) for one in self.schema]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _array(self, one: pa.Field) -> pa.Array:
        if one.name in self.texts:
            codes, words = self.texts[one.name]
            return words.take(codes)
        return pa.Array.from_buffers(one.type, self.rows, self.values[one.name])


def _copied(column: pa.Array) -> list[pa.Buffer | None]:
    """The buffers of a column that begins at 0."""
    whole = pa.concat_arrays([column, column[:0]])
    buffers: list[pa.Buffer | None] = whole.buffers()
    return buffers


def _write(columns: Sequence[_Columns]) -> None:
    for one in columns:
        pq.write_table(one.table(), io.BytesIO(), compression="snappy")
