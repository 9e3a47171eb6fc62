"""A folder as a store, with the same keys as S3.

The metadata of an object lies in `.infer-focus/objects/{SHA-256 of key}/{SHA-256 of content}.json`
and is written before the content is renamed into place: whenever a write is cut short, the content
finds its own metadata or none, never another's. What begins with a dot is no object. Below the
hidden folder nothing is named like data, since the `**/*.parquet` of some readers looks there too.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from exporter.errors import StoreFailed, UnusableError
from exporter.storage.patience import needed
from exporter.storage.record import sha256_hex
from exporter.storage.store import StoredObject

HIDDEN = ".infer-focus"
_PIECE_BYTES = 1 << 20
#: Whoever holds the lock writes alone: what a killed run left is overwritten by the next write
#: into the same folder, whatever its key, and is in the way of nobody.
UNFINISHED = ".unfinished.tmp"
#: After these no other object can be written either.
_UNUSABLE = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM),
        *(errno.ENOTDIR, errno.ENOLCK, errno.EOPNOTSUPP),
    }
)
_USUAL_ADVICE = "OUTPUT_DIR needs room and write access"

Replace = Callable[[Path, Path], object]


class LocalStore:
    """A folder, made by the first write. `replace` renames a file over another at once.

    `advice` is what to do if nothing can be read or written: it names what the user gave.
    """

    def __init__(
        self, root: Path, replace: Replace = os.replace, advice: str = _USUAL_ADVICE
    ) -> None:
        self._root = root
        self._advice = advice
        self._replace = replace

    def head(self, key: str) -> StoredObject | None:
        """Reads the whole file: its hash finds the metadata."""
        path = self._path(key)
        with self._translated(key):
            if not path.is_file():
                return None
            content = path.read_bytes()
            sidecar = self._sidecar(key, content)
            metadata = _metadata_of(sidecar.read_bytes()) if sidecar.is_file() else {}
        return StoredObject(key, metadata, len(content))

    def list_keys(self, prefix: str) -> Iterator[str]:
        return (key for key, _ in self.list_sizes(prefix))

    def list_sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        start = prefix.rpartition("/")[0]
        folder = self._path(start) if start else self._root
        with self._translated(prefix):
            for path in _files(folder):
                key = path.relative_to(self._root).as_posix()
                if key.startswith(prefix):
                    yield key, path.stat().st_size

    def list_folders(self, prefix: str) -> Iterator[str]:
        start, _, begun = prefix.rpartition("/")
        folder = self._path(start) if start else self._root
        with self._translated(prefix):
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.name.startswith(begun) and path.name[0] != "." and path.is_dir():
                    yield f"{path.relative_to(self._root).as_posix()}/"

    def put(self, key: str, body: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        """Metadata first, content second, older metadata last. A folder has no content types."""
        path, sidecar = self._path(key), self._sidecar(key, body)
        with self._translated(key), self._locked():
            self._write(sidecar, _described(key, metadata), self._root / HIDDEN / UNFINISHED)
            self._write(path, body, path.with_name(UNFINISHED))
            for older in sidecar.parent.iterdir():
                if older != sidecar:
                    older.unlink()

    def get(self, key: str) -> bytes:
        path = self._path(key)
        with self._translated(key):
            return path.read_bytes()

    def download(self, key: str, into: BinaryIO) -> None:
        """Faults of `into` are not translated: they are not this store's."""
        path = self._path(key)
        with self._translated(key):
            file = path.open("rb")
        with file:
            while piece := self._piece(key, file):
                into.write(piece)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._translated(key), self._locked():
            path.unlink(missing_ok=True)
            shutil.rmtree(self._sidecar(key, b"").parent, ignore_errors=True)

    def describe(self) -> str:
        return f"{self._root}/"

    def check_access(self, prefix: str) -> None:
        """Also finds a folder that cannot be written: there is no cheaper question."""
        self.check_writing(prefix)

    def check_writing(self, prefix: str) -> None:
        """Writes into the nearest folder that exists, into a file that never has a name."""
        folder = self._path(prefix.rstrip("/")) if prefix else self._root
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        with needed(), self._translated(prefix), tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0")
            probe.flush()

    def close(self) -> None:
        """A folder holds no connection."""

    def _piece(self, key: str, file: BinaryIO) -> bytes:
        with self._translated(key):
            return file.read(_PIECE_BYTES)

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in {"", ".", ".."} for part in parts) or parts[0] == HIDDEN:
            raise StoreFailed(f"{key!r} is not a key inside {self.describe()}")
        return self._root.joinpath(*parts)

    def _sidecar(self, key: str, body: bytes) -> Path:
        folder = self._root / HIDDEN / "objects" / sha256_hex(key.encode())
        return folder / f"{sha256_hex(body)}.json"

    def _write(self, path: Path, content: bytes, temporary: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._replace(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)  # a disk that is full has no room for halves
            raise
        with _opened(path.parent) as folder:
            os.fsync(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, over processes too; the lock ends with its holder."""
        hidden = self._root / HIDDEN
        hidden.mkdir(parents=True, exist_ok=True)
        with (hidden / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise StoreFailed(f"{self.describe()}{key}: there is no such object") from error
        except OSError as error:
            text = f"{self.describe()}{key}: {error.strerror}"
            if error.errno in _UNUSABLE:
                raise UnusableError(f"{text}; {self._advice}") from error
            raise StoreFailed(text) from error


def _metadata_of(sidecar: bytes) -> dict[str, str]:
    """What a file of metadata says; nothing if it is damaged."""
    try:
        metadata = json.loads(sidecar)["metadata"]
        return {name: value for name, value in metadata.items() if isinstance(value, str)}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _described(key: str, metadata: Mapping[str, str]) -> bytes:
    return json.dumps({"key": key, "metadata": dict(metadata)}, indent=2, sort_keys=True).encode()


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder, hidden ones left out; none if there is no such folder."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path
