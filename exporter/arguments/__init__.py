"""The commands with their flags, help and examples; each imports its own modules when it runs."""

from __future__ import annotations

import argparse

from exporter import __version__
from exporter.arguments.command_parser import CommandParser
from exporter.arguments.looking import add_check, add_rules, add_schema, add_validate
from exporter.arguments.reporting import add_report
from exporter.arguments.writing import add_backfill, add_demo, add_export, add_run

#: In the order of the help.
_COMMANDS = (
    *(add_run, add_backfill, add_export, add_check, add_validate, add_schema),
    *(add_report, add_rules, add_demo),
)


def parser() -> CommandParser:
    """The whole command line."""
    root = CommandParser(
        prog="infer-focus",
        description="What a fleet of inference GPUs cost, as FOCUS rows. Alone: infer-focus run.",
        epilog="example:\n  infer-focus demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.allow_abbrev = False
    root.add_argument("--version", action="version", version=f"infer-focus {__version__}")
    commands = root.add_subparsers(metavar="command", required=True)
    for add_command in _COMMANDS:
        add_command(commands)
    return root
