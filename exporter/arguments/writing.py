"""Commands that compute rows: run, backfill, export, demo."""

from __future__ import annotations

import argparse
from pathlib import Path

from exporter import help_texts
from exporter.arguments.command_parser import LAYOUTS, Commands, Environ, add


def add_run(commands: Commands) -> None:
    """Export what is due."""
    command = add(commands, "run", "export what is due (the CronJob)", help_texts.RUN)
    command.set_defaults(handler=_run)


def _run(_parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.run import run
    from exporter.commands.start import start

    return run(start(environ, needs_destination=True), now)


def add_backfill(commands: Commands) -> None:
    """Export a range of time."""
    command = add(commands, "backfill", "export a range of time", help_texts.BACKFILL)
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


def add_export(commands: Commands) -> None:
    """Compute rows to stdout or a file."""
    kinds = add(
        commands, "export", "compute rows to stdout or a file", help_texts.EXPORT
    ).add_subparsers(metavar="focus", required=True)
    command = add(kinds, "focus", "FOCUS rows", help_texts.EXPORT)
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


def add_demo(commands: Commands) -> None:
    """See it work on sample data."""
    add(commands, "demo", "see it work on sample data", help_texts.DEMO).set_defaults(handler=_demo)


def _demo(_parsed: argparse.Namespace, environ: Environ, _now: int) -> int:
    from exporter.commands.demo import demo

    return demo(environ)
