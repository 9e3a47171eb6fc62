"""What commands print on a terminal; docs/validate.md shows one of 100 columns."""

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

import pytest

from exporter.commands.schema import aligned
from exporter.focus.column_table import HEADS, column_table
from tests.e2e.foreign_files import csv_bytes, good, other
from tests.servers import REPOSITORY, clean_environment, run_command

PAGE = (REPOSITORY / "docs" / "validate.md").read_text()
#: What the demo writes.
DATA = "infer-focus-demo/focus"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: How many rules there are changes with the rules.
_COUNTS = re.compile(r"\d+ (rules|passed|not applicable)")


def on_terminal(folder: Path, *arguments: str, columns: int = 100) -> str:
    """What the command prints, without colours, blanks at both ends and its progress."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = clean_environment() | {"PYTHONPATH": str(REPOSITORY), "TERM": "xterm"}
    del environment["COLUMNS"]  # so that the terminal is asked
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
    return _COLOUR.sub("", b"".join(pieces).decode()).replace("\r\n", "\n").strip()


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


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo has run."""
    folder = tmp_path_factory.mktemp("demo")
    assert run_command(["demo"], cwd=folder).returncode == 0
    return folder


def test_the_page_shows_the_demo(demo_folder: Path) -> None:
    is_shown(f"validate {DATA}", on_terminal(demo_folder, "validate", DATA))


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


def is_readable(printed: str, columns: int) -> None:
    """No line has blanks at its end, or more than the terminal unless it is one long word."""
    for line in printed.splitlines():
        assert line == line.rstrip()
        assert len(line) <= columns or len(line.split()) == 1, line


@pytest.mark.parametrize("columns", [80, 100, 250])
def test_every_rule_stands_on_a_terminal_with_its_words_whole(
    columns: int, demo_folder: Path
) -> None:
    printed = on_terminal(demo_folder, "validate", "--all", DATA, columns=columns)
    is_readable(printed, columns)
    lines = printed.splitlines()
    place = lines.index("not applicable  AllocatedMethodId/stand-in  0")
    text = "AllocatedMethodId is null where there is no value, not an empty text or N/A."
    end = lines.index("", place)
    assert " ".join(lines[place + 1 : end - 1]).split() == text.split()
    assert lines[end - 1] == "    no row has a value"
    assert printed.count("not applicable  ") == int(_not_applicable(lines[-1]))


def _not_applicable(summary: str) -> str:
    return summary.rpartition(", ")[2].partition(" ")[0]


@pytest.mark.parametrize("columns", [80, 100, 250])
def test_the_table_of_the_demo_fits(columns: int, tmp_path: Path) -> None:
    """Below 100 columns without shares, which the costs say already."""
    printed = on_terminal(tmp_path, "demo", columns=columns)
    table = printed[: printed.index("Next, ")]
    is_readable(table, columns)
    (heading,) = (line for line in table.splitlines() if line.startswith("  namespace    model"))
    assert ("share" in heading) is (columns >= 100)
    assert "1,252,195,500       288.0   313.01" in table


def test_columns_and_types_are_whole_on_a_narrow_terminal(tmp_path: Path) -> None:
    printed = on_terminal(tmp_path, "schema", columns=80)
    is_readable(printed, 80)
    lines = printed.splitlines()
    (place,) = (at for at, line in enumerate(lines) if line.startswith("BilledCost "))
    assert lines[place].split() == ["BilledCost", "decimal(38,18)", "no", "1.0-1.4"]
    assert lines[place + 1].startswith("    ")
    words = " ".join(lines[0].split() + lines[1].split())
    assert words == "column type null versions note: meaning"


def test_a_wide_terminal_gets_the_lines_of_a_pipe(tmp_path: Path) -> None:
    whole = aligned([HEADS, *column_table("1.3", "x-Infer")])
    assert on_terminal(tmp_path, "schema", columns=200) == whole


def test_without_a_file_that_can_be_read_no_rule_was_checked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("hello,you\n1,2\n")
    assert on_terminal(tmp_path, "validate", "a.csv", columns=80).splitlines() == [
        "a.csv: 1 file, 0 rows, 14 bytes",
        "",
        "FAILED  files/readable  1 of 1",
        "    Every file is whole Parquet or CSV.",
        '    a.csv has no column of FOCUS, its first column is "hello"',
        "",
        "no file could be read, so no rule of FOCUS was checked",
    ]
