"""Processes under measurement: the exporter as users start it, and others beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.servers import REPOSITORY, clean_environment

_TIMED = Path(__file__).parent / "timed.py"
_LONGEST_SECONDS = 3600
_SHOWN_LINES = 20
_numbers = count(1)


class RunFailed(Exception):
    """A process ended with an error; the text ends with what it printed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took: wall time, user and system time, peak of resident memory; its stderr."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    stderr: str


@dataclass(slots=True)
class Started:
    """A process under way. `end` waits for it."""

    command: Sequence[str]
    process: subprocess.Popen[bytes]
    result: Path
    printed: Path

    def end(self) -> Run:
        """What it took. Raises RunFailed."""
        try:
            code = self.process.wait(_LONGEST_SECONDS)
        finally:
            self.stop()
        stderr = self.printed.read_text("utf-8", "replace")
        if code:
            tail = "\n".join(stderr.splitlines()[-_SHOWN_LINES:])
            raise RunFailed(f"{' '.join(self.command)} ended with {code}:\n{tail}")
        return Run(**json.loads(self.result.read_text("utf-8")), stderr=stderr)

    def stop(self) -> None:
        """End it and what it started, if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def start(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Started:
    """Start a command, with only `env` as its settings; `folder` takes what it prints."""
    folder.mkdir(parents=True, exist_ok=True)
    number = next(_numbers)
    result, printed = folder / f"{number}.json", folder / f"{number}.stderr"
    with printed.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_TIMED), str(result), *command],
            cwd=REPOSITORY,
            env=clean_environment() | dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            process_group=0,
        )
    return Started(command, process, result, printed)


def run(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Run:
    """Run a command to its end."""
    return start(command, env, folder).end()
