"""Keys of rows that are many: in memory while they are few, then in temporary files."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from exporter.errors import UnusableError
from exporter.focus.rules.keys import KEY, KeyStore, Records

#: How much all stores together hold before they go to disk.
MEMORY_BYTES = 64 << 20
_BITS = 6
#: Files per store: a billion rows are some 700 MB in each.
FILES = 1 << _BITS


class KeyFolder:
    """A folder in which stores keep what does not fit into memory."""

    def __init__(self, folder: Path, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._stores: list[_SpillingKeys] = []
        self._held_bytes = 0

    def new_store(self) -> KeyStore:
        """A store of its own for one rule."""
        store = _SpillingKeys(self._folder / str(len(self._stores)), self._note)
        self._stores.append(store)
        return store

    def _note(self, added_bytes: int) -> None:
        self._held_bytes += added_bytes
        if self._held_bytes > self._memory_bytes:
            self._held_bytes = 0
            for store in self._stores:
                store.spill()


@contextmanager
def temporary_keys(memory_bytes: int = MEMORY_BYTES) -> Iterator[KeyFolder]:
    """A folder that goes away with the block."""
    with tempfile.TemporaryDirectory(prefix="infer-focus-") as folder:
        yield KeyFolder(Path(folder), memory_bytes)


class _SpillingKeys:
    """`note` is told how many bytes are held more."""

    def __init__(self, folder: Path, note: Callable[[int], None]) -> None:
        self._folder = folder
        self._note = note
        self._held: list[Records] = []

    def add(self, records: Records) -> None:
        if len(records):
            self._held.append(records)
            self._note(records.nbytes)

    def partitions(self) -> Iterator[Records]:
        if not self._folder.exists():
            if self._held:
                yield np.concatenate(self._held)
            return
        self.spill()
        for number in range(FILES):
            path = self._path(number)
            if path.exists():
                yield np.fromfile(path, dtype=KEY)

    def spill(self) -> None:
        """Everything held goes into files, each of which keeps the order of its records."""
        if not self._held:
            return
        records = np.concatenate(self._held)
        self._held = []
        numbers = (records["key"] >> np.uint64(64 - _BITS)).astype(np.int64)
        order = np.argsort(numbers, kind="stable")
        edges = np.searchsorted(numbers[order], np.arange(FILES + 1))
        try:
            self._folder.mkdir(exist_ok=True)
            for number, (first, last) in enumerate(itertools.pairwise(edges.tolist())):
                if first < last:
                    self._append(number, records[order[first:last]])
        except OSError as error:
            raise UnusableError(
                f"{self._folder.parent}: cannot keep the keys of rows: {error.strerror};"
                " set TMPDIR to a folder with room"
            ) from error

    def _append(self, number: int, records: Records) -> None:
        with self._path(number).open("ab") as file:
            file.write(records.tobytes())

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:02d}"
