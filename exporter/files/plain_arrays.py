"""Arrow columns as the plain types that the rules know, whatever the writer's library noted."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from exporter.errors import UnreadableFile


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of `plain_batch`; its names may repeat."""
    return pa.schema([pa.field(f.name, _plain(f.type), nullable=f.nullable) for f in schema])


def plain_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Dictionaries decoded, extension types as what they store, large and viewed texts as texts.

    The same Parquet column comes as any of these, since its writer may have noted an Arrow type.
    """
    schema = plain_schema(batch.schema)
    arrays = [
        _plain_array(array, field.type) for array, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def check_texts(batch: pa.RecordBatch, rows_before: int) -> None:
    """Raises UnreadableFile for the first text that is no UTF-8, ArrowInvalid for broken arrays."""
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if not pa.types.is_string(field.type):
            array.validate(full=True)
            continue
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:
            refuse_broken_text(field.name, array.view(pa.binary()), rows_before)
            raise


def refuse_broken_text(column: str, array: pa.BinaryArray, rows_before: int) -> None:
    """Raises UnreadableFile that names the first value that is no UTF-8; none is no error."""
    for index, value in enumerate(array):
        try:
            str(value.as_py() or b"", "utf-8")
        except UnicodeDecodeError:
            row = rows_before + index + 1
            text = f"cannot be read from row {row} on: it is no UTF-8 text"
            raise UnreadableFile(text, row, column) from None


def _plain(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    return kind


def _plain_array(array: pa.Array, kind: pa.DataType) -> pa.Array:
    stored = array
    while isinstance(stored.type, pa.BaseExtensionType):
        stored = stored.storage
    return stored if stored.type == kind else pc.cast(stored, kind)
