from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import get_focus_validator
from scripts.get_focus_validator import READY, main


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Python, on which pip does nothing."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "argv", ["get_focus_validator", str(tmp_path / "validator")])


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def used(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The Pythons that an environment was made with."""
    pythons: list[Path] = []

    def make(folder: Path, python: Path) -> None:
        folder.mkdir()
        pythons.append(python)

    monkeypatch.setattr(get_focus_validator, "_make", make)
    return pythons


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_without_a_python_nothing_is_made_and_that_is_said(
    ci: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CI", ci)

    assert main() == status

    said = capsys.readouterr().err
    assert "NOT TESTED: the official FOCUS validator is missing: no working python3.12" in said
    assert not (tmp_path / "validator").exists()


def test_a_shim_that_does_not_work_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "python3.12", "exit 127")
    working = program(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin" / "python3.12", "exit 0")
    program(tmp_path / "bin" / "python3.13", "exit 0")
    pythons = used(monkeypatch)

    assert main() == 0

    assert pythons == [working]
    assert (tmp_path / "validator" / READY).exists()


def test_what_is_left_of_an_attempt_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "validator").mkdir()
    (tmp_path / "validator" / READY).touch()
    starts_only = 'if [ "$1" != -c ]; then echo "ERROR: no network." >&2; exit 1; fi'
    program(tmp_path / "bin" / "python3.13", starts_only)

    assert main() == 0

    said = capsys.readouterr().err
    assert "`-m scripts.make_venv" in said
    assert "failed: ERROR: no network.\n" in said
    assert not (tmp_path / "validator" / READY).exists()
