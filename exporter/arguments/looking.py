"""Commands around the rows: check, validate, schema, rules."""

from __future__ import annotations

import argparse

from exporter import help_texts
from exporter.arguments.command_parser import LAYOUTS, Commands, Environ, add


def add_check(commands: Commands) -> None:
    """Say what works before the first run."""
    command = add(commands, "check", "say what works before the first run", help_texts.CHECK)
    command.set_defaults(handler=_check)
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default) or json"
    )


def _check(parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.check import CheckArguments, check
    from exporter.commands.start import start
    from exporter.settings import unknown_names

    configuration = start(environ, needs_destination=True)
    return check(configuration, CheckArguments(parsed.format, unknown_names(environ)), now)


def add_validate(commands: Commands) -> None:
    """Check written files."""
    command = add(commands, "validate", "check written files against FOCUS", help_texts.VALIDATE)
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


def _validate(parsed: argparse.Namespace, environ: Environ, _now: int) -> int:
    from exporter.commands.validate import ValidateArguments, validate

    arguments = ValidateArguments(
        parsed.path, parsed.strict, parsed.format, parsed.layout, parsed.all
    )
    return validate(arguments, environ)


def add_schema(commands: Commands) -> None:
    """Print the columns."""
    command = add(commands, "schema", "print the columns, as a table or as SQL", help_texts.SCHEMA)
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


def _schema(parsed: argparse.Namespace, environ: Environ, now: int) -> int:
    from exporter.commands.schema import SchemaArguments, schema

    arguments = SchemaArguments(
        parsed.format, parsed.layout, parsed.prefix, parsed.location, parsed.file_format
    )
    return schema(environ, arguments, now)


def add_rules(commands: Commands) -> None:
    """Print rules for a Prometheus."""
    command = add(commands, "rules", "print rules for a Prometheus", help_texts.RULES)
    command.set_defaults(handler=_rules)
    command.add_argument(
        "--format",
        choices=("kubernetes", "prometheus"),
        default="kubernetes",
        help="a PrometheusRule (default) or a plain rule file",
    )
    command.add_argument(
        "--retention", metavar="TIME", help="how long the Prometheus keeps samples, such as 31d"
    )
    command.add_argument("--namespace", metavar="NS", help="of the PrometheusRule")
    command.add_argument(
        "--name",
        metavar="NAME",
        default="infer-focus",
        help="of the PrometheusRule (default: infer-focus)",
    )
    command.add_argument(
        "--cronjob",
        metavar="[NS/]NAME",
        default="infer-focus",
        help="the export's own, watched without PUSHGATEWAY_URL (default: infer-focus; '': none)",
    )
    command.add_argument(
        "--cost-per-request-limit",
        metavar="AMOUNT",
        help="alert above this cost of a long request, in the billing currency",
    )


def _rules(parsed: argparse.Namespace, environ: Environ, _now: int) -> int:
    from exporter.commands.rules import RulesArguments, rules

    arguments = RulesArguments(
        parsed.format,
        parsed.retention,
        parsed.namespace,
        parsed.name,
        parsed.cronjob,
        parsed.cost_per_request_limit,
    )
    return rules(environ, arguments)
