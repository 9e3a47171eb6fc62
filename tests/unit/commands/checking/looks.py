"""What `check` finds in a fleet, without a process or a server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from exporter.commands.building import Configuration, configure, reading_rules
from exporter.commands.checking.asking import Asker
from exporter.commands.checking.findings import Finding, Result
from exporter.commands.checking.fleet import fleet_findings
from exporter.settings import load_settings
from exporter.sources.dump_census import DumpCensus
from tests.fleets import openmetrics
from tests.fleets.openmetrics import Series
from tests.fleets.setups import CHAT_DAILY, H100, L40S, Document, Setup

#: 2026-10-08T06:00:00Z, a Thursday.
NOW = 1_791_439_200
#: The first sample is of an hour before these: short, where nothing is about retention.
SHORT = Setup(held_hours=3)
DOCUMENTS = (H100, L40S, CHAT_DAILY)
#: How kube-state-metrics comes to show what is wanted of them.
ALLOW = (
    "start kube-state-metrics with --metric-labels-allowlist="
    "namespaces=[team,cost-center,environment,project],pods=[app,project,workload-type],"
    "nodes=[gpu-pool,topology.kubernetes.io/region,topology.kubernetes.io/zone]"
)


@dataclass(frozen=True, slots=True)
class Look:
    """The findings of one look."""

    findings: Sequence[Finding]

    def line(self, what: str, cluster: str = "") -> tuple[str, str, str]:
        """Result, detail and fix of the only finding about something."""
        (found,) = [f for f in self.findings if (f.what, f.cluster) == (what, cluster)]
        return str(found.result), found.detail, found.fix

    def lines(self, what: str) -> list[tuple[str, str, str]]:
        return [(str(f.result), f.detail, f.fix) for f in self.findings if f.what == what]

    @property
    def wrong(self) -> list[str]:
        """What is not ok, but for the retention."""
        return [
            f.what for f in self.findings if f.result is not Result.OK and f.what != "retention"
        ]


def look(
    series: Sequence[Series],
    folder: Path,
    documents: Sequence[Document] = DOCUMENTS,
    /,
    **settings: str,
) -> Look:
    """What `check` says of these series at the time of the newest one."""
    dump = openmetrics.write_text(series, folder / "dump.om")
    configuration = configured(folder, documents, SOURCE_FILE=str(dump), **settings)
    with closing(DumpCensus(dump)) as census:
        naming = reading_rules(configuration).clusters
        asker = Asker(census, naming, census.now() or 0)
        return Look([*fleet_findings(asker, configuration)])


def configured(folder: Path, documents: Sequence[Document], **settings: str) -> Configuration:
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump_all([*documents], sort_keys=False), "utf-8")
    given = {"CONFIG_PATH": str(config), "COLLECTION_LOOKBACK_HOURS": "2", **settings}
    return configure(load_settings(given, needs_destination=False, needs_source=False))


def series_of(setup: Setup) -> list[Series]:
    return setup.fleet(NOW).series


def without(series: Iterable[Series], *metrics: str) -> list[Series]:
    return [one for one in series if one.metric not in metrics]


def only_until(series: Iterable[Series], moment: int, *prefixes: str) -> list[Series]:
    """Some metrics end at a moment, unix seconds."""
    return [_cut(one, moment * 1000) if one.metric.startswith(prefixes) else one for one in series]


def relabelled(series: Iterable[Series], metric: str, **labels: str) -> list[Series]:
    """The series of metrics that begin so, with other labels; an empty label is taken off."""
    found = []
    for one in series:
        if one.metric.startswith(metric):
            merged = {**one.labels, **labels}
            one = replace(one, labels={key: value for key, value in merged.items() if value})
        found.append(one)
    return found


def with_spec(document: Document, **spec: Any) -> Document:
    """A document with other fields in its spec."""
    return {**document, "spec": {**document["spec"], **spec}}


def named(document: Document, name: str) -> Document:
    return {**document, "metadata": {"name": name}}


def with_hardware(document: Document, **fields: Any) -> Document:
    return with_spec(document, hardware={**document["spec"]["hardware"], **fields})


def _cut(one: Series, end_ms: int) -> Series:
    kept = [number for number, ms in enumerate(one.times_ms) if ms <= end_ms]
    return replace(
        one,
        times_ms=[one.times_ms[number] for number in kept],
        values=[one.values[number] for number in kept],
    )
