"""The files below a local path."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exporter.errors import ConfigurationError, UnreadableFile
from exporter.files.reading import ENDINGS


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to check.

    `name` is how the output calls it, `place` the whole path or key, whose parts may say its
    version. `open` gives the content, which can seek; it raises UnreadableFile, for an object in a
    bucket StoreFailed too.
    """

    name: str
    place: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


def kinds() -> str:
    """The endings as a sentence has them."""
    return f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"


def find_local(text: str) -> list[FoundFile]:
    """A file, whatever its name, or the data files of a folder and those in it, by name.

    Hidden entries are left out. Raises ConfigurationError when there is nothing to check.
    """
    path = Path(text)
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{text}: no such file or folder") from error
    except OSError as error:
        raise ConfigurationError(f"{text}: cannot be opened: {error.strerror}") from error
    if not is_folder:
        return [_found(path, text)]
    files = [_found(file, file.relative_to(path).as_posix()) for file in sorted(_below(path))]
    if not files:
        raise ConfigurationError(f"{text}: holds no file that ends with {kinds()}")
    return files


def _found(path: Path, name: str) -> FoundFile:
    return FoundFile(name, path.absolute().as_posix(), lambda: _opened(path))


def _below(root: Path) -> Iterator[Path]:
    """Linked folders too, each folder once. Raises ConfigurationError for one without access."""
    seen = set[tuple[int, int]]()
    for folder, folders, names in os.walk(root, onerror=_refuse, followlinks=True):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                yield Path(folder, name)


def _refuse(error: OSError) -> None:
    raise ConfigurationError(f"{error.filename}: cannot be listed: {error.strerror}") from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would never end
            raise UnreadableFile("is no regular file")
        file = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"cannot be opened: {error.strerror}") from error
    with file:
        yield file
