"""What a run has written, read back: objects by key, and their rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exporter.periods import unix_seconds
from tests.servers import S3Server

#: Content by key.
Objects = dict[str, bytes]
Row = dict[str, Any]
X = "x-Infer"


def in_folder(folder: Path) -> Objects:
    """Every file of an OUTPUT_DIR but the hidden ones."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path for path in files}
    shown = {key: path for key, path in names.items() if not key.startswith(".")}
    return {key: path.read_bytes() for key, path in sorted(shown.items())}


def in_bucket(server: S3Server, bucket: str) -> Objects:
    """Every object of a bucket."""
    return {
        key: server.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in server.keys(bucket)
    }


def data(objects: Objects) -> Objects:
    """The objects in the folders that BI tools read, without metadata and manifests."""
    return {key: body for key, body in objects.items() if "/version=" in f"/{key}"}


def manifests(objects: Objects) -> Objects:
    """What each run said of itself."""
    return {key: body for key, body in _beside(objects).items() if "/runs/" in key}


def metadata(objects: Objects) -> Objects:
    """The FOCUS metadata, without manifests."""
    return {key: body for key, body in _beside(objects).items() if "/runs/" not in key}


def _beside(objects: Objects) -> Objects:
    return {key: body for key, body in objects.items() if "/metadata/" in f"/{key}"}


def parquet_file(body: bytes) -> pq.ParquetFile:
    return pq.ParquetFile(io.BytesIO(body))


def table(body: bytes) -> pa.Table:
    return parquet_file(body).read()


def rows(objects: Mapping[str, bytes]) -> list[Row]:
    """The rows of all Parquet objects."""
    return [row for body in objects.values() for row in table(body).to_pylist()]


def moment(cell: datetime) -> int:
    """A time of a row as unix seconds."""
    return unix_seconds(cell)


def total(found: Iterable[Row], column: str) -> Decimal:
    """The sum of a column; null counts nothing."""
    return sum((Decimal(row[column]) for row in found if row[column] is not None), Decimal(0))
