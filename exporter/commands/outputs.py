"""Files and streams that commands write their results to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all; a device or a pipe is written as it comes."""
    if path.exists() and not path.is_file():  # a device or a pipe, such as /dev/stdout
        with path.open("wb") as sink:
            yield sink
        return
    path = path.resolve()
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as sink:
            yield sink
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def print_bytes(content: bytes) -> None:
    """Text for stdout, whatever encoding the locale has."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
