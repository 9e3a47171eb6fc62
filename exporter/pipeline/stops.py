"""What a run that cannot go on says of the periods it still had before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from exporter.errors import UnusableError
from exporter.pipeline.outcomes import Ending, Outcome, Summary
from exporter.pipeline.tasks import Task
from exporter.pipeline.writing import Writer
from exporter.usage.identity import ClusterNaming


class Left:
    """The tasks of a run that have no outcome yet."""

    def __init__(self, tasks: Sequence[Task], writer: Writer, naming: ClusterNaming) -> None:
        self._tasks, self._writer = tasks, writer
        #: whose periods they are as long as the source has not named a cluster
        self._cluster = naming.name if naming.label is None else ""
        self._begun: dict[Task, Sequence[str]] = {}

    def begin(self, task: Task, clusters: Sequence[str]) -> None:
        """The writer gets the task's periods of these clusters now; no more will come of it."""
        self._begun[task] = clusters

    @contextmanager
    def named_in(self, summary: Summary) -> Iterator[None]:
        """When the block cannot go on, what was written is noted, and all the rest has failed."""
        try:
            yield
        except UnusableError as error:
            self._writer.settle()
            self._fail(summary, f"the run stopped: {error}")
            raise

    def _fail(self, summary: Summary, reason: str) -> None:
        noted = {(outcome.cluster, outcome.task) for outcome in summary.outcomes}
        for task in self._tasks:
            for cluster in self._begun.get(task, [self._cluster]):
                if (cluster, task) not in noted and ("", task) not in noted:
                    summary.outcomes.append(Outcome(cluster, task, Ending.FAILED, reason))
