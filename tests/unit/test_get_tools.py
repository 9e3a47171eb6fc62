from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import get_tools
from scripts.debian import Unavailable
from scripts.get_tools import Kit, main

SAID = {
    "prometheus": "prometheus, version 2.42.0+ds (branch: debian/sid)",
    "helm": 'version.BuildInfo{Version:"v3.17.2", GitCommit:"cc0bbbd"}',
    "chromium": "Chromium 131.0.6778.139 built on Debian GNU/Linux 12",
}


def program(path: Path, said: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs shall go, on a machine that has only a shell."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "argv", ["get_tools", str(tmp_path / "tools")])
    return tmp_path / "tools"


def kit(name: str, oldest: tuple[int, int], said: str | None) -> Kit:
    """A kit of one program that unpacks to one which says a version, or cannot be had."""

    def unpack(folder: Path) -> None:
        if said is None:
            raise Unavailable("no apt-get on this machine")
        program(folder / "usr" / "bin" / name, said)

    return Kit((name,), f"Debian's {name} package", "--version", oldest, unpack)


@pytest.mark.parametrize(
    ("name", "oldest"), [("prometheus", (2, 42)), ("helm", (3, 17)), ("chromium", (131, 0))]
)
def test_a_program_that_is_new_enough_is_taken_from_the_path(
    name: str,
    oldest: tuple[int, int],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program(folder.parent / "bin" / name, SAID[name])
    monkeypatch.setattr(get_tools, "KITS", (kit(name, oldest, None),))
    assert main() == 0
    assert capsys.readouterr().err == ""


def test_an_old_browser_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(folder.parent / "bin" / "chromium", "Chromium 130.9.1")
    monkeypatch.setattr(get_tools, "KITS", (kit("chromium", (131, 0), SAID["chromium"]),))
    assert main() == 0
    assert capsys.readouterr().err == f"Fetching Debian's chromium package into {folder} ...\n"


def test_what_cannot_be_had_is_said_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(get_tools, "KITS", (kit("chromium", (131, 0), None),))
    assert main() == 1
    assert capsys.readouterr().err.splitlines()[1:] == [
        "The tests need chromium 131.0 or newer: put it on the PATH"
        " (Debian's chromium package does not do: no apt-get on this machine)."
    ]
