"""A CSV file that anybody wrote, as batches of texts.

RFC 4180 with any line end, a header line, UTF-8 with or without a byte order mark, plain or
gzipped. Null is an unquoted empty field; `""` is an empty text. Blank lines are skipped. The `'`
that our CSV has before a formula stays: the rules know in which columns it means nothing.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from exporter.errors import UnreadableFile
from exporter.files.plain_arrays import refuse_broken_text

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FAULTS = (EOFError, OSError, zlib.error)
_LONGEST_HEADER = 1 << 20
#: A row must fit; rows of usage have about a kilobyte.
_BLOCK_BYTES = 8 << 20
_LINE_END = re.compile(rb"\r\n|\n|\r")


def read_csv(
    file: BinaryIO, columns: Callable[[Sequence[str]], Sequence[str]] | None = None
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The columns, all strings with the names of the header, which may repeat, and the rows.

    `columns` chooses some of the names. Raises UnreadableFile, the batches too.
    """
    body = _Body(_unpacked(file))
    names = _header(body)
    wanted = set(names if columns is None else columns(names))
    kept = {str(place): name for place, name in enumerate(names) if name in wanted}
    schema = pa.schema([pa.field(name, pa.string()) for name in kept.values()])
    return schema, _batches(body, schema, len(names), list(kept))


def _unpacked(file: BinaryIO) -> BinaryIO:
    magic = file.read(len(_GZIP_MAGIC))
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if magic == _GZIP_MAGIC else file  # type: ignore[return-value]


class _Body:
    """A stream that pyarrow can read, which counts quotes and names what goes wrong."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begun = b""
        self.closed = False
        self.quotes = 0

    def read(self, size: int) -> bytes:
        piece, self._begun = self._begun[:size], self._begun[size:]
        if not piece:
            piece = self._raw(size)
        self.quotes += piece.count(b'"')
        return piece

    def take_line(self) -> bytes:
        """The first line, which may hold line ends inside quotes, without its own."""
        head = self._raw(_LONGEST_HEADER)
        end = _end_of_line(head)
        if end is None:
            if len(head) == _LONGEST_HEADER:
                raise UnreadableFile("has no line end within its first megabyte")
            return head
        line, self._begun = head[: end[0]], head[end[1] :]
        return line

    def close(self) -> None:
        """Whoever opened the file closes it."""
        self.closed = True

    def _raw(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except _GZIP_FAULTS as error:
            text = " ".join(str(error).split())
            raise UnreadableFile(f"cannot be read to its end: {text}") from error


def _end_of_line(head: bytes) -> tuple[int, int] | None:
    """Where the first line ends, and where the next one begins."""
    quotes, counted = 0, 0
    for found in _LINE_END.finditer(head):
        quotes += head.count(b'"', counted, found.start())
        counted = found.start()
        if quotes % 2 == 0:
            return found.span()
    return None


def _header(body: _Body) -> list[str]:
    try:
        line = body.take_line().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile("is no UTF-8 text") from None
    if not line.strip():
        raise UnreadableFile("has no header line" if body.read(1) else "is empty, without a header")
    try:
        (names,) = csv.reader([line], strict=True)
    except (csv.Error, ValueError) as error:
        raise UnreadableFile(f"its header is no CSV: {error}") from None
    return names


def _batches(
    body: _Body, schema: pa.Schema, width: int, kept: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """`kept` are the places of the schema's columns among all `width`."""
    ragged: list[tuple[int, int]] = []

    def refuse(row: pa.csv.InvalidRow) -> str:
        ragged.append((row.number, row.actual_columns))
        return "error"

    rows = 0
    try:
        reader = _open(body, width, kept, refuse)
        for batch in reader or ():
            yield _texts(batch, schema, rows)
            rows += batch.num_rows
    except pa.ArrowException as error:
        raise _fault(error, ragged, rows, width) from error
    if body.quotes % 2:
        raise UnreadableFile("ends inside a quoted field, or has a quote in an unquoted one", rows)


def _open(
    body: _Body, width: int, kept: Sequence[str], refuse: object
) -> pyarrow.csv.CSVStreamingReader | None:
    """None if there is no row. One thread: only so are the rows of faults numbered."""
    names = [str(number) for number in range(width)]
    try:
        return pyarrow.csv.open_csv(
            pa.PythonFile(body, mode="r"),
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, block_size=_BLOCK_BYTES, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=True, invalid_row_handler=refuse
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.binary()),
                include_columns=kept,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return None
        raise


def _texts(batch: pa.RecordBatch, schema: pa.Schema, rows_before: int) -> pa.RecordBatch:
    arrays = [
        _text(field.name, array, rows_before)
        for field, array in zip(schema, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _text(column: str, array: pa.BinaryArray, rows_before: int) -> pa.StringArray:
    try:
        return pc.cast(array, pa.string())
    except pa.ArrowInvalid:
        refuse_broken_text(column, array, rows_before)
        raise


def _fault(
    error: pa.ArrowException, ragged: list[tuple[int, int]], rows: int, width: int
) -> UnreadableFile:
    if ragged:
        row, found = ragged[0]
        return UnreadableFile(
            f"cannot be read from row {row} on: it has {found} fields, the header {width}", row
        )
    if "straddl" in str(error):
        size = _BLOCK_BYTES >> 20
        text = f"a row is longer than {size} MiB, or a quoted field does not end"
    else:
        text = " ".join(str(error).split())
    return UnreadableFile(f"cannot be read from row {rows + 1} on: {text}", rows + 1)
