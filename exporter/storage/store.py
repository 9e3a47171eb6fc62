"""What a store can do: whole objects at keys, each with text metadata.

There are two: `s3` and `local`. Both raise UnusableError when no request can succeed (no such
bucket, no access, disk full) and StoreFailed when one object failed and the next may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that exists; `metadata` is empty when the store kept or was given none.

    `size` is that of its content in bytes, None where nobody asked the store.
    """

    key: str
    metadata: Mapping[str, str]
    size: int | None = field(default=None, compare=False)


class Store(Protocol):
    """Safe for use by several threads. A key is relative, its parts are divided by `/`."""

    def head(self, key: str) -> StoredObject | None:
        """The object without its content; None if there is none."""

    def list_keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins with the prefix, as pages arrive; order means nothing."""

    def list_sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """The same keys, each with the bytes of its object."""

    def list_folders(self, prefix: str) -> Iterator[str]:
        """Every beginning of keys that the prefix and the next `/` after it make; each once."""

    def put(self, key: str, body: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        """Replaces the object whole: a reader sees the old one or the new one.

        Metadata names are lower-case ASCII; values are any text, 2 KB in all.
        """

    def get(self, key: str) -> bytes:
        """The content; a missing object raises StoreFailed."""

    def download(self, key: str, into: BinaryIO) -> None:
        """Appends the content to an open file, piece by piece; a missing object is StoreFailed."""

    def delete(self, key: str) -> None:
        """Removes the object; a missing one is no error."""

    def describe(self) -> str:
        """What a key is appended to for a message: `s3://bucket/` or the folder with a slash."""

    def check_access(self, prefix: str) -> None:
        """Raises UnusableError if objects under the prefix cannot be listed; leaves nothing."""

    def check_writing(self, prefix: str) -> None:
        """Raises UnusableError if objects under the prefix cannot be written; leaves nothing."""

    def close(self) -> None:
        """Ends its connections."""
