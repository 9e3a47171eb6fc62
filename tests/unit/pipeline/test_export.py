"""What a run does beside reading."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from exporter.cost.billing import ReportPlan
from exporter.errors import UnusableError
from exporter.periods import HOUR_SECONDS, Schedule, period_at
from exporter.pipeline.export import ExportRules, Finished, export
from exporter.pipeline.outcomes import Ending, Outcome, Summary
from exporter.pipeline.tasks import Task
from exporter.sources.series import HourlyQuery, HourlySeries, Source
from tests.unit.reading.sources import POWER, Watched, profile, rules, series, source_of
from tests.unit.usage.readings import T0, minutes

SECONDS = 10
PLAN = ReportPlan("default", Schedule.HOURLY, None, None, False)


class Waiting(Watched):
    """A source that does not answer before an event."""

    def __init__(self, source: Source, event: threading.Event) -> None:
        super().__init__(source)
        self._event = event

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        assert self._event.wait(SECONDS)
        return super().read_hourly(queries)


def deliver(finished: Finished) -> Outcome:
    return Outcome(finished.cluster, finished.task, Ending.WRITTEN)


def exported(source: Source, hours: int, meanwhile: object) -> Summary:
    tasks = [Task(PLAN, period_at(Schedule.HOURLY, T0 + h * HOUR_SECONDS)) for h in range(hours)]
    made = ExportRules(rules(profile()), [PLAN], "model", False)
    return export(source, tasks, made, deliver, meanwhile=meanwhile)  # type: ignore[arg-type]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    watts = minutes(-59, 30 * 60, 400)
    return source_of(tmp_path, series(POWER, watts, UUID="GPU-0", Hostname="node-a"))


def test_what_is_done_meanwhile_is_done_once_and_before_the_first_window_is_read(
    source: Source,
) -> None:
    """30 hours are two windows; the source answers only once it is done."""
    done, calls = threading.Event(), []

    def meanwhile() -> None:
        calls.append(1)
        done.set()

    summary = exported(Waiting(source, done), 30, meanwhile)
    assert [one.ending for one in summary.outcomes] == [Ending.WRITTEN] * 30
    assert calls == [1]


def test_it_is_done_without_anything_to_read_too(source: Source) -> None:
    calls: list[int] = []
    exported(source, 0, lambda: calls.append(1))
    assert calls == [1]


def test_its_failure_ends_the_run_without_waiting_for_the_source(source: Source) -> None:
    answer = threading.Event()

    def meanwhile() -> None:
        raise UnusableError("no such bucket")

    with pytest.raises(UnusableError, match="no such bucket"):
        exported(Waiting(source, answer), 1, meanwhile)
    answer.set()


def stopped(source: Source, deliver: object, hours: int = 4) -> Summary:
    """What is noted of a run that ends with an UnusableError."""
    tasks = [Task(PLAN, period_at(Schedule.HOURLY, T0 + h * HOUR_SECONDS)) for h in range(hours)]
    made, summary = ExportRules(rules(profile()), [PLAN], "model", False), Summary()
    with pytest.raises(UnusableError):
        export(source, tasks, made, deliver, summary=summary)  # type: ignore[arg-type]
    assert {one.task for one in summary.outcomes} == {*tasks}
    return summary


def endings(summary: Summary) -> list[Ending]:
    ordered = sorted(summary.outcomes, key=lambda one: one.task.period.start)
    return [one.ending for one in ordered]


def test_a_destination_that_is_gone_leaves_each_period_named_once(source: Source) -> None:
    """Two are written; the third and those behind it have failed for the same reason."""

    def written(finished: Finished) -> Callable[[], Outcome]:
        def write() -> Outcome:
            if finished.task.period.start >= T0 + 2 * HOUR_SECONDS:
                raise UnusableError("the bucket is gone")
            return deliver(finished)

        return write

    summary = stopped(source, written)
    assert endings(summary) == [Ending.WRITTEN] * 2 + [Ending.FAILED] * 2
    assert {(one.cluster, one.reason) for one in summary.failed} == {
        ("prod", "the run stopped: the bucket is gone")
    }


def test_a_source_that_is_gone_leaves_what_was_written(source: Source) -> None:
    """Its second day is not answered any more."""

    class Broken(Watched):
        def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
            if queries[0].hours.end > T0 + 25 * HOUR_SECONDS:
                raise UnusableError("the token ended")
            return super().read_hourly(queries)

    summary = stopped(Broken(source), deliver, hours=26)
    first_day = (24 - T0 // HOUR_SECONDS % 24) or 24
    assert endings(summary) == [Ending.WRITTEN] * first_day + [Ending.FAILED] * (26 - first_day)
