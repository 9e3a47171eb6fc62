"""Where the rules about all rows of all files keep one small record per row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from exporter.focus.rules.coded import Mask
from exporter.focus.rules.digests import Words
from exporter.focus.rules.periods import CHARGE
from exporter.focus.rules.rows import Rows

KEY = np.dtype(
    [("key", "u8"), ("check", "u8"), ("start", "i8"), ("end", "i8"), ("file", "i4"), ("row", "i8")]
)  #: two digests of what must not repeat, its period, and the place where it was seen

Records = np.ndarray[Any, Any]


class KeyStore(Protocol):
    """Keeps records of dtype KEY until all files are read, and then gives them back by key.

    A store serves one rule. `Conformance` is given a factory of stores, calls it once for every
    rule that needs one, and asks a store for its partitions once, after the last `add`.
    """

    def add(self, records: Records) -> None:
        """Keeps a one-dimensional array of dtype KEY; its length may be 0."""

    def partitions(self) -> Iterator[Records]:
        """All records; those with an equal `key` are in one partition, in the order added."""


class MemoryKeys:
    """A store for small data: everything in memory, one partition."""

    def __init__(self) -> None:
        self._records: list[Records] = []

    def add(self, records: Records) -> None:
        self._records.append(records)

    def partitions(self) -> Iterator[Records]:
        if self._records:
            yield np.concatenate(self._records)


def key_records(words: Words, rows: Rows, where: Mask) -> Records:
    """Records of some rows of a batch; `words` are two digests per row, shape (2, rows)."""
    places = np.flatnonzero(where)
    records = np.zeros(len(places), KEY)
    records["key"], records["check"] = words[:, places]
    records["start"], records["end"] = (rows.times(name)[places] for name in CHARGE)
    records["file"], records["row"] = rows.layout.number, places + rows.first + 1
    return records


def sorted_by(records: Records, *names: str) -> Records:
    """The records in order; the first name counts most."""
    return records[np.lexsort([records[name] for name in reversed(names)])]
