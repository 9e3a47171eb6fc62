"""Files that anybody wrote, Parquet or CSV, as batches of rows in bounded memory.

Every fault of a file is an UnreadableFile: no error of a library gets past this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from exporter.errors import UnreadableFile
from exporter.files.csv_reading import read_csv
from exporter.files.plain_arrays import check_texts, plain_batch, plain_schema

#: What names of files with rows end with.
ENDINGS = (".parquet", ".csv", ".csv.gz")

_PARQUET_MAGIC = b"PAR1"
_ROWS_PER_BATCH = 16 * 1024
_BUFFER_BYTES = 1 << 20
#: What pyarrow raises for broken content; its errors have no common base beside Exception.
_FAULTS = (pa.ArrowException, OSError, ValueError)
_LONGEST_REASON = 200


#: From the names of a file's columns to those that are read.
Projection = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one open file.

    `text` is true for a CSV: every column holds strings, null is an unquoted empty field.
    `footer` is the key-value metadata of a Parquet file, empty for a CSV. `batches` can be gone
    through once, while the file is open; it raises UnreadableFile at the first row it cannot read.
    """

    schema: pa.Schema
    text: bool
    footer: Mapping[str, str]
    batches: Iterator[pa.RecordBatch]


def open_rows(file: BinaryIO, name: str, columns: Projection | None = None) -> Rows:
    """The rows of a file that can seek; its name's ending says what it is, else its first bytes.

    Only the columns that `columns` chooses are read, by default all. Raises UnreadableFile.
    """
    if _is_parquet(file, name):
        return _open_parquet(file, columns)
    try:
        schema, batches = read_csv(file, columns)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {_one_line(error)}") from error
    return Rows(schema, True, {}, batches)


def _is_parquet(file: BinaryIO, name: str) -> bool:
    magic = file.read(len(_PARQUET_MAGIC))
    file.seek(0)
    if not name.lower().endswith(ENDINGS):
        return magic == _PARQUET_MAGIC
    called_parquet = name.lower().endswith(ENDINGS[0])
    if magic == _PARQUET_MAGIC and not called_parquet:
        raise UnreadableFile("is a Parquet file under the name of a CSV")
    return called_parquet


def _open_parquet(file: BinaryIO, columns: Projection | None) -> Rows:
    """Without pre-buffering, which would hold a whole row group in memory."""
    try:
        reader = pq.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER_BYTES)
        schema, found = reader.schema_arrow, reader.metadata.metadata or {}
    except _FAULTS as error:
        raise UnreadableFile(f"is no whole Parquet file: {_one_line(error)}") from error
    footer = {_text(key): _text(value) for key, value in found.items()}
    wanted = set(schema.names if columns is None else columns(schema.names))
    kept = pa.schema([field for field in schema if field.name in wanted])
    names = None if columns is None else list(dict.fromkeys(kept.names))
    return Rows(plain_schema(kept), False, footer, _parquet_batches(reader, names))


def _parquet_batches(
    reader: pq.ParquetFile, names: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Without threads: they would decode many columns ahead, and the rules use the other core."""
    rows = 0
    try:
        for batch in reader.iter_batches(_ROWS_PER_BATCH, columns=names, use_threads=False):
            plain = plain_batch(batch)
            check_texts(plain, rows)
            yield plain
            rows += plain.num_rows
    except _FAULTS as error:
        reason = f"cannot be read from row {rows + 1} on: {_one_line(error)}"
        raise UnreadableFile(reason, rows + 1) from error


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _one_line(error: BaseException) -> str:
    """The library's own words; those of operating system errors without number and path."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
