"""The commands with their flags, help and examples; each imports its own modules when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from exporter import __version__

Environ = Mapping[str, str]
#: FOCUS_VERSION's values, here too so that `--help` imports no stage.
LAYOUTS = ("1.0", "1.1", "1.2", "1.3", "1.4", "infercost-1.0")

_RUN = """\
Exports every settled period that ended within the last
COLLECTION_LOOKBACK_HOURS, each report's latest settled period if it is
missing, and, with JOB_BACKFILL_DAYS, the missing periods of those days. Safe
to repeat: what has not changed is not written again.

example:
  PROMETHEUS_URL=http://localhost:9090 CONFIG_PATH=./config OUTPUT_DIR=./out \\
    infer-focus run
"""
_BACKFILL = """\
Exports every period inside [start, end). Dates or RFC 3339 times, on the edge
of a period.

example:
  infer-focus backfill --start 2026-10-01 --end 2026-11-01 --missing-only
"""
_EXPORT = """\
Computes FOCUS rows from the source and writes them to stdout; needs no
destination.

example, the spend by namespace:
  infer-focus export focus --period 2026-10 |
    awk -F, 'NR>1 {by_ns[$29]+=$1} END {for (n in by_ns) print n, by_ns[n]}'
"""
_CHECK = """\
Says before the first run what works: one line for each thing a run needs, and
below each failure what to change. Writes nothing. With SOURCE_FILE the time
is that of its newest sample.

Exit code: 0 everything a run needs is there (warnings allowed), 3 something
is missing without which periods fail or cost nothing, 4 the source or the
destination cannot be used, 2 the configuration is wrong.

example:
  infer-focus check
"""
_VALIDATE = """\
Checks Parquet and CSV files that are already written, by this program or any
other, against the rules of FOCUS that data can show. PATH is a file, a folder
with everything below it, or s3://bucket/prefix (access as for S3_BUCKET). The
version of a file is that of its folder (version=focus-1.3), else of its
Parquet footer, else the one whose columns fit best.

Exit code: 0 no rule of level error is broken, 3 one is or a file cannot be
read, 2 there is nothing to check, 4 the bucket cannot be used.

example:
  infer-focus validate infer-focus-demo/focus
"""
_SCHEMA = """\
Prints the columns that are written: as a table, as FOCUS metadata (json), or
as SQL that makes the files a table of Athena (AWS Glue) or a view of DuckDB.
What no flag says is taken from FOCUS_VERSION, FOCUS_EXTENSION_PREFIX,
S3_FORMAT, and S3_BUCKET or OUTPUT_DIR with S3_PREFIX. No network.

example, after infer-focus demo:
  infer-focus schema --format duckdb --location infer-focus-demo/focus/ |
    duckdb costs.duckdb
"""
_DEMO = """\
Runs the whole job on sample data that comes with the package, into
./infer-focus-demo/, and shows what it made. No network.

example:
  infer-focus demo
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="infer-focus",
        description="What a fleet of inference GPUs cost, as FOCUS rows. Alone: infer-focus run.",
        epilog="example:\n  infer-focus demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.allow_abbrev = False
    root.add_argument("--version", action="version", version=f"infer-focus {__version__}")
    commands = root.add_subparsers(metavar="command", required=True)
    _add(commands, "run", "export what is due (the CronJob)", _RUN).set_defaults(handler=_run)
    _add_backfill(commands)
    _add_export(commands)
    _add_check(commands)
    _add_validate(commands)
    _add_schema(commands)
    _add_demo(commands)
    return root


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, short: str, text: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=short,
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_backfill(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "backfill", "export a range of time", _BACKFILL)
    command.set_defaults(handler=_backfill)
    command.add_argument("--start", required=True, metavar="TIME", help="first moment, inclusive")
    command.add_argument("--end", required=True, metavar="TIME", help="last moment, exclusive")
    command.add_argument(
        "--shard", metavar="I/N", help="only every N-th day, by its number I from 0"
    )
    flags = (
        ("--missing-only", "leave periods alone that the destination has"),
        ("--accept-gaps", "write periods the source does not hold as unobserved cost"),
        ("--force", "replace an object although less was seen this time"),
        ("--restate", "change objects of earlier months"),
        ("--replace-layout", "remove objects of another granularity, format or report set"),
    )
    for flag, text in flags:
        command.add_argument(flag, action="store_true", help=text)


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    kinds = _add(commands, "export", "compute rows to stdout or a file", _EXPORT).add_subparsers(
        metavar="focus", required=True
    )
    command = _add(kinds, "focus", "FOCUS rows", _EXPORT)
    command.set_defaults(handler=_export_focus)
    command.add_argument("--namespace", metavar="NS", help="only this namespace (a glob)")
    command.add_argument(
        "--period", metavar="P", help="2026-04, 2026-04-12 or 2026-W15 (default: this month)"
    )
    command.add_argument("--report", metavar="NAME", help="only this report")
    command.add_argument("--region", metavar="R", help="the rows' region")
    command.add_argument("--out", metavar="FILE", type=Path, help="a file instead of stdout")
    command.add_argument(
        "--format", choices=("csv", "parquet"), default="csv", help="of the output (default: csv)"
    )
    command.add_argument(
        "--layout",
        choices=LAYOUTS,
        default="infercost-1.0",
        help="the columns: InferCost's (default) or those of a FOCUS version",
    )


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "check", "say what works before the first run", _CHECK)
    command.set_defaults(handler=_check)
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default) or json"
    )


def _add_validate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "validate", "check written files against FOCUS", _VALIDATE)
    command.set_defaults(handler=_validate)
    command.add_argument("path", metavar="PATH", help="file, folder or s3://bucket/prefix")
    command.add_argument(
        "--strict", action="store_true", help="custom columns must begin with x_, not x-"
    )
    command.add_argument(
        "--format", choices=("table", "json"), default="table", help="table (default) or json"
    )
    command.add_argument("--layout", choices=LAYOUTS, help="the version of all files")
    command.add_argument(
        "--all",
        action="store_true",
        help="list every rule, also those that are kept or do not apply",
    )


def _add_schema(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "schema", "print the columns, as a table or as SQL", _SCHEMA)
    command.set_defaults(handler=_schema)
    command.add_argument("--layout", choices=LAYOUTS, help="the columns (default: FOCUS_VERSION)")
    command.add_argument(
        "--format",
        choices=("table", "json", "athena", "duckdb"),
        default="table",
        help="of the output (default: table)",
    )
    command.add_argument(
        "--prefix",
        choices=("x-Infer", "x_Infer"),
        help="of the extension columns (default: FOCUS_EXTENSION_PREFIX)",
    )
    command.add_argument(
        "--location",
        metavar="PLACE",
        help="folder or s3://bucket/prefix/ that holds version=…, for athena and duckdb",
    )
    command.add_argument(
        "--file-format",
        choices=("parquet", "csv"),
        help="of the files, for athena and duckdb (default: S3_FORMAT)",
    )


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add(commands, "demo", "see it work on sample data", _DEMO).set_defaults(handler=_demo)


def _run(_parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.run import run
    from exporter.commands.start import start

    return run(start(environ, needs_destination=True), now)


def _backfill(parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands import moments
    from exporter.commands.backfill import BackfillArguments, backfill
    from exporter.commands.running import WriteFlags
    from exporter.commands.start import start

    arguments = BackfillArguments(
        moments.moment(parsed.start, "--start"),
        moments.moment(parsed.end, "--end"),
        None if parsed.shard is None else moments.shard(parsed.shard),
        WriteFlags(
            missing_only=parsed.missing_only,
            accept_gaps=parsed.accept_gaps,
            force=parsed.force,
            restate=parsed.restate,
            replace_layout=parsed.replace_layout,
        ),
    )
    return backfill(start(environ, needs_destination=True), arguments, now)


def _export_focus(parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.export_focus import ExportArguments, export_focus
    from exporter.commands.start import start

    arguments = ExportArguments(
        parsed.namespace,
        parsed.period,
        parsed.report,
        parsed.region,
        parsed.out,
        parsed.format,
        parsed.layout,
    )
    configuration = start(environ, needs_destination=False, layout=parsed.layout)
    return export_focus(configuration, arguments, now)


def _check(parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.check import CheckArguments, check
    from exporter.commands.start import start
    from exporter.settings import unknown_names

    configuration = start(environ, needs_destination=True)
    return check(configuration, CheckArguments(parsed.format, unknown_names(environ)), now)


def _validate(parsed: argparse.Namespace, environ: Environ, _now: int) -> int:
    from exporter.commands.validate import ValidateArguments, validate

    arguments = ValidateArguments(
        parsed.path, parsed.strict, parsed.format, parsed.layout, parsed.all
    )
    return validate(arguments, environ)


def _schema(parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.schema import SchemaArguments, schema

    arguments = SchemaArguments(
        parsed.format, parsed.layout, parsed.prefix, parsed.location, parsed.file_format
    )
    return schema(environ, arguments, now)


def _demo(_parsed: argparse.Namespace, environ: Environ, _now: int) -> int:
    from exporter.commands.demo import demo

    return demo(environ)
