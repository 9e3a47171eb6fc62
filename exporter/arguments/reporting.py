"""The command that adds up what is exported."""

from __future__ import annotations

import argparse
from pathlib import Path

from exporter import help_texts
from exporter.arguments.command_parser import LAYOUTS, CommandParser, Commands, Environ, add


def add_report(commands: Commands) -> None:
    """Say what exported rows add up to."""
    command = add(commands, "report", "say what exported rows add up to", help_texts.REPORT)
    command.set_defaults(handler=_report)
    _add_questions(command)
    _add_selection(command)
    _add_output(command)


def _add_questions(command: CommandParser) -> None:
    command.add_argument(
        "--period",
        metavar="P",
        default="this-month",
        help="2026-04, 2026-04-12, 2026-W15, this-month (default) or last-month",
    )
    command.add_argument(
        "--by",
        metavar="KEYS",
        default="sub-account",
        help="comma list: namespace, sub-account (default), model, cost-profile, cluster, tag:KEY",
    )
    command.add_argument("--compare", action="store_true", help="beside the period before")
    command.add_argument(
        "--comparison", action="store_true", help="with every entry of the cloud price catalog"
    )


def _add_selection(command: CommandParser) -> None:
    command.add_argument(
        "--location",
        metavar="PLACE",
        help="folder or s3://bucket/prefix/ that holds version=… (default: the destination)",
    )
    command.add_argument(
        "--cluster", metavar="GLOBS", action="append", help="comma list; only these clusters"
    )
    command.add_argument(
        "--namespace",
        metavar="GLOBS",
        action="append",
        help="comma list; only rows and budgets of these namespaces",
    )
    command.add_argument(
        "--layout", choices=LAYOUTS, help="only the files of this layout (default: all)"
    )


def _add_output(command: CommandParser) -> None:
    command.add_argument(
        "--format",
        choices=("table", "csv", "json", "html"),
        default="table",
        help="of the report (default: table)",
    )
    command.add_argument("--out", metavar="FILE", type=Path, help="a file instead of stdout")
    command.add_argument(
        "--publish", action="store_true", help="write the html beside the data, under reports/"
    )


def _listed(given: list[str] | None) -> str | None:
    """A flag that may be repeated, as one comma list."""
    return None if given is None else ",".join(given)


def _report(parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.report import ReportArguments, report

    arguments = ReportArguments(
        period=parsed.period,
        by=parsed.by,
        compare=parsed.compare,
        comparison=parsed.comparison,
        form=parsed.format,
        out=parsed.out,
        publish=parsed.publish,
        location=parsed.location,
        cluster=_listed(parsed.cluster),
        namespace=_listed(parsed.namespace),
        layout=parsed.layout,
    )
    return report(environ, arguments, now)
