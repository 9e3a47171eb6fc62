"""Kills a command at a random moment of its life, and says in which part of it that was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.e2e.gate import Gate
from tests.e2e.job import Ended, end_of
from tests.faults.places import Destination, Place, State
from tests.faults.stories import POLL_SECONDS, Story, started

#: The parts of a run's life, in their order, as far as the store and the source have seen them.
Part = Literal["start-up", "reading", "writing", "manifest", "metadata", "end"]

PARTS: tuple[Part, ...] = ("start-up", "reading", "writing", "manifest", "metadata", "end")
DESTINATIONS: tuple[Destination, ...] = ("folder", "bucket")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
#: Up to where draws are start-up, reading, objects of rows, and right after the last of these.
STARTING, READING, WRITING, WRITTEN = 0.12, 0.27, 0.7, 0.8
LATE_SECONDS, SOON_SECONDS = 0.012, 0.003


@dataclass(frozen=True, slots=True)
class Kill:
    """One drawn kill. `moment` and `late` are in [0, 1): where in the life, and how late there."""

    number: int
    story: str
    destination: Destination
    signal: signal.Signals
    moment: float
    late: float

    def __str__(self) -> str:
        moment = f"{self.signal.name} at {self.moment:.4f}+{self.late:.4f}"
        return f"{self.number}: {moment}, {self.story}, {self.destination}"


def draw(
    seed: int,
    per_story: int,
    stories: Sequence[str],
    signals: Sequence[signal.Signals] = SIGNALS,
) -> list[Kill]:
    """So many kills of every story in both destinations, evenly over the life of the process."""
    chance = random.Random(seed)
    places = [(story, destination) for story in stories for destination in DESTINATIONS]
    drawn = []
    for number in range(per_story * len(places)):
        story, destination = places[number // per_story]
        moment = (number % per_story + chance.random()) / per_story
        sent = signals[number % len(signals)]
        drawn.append(Kill(number, story, destination, sent, moment, chance.random()))
    return drawn


def killed(kill: Kill, story: Story, place: Place, gate: Gate) -> Ended:
    """Starts the command, waits for the drawn moment, sends the signal; how it ended."""
    gate.seen.clear()
    untouched = _files(place.files)
    with started(story, place, gate) as process:
        _wait(process, _reached(kill, story, place, gate, untouched))
        right_after = WRITING <= kill.moment < WRITTEN
        time.sleep(kill.late * (SOON_SECONDS if right_after else LATE_SECONDS))
        process.send_signal(kill.signal)
        return end_of(process)


def _reached(
    kill: Kill, story: Story, place: Place, gate: Gate, untouched: dict[str, int]
) -> Callable[[], bool]:
    """Whether the process has come to the drawn moment, by what the outside has seen of it."""
    if kill.moment < STARTING:
        until = time.monotonic() + story.start_seconds * kill.moment / STARTING
        return lambda: time.monotonic() >= until
    if kill.moment < READING:
        share = (kill.moment - STARTING) / (READING - STARTING)
        return lambda: len(gate.seen) > share * story.questions
    awaited = _objects_before(kill.moment, story)
    return lambda: _changed(untouched, _files(place.files)) >= awaited


def _objects_before(moment: float, story: Story) -> int:
    """How many objects have changed at a moment after reading."""
    rows = story.changes_of_rows
    if moment < WRITING:
        return int((moment - READING) / (WRITING - READING) * rows)
    share = max(0.0, (moment - WRITTEN) / (1 - WRITTEN))
    return rows + int(share * (story.changes - rows))


def _wait(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    while not reached() and process.poll() is None:
        time.sleep(POLL_SECONDS)


def _files(folder: Path) -> dict[str, int]:
    """When each visible file changed last."""
    found = {}
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                with suppress(FileNotFoundError):
                    found[f"{path}/{name}"] = Path(path, name).stat().st_mtime_ns
    return found


def _changed(one: dict[str, int], other: dict[str, int]) -> int:
    return sum(one.get(path) != other.get(path) for path in one.keys() | other.keys())


def part_of(found: State, story: Story, questions: int) -> Part:
    """How far the killed process had come, by what is in the store."""
    before, after = story.before, story.after
    if found == before:
        return "reading" if questions else "start-up"
    if found.dataset != after.dataset:
        return "writing"
    if len(found.manifests) == len(before.manifests):
        return "manifest"
    return "metadata" if found.metadata != after.metadata else "end"
