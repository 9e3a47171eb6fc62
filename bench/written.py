"""What a run has left in a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from tests.servers import S3Server


@dataclass(frozen=True, slots=True)
class Written:
    """All objects of a run by key. `data` are those in the folders that BI tools read."""

    objects: dict[str, bytes]

    @property
    def data(self) -> dict[str, bytes]:
        return {key: body for key, body in self.objects.items() if "/version=" in f"/{key}"}

    @property
    def bytes(self) -> int:
        return sum(map(len, self.objects.values()))

    @property
    def tables(self) -> list[pa.Table]:
        """The tables of the data objects, in order of their keys."""
        return [read(body) for _, body in sorted(self.data.items())]


def read(body: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The table, or some columns, of one Parquet object."""
    return pq.read_table(pa.BufferReader(body), columns=columns, use_threads=False)


def written_to(s3: S3Server, bucket: str) -> Written:
    """Everything in the bucket."""
    return Written(
        {
            key: s3.client.get_object(Bucket=bucket, Key=key)["Body"].read()
            for key in s3.keys(bucket)
        }
    )
