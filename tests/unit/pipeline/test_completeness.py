"""A period is complete when the source could be read in every hour of it, labels included."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from exporter.cost.billing import ReportPlan
from exporter.errors import UnreadablePeriod
from exporter.periods import HOUR_SECONDS, Schedule, period_at
from exporter.pipeline.export import ExportRules, Finished, export
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.tasks import Task
from exporter.sources.series import HourlyQuery, HourlySeries, Source
from tests.unit.reading.sources import POWER, Watched, profile, rules, series, source_of
from tests.unit.usage.readings import T0, Samples, minutes

HOURS = 24
WHOLE_DAY = minutes(-59, HOURS * 60, 400)
WITHOUT_AN_HOUR = {m: watts for m, watts in WHOLE_DAY.items() if not 300 < m <= 360}


class WithoutLabels(Watched):
    """A source that fails for one metric."""

    def __init__(self, source: Source, metric: str) -> None:
        super().__init__(source)
        self._metric = metric

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        if any(query.metric == self._metric for query in queries):
            raise UnreadablePeriod(f"{self._metric}: too many series")
        return super().read_hourly(queries)


def completeness(
    source: Source, schedule: Schedule = Schedule.DAILY, *, accept_gaps: bool = False
) -> list[bool | None]:
    """Whether each period of the day was complete; None for one that failed."""
    plan = ReportPlan("default", schedule, None, None, False)
    starts = {period_at(schedule, T0 + hour * HOUR_SECONDS) for hour in range(HOURS)}
    tasks = [Task(plan, period) for period in sorted(starts)]

    def deliver(finished: Finished) -> Outcome:
        return Outcome("prod", finished.task, Ending.WRITTEN, complete=finished.complete)

    made = ExportRules(rules(profile()), [plan], "model", False, accept_gaps=accept_gaps)
    summary = export(source, tasks, made, deliver)
    return [None if o.ending is Ending.FAILED else o.complete for o in summary.outcomes]


def gpu(folder: Path, samples: Samples) -> Source:
    return source_of(folder, series(POWER, samples, UUID="GPU-0", Hostname="node-a"))


def test_a_day_without_a_gap_is_complete(tmp_path: Path) -> None:
    assert completeness(gpu(tmp_path, WHOLE_DAY)) == [True]


def test_a_day_with_an_hour_nobody_saw_is_not(tmp_path: Path) -> None:
    assert completeness(gpu(tmp_path, WITHOUT_AN_HOUR)) == [False]


def test_an_accepted_gap_is_not(tmp_path: Path) -> None:
    source = gpu(tmp_path, WITHOUT_AN_HOUR)
    found = completeness(source, Schedule.HOURLY, accept_gaps=True)
    assert found == [True] * 5 + [False] + [True] * 18
    source = gpu(tmp_path, WITHOUT_AN_HOUR)
    assert completeness(source, Schedule.HOURLY) == [True] * 5 + [None] + [True] * 18


@pytest.mark.parametrize("metric", ["kube_node_labels", "kube_namespace_labels", "kube_pod_labels"])
def test_a_day_whose_labels_could_not_be_read_is_not(tmp_path: Path, metric: str) -> None:
    assert completeness(WithoutLabels(gpu(tmp_path, WHOLE_DAY), metric)) == [False]
