"""Rows as one Parquet file written table by table, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

import pyarrow as pa

from exporter.files.parquet import Compression, open_parquet
from exporter.focus.coded_tables import in_full


class ParquetStream:
    """A Parquet file under construction; nothing can read it before `close`."""

    def __init__(
        self, sink: BinaryIO, schema: pa.Schema, compression: Compression, footer: Mapping[str, str]
    ) -> None:
        self._writer = open_parquet(sink, schema, compression)
        self._footer = footer

    def write(self, table: pa.Table) -> None:
        """One more row group with the rows of a table."""
        self._writer.write_table(in_full(table))

    def close(self) -> None:
        """Write the footer."""
        self._writer.add_key_value_metadata(dict(sorted(self._footer.items())))
        self._writer.close()
