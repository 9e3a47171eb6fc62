"""The rows of exported objects, fetched a few at a time, in bounded memory.

An object is given out only when all its rows could be read: half of one would be a wrong sum.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from exporter.commands.downloads import downloaded
from exporter.commands.reporting.objects import THREADS, DataObject
from exporter.errors import StoreFailed, UnreadableFile
from exporter.files.reading import Projection, Rows, open_rows
from exporter.storage.store import Store

#: Fetched before their turn; larger ones than the bytes below wait on disk.
_AHEAD = 2 * THREADS
_MEMORY_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class ReadObject:
    """One object and all its rows; `text` is true for a CSV, whose cells are all strings.

    `fault` says in one line why it could not be read; `batch` is null then and only then.
    """

    found: DataObject
    batch: pa.RecordBatch | None
    text: bool
    fault: str | None = None


def read_objects(
    store: Store, objects: Sequence[DataObject], columns: Projection
) -> Iterator[ReadObject]:
    """Each object with the columns chosen, in the order given.

    An object that is gone, damaged or refused has a fault; the others follow. Raises UnusableError
    when the store fails altogether.
    """
    with closing(_fetched(store, objects)) as contents:
        for found, content in contents:
            yield _read(found, content, columns)


def _fetched(
    store: Store, objects: Sequence[DataObject]
) -> Generator[tuple[DataObject, Future[BinaryIO]], None, None]:
    """The contents in order, so many at a time; those that nobody took are closed at the end."""
    pool = ThreadPoolExecutor(THREADS)
    waiting = deque[tuple[DataObject, Future[BinaryIO]]]()
    coming = iter(objects)

    def fetch_next(count: int) -> None:
        for found in islice(coming, count):
            waiting.append((found, pool.submit(downloaded, store, found.key, _MEMORY_BYTES)))

    try:
        fetch_next(_AHEAD)
        while waiting:
            yield waiting.popleft()
            fetch_next(1)
    finally:
        pool.shutdown(cancel_futures=True)
        for _, content in waiting:
            if not content.cancelled() and content.exception() is None:
                content.result().close()


def _read(found: DataObject, content: Future[BinaryIO], columns: Projection) -> ReadObject:
    try:
        with content.result() as file:
            rows = open_rows(file, found.key, columns)
            return ReadObject(found, _in_one(rows), rows.text)
    except (StoreFailed, UnreadableFile) as fault:
        return ReadObject(found, None, text=False, fault=str(fault))


def _in_one(rows: Rows) -> pa.RecordBatch:
    """An object holds one period of one report: its rows fit into memory together."""
    nothing = [pa.array([], kind) for kind in rows.schema.types]
    batches = list(rows.batches) or [pa.RecordBatch.from_arrays(nothing, schema=rows.schema)]
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
