"""docs/validate.md shows what `infer-focus validate` prints on a terminal of 100 columns."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

from tests.e2e.foreign_files import csv_bytes, good, other
from tests.servers import REPOSITORY, clean_environment, run_command

PAGE = (REPOSITORY / "docs" / "validate.md").read_text()
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: How many rules there are changes with the rules.
_COUNTS = re.compile(r"\d+ (rules|passed|not applicable)")


def on_terminal(folder: Path, *arguments: str) -> str:
    """What the command prints, without colours, blanks at line ends and its progress."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = clean_environment() | {"PYTHONPATH": str(REPOSITORY), "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "exporter", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        pieces: list[bytes] = []
        reader = threading.Thread(target=_read_all, args=(ours, pieces))
        reader.start()
        _, errors = process.communicate(timeout=120)
        reader.join(timeout=10)
    os.close(ours)
    assert errors == b""
    text = _COLOUR.sub("", b"".join(pieces).decode()).replace("\r\n", "\n")
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _read_all(descriptor: int, pieces: list[bytes]) -> None:
    while True:
        try:
            piece = os.read(descriptor, 1 << 16)
        except OSError:  # how a terminal says that the other side is closed
            return
        if not piece:
            return
        pieces.append(piece)


def comparable(text: str) -> str:
    return _COUNTS.sub(r"N \1", text)


def is_shown(command: str, printed: str) -> None:
    assert comparable(f"$ infer-focus {command}\n{printed}\n```") in comparable(PAGE)


def test_the_page_shows_the_demo(tmp_path: Path) -> None:
    assert run_command(["demo"], cwd=tmp_path).returncode == 0
    command = "validate infer-focus-demo/focus"
    is_shown(command, on_terminal(tmp_path, *command.split()))


def test_the_page_shows_files_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "2026-09.csv").write_bytes(csv_bytes([good()]) + b'"cut')
    rows = [
        good(),
        other(2, PricingCategory="Usage-Based"),
        other(3, SubAccountName=None),
        other(4, Tags="team=search"),
        other(5, Tags="team=chat", ConsumedUnit="kTokens"),
    ]
    (folder / "2026-10.csv").write_bytes(csv_bytes(rows))
    is_shown("validate others", on_terminal(tmp_path, "validate", "others"))
