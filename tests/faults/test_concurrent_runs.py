"""Several processes over the same periods leave what one leaves, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.job import Ended, end_of, infer_focus, succeeded
from tests.faults.fault import Fault
from tests.faults.places import (
    Destination,
    Place,
    Rclone,
    assert_whole,
    left_over,
    new_place,
    rclone_server,
)
from tests.faults.process_faults import BACKFILL_BESIDE_RUN, FIVE_AT_A_TIME, TWO_AT_A_TIME
from tests.faults.stories import (
    LOOKBACK_HOURS,
    RUN,
    Stage,
    Story,
    backfill_of,
    hour_of_a_run,
    staged,
    started,
)
from tests.fleets.fleet import HOUR

AT_A_TIME = {TWO_AT_A_TIME: 2, FIVE_AT_A_TIME: 5}
long = pytest.mark.long


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rclone]:
    with rclone_server(tmp_path_factory.mktemp("rclone-of-runs")) as rclone:
        yield rclone


def at_a_time(stage: Stage, place: Place, stories: Sequence[Story]) -> list[Ended]:
    """Every command begun before the first one ends; how each ended."""
    with ExitStack() as stack:
        gate = stack.enter_context(stage.gate())
        processes = [stack.enter_context(started(story, place, gate)) for story in stories]
        return [succeeded(end_of(process)) for process in processes]


def assert_as_one(place: Place, story: Story, runs: Sequence[Ended]) -> None:
    """The destination is that of one run; no run told of anything worse than a warning."""
    found = place.read()
    assert_whole(found)
    assert found.dataset == story.after.dataset
    assert found.metadata == story.after.metadata
    assert len(found.manifests) == len(runs)
    assert left_over(place) == []
    for run in runs:
        assert {event["level"] for event in run.events} <= {"info", "warning"}, run.stderr
        assert sum(run.counts[2:]) == 0


def repeated_within_an_hour(stage: Stage) -> Iterator[Story]:
    """The story of `run`, again if its hour ended while it was tried."""
    while True:
        hour = hour_of_a_run()
        yield stage.story(RUN)
        if hour == hour_of_a_run():
            return


@pytest.mark.parametrize(
    ("fault", "destination"),
    [
        pytest.param(TWO_AT_A_TIME, "folder", id=f"{TWO_AT_A_TIME.name}-folder"),
        pytest.param(TWO_AT_A_TIME, "bucket", id=f"{TWO_AT_A_TIME.name}-bucket", marks=long),
        pytest.param(FIVE_AT_A_TIME, "folder", id=f"{FIVE_AT_A_TIME.name}-folder", marks=long),
        pytest.param(FIVE_AT_A_TIME, "bucket", id=f"{FIVE_AT_A_TIME.name}-bucket"),
    ],
)
def test_several_runs_leave_what_one_leaves(
    fault: Fault, destination: Destination, stage: Stage, rclone: Rclone, tmp_path: Path
) -> None:
    for story in repeated_within_an_hour(stage):
        place = new_place(destination, tmp_path / f"{hour_of_a_run()}", rclone)
        runs = at_a_time(stage, place, [story] * AT_A_TIME[fault])
    assert_as_one(place, story, runs)
    assert [run.code for run in runs] == [fault.code] * len(runs)
    assert all(fault.message in run.stderr for run in runs)
    again = succeeded(infer_focus(*story.arguments, env={**story.settings, **place.settings}))
    assert again.counts[0] == 0


@pytest.mark.parametrize("destination", ["folder", pytest.param("bucket", marks=long)])
def test_backfill_beside_a_run(
    destination: Destination, stage: Stage, rclone: Rclone, tmp_path: Path
) -> None:
    """The hours of the backfill are among those that the run looks at."""
    for story in repeated_within_an_hour(stage):
        place = new_place(destination, tmp_path / f"{hour_of_a_run()}", rclone)
        end = stage.hour - HOUR
        hours = backfill_of(end - (LOOKBACK_HOURS - 2) * HOUR, end)
        runs = at_a_time(stage, place, [story, replace(story, arguments=hours)])
    assert_as_one(place, story, runs)
    assert [run.code for run in runs] == [BACKFILL_BESIDE_RUN.code] * 2
    assert all(BACKFILL_BESIDE_RUN.message in run.stderr for run in runs)
