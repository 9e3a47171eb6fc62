"""What `run` and `backfill` share: export, manifest, metadata; then one last event, exit code."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from exporter import __version__
from exporter.commands.building import (
    Configuration,
    open_source,
    reading_rules,
    sales_terms,
)
from exporter.commands.opening import Destination
from exporter.commands.progress import progress_over
from exporter.commands.telling import manifest_of, tell, warn_of_terms
from exporter.cost.billing import ReportPlan
from exporter.errors import ConfigurationError
from exporter.log import get_logger
from exporter.periods import Period, day_of, month_of
from exporter.pipeline.export import ExportRules, export
from exporter.pipeline.outcomes import Summary
from exporter.pipeline.tasks import Task, windows
from exporter.reading.clusters import read_clusters
from exporter.sources.series import Source
from exporter.storage.keys import side_prefix
from exporter.storage.manifest import write_manifest
from exporter.storage.publish import WriteRules
from exporter.storage.store import Store


@dataclass(frozen=True, slots=True)
class WriteFlags:
    """The flags of `backfill` that decide what may be written; `run` has none of them."""

    missing_only: bool = False
    accept_gaps: bool = False
    force: bool = False
    restate: bool | None = None
    replace_layout: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command exported, for which clusters, and why old objects had to stay."""

    command: str
    summary: Summary
    unfinished: Sequence[str]
    store: Store
    clusters: Sequence[str]

    @property
    def exit_code(self) -> int:
        """3 also if anything had to stay."""
        return 3 if self.unfinished else self.summary.exit_code

    def tell(self) -> None:
        """Log failures and the one last event."""
        tell(self.summary, self.command, self.unfinished)


#: Chooses what to make, given a way to ask whether a report's period is there for every cluster.
Choose = Callable[[Callable[[ReportPlan, Period], bool]], list[Task]]


def export_to_store(
    configuration: Configuration, command: str, now: int, flags: WriteFlags, choose: Choose
) -> Ran:
    """Export the chosen tasks to the destination; nothing is said of it yet."""
    _warn_of_side_reports(configuration)
    warn_of_terms(configuration)
    rules = WriteRules(month_of(now)[0], force=flags.force, restate=flags.restate)
    destination = Destination(configuration, rules)
    with open_source(configuration.settings) as source:
        done = _export(configuration, source, destination, now, flags, choose)
        unfinished = destination.publisher.finish()
        _write_manifests(configuration, destination.store, command, now, done.summary, unfinished)
        _describe(configuration, destination, done, now)
    return Ran(command, done.summary, unfinished, destination.store, done.clusters)


@dataclass(frozen=True, slots=True)
class _Done:
    """What the export did, for which clusters, and the days it looked at by report."""

    summary: Summary
    clusters: list[str]
    days: Mapping[ReportPlan, Iterable[date]]


def _describe(
    configuration: Configuration, destination: Destination, done: _Done, now: int
) -> None:
    """Write the FOCUS metadata of what was exported."""
    from exporter.pipeline.metadata import Covered, write_metadata

    covered = Covered(done.clusters, done.days, done.summary.outcomes)
    generator = configuration.settings.focus_service_provider_name
    write_metadata(destination.publisher, covered, generator, now)


def _warn_of_side_reports(configuration: Configuration) -> None:
    """What these reports hold stands in the billing dataset already."""
    prefix = configuration.settings.s3_prefix
    for plan in configuration.plans:
        if plan.side:
            get_logger().warning(
                "report bills what another report bills already",
                report=plan.name,
                written_under=side_prefix(prefix, plan.name),
            )


def _export(
    configuration: Configuration,
    source: Source,
    destination: Destination,
    now: int,
    flags: WriteFlags,
    choose: Choose,
) -> _Done:
    clusters = _clusters(configuration, source, now)
    days = defaultdict(set)

    def exists(plan: ReportPlan, period: Period) -> bool:
        days[plan].add(day_of(period.start))
        return bool(clusters) and all(destination.exists(c, plan, period) for c in clusters)

    tasks = choose(exists)
    for task in tasks:
        days[task.plan].add(day_of(task.period.start))
    destination.replacing = tasks if flags.replace_layout else None
    summary = _export_tasks(configuration, source, tasks, destination, flags)
    return _Done(summary, clusters, days)


def _export_tasks(
    configuration: Configuration,
    source: Source,
    tasks: Sequence[Task],
    destination: Destination,
    flags: WriteFlags,
) -> Summary:
    """Run the pipeline over tasks, with progress on a terminal."""
    settings = configuration.settings

    def present(cluster: str, task: Task) -> bool:
        return destination.publisher.exists(cluster, task.plan, task.period)

    rules = ExportRules(
        reading_rules(configuration),
        configuration.plans,
        settings.collection_row_grain,
        settings.cost_idle == "share",
        accept_gaps=flags.accept_gaps,
        by_the_hour=sales_terms(configuration).by_the_hour,
        skip=present if flags.missing_only else lambda _cluster, _task: False,
    )
    with progress_over(windows(tasks)) as advance:
        return export(
            source, tasks, rules, destination.deliver, advance, meanwhile=destination.open
        )


def _clusters(configuration: Configuration, source: Source, now: int) -> list[str]:
    rules = reading_rules(configuration)
    known = read_clusters(source, rules.clusters, now)
    wanted = [cluster for cluster in known if rules.wants(cluster)]
    if known and not wanted:
        raise ConfigurationError(
            "COLLECTION_INCLUDE_CLUSTERS, COLLECTION_EXCLUDE_CLUSTERS: leave none of the clusters"
            f" {', '.join(known)}, set them so that one is left"
        )
    return wanted


def _write_manifests(
    configuration: Configuration,
    store: Store,
    command: str,
    now: int,
    summary: Summary,
    unfinished: Sequence[str],
) -> None:
    """One manifest per cluster; nothing is read from it later, it is there for people."""
    for cluster in sorted({outcome.cluster for outcome in summary.outcomes} - {""}):
        document = manifest_of(configuration, cluster, command, now, summary, unfinished)
        started = str(document["Started"]).replace(":", "").replace("-", "")
        run_id = f"{started}-{command}-{secrets.token_hex(3)}"
        write_manifest(
            store,
            configuration.settings.s3_prefix,
            cluster,
            run_id,
            {**document, "Version": __version__},
        )
