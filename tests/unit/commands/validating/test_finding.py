"""Which files of a path are checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporter.commands.validating.finding import find_local
from exporter.errors import ConfigurationError, UnreadableFile


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)


def names(path: Path) -> list[str]:
    return [file.name for file in find_local(str(path))]


def test_the_data_files_of_a_folder_are_found_by_name(tmp_path: Path) -> None:
    kept = ["b/2.csv", "b/10.parquet", "a.csv.gz", "c/d/e.CSV"]
    left_out = ["a.json", "b/metadata/prod/runs/1.json", ".hidden/x.csv", "b/.x.csv", "x.csv.bak"]
    touch(*(tmp_path / name for name in [*kept, *left_out]))
    assert names(tmp_path) == ["a.csv.gz", "b/10.parquet", "b/2.csv", "c/d/e.CSV"]


def test_a_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    touch(tmp_path / ".rows.txt")
    (found,) = find_local(str(tmp_path / ".rows.txt"))
    assert found.name == str(tmp_path / ".rows.txt")
    with found.open() as file:
        assert file.read() == b".rows.txt"


def test_the_place_of_a_file_is_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version may stand above the folder that is named."""
    touch(tmp_path / "version=focus-1.3" / "day=01" / "rows.csv")
    monkeypatch.chdir(tmp_path / "version=focus-1.3")
    (found,) = find_local("day=01")
    assert (found.name, found.place) == (
        "rows.csv",
        f"{tmp_path}/version=focus-1.3/day=01/rows.csv",
    )


def test_linked_folders_are_followed_and_no_folder_is_looked_at_twice(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "rows.csv", tmp_path / "data" / "own.csv")
    (tmp_path / "data" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "loop").symlink_to(tmp_path / "data")
    assert names(tmp_path / "data") == ["link/rows.csv", "own.csv"]


def test_nothing_to_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_local(str(tmp_path / "none"))
    assert str(caught.value) == f"{tmp_path}/none: no such file or folder"
    with pytest.raises(ConfigurationError, match=r"x: cannot be opened: File name too long$"):
        find_local("x" * 300)
    touch(tmp_path / "a.json")
    with pytest.raises(ConfigurationError) as caught:
        find_local(str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}: holds no file that ends with .parquet, .csv or .csv.gz"
    )


def test_what_is_no_file_or_gone_cannot_be_opened(tmp_path: Path) -> None:
    """A pipe would make the command wait for ever."""
    os.mkfifo(tmp_path / "pipe.csv")
    touch(tmp_path / "rows.csv")
    (tmp_path / "broken.csv").symlink_to(tmp_path / "nowhere")
    broken, pipe, rows = find_local(str(tmp_path))
    (tmp_path / "rows.csv").unlink()
    for found, text in (
        (broken, "cannot be opened: No such file or directory"),
        (pipe, "is no regular file"),
        (rows, "cannot be opened: No such file or directory"),
    ):
        with pytest.raises(UnreadableFile, match=f"^{text}$"), found.open():
            pass
