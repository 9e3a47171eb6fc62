"""`infer-focus backfill`: every period of a range, or a shard of it."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.commands.building import Configuration
from exporter.commands.running import WriteFlags, export_to_store
from exporter.log import get_logger
from exporter.periods import rfc3339, settled_until
from exporter.pipeline.tasks import Exists, Range, Task, check_edges, covering
from exporter.settings import Settings


@dataclass(frozen=True, slots=True)
class BackfillArguments:
    """The range in unix seconds, the shard (index, count) if one is named, and the flags."""

    start: int
    end: int
    shard: tuple[int, int] | None
    flags: WriteFlags


def backfill(configuration: Configuration, arguments: BackfillArguments, now: int) -> int:
    """Export the range as far as it has settled at `now`; returns the exit code."""
    settings = configuration.settings
    span = Range(arguments.start, arguments.end, arguments.shard or _indexed_job(settings))
    check_edges(configuration.plans, span)
    settled = settled_until(now, settings.collection_settle_minutes)
    if span.end > settled:
        get_logger().warning("end has not settled yet", end=rfc3339(span.end), cut=rfc3339(settled))

    def choose(exists: Exists) -> list[Task]:
        tasks = covering(configuration.plans, span, settled)
        if not arguments.flags.missing_only:
            return tasks
        return [task for task in tasks if not exists(task.plan, task.period)]

    ran = export_to_store(configuration, "backfill", now, arguments.flags, choose)
    ran.tell()
    return ran.end()


def _indexed_job(settings: Settings) -> tuple[int, int] | None:
    """The shard of a pod of a Kubernetes Indexed Job; None outside of one."""
    index, count = settings.job_completion_index, settings.job_completions
    if index is None or count is None:  # the settings refuse an index without a count
        return None
    return index, count
