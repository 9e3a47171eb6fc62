"""Destinations that can be filled, looked at while a run writes, and read back whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from exporter.storage.local import LocalStore
from exporter.storage.record import sha256_hex
from exporter.storage.s3 import S3Store
from exporter.storage.store import Store
from tests.e2e.written import Objects, data, in_bucket, in_folder, manifests, metadata, table
from tests.servers import S3Server, s3_server

Destination = Literal["folder", "bucket"]
#: An S3 server, and the folder that holds its buckets.
Rclone = tuple[S3Server, Path]

PREFIX = "focus/"
#: What the FOCUS metadata say of the clock: all else of them is the same after every run.
_TIMES = frozenset(
    {
        *("CreationDate", "RecencyLastUpdated"),
        *("DatasetInstanceLastUpdated", "TimeSectorLastUpdated"),
    }
)


@dataclass(frozen=True, slots=True)
class State:
    """Every object that is visible, and what is recorded of each."""

    objects: Objects
    described: Mapping[str, Mapping[str, str]]

    @property
    def dataset(self) -> dict[str, tuple[bytes, Mapping[str, str]]]:
        """The objects that hold rows: their bytes, and what is recorded of them."""
        return {key: (body, self.described[key]) for key, body in data(self.objects).items()}

    @property
    def metadata(self) -> dict[str, Any]:
        """The FOCUS metadata without the moments at which they were written."""
        return {key: _timeless(json.loads(body)) for key, body in metadata(self.objects).items()}

    @property
    def manifests(self) -> dict[str, Any]:
        return {key: json.loads(body) for key, body in manifests(self.objects).items()}


NOTHING = State({}, {})


@dataclass(frozen=True, slots=True)
class Place:
    """A destination: the settings that name it, and the folder in which its objects are files."""

    settings: Mapping[str, str]
    files: Path
    store: Store
    server: S3Server | None = None
    bucket: str = ""

    def read(self) -> State:
        """All of it, as readers see it: what has a hidden name is no object."""
        if self.server is None:
            found = {key: body for key, body in in_folder(self.files).items() if "/." not in key}
        else:
            found = in_bucket(self.server, self.bucket)
        return State(found, {key: self._described(key) for key in found})

    def fill(self, state: State) -> None:
        for key, body in state.objects.items():
            self.store.put(key, body, state.described[key], "application/octet-stream")

    def _described(self, key: str) -> Mapping[str, str]:
        stored = self.store.head(key)
        assert stored is not None
        return stored.metadata


def folder_place(root: Path) -> Place:
    return Place({"OUTPUT_DIR": str(root)}, root, LocalStore(root))


def bucket_place(server: S3Server, folder: Path) -> Place:
    """A new bucket of an rclone server whose own folder that is."""
    bucket = server.new_bucket()
    store = S3Store(server.client, bucket)
    return Place(server.settings(bucket), folder / "buckets" / bucket, store, server, bucket)


def new_place(destination: Destination, folder: Path, rclone: Rclone) -> Place:
    """An empty one; `folder` is used for nothing else."""
    return bucket_place(*rclone) if destination == "bucket" else folder_place(folder)


@contextmanager
def rclone_server(folder: Path) -> Iterator[Rclone]:
    """A server whose folder is known, so that its objects can be looked at as they come."""
    with s3_server(folder) as server:
        yield server, folder


def assert_whole(state: State) -> None:
    """Everything visible is readable, is what its hash says, and lies under the prefix."""
    for key, body in state.objects.items():
        assert key.startswith(PREFIX), key
        assert state.described[key]["sha256"] == sha256_hex(body), key
        if key.endswith(".parquet"):
            assert str(table(body).num_rows) == state.described[key]["rows"], key
        else:
            json.loads(body)


def left_over(place: Place) -> list[str]:
    """Files that no reader is meant to see and no later run would remove."""
    return sorted(str(path) for path in place.files.rglob("*") if "tmp" in path.name)


def _timeless(value: Any) -> Any:
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    if isinstance(value, dict):
        return {name: _timeless(one) for name, one in value.items() if name not in _TIMES}
    return value
