"""`infer-focus check`: what works before the first run, and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from exporter.commands.building import Configuration, open_census, open_store, reading_rules
from exporter.commands.checking.asking import Asker
from exporter.commands.checking.destination import ATTEMPTS, destination_findings
from exporter.commands.checking.documents import configuration_finding, settings_findings
from exporter.commands.checking.findings import (
    MISSING,
    Finding,
    exit_code,
    refused,
    skip,
)
from exporter.commands.checking.fleet import fleet_findings
from exporter.commands.checking.pushgateway import pushgateway_findings
from exporter.commands.checking.source import source_findings, unusable_source
from exporter.commands.checking.telling import tell_as_json, tell_as_text
from exporter.errors import UnreadablePeriod, UnusableError
from exporter.sources.census import Census
from exporter.storage.store import Store


@dataclass(frozen=True, slots=True)
class CheckArguments:
    """How to tell, and the variables that look like settings and are none (a sentence each)."""

    format: Literal["text", "json"]
    unknown: Sequence[str]


def check(configuration: Configuration, arguments: CheckArguments, now: int) -> int:
    """Print what works at `now` (unix seconds); returns the exit code of the worst finding.

    Raises ConfigurationError for settings of which no client can be made, and for a dump that
    cannot be read.
    """
    with closing(open_store(configuration.settings, attempts=ATTEMPTS)) as store:
        findings = _findings(configuration, arguments, store, now)
        tell = tell_as_json if arguments.format == "json" else tell_as_text
        return exit_code(tell(findings))


def _findings(
    configuration: Configuration, arguments: CheckArguments, store: Store, now: int
) -> Iterator[Finding]:
    """What needs no network first; a source that cannot be used leaves the destination alone."""
    yield configuration_finding(configuration)
    yield from settings_findings(arguments.unknown)
    yield from destination_findings(store, configuration.settings)
    yield from pushgateway_findings(configuration.settings)
    yield from _of_source(configuration, now)


def _of_source(configuration: Configuration, now: int) -> Iterator[Finding]:
    try:
        with open_census(configuration.settings) as census:
            yield from _of_census(census, configuration, now)
            return
    except UnusableError as error:
        yield unusable_source(error)
    except UnreadablePeriod as error:
        yield refused("source", error, MISSING)
    yield skip("metrics, profiles, retention", "not looked at, since the source does not answer")


def _of_census(census: Census, configuration: Configuration, now: int) -> Iterator[Finding]:
    try:
        theirs = census.now()
    except UnreadablePeriod as error:
        raise UnusableError(str(error)) from error
    yield from source_findings(census, theirs, now)
    if theirs is not None:
        naming = reading_rules(configuration).clusters
        yield from fleet_findings(Asker(census, naming, theirs), configuration)
