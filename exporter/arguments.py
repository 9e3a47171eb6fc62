"""The commands with their flags, help and examples; each imports its own modules when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from exporter import __version__, help_texts

Environ = Mapping[str, str]
#: FOCUS_VERSION's values, here too so that `--help` imports no stage.
LAYOUTS = ("1.0", "1.1", "1.2", "1.3", "1.4", "infercost-1.0")


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
    _add(commands, "run", "export what is due (the CronJob)", help_texts.RUN).set_defaults(
        handler=_run
    )
    _add_backfill(commands)
    _add_export(commands)
    _add_check(commands)
    _add_validate(commands)
    _add_schema(commands)
    _add_report(commands)
    _add_rules(commands)
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
    command = _add(commands, "backfill", "export a range of time", help_texts.BACKFILL)
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
    kinds = _add(
        commands, "export", "compute rows to stdout or a file", help_texts.EXPORT
    ).add_subparsers(metavar="focus", required=True)
    command = _add(kinds, "focus", "FOCUS rows", help_texts.EXPORT)
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
    command = _add(commands, "check", "say what works before the first run", help_texts.CHECK)
    command.set_defaults(handler=_check)
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default) or json"
    )


def _add_validate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "validate", "check written files against FOCUS", help_texts.VALIDATE)
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
    command = _add(commands, "schema", "print the columns, as a table or as SQL", help_texts.SCHEMA)
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


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "report", "say what exported rows add up to", help_texts.REPORT)
    command.set_defaults(handler=_report)
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
    command.add_argument(
        "--location",
        metavar="PLACE",
        help="folder or s3://bucket/prefix/ that holds version=… (default: the destination)",
    )
    command.add_argument("--cluster", metavar="GLOBS", help="comma list; only these clusters")
    command.add_argument(
        "--layout", choices=LAYOUTS, help="only the files of this layout (default: all)"
    )


def _add_rules(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "rules", "print rules for a Prometheus", help_texts.RULES)
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


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add(commands, "demo", "see it work on sample data", help_texts.DEMO).set_defaults(
        handler=_demo
    )


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
        cluster=parsed.cluster,
        layout=parsed.layout,
    )
    return report(environ, arguments, now)


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


def _demo(_parsed: argparse.Namespace, environ: Environ, _now: int) -> int:
    from exporter.commands.demo import demo

    return demo(environ)
