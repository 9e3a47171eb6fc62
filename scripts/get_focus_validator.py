"""Puts the official FOCUS validator into an environment of its own, which its tests run.

`python3 -m scripts.get_focus_validator .tools/focus-validator`. It needs Python 3.12 or 3.13 and
older libraries than infer-focus. Where it cannot be had, its tests are skipped, and this says so;
in CI (the environment variable CI) that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "requirements-focus-validator.txt"
#: There, once the environment is whole.
READY = ".ready"
#: The validator's numpy has no wheel for 3.13: it is compiled, which takes minutes.
PYTHONS = ("python3.12", "python3.13")


class Unavailable(Exception):
    """The validator cannot be had on this machine; the text says why in one line."""


def main() -> int:
    """Exit status 0 also without the validator, but 1 in CI."""
    folder = Path(sys.argv[1]).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    try:
        python = next(_working_pythons(), None)
        if python is None:
            raise Unavailable(f"no working {' or '.join(PYTHONS)} found, put one on the PATH")
        print(f"Installing the official FOCUS validator into {folder} ...", file=sys.stderr)
        _make(folder, python)
    except Unavailable as error:
        print(_loud(str(error)), file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    (folder / READY).touch()
    return 0


def _loud(reason: str) -> str:
    lines = (
        f"NOT TESTED: the official FOCUS validator is missing: {reason}.",
        "Its tests are skipped; the next `make test` tries again.",
    )
    frame = "!" * max(map(len, lines))
    return "\n".join([frame, *lines, frame])


def _working_pythons() -> Iterator[Path]:
    """Pythons that start: those of the PATH and of pyenv, whose shims may be there and not work."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for name in PYTHONS:
        versions = sorted(pyenv.glob(f"{name.removeprefix('python')}*/bin"), reverse=True)
        for python in (folder / name for folder in (*folders, *versions)):
            if _starts(python):
                yield python


def _starts(python: Path) -> bool:
    try:
        done = subprocess.run([python, "-c", "import ssl, venv"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _make(folder: Path, python: Path) -> None:
    """Raises Unavailable when a step fails, with the last error that it printed."""
    install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    commands: tuple[list[str | Path], ...] = (
        [python, "-m", "scripts.make_venv", folder],
        [folder / "bin" / "python", "-m", "pip", *install, "--requirement", REQUIREMENTS],
    )
    for command in commands:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode:
            said = [f"exit status {done.returncode}", *done.stderr.strip().splitlines()]
            errors = [line for line in said if line.startswith("ERROR:")]
            reason = [*said, *errors][-1].rstrip(".")
            raise Unavailable(f"`{' '.join(map(str, command[1:4]))}` failed: {reason}")


if __name__ == "__main__":
    sys.exit(main())
