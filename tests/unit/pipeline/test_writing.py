"""Writes one after another beside the making of rows."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from exporter.cost.billing import DEFAULT_REPORT, ReportPlan
from exporter.errors import UnusableError
from exporter.periods import Period, Schedule
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.tasks import Task
from exporter.pipeline.writing import Writer, Writing

SECONDS = 10
PLAN = ReportPlan(DEFAULT_REPORT, Schedule.HOURLY, None, None, side=False)


def outcome(hour: int) -> Outcome:
    period = Period(hour * 3600, (hour + 1) * 3600, Schedule.HOURLY)
    return Outcome("prod", Task(PLAN, period), Ending.WRITTEN)


def test_outcomes_come_in_the_order_of_making_however_long_a_write_takes() -> None:
    """The first write ends only once something else was added; a made outcome waits for it."""
    added = threading.Event()

    def slow() -> Outcome:
        assert added.wait(SECONDS)
        return outcome(0)

    noted: list[Outcome] = []
    with closing(Writer(noted)) as writer:
        writer.add(slow)
        writer.add(outcome(1))
        assert noted == []
        added.set()
        writer.add(lambda: outcome(2))
        writer.finish()
    assert noted == [outcome(0), outcome(1), outcome(2)]


def test_writes_happen_one_at_a_time_and_beside_the_caller() -> None:
    threads: list[int] = []

    def write(hour: int) -> Writing:
        def written() -> Outcome:
            threads.append(threading.get_ident())
            return outcome(hour)

        return written

    with closing(Writer([])) as writer:
        for hour in range(5):
            writer.add(write(hour))
        writer.finish()
    assert len(threads) == 5
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


def test_at_most_two_made_periods_wait() -> None:
    """A third is taken only once the first is written."""
    release = threading.Event()

    def held() -> Outcome:
        assert release.wait(SECONDS)
        return outcome(0)

    noted: list[Outcome] = []

    with closing(Writer(noted)) as writer:
        writer.add(held)
        writer.add(lambda: outcome(1))
        assert noted == []
        release.set()
        writer.add(lambda: outcome(2))
        assert noted[0] == outcome(0)
        writer.finish()


def test_nothing_is_written_after_a_failure() -> None:
    written: list[int] = []
    begin = threading.Event()

    def failing() -> Outcome:
        assert begin.wait(SECONDS)
        raise UnusableError("the bucket is gone")

    def later() -> Outcome:
        written.append(1)
        return outcome(1)

    noted: list[Outcome] = []
    with closing(Writer(noted)) as writer:
        writer.add(failing)
        writer.add(later)
        begin.set()
        with pytest.raises(UnusableError, match="the bucket is gone"):
            writer.finish()
        with pytest.raises(UnusableError, match="the bucket is gone"):
            writer.finish()
    assert (written, noted) == ([], [])


def test_what_was_written_before_a_failure_is_noted_all_the_same() -> None:
    begin = threading.Event()

    def slow() -> Outcome:
        assert begin.wait(SECONDS)
        return outcome(0)

    def failing() -> Outcome:
        raise UnusableError("the bucket is gone")

    noted: list[Outcome] = []
    with closing(Writer(noted)) as writer:
        writer.add(slow)
        writer.add(failing)
        begin.set()
        writer.settle()
        writer.settle()
    assert noted == [outcome(0)]
