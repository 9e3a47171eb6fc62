"""Many keys are kept on disk, and those that are equal come back together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from exporter.errors import UnusableError
from exporter.files.key_store import FILES, KeyFolder, temporary_keys
from exporter.focus.rules.keys import KEY, Records

TOP = 1 << 63


def records(*keys: int, first_row: int = 1) -> Records:
    made = np.zeros(len(keys), KEY)
    made["key"] = keys
    made["row"] = range(first_row, first_row + len(keys))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path, memory_bytes=4 * KEY.itemsize)


def test_few_keys_stay_in_memory(tmp_path: Path) -> None:
    store = KeyFolder(tmp_path).new_store()
    store.add(records(1, 2))
    store.add(records())
    store.add(records(TOP, first_row=3))
    (only,) = store.partitions()
    assert only["row"].tolist() == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_a_key_has_no_partition(folder: KeyFolder) -> None:
    assert list(folder.new_store().partitions()) == []


def test_equal_keys_are_in_one_partition_in_the_order_added(
    folder: KeyFolder, tmp_path: Path
) -> None:
    random = np.random.default_rng(7)
    keys = random.integers(0, 1 << 64, 400, np.uint64, endpoint=False).tolist()
    keys = [keys[number % 200] for number in range(400)]
    store = folder.new_store()
    for start in range(0, 400, 3):
        store.add(records(*keys[start : start + 3], first_row=start))
    assert len(list(tmp_path.rglob("*"))) > FILES // 2
    found = [partition for partition in store.partitions() if len(partition)]
    assert sorted(row for one in found for row in one["row"].tolist()) == list(range(400))
    for partition in found:
        assert (np.diff(partition["row"]) > 0).all()
        assert set(np.unique(partition["key"], return_counts=True)[1].tolist()) == {2}


def test_all_fields_come_back(folder: KeyFolder) -> None:
    added = records(*range(5))
    added["check"], added["start"], added["end"], added["file"] = TOP, -5, 1 << 40, 3
    store = folder.new_store()
    store.add(added)
    (found,) = store.partitions()
    assert (found == added).all()


def test_stores_do_not_mix(folder: KeyFolder) -> None:
    one, other = folder.new_store(), folder.new_store()
    one.add(records(*range(9)))
    other.add(records(*range(8), first_row=100))
    assert [len(part) for part in one.partitions()] == [9]
    assert [part["row"].min() for part in other.partitions()] == [100]


def test_the_files_are_gone_at_the_end_whatever_happened() -> None:
    def interrupted() -> Iterator[Path]:
        with temporary_keys(memory_bytes=1) as keys:
            keys.new_store().add(records(1))
            yield keys._folder
            raise KeyboardInterrupt

    steps = interrupted()
    folder = next(steps)
    assert any(folder.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        next(steps)
    assert not folder.exists()


def test_a_folder_without_room_cannot_be_used(tmp_path: Path) -> None:
    """A file in the way stands for a full disk."""
    (tmp_path / "0").touch()
    store = KeyFolder(tmp_path, memory_bytes=0).new_store()
    with pytest.raises(UnusableError, match=r"cannot keep the keys of rows: .*; set TMPDIR to"):
        store.add(records(1))
