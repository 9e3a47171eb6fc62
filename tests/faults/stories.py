"""What a command is about to do when it is killed: its arguments, and what is there before.

The fleet is made around the real clock, since `run` looks at it. What a run must leave is what an
undisturbed one leaves that began in the same hour.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from exporter.periods import DAY_SECONDS, rfc3339
from tests.e2e.gate import Gate, gate_before
from tests.e2e.job import end_of, infer_focus, succeeded
from tests.e2e.prices import report
from tests.e2e.scene import Scene, make_scene, write_dump
from tests.e2e.small_fleets import team_fleet
from tests.e2e.written import Objects, data
from tests.faults.places import NOTHING, Place, State, folder_place
from tests.fleets.fleet import HOUR
from tests.servers import REPOSITORY, clean_environment, prometheus_server

HELD_HOURS = 52
LOOKBACK_HOURS = 6
SETTLE_SECONDS = 600
POLL_SECONDS = 0.002
#: A server answers from another machine: so reading is a part of a run's life, as it is there.
ANSWER_SECONDS = 0.004

RUN = "run"
RUN_ON_OLDER = "run on older"
BACKFILL = "backfill"
BACKFILL_ON_OLDER = "backfill on older"
OTHER_GRANULARITY = "other granularity"
NAMES = (RUN, RUN_ON_OLDER, BACKFILL, BACKFILL_ON_OLDER, OTHER_GRANULARITY)


@dataclass(frozen=True, slots=True)
class Story:
    """One command, its settings but the destination's, and what the destination holds before."""

    name: str
    arguments: tuple[str, ...]
    settings: Mapping[str, str]
    before: State
    #: what an undisturbed run leaves, and how it went: seconds until its first question, questions
    after: State = NOTHING
    start_seconds: float = 0.0
    questions: int = 0

    @property
    def changes(self) -> int:
        """How many objects an undisturbed run makes, replaces or removes."""
        return _changes(self.before.objects, self.after.objects)

    @property
    def changes_of_rows(self) -> int:
        """The same of objects that hold rows: these come before all others."""
        return _changes(data(self.before.objects), data(self.after.objects))


def _changes(one: Objects, other: Objects) -> int:
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())


@dataclass(slots=True)
class Stage:
    """A fleet in a real Prometheus, and the stories told about it. Safe for several threads."""

    scene: Scene
    url: str
    folder: Path
    _told: dict[tuple[str, int], Story] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def story(self, name: str) -> Story:
        """The story as it is in this hour."""
        named = name, hour_of_a_run()
        with self._lock:
            if named not in self._told:
                self._told[named] = self._told_undisturbed(self._story(name))
            return self._told[named]

    @contextmanager
    def gate(self) -> Iterator[Gate]:
        """A gate before Prometheus that counts questions and answers late."""
        with gate_before(self.url, _answering_late) as gate:
            yield gate

    @property
    def hour(self) -> int:
        """The start of the hour that is not over."""
        return int(time.time()) // HOUR * HOUR

    @property
    def midnight(self) -> int:
        """The start of yesterday's day, in UTC."""
        return self.scene.fleet.end // DAY_SECONDS * DAY_SECONDS - DAY_SECONDS

    def settings(self, **settings: str) -> dict[str, str]:
        asking = self.scene.asking(self.url, **settings)
        return {**asking, "COLLECTION_LOOKBACK_HOURS": f"{LOOKBACK_HOURS}"}

    def older(self, start: int, end: int, **settings: str) -> State:
        """What a backfill has left that saw less: nothing of the namespace `lab`."""
        seen = [s for s in self.scene.fleet.series if s.labels.get("namespace") != "lab"]
        place = folder_place(self.folder / f"older-{len(list(self.folder.iterdir()))}")
        dump = write_dump(seen, self.folder / "older.om")
        saw_less = self.scene.settings(SOURCE_FILE=str(dump), **place.settings, **settings)
        succeeded(infer_focus(*backfill_of(start, end), env=saw_less))
        return place.read()

    def _story(self, name: str) -> Story:
        """Not told yet."""
        hour, midnight = self.hour, self.midnight
        if name == RUN:
            return Story(name, ("run",), self.settings(), NOTHING)
        if name == RUN_ON_OLDER:
            before = self.older(hour - 2 * LOOKBACK_HOURS * HOUR, hour - 2 * HOUR)
            return Story(name, ("run",), self.settings(), before)
        around = midnight - 4 * HOUR, midnight + 4 * HOUR
        if name == BACKFILL:
            return Story(name, backfill_of(*around), self.settings(), NOTHING)
        if name == BACKFILL_ON_OLDER:
            before = self.older(midnight - 2 * HOUR, midnight + 3 * HOUR)
            return Story(name, backfill_of(*around, "--restate"), self.settings(), before)
        arguments = backfill_of(midnight, midnight + DAY_SECONDS, "--restate", "--replace-layout")
        before = self.older(midnight, midnight + DAY_SECONDS)
        return Story(name, arguments, self.settings(COLLECTION_GRANULARITY="daily"), before)

    def _told_undisturbed(self, story: Story) -> Story:
        place = folder_place(self.folder / f"after-{len(list(self.folder.iterdir()))}")
        place.fill(story.before)
        begun = time.monotonic()
        with self.gate() as gate, started(story, place, gate) as process:
            while not gate.seen and process.poll() is None:
                time.sleep(POLL_SECONDS)
            asked = time.monotonic() - begun
            succeeded(end_of(process))
        return replace(story, after=place.read(), start_seconds=asked, questions=len(gate.seen))


def hour_of_a_run() -> int:
    """What `run` looks at stays the same within it: it changes when an hour ends or settles."""
    now = int(time.time())
    return 2 * (now // HOUR) + (now % HOUR >= SETTLE_SECONDS)


def backfill_of(start: int, end: int, *flags: str) -> tuple[str, ...]:
    return ("backfill", "--start", rfc3339(start), "--end", rfc3339(end), *flags)


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Two reports by the hour and one by the day, over more than two days until in two hours."""
    start = int(time.time()) // HOUR * HOUR - HELD_HOURS * HOUR
    fleet = team_fleet(start, HELD_HOURS + 3, interval=600)
    reports = [
        report("chat-hourly", "hourly", "team", "chat"),
        report("code-daily", "daily", "team", "code"),
    ]
    for name in ("scene", "stories"):
        (folder / name).mkdir()
    scene = make_scene(fleet, folder / "scene", [*fleet.configuration, *reports])
    with prometheus_server([scene.dump], folder / "server") as url:
        yield Stage(scene, url, folder / "stories")


def _answering_late(_method: str, _path: str, _body: bytes) -> bool:
    time.sleep(ANSWER_SECONDS)
    return False


@contextmanager
def started(story: Story, place: Place, gate: Gate) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs, asking through a gate; it does not outlive the block."""
    settings = {**story.settings, **place.settings, "PROMETHEUS_URL": gate.url}
    with subprocess.Popen(
        [sys.executable, "-m", "exporter", *story.arguments],
        cwd=REPOSITORY,
        env=clean_environment() | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()
