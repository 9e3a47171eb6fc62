"""The command as a process that begins with everything imported: most of its time is that.

One process without threads imports the command and forks for each run; the fork has an
environment, files for its output and an end of its own, as `python -m exporter` has. Run as
`python -m tests.faults.forking` it is that process: a run is asked for by a line of JSON on stdin,
and answered with its exit code on stdout.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.job import Ended
from tests.servers import REPOSITORY, clean_environment

TIMEOUT_SECONDS = 120
#: What a run of the command imports.
_IMPORTED = (
    *("exporter.cli", "exporter.commands.backfill", "exporter.sources.prometheus"),
    *("exporter.pipeline.publishing", "exporter.files.parquet", "exporter.storage.local"),
)

#: Runs the command with arguments and settings to its end.
Run = Callable[[Sequence[str], Mapping[str, str]], Ended]


@contextmanager
def forked_commands() -> Iterator[Run]:
    """Runs that begin faster than `tests.servers.run_command`, and are the same otherwise."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=REPOSITORY,
            env=clean_environment() | {"PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server,
    ):
        yield lambda arguments, env: _asked(server, Path(folder), arguments, env)
        server.communicate(timeout=TIMEOUT_SECONDS)


def _asked(
    server: subprocess.Popen[bytes], folder: Path, arguments: Sequence[str], env: Mapping[str, str]
) -> Ended:
    assert server.stdin is not None
    assert server.stdout is not None
    out, errors = folder / "out", folder / "errors"
    environment = clean_environment() | dict(env)
    asked = {"arguments": arguments, "env": environment, "out": str(out), "errors": str(errors)}
    server.stdin.write(json.dumps(asked).encode() + b"\n")
    server.stdin.flush()
    answered, _, _ = select.select([server.stdout], [], [], TIMEOUT_SECONDS)
    if not answered:
        server.kill()
    code = int(server.stdout.readline())
    return Ended(code, out.read_text("utf-8"), errors.read_text("utf-8"))


def _serve() -> None:
    """Returns in a fork alone, which goes on as the command, and once nothing is asked any more."""
    for name in _IMPORTED:
        importlib.import_module(name)
    for line in iter(sys.stdin.readline, ""):
        process = os.fork()
        if not process:
            _become(json.loads(line))
            return
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(asked: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(asked["env"])
    for number, name in ((0, os.devnull), (1, asked["out"]), (2, asked["errors"])):
        mode = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(name, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["infer-focus", *asked["arguments"]]
    runpy.run_module("exporter", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
