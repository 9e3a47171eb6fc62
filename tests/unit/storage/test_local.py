from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.errors import StoreFailed, UnusableError
from exporter.storage.local import HIDDEN, LocalStore
from exporter.storage.store import StoredObject

KEY = "focus/year=2026/a.parquet"
REPOSITORY = Path(__file__).resolve().parents[3]


class Killed(BaseException):
    """What a signal does: no `except` of ours sees it."""


def killed_at(step: int) -> Callable[[Path, Path], None]:
    """Renames files until the step-th rename, which does not happen any more."""
    done = 0

    def replace(source: Path, target: Path) -> None:
        nonlocal done
        if done == step:
            raise Killed
        done += 1
        source.replace(target)

    return replace


def failing_with(code: int) -> Callable[[Path, Path], None]:
    def replace(source: Path, target: Path) -> None:
        raise OSError(code, os.strerror(code))

    return replace


def visible(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("**/*.parquet"))


def hidden(root: Path) -> list[Path]:
    """The files with metadata."""
    return sorted((root / HIDDEN / "objects").glob("*/*"))


def test_an_object_keeps_its_content_and_metadata(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"one", {"cluster": "prod", "note": "ü %"}, "text/csv")
    assert (tmp_path / KEY).read_bytes() == store.get(KEY) == b"one"
    assert store.head(KEY) == StoredObject(KEY, {"cluster": "prod", "note": "ü %"})


def test_other_users_may_read_what_the_job_wrote(tmp_path: Path) -> None:
    LocalStore(tmp_path).put(KEY, b"one", {}, "text/csv")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_replaced_object_leaves_no_metadata_behind(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"one", {"n": "1"}, "text/csv")
    store.put(KEY, b"two", {"n": "2"}, "text/csv")
    assert store.head(KEY) == StoredObject(KEY, {"n": "2"})
    assert len(hidden(tmp_path)) == 1


def test_the_same_content_may_get_other_metadata(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"one", {"n": "1"}, "text/csv")
    store.put(KEY, b"one", {"n": "2"}, "text/csv")
    assert store.head(KEY) == StoredObject(KEY, {"n": "2"})


def test_a_file_of_somebody_else_has_no_metadata(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"one", {"n": "1"}, "text/csv")
    (tmp_path / KEY).write_bytes(b"edited by hand")
    assert store.head(KEY) == StoredObject(KEY, {})


def test_a_removed_object_is_gone_with_its_metadata(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"one", {"n": "1"}, "text/csv")
    store.delete(KEY)
    store.delete(KEY)
    assert store.head(KEY) is None
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("step", [0, 1])
def test_a_killed_first_write_leaves_nothing_a_reader_sees(tmp_path: Path, step: int) -> None:
    with pytest.raises(Killed):
        LocalStore(tmp_path, killed_at(step)).put(KEY, b"one", {"n": "1"}, "text/csv")
    store = LocalStore(tmp_path)
    assert store.head(KEY) is None
    assert visible(tmp_path) == list(store.list_keys("")) == []


@pytest.mark.parametrize("step", [0, 1])
def test_a_killed_rewrite_leaves_the_old_object_with_its_own_metadata(
    tmp_path: Path, step: int
) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"one", {"n": "1"}, "text/csv")
    with pytest.raises(Killed):
        LocalStore(tmp_path, killed_at(step)).put(KEY, b"two", {"n": "2"}, "text/csv")
    assert store.get(KEY) == b"one"
    assert store.head(KEY) == StoredObject(KEY, {"n": "1"})
    assert list(store.list_keys("")) == [KEY]


@pytest.mark.parametrize("step", [0, 1])
def test_the_write_after_a_killed_one_clears_what_it_left(tmp_path: Path, step: int) -> None:
    with pytest.raises(Killed):
        LocalStore(tmp_path, killed_at(step)).put(KEY, b"one", {"n": "1"}, "text/csv")
    LocalStore(tmp_path).put(KEY, b"two", {"n": "2"}, "text/csv")
    assert [path.name for path in (tmp_path / KEY).parent.iterdir()] == ["a.parquet"]
    assert len(hidden(tmp_path)) == 1


@pytest.mark.parametrize("step", [0, 1])
def test_a_name_that_comes_never_again_leaves_nothing_unfinished(tmp_path: Path, step: int) -> None:
    """As that of a manifest: the write of its neighbour clears what a killed one left."""
    killed = "focus/metadata/prod/runs/one.json"
    with pytest.raises(Killed):
        LocalStore(tmp_path, killed_at(step)).put(killed, b"1", {}, "application/json")
    assert list(tmp_path.rglob("*.tmp")) != []
    LocalStore(tmp_path).put(killed.replace("one", "other"), b"2", {}, "application/json")
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_killed_process_frees_the_folder(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from exporter.storage.local import LocalStore\n"
        "LocalStore(Path(sys.argv[1]), lambda *_: os._exit(9)).put('k', b'x', {}, 'text/csv')"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=REPOSITORY, check=False
    )
    assert killed.returncode == 9
    LocalStore(tmp_path).put("k", b"y", {}, "text/csv")
    assert LocalStore(tmp_path).get("k") == b"y"


def test_listing_takes_a_prefix_literally_and_hides_dot_names(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    for key in ("a/b-1", "a/b-2/c", "a/c", "ab/d"):
        store.put(key, b"", {}, "text/csv")
    (tmp_path / "a" / ".nfs0001").write_bytes(b"")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_bytes(b"")
    assert sorted(store.list_keys("")) == ["a/b-1", "a/b-2/c", "a/c", "ab/d"]
    assert sorted(store.list_keys("a/b")) == ["a/b-1", "a/b-2/c"]
    assert sorted(store.list_keys("a/")) == ["a/b-1", "a/b-2/c", "a/c"]
    assert list(store.list_keys("nowhere/at/all/")) == []


@pytest.mark.parametrize("key", ["../a", "a/../../b", "/etc/a", "a//b", "a/.", "", f"{HIDDEN}/a"])
def test_a_key_that_leaves_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    store = LocalStore(tmp_path / "root")
    with pytest.raises(StoreFailed) as caught:
        store.put(key, b"", {}, "text/csv")
    assert str(caught.value) == f"{key!r} is not a key inside {tmp_path}/root/"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_folder_that_takes_nothing_more_cannot_be_used(tmp_path: Path, code: int) -> None:
    with pytest.raises(UnusableError) as caught:
        LocalStore(tmp_path, failing_with(code)).put(KEY, b"", {}, "text/csv")
    assert str(caught.value) == (
        f"{tmp_path}/{KEY}: {os.strerror(code)}; OUTPUT_DIR needs room and write access"
    )


def test_a_fault_of_one_file_fails_that_object(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed) as caught:
        LocalStore(tmp_path, failing_with(errno.EIO)).put(KEY, b"", {}, "text/csv")
    assert str(caught.value) == f"{tmp_path}/{KEY}: Input/output error"


def test_reading_a_missing_object_names_it(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed) as caught:
        LocalStore(tmp_path).get(KEY)
    assert str(caught.value) == f"{tmp_path}/{KEY}: there is no such object"


def test_checking_a_folder_that_does_not_exist_yet_leaves_nothing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "a" / "b")
    store.check_access("focus/")
    store.check_writing("")
    store.close()
    assert list(tmp_path.iterdir()) == []
    assert store.describe() == f"{tmp_path}/a/b/"


def test_checking_finds_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(UnusableError) as caught:
        LocalStore(tmp_path / "out").check_access("focus/")
    assert str(caught.value) == (
        f"{tmp_path}/out/focus/: Not a directory; OUTPUT_DIR needs room and write access"
    )


def test_metadata_is_plain_json_for_people(tmp_path: Path) -> None:
    LocalStore(tmp_path).put(KEY, b"one", {"b": "2", "a": "1"}, "text/csv")
    (file,) = hidden(tmp_path)
    assert json.loads(file.read_text()) == {"key": KEY, "metadata": {"a": "1", "b": "2"}}


def test_no_hidden_name_looks_like_data(tmp_path: Path) -> None:
    LocalStore(tmp_path).put(KEY, b"one", {}, "text/csv")
    assert visible(tmp_path) == ["a.parquet"]


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff", b"null", b"[]", b"{}", b'{"metadata": 1}', b"[" * 100_000]
)
def test_damaged_metadata_is_none(tmp_path: Path, garbage: bytes) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"one", {"n": "1"}, "text/csv")
    (file,) = hidden(tmp_path)
    file.write_bytes(garbage)
    assert store.head(KEY) == StoredObject(KEY, {})


def test_a_failed_write_leaves_no_part_of_itself(tmp_path: Path) -> None:
    """A disk that is full has no room for it."""
    with pytest.raises(UnusableError):
        LocalStore(tmp_path, failing_with(errno.ENOSPC)).put(KEY, b"one", {}, "text/csv")
    assert list(tmp_path.rglob("*.tmp")) == []


def test_sizes_are_those_of_the_content(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(KEY, b"four", {}, "text/csv")
    assert list(store.list_sizes("")) == [(KEY, 4)]
    found = store.head(KEY)
    assert found is not None
    assert found.size == 4
