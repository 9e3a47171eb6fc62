"""Tables in which a column of texts is one of codes, and the same as plain text or for a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.cost.distinct import plain
from exporter.focus.decimals import Ints

#: A Parquet dictionary has a byte limit twice as high, beyond which texts are written as they are.
_MOST_BYTES = 1 << 19
_BYTES_PER_WORD = 4  #: its length, before each word of a Parquet dictionary
_NOWHERE = -1
_FIRST_ROWS = 1024  #: among which all words of a column are often found


def in_full(table: pa.Table) -> pa.Table:
    """The same table with texts written out."""
    schema = pa.schema([_plain_field(field) for field in table.schema])
    if schema == table.schema:
        return table
    return pa.table([_plain_column(column) for column in table.columns], schema=schema)


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(field.type.value_type) if _is_coded(field.type) else field


def _is_coded(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind))


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not _is_coded(column.type):
        return column
    texts = [plain(chunk) for chunk in column.chunks]
    return pa.chunked_array(texts, column.type.value_type)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts, plain or by code."""
    return bool(pa.types.is_string(kind.value_type if _is_coded(kind) else kind))


def in_slices(table: pa.Table, rows: int) -> tuple[pa.Schema, list[pa.Table]]:
    """Consecutive tables of at most so many rows and their schema; one table if there is no row.

    Columns with codes have those words only that are there, each once, in the order of the rows: a
    Parquet writer makes the same of them as of plain texts, without looking at every row. Where
    texts hardly repeat they are plain.
    """
    starts = range(0, max(table.num_rows, 1), rows)
    columns = [_sliced(column, starts, rows) for column in table.columns]
    schema = pa.schema(
        [
            field.with_type(slices[0].type)
            for field, slices in zip(table.schema, columns, strict=True)
        ]
    )
    parts = zip(*columns, strict=True)
    return schema, [pa.table(list(part), schema=schema) for part in parts]


def _sliced(column: pa.ChunkedArray, starts: Sequence[int], rows: int) -> list[pa.Array]:
    if not _is_coded(column.type):
        return [column.slice(start, rows) for start in starts]
    array = column.combine_chunks()
    if _size(array.dictionary) > _MOST_BYTES:
        texts = plain(array)
        return [texts.slice(start, rows) for start in starts]
    if len(array.dictionary) == 1 and not array.null_count:
        return [_repeated(array.dictionary, len(array.slice(start, rows))) for start in starts]
    codes, words = _distinct(array)
    return [_ordered(codes[start : start + rows], words) for start in starts]


def _repeated(word: pa.Array, rows: int) -> pa.DictionaryArray:
    """A column of one word, or of nothing but null."""
    indices = pa.nulls(rows, pa.int32()) if word.null_count else pa.array(np.zeros(rows, np.int32))
    return pa.DictionaryArray.from_arrays(indices, word.drop_null() if rows else word[:0])


def _size(words: pa.Array) -> int:
    return int(words.nbytes) + _BYTES_PER_WORD * len(words)


def _distinct(array: pa.DictionaryArray) -> tuple[Ints, pa.Array]:
    """The codes, `_NOWHERE` for null, and the words, each once."""
    unique, indices = array.dictionary.dictionary_encode(), array.indices
    if indices.null_count:
        indices = pc.fill_null(indices, len(unique))
    elif len(unique.dictionary) == len(unique):
        return indices.to_numpy(), unique.dictionary
    code_of = np.append(pc.fill_null(unique.indices, _NOWHERE), _NOWHERE)
    return code_of[indices.to_numpy()], unique.dictionary


def _ordered(codes: Ints, words: pa.Array) -> pa.DictionaryArray:
    """A column of codes whose words are in the order in which they first appear."""
    used = _appearing(codes, len(words))
    places = np.full(len(words) + 1, _NOWHERE, np.int32)
    places[used] = np.arange(len(used), dtype=np.int32)
    new_codes = places[codes]
    indices = pa.array(new_codes, mask=new_codes == _NOWHERE)
    return pa.DictionaryArray.from_arrays(indices, words.take(pa.array(used)))


def _appearing(codes: Ints, count: int) -> Ints:
    """The codes that are there, in the order in which they first appear; there are so many."""
    for rows in (_FIRST_ROWS, len(codes)):
        found = pc.unique(pa.array(codes[:rows])).to_numpy()
        present: Ints = found[found != _NOWHERE]
        if len(present) == count:
            break
    return present
