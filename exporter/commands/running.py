"""What `run` and `backfill` share: export, manifest, metadata; then one last event, exit code."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from exporter.errors import ConfigurationError, StoreFailed, StoreGivenUp, UnusableError
from exporter.log import get_logger
from exporter.periods import Period, day_of, month_of, rfc3339
from exporter.pipeline.export import ExportRules, export
from exporter.pipeline.outcomes import Ending, Summary
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
    """What a command exported, for which clusters, and why old objects had to stay.

    `stopped` is why it could not go on, if so: the periods left then have failed.
    """

    command: str
    summary: Summary
    unfinished: Sequence[str]
    destination: Destination
    clusters: Sequence[str]
    stopped: UnusableError | None = None

    @property
    def was_in_vain(self) -> bool:
        """Whether it stopped before anything was written or found to be there."""
        good = self.summary.of(Ending.WRITTEN) or self.summary.of(Ending.UNCHANGED)
        return self.stopped is not None and not good

    @property
    def store(self) -> Store:
        """Where it wrote. Raises UnusableError if that never answered."""
        return self.destination.store

    @property
    def exit_code(self) -> int:
        """3 also if anything had to stay."""
        if self.stopped is not None:
            return self.stopped.exit_code
        return 3 if self.unfinished else self.summary.exit_code

    def tell(self) -> None:
        """Log failures and the one last event."""
        tell(self.summary, self.command, self.unfinished, self.stopped)

    def end(self) -> int:
        """The exit code. Raises what stopped the run, for the last line on stderr."""
        if self.stopped is not None:
            raise self.stopped
        return self.exit_code


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
    ran = Ran(command, done.summary, [], destination, done.clusters, done.stopped)
    if not destination.is_open or ran.was_in_vain:
        return ran
    try:
        ran = _finish(ran)
    except UnusableError as error:
        ran = replace(ran, stopped=ran.stopped or error)
    try:
        _write_manifests(configuration, ran, now)
        _describe(configuration, destination, done, now)
    except UnusableError as error:
        return replace(ran, stopped=ran.stopped or error)
    return ran


def _finish(ran: Ran) -> Ran:
    """Remove what was replaced; raises UnusableError. What could not be written has failed."""
    publisher, outcomes = ran.destination.publisher, ran.summary.outcomes
    try:
        return replace(ran, unfinished=publisher.finish())
    finally:
        outcomes[:] = [publisher.settled(outcome) for outcome in outcomes]


@dataclass(frozen=True, slots=True)
class _Done:
    """What the export did, for which clusters, and the days it looked at by report.

    `stopped` is why it ended before its time, if it did.
    """

    summary: Summary
    clusters: list[str]
    days: Mapping[ReportPlan, Iterable[date]]
    stopped: UnusableError | None


def _describe(
    configuration: Configuration, destination: Destination, done: _Done, now: int
) -> None:
    """Write the FOCUS metadata of what was exported."""
    from exporter.pipeline.metadata import Covered, write_metadata

    covered = Covered(done.clusters, done.days, done.summary.outcomes)
    generator = configuration.settings.focus_service_provider_name
    try:
        write_metadata(destination.publisher, covered, generator, now)
    except StoreGivenUp as error:
        get_logger().warning("the rest of the metadata is not written", reason=str(error))


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
    summary, stopped = Summary(), None
    try:
        _export_tasks(configuration, source, tasks, destination, flags, summary)
    except UnusableError as error:
        stopped = error
    return _Done(summary, clusters, days, stopped)


def _export_tasks(
    configuration: Configuration,
    source: Source,
    tasks: Sequence[Task],
    destination: Destination,
    flags: WriteFlags,
    summary: Summary,
) -> None:
    """Run the pipeline over tasks, with progress on a terminal. Raises UnusableError."""
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
        export(source, tasks, rules, destination.deliver, advance, destination.open, summary)


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


def _write_manifests(configuration: Configuration, ran: Ran, now: int) -> None:
    """One manifest per cluster; nothing is read from it later, it is there for people.

    One that the store fails to write is a warning. Raises UnusableError.
    """
    started = rfc3339(now).replace(":", "").replace("-", "")
    prefix = configuration.settings.s3_prefix
    named = {outcome.cluster for outcome in ran.summary.outcomes}
    clusters = named - {""} | (set(ran.clusters) if "" in named else set())
    for cluster in sorted(clusters):
        document = manifest_of(
            configuration, cluster, ran.command, now, ran.summary, ran.unfinished, ran.stopped
        )
        run_id = f"{started}-{ran.command}-{secrets.token_hex(3)}"
        try:
            write_manifest(ran.store, prefix, cluster, run_id, {**document, "Version": __version__})
        except (StoreFailed, StoreGivenUp) as error:
            get_logger().warning("manifest is not written", reason=str(error))
