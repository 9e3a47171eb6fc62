"""`infer-focus export focus`: rows straight from the source to stdout or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

from exporter import __version__
from exporter.commands.building import Configuration, open_source, reading_rules, row_rules
from exporter.commands.moments import span_of
from exporter.commands.outputs import whole_file
from exporter.commands.progress import progress_over
from exporter.commands.telling import tell, warn_of_terms
from exporter.cost.billing import ReportPlan
from exporter.errors import ConfigurationError, UnusableError
from exporter.files.csv import encode_csv
from exporter.files.parquet_stream import ParquetStream
from exporter.focus.columns import arrow_schema
from exporter.focus.schema_identity import footer
from exporter.periods import month_of, settled_until, tile
from exporter.pipeline.export import ExportRules, Finished, export
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.rows import FileFormat, RowRules, make_rows
from exporter.pipeline.tasks import Task, in_order, windows


@dataclass(frozen=True, slots=True)
class ExportArguments:
    """The filters and the form of the output; None where the user names none."""

    namespace: str | None
    period: str | None
    report: str | None
    region: str | None
    out: Path | None
    file_format: FileFormat
    layout: str


class Writer(Protocol):
    """Takes tables one after another and makes one file of them."""

    def write(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


class CsvStream:
    """One header, then the rows of every table; nothing at all before the first row."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._sink, self._schema = sink, schema
        self._begun = False

    def write(self, table: pa.Table) -> None:
        if table.num_rows:
            self._sink.write(encode_csv(table, header=not self._begun))
            self._begun = True

    def close(self) -> None:
        if not self._begun:
            self._sink.write(encode_csv(self._schema.empty_table()))
        self._sink.flush()


def export_focus(configuration: Configuration, arguments: ExportArguments, now: int) -> int:
    """Compute the rows of a period and write them out as they come; returns the exit code."""
    settings = configuration.settings
    warn_of_terms(configuration, arguments.layout)
    namespaces = (arguments.namespace,) if arguments.namespace else None
    rules = row_rules(
        configuration, version=arguments.layout, region=arguments.region, namespaces=namespaces
    )
    plans = _plans(configuration.plans, arguments.report)
    tasks = _tasks(plans, arguments, now, settings.collection_settle_minutes)
    rows = 0
    with open_source(settings) as source, _writer(arguments, rules) as writer:

        def deliver(finished: Finished) -> Outcome:
            nonlocal rows
            made = make_rows(finished, rules)
            writer.write(made.table)
            rows += made.table.num_rows
            return Outcome(
                finished.cluster,
                finished.task,
                Ending.WRITTEN,
                rows=made.table.num_rows,
                cost_nano=made.cost_nano,
                left_out_rows=made.left_out_rows,
                left_out_cost_nano=made.left_out_cost_nano,
            )

        export_rules = ExportRules(
            reading_rules(configuration),
            configuration.plans,
            settings.collection_row_grain,
            settings.cost_idle == "share",
            by_the_hour=rules.terms.by_the_hour,
        )
        with progress_over(windows(tasks)) as advance:
            summary = export(source, tasks, export_rules, deliver, advance)
        if not rows and not summary.failed:
            raise ConfigurationError(_no_match(arguments))
    tell(summary, "export focus", [])
    return summary.exit_code


def _plans(plans: list[ReportPlan], name: str | None) -> list[ReportPlan]:
    """The billing reports, which hold everything once, or the one that is named."""
    if name is None:
        return [plan for plan in plans if not plan.side]
    found = [plan for plan in plans if plan.name == name]
    if not found:
        known = ", ".join(plan.name for plan in plans)
        raise ConfigurationError(f"--report {name!r} is no report: known are {known}")
    return found


def _tasks(
    plans: list[ReportPlan], arguments: ExportArguments, now: int, settle_minutes: int
) -> list[Task]:
    """The settled periods of the plans inside --period, by default this month's."""
    start, end = month_of(now) if arguments.period is None else span_of(arguments.period)
    end = min(end, settled_until(now, settle_minutes))
    tasks = [
        Task(plan, p) for plan in plans if start < end for p in tile(plan.schedule, start, end)
    ]
    if not tasks:
        named = "this month" if arguments.period is None else f"--period {arguments.period}"
        reports = ", ".join(f"{plan.name} ({plan.schedule})" for plan in plans)
        raise ConfigurationError(f"no whole settled period of {reports} lies in {named}")
    return in_order(tasks)


def _no_match(arguments: ExportArguments) -> str:
    filters = {
        "--namespace": arguments.namespace,
        "--period": arguments.period,
        "--report": arguments.report,
    }
    named = " ".join(f"{name} {value}" for name, value in filters.items() if value is not None)
    return f"no rows match {named or 'this month'}: leave a filter out to see what there is"


@contextmanager
def _writer(arguments: ExportArguments, rules: RowRules) -> Iterator[Writer]:
    """A writer to stdout, or to a file that appears whole or not at all."""
    try:
        if arguments.out is None:
            with _stream(sys.stdout.buffer, arguments, rules) as writer:
                yield writer
        else:
            with whole_file(arguments.out) as sink, _stream(sink, arguments, rules) as writer:
                yield writer
    except BrokenPipeError:
        raise
    except OSError as error:
        place = arguments.out or "to stdout"
        raise UnusableError(
            f"cannot write {place}: {error.strerror}; choose another --out"
        ) from error


@contextmanager
def _stream(sink: BinaryIO, arguments: ExportArguments, rules: RowRules) -> Iterator[Writer]:
    schema = arrow_schema(rules.version, rules.prefix)
    if arguments.file_format == "csv":
        lines = CsvStream(sink, schema)
        yield lines
        lines.close()
        return
    made_by = footer(rules.version, rules.prefix, rules.service_provider_name, __version__)
    with closing(ParquetStream(sink, schema, "snappy", made_by)) as row_groups:
        yield row_groups
