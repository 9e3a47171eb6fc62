"""A process that is killed at any moment leaves whole objects, and the next run the rest.

After it the dataset is byte-identical to that of a run nobody disturbed: every object that holds
rows, and what is recorded of each. The FOCUS metadata are the same too, but for the moments at
which they were written. Manifests are one for each run that came so far.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.e2e.gate import Gate, gate_before
from tests.e2e.job import Ended, end_of, infer_focus, succeeded
from tests.faults.fault import Fault
from tests.faults.forking import Run, forked_commands
from tests.faults.kills import PARTS, Kill, Part, draw, killed, part_of
from tests.faults.measured import note
from tests.faults.places import (
    Place,
    Rclone,
    State,
    assert_whole,
    bucket_place,
    left_over,
    new_place,
    rclone_server,
)
from tests.faults.process_faults import KILLED_BEFORE_METADATA, KILLS
from tests.faults.stories import (
    BACKFILL,
    BACKFILL_ON_OLDER,
    NAMES,
    OTHER_GRANULARITY,
    Stage,
    Story,
    hour_of_a_run,
    staged,
    started,
)

AT_A_TIME = 3
SIGNAL_OF = {fault: signal.Signals[fault.name.upper()] for fault in KILLS}
FAULT_OF = {sent: fault for fault, sent in SIGNAL_OF.items()}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rclone]:
    with rclone_server(tmp_path_factory.mktemp("rclone-of-kills")) as rclone:
        yield rclone


@dataclass(frozen=True, slots=True)
class Survived:
    """Where a kill fell, and whether the process was still there to be killed."""

    kill: Kill
    part: Part
    hit: bool


def survived(
    kill: Kill, stage: Stage, gate: Gate, run: Run, rclone: Rclone, folder: Path
) -> Survived:
    """Kill and run again, both within one hour of the clock."""
    while True:
        hour, story = hour_of_a_run(), stage.story(kill.story)
        in_folder = folder / f"{kill.number}-{hour}"
        place = new_place(kill.destination, in_folder, rclone)
        place.fill(story.before)
        ended = killed(kill, story, place, gate)
        found, questions = place.read(), len(gate.seen)
        heal(story, place, run)
        if hour == hour_of_a_run():
            assert_survivable(found, story)
            assert_undisturbed(place, story, found)
            return Survived(kill, part_of(found, story, questions), assert_told(ended, kill))


def assert_told(ended: Ended, kill: Kill) -> bool:
    """The exit code and the last line; False if the process had ended before.

    Until its first lines have run, Python itself ends it: by the signal, in its own words or none.
    """
    fault = FAULT_OF[kill.signal]
    if kill.signal is signal.SIGINT and ended.stderr.endswith("\nKeyboardInterrupt\n"):
        assert "exporter/" not in ended.stderr, ended.stderr
        return True
    assert "Traceback" not in ended.stderr, ended.stderr
    if ended.code == 0:
        return False
    assert (ended.code if ended.code > 0 else 128 - ended.code) == fault.code, ended.stderr
    if ended.code > 0:
        assert ended.stderr.splitlines()[-1] == f"infer-focus: {fault.message}"
    return True


def assert_survivable(found: State, story: Story) -> None:
    """Everything is whole, and each object is as it was or as it will be."""
    assert_whole(found)
    allowed = story.before.dataset, story.after.dataset
    for key, body in found.dataset.items():
        assert body in [known[key] for known in allowed if key in known], key
    if story.name != OTHER_GRANULARITY:
        assert found.dataset.keys() >= story.before.dataset.keys()


def heal(story: Story, place: Place, run: Run) -> None:
    """One more run, which nobody disturbs."""
    succeeded(run(story.arguments, {**story.settings, **place.settings}))


def assert_undisturbed(place: Place, story: Story, killed: State) -> None:
    """What the killed run and one more have left is what one alone leaves."""
    found = place.read()
    assert_whole(found)
    assert found.dataset == story.after.dataset
    assert found.metadata == story.after.metadata
    assert len(found.manifests) == len(killed.manifests) + 1
    assert left_over(place) == []


def survive(kills: Sequence[Kill], stage: Stage, rclone: Rclone, folder: Path) -> list[Survived]:
    """Every kill, several at a time; what fails names the kill, which can be repeated alone."""

    def one_after_another(own: Sequence[Kill]) -> list[Survived]:
        with stage.gate() as gate, forked_commands() as run:
            return [named(kill, gate, run) for kill in own]

    def named(kill: Kill, gate: Gate, run: Run) -> Survived:
        try:
            return survived(kill, stage, gate, run, rclone, folder)
        except AssertionError as error:
            error.add_note(f"kill {kill}")
            raise

    with ThreadPoolExecutor(AT_A_TIME) as threads:
        shares = [kills[number::AT_A_TIME] for number in range(AT_A_TIME)]
        return [one for share in threads.map(one_after_another, shares) for one in share]


@pytest.mark.parametrize("fault", KILLS, ids=lambda fault: fault.name)
def test_the_next_run_makes_up_for_a_kill(
    fault: Fault, stage: Stage, rclone: Rclone, tmp_path: Path
) -> None:
    """A slice of the long test: two kills by each signal, where an older state is replaced."""
    seed, sent = KILLS.index(fault), SIGNAL_OF[fault]
    survive(draw(seed, 1, [BACKFILL_ON_OLDER], [sent]), stage, rclone, tmp_path)


def test_killed_before_its_metadata(stage: Stage, rclone: Rclone) -> None:
    """Whether what it wrote is complete stands with each object, so no period is made again."""
    story, place = stage.story(BACKFILL), bucket_place(*rclone)
    server, _ = rclone

    def first_of_metadata(method: str, path: str, _body: bytes) -> bool:
        return method == "PUT" and "/metadata/" in path and "/runs/" not in path

    with gate_before(server.endpoint, first_of_metadata) as store, stage.gate() as gate:
        through = replace(place, settings={**place.settings, "S3_ENDPOINT_URL": store.url})
        with started(story, through, gate) as process:
            store.wait_until_reached()
            process.kill()
            assert 128 - end_of(process).code == KILLED_BEFORE_METADATA.code
    assert place.read().dataset == story.after.dataset
    assert place.read().metadata == {}
    settings = {**story.settings, **place.settings}
    missing_only = succeeded(infer_focus(*story.arguments, "--missing-only", env=settings))
    assert missing_only.counts == (0, 0, 0, 0)
    assert place.read().metadata == story.after.metadata
    assert set(completeness(story.after).values()) == {True}
    again = succeeded(infer_focus(*story.arguments, env=settings))
    assert again.counts[0] == 0
    assert place.read().metadata == story.after.metadata


def completeness(state: State) -> dict[tuple[str, str], bool]:
    """What the metadata say of each time sector: whether it is complete."""
    return {
        (instance["DatasetInstanceId"], sector["TimeSectorStart"]): sector["TimeSectorComplete"]
        for key, document in state.metadata.items()
        if "/recency/" in key
        for instance in document
        for sector in instance["TimeSectors"]
    }


@pytest.mark.long
def test_two_hundred_kills(stage: Stage, rclone: Rclone, tmp_path: Path) -> None:
    """Over the whole life of the process; where each fell is told by what was in the store."""
    done = survive(draw(2, 22, NAMES), stage, rclone, tmp_path)
    hits = [one for one in done if one.hit]
    parts = Counter(one.part for one in hits)
    assert len(hits) >= 200
    assert parts.keys() >= {"start-up", "reading", "writing", "manifest", "metadata"}
    assert min(parts[part] for part in PARTS if part not in ("manifest", "end")) >= 15
    signals = Counter(one.kill.signal for one in hits)
    note(
        "kills",
        survived=len(hits),
        **{f"in_{part.replace('-', '_')}": parts[part] for part in PARTS},
        **{name.name.lower(): signals[name] for name in sorted(signals)},
        lost_doubled_or_changed_objects=0,
    )
