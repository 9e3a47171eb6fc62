"""Rows as one Parquet file in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from exporter.focus.coded_tables import in_slices, is_text

Compression = Literal["snappy", "zstd"]

ROWS_PER_GROUP = 128 * 1024


def encode_parquet(table: pa.Table, compression: Compression, footer: Mapping[str, str]) -> bytes:
    """The table as a Parquet file, the same bytes for the same table, footer and pyarrow.

    Texts are dictionary-encoded in the file and plain text for its readers. The Arrow schema is
    not stored beside the Parquet schema: it says nothing more and would dwarf small files.
    Raises ValueError when the file does not read back with as many rows.
    """
    content = _written(table, compression, footer)
    check_row_count(content, table.num_rows)
    return content


def check_row_count(content: bytes, expected: int) -> None:
    """Reads a Parquet footer back; raises ValueError unless it counts so many rows."""
    found = pq.read_metadata(pa.BufferReader(content)).num_rows
    if found != expected:
        raise ValueError(f"the Parquet file reads back {found} rows of {expected}")


def open_parquet(sink: object, schema: pa.Schema, compression: Compression) -> pq.ParquetWriter:
    """A writer into a binary file object or Arrow stream."""
    texts = [field.name for field in schema if is_text(field.type)]
    return pq.ParquetWriter(
        sink,
        schema,
        version="2.6",
        compression=compression,
        use_dictionary=texts,
        write_statistics=True,
        store_schema=False,
    )


def _written(table: pa.Table, compression: Compression, footer: Mapping[str, str]) -> bytes:
    sink = pa.BufferOutputStream()
    schema, groups = in_slices(table, ROWS_PER_GROUP)
    with open_parquet(sink, schema, compression) as writer:
        for group in groups:
            writer.write_table(group, row_group_size=ROWS_PER_GROUP)
        writer.add_key_value_metadata(dict(sorted(footer.items())))
    content: bytes = sink.getvalue().to_pybytes()
    return content
