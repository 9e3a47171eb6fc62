"""What is known of an object that is there: whose it is, and whether it can still be read.

Nothing is read to find that out but where metadata is lost, or a person asks for it (`--force`):
a store answers a HEAD with size and metadata, and both are those of the whole object.
"""

from __future__ import annotations

from dataclasses import dataclass

from exporter.log import get_logger
from exporter.storage.destination import Destination
from exporter.storage.record import Candidate, ObjectRecord, sha256_hex
from exporter.storage.store import StoredObject

_PARQUET_MAGIC = b"PAR1"
_SMALLEST_PARQUET = 12  # magic, length of the footer, magic


@dataclass(frozen=True, slots=True)
class Found:
    """An object at the candidate's key, as far as it is worth keeping.

    `record` is what its metadata says, None if that is lost; `sha256` is that of its content.
    `damaged` is true when the content is not what the metadata says, and the candidate is.
    """

    record: ObjectRecord | None
    sha256: str
    damaged: bool = False


def look_at(
    destination: Destination,
    stored: StoredObject | None,
    candidate: Candidate,
    wanted: ObjectRecord,
    *,
    read: bool,
) -> Found | None:
    """None if there is no object, or nothing of it: nobody can read it, or knows what it was.

    `wanted` is the candidate's own record. With `read` the content is looked at in any case.
    """
    if stored is None:
        return None
    record = ObjectRecord.from_metadata(stored.metadata)
    if record is None:
        return _without_record(destination, stored, candidate, wanted)
    damage = ""
    if record.sha256 == wanted.sha256:
        if stored.size not in (None, len(candidate.body)):
            damage = f"it has {stored.size} bytes instead of {len(candidate.body)}"
        elif read and sha256_hex(destination.store.get(stored.key)) != record.sha256:
            damage = "its content has another SHA-256 than its metadata says"
    if damage:
        _warn(destination, stored.key, damage)
    return Found(record, record.sha256, bool(damage))


def _without_record(
    destination: Destination, stored: StoredObject, candidate: Candidate, wanted: ObjectRecord
) -> Found | None:
    body = b"" if stored.size == 0 else destination.store.get(stored.key)
    sha256 = sha256_hex(body)
    damage = damage_of(body, candidate.extension)
    if damage and sha256 != wanted.sha256:
        _warn(destination, stored.key, damage)
        return None
    return Found(None, sha256)


def damage_of(body: bytes, extension: str) -> str:
    """Why no program can read a file of that format; empty if some may."""
    if not body:
        return "it is empty"
    if extension == "parquet" and not _is_whole_parquet(body):
        return "it is no whole Parquet file"
    if extension == "csv" and not body.endswith(b"\n"):
        return "its last line is cut off"
    return ""


def _is_whole_parquet(body: bytes) -> bool:
    ends = body.startswith(_PARQUET_MAGIC) and body.endswith(_PARQUET_MAGIC)
    return ends and len(body) >= _SMALLEST_PARQUET


def _warn(destination: Destination, key: str, damage: str) -> None:
    get_logger().warning(
        "object is damaged and made again", object=destination.locate(key), reason=damage
    )
