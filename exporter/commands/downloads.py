"""One object of a store as an open file, in memory or, if it is large, on disk."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from typing import BinaryIO, cast

from exporter.errors import UnusableError
from exporter.storage.store import Store


def downloaded(store: Store, key: str, memory_bytes: int) -> BinaryIO:
    """The content, to be read from its start and closed; more than so many bytes go to disk.

    Raises what the store raises, UnusableError when the disk has no room.
    """
    with ExitStack() as unless_returned:
        kept = unless_returned.enter_context(tempfile.SpooledTemporaryFile(memory_bytes))
        file = cast(BinaryIO, kept)
        try:
            store.download(key, file)
        except OSError as error:
            raise UnusableError(
                f"{store.describe()}{key}: cannot be kept in {tempfile.gettempdir()}:"
                f" {error.strerror}; set TMPDIR to a folder with room"
            ) from error
        file.seek(0)
        unless_returned.pop_all()
        return file
