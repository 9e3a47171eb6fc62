"""`infer-focus validate`: whether files that are already written keep the rules of FOCUS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from exporter.commands.validating.bucket import SCHEME, bucket_files
from exporter.commands.validating.checking import Checking, Report
from exporter.commands.validating.finding import FoundFile, find_local
from exporter.commands.validating.progress import with_progress
from exporter.commands.validating.telling import tell_as_json, tell_as_table
from exporter.files.key_store import temporary_keys
from exporter.focus.rules.rule import Level, Status

_BROKEN = 3


@dataclass(frozen=True, slots=True)
class ValidateArguments:
    """What to check and how to tell: `layout` None finds the version of each file."""

    path: str
    strict: bool
    format: str
    layout: str | None
    every_rule: bool


def validate(arguments: ValidateArguments, environ: Mapping[str, str]) -> int:
    """Check the files and print what came of it; 3 if a rule of level error is broken.

    Raises ConfigurationError when there is nothing to check, UnusableError for a bucket that
    cannot be read.
    """
    with _files(arguments.path, environ) as files, temporary_keys() as keys:
        checking = Checking(arguments.layout, arguments.strict, keys.new_store)
        report = checking.check(with_progress(files))
    if arguments.format == "json":
        tell_as_json(report, arguments.path)
    else:
        tell_as_table(report, arguments.path, every_rule=arguments.every_rule)
    return _exit_code(report)


@contextmanager
def _files(path: str, environ: Mapping[str, str]) -> Iterator[list[FoundFile]]:
    if not path.startswith(SCHEME):
        yield find_local(path)
        return
    with bucket_files(path, environ) as files:
        yield files


def _exit_code(report: Report) -> int:
    return _BROKEN if report.count(Status.FAILED, Level.ERROR) else 0
