"""The cells of a column as one type, exactly: a number never goes through a float."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from exporter.errors import UnreadableFile
from exporter.focus.column import Column, ColumnType

#: A text that a spreadsheet would run has a `'` before it in our CSV.
_GUARDED = r"^'('*[=+\-@\t\r\n])"
_WHOLE_NUMBER = r"^[+-]?[0-9]{1,18}$"
_LONGEST_SHOWN = 40
#: What an Arrow column of each type may come as in a file.
_SECONDS = pa.timestamp("s", tz="UTC")


def cell_type(column: Column) -> pa.DataType:
    """The Arrow type of a column's cells; times are whole unix seconds."""
    if column.type is ColumnType.DATETIME:
        return pa.int64()
    return column.arrow_type


def as_cells(array: pa.Array, column: Column, *, text: bool) -> pa.Array:
    """A column of a file as cells; with `text` of a CSV. Raises UnreadableFile."""
    if pa.types.is_dictionary(array.type):  # a file says so of texts that repeat
        array = array.dictionary_decode()
    if column.is_text:
        return _texts(array, column, text)
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), cell_type(column))
    if pa.types.is_string(array.type):
        return _from_texts(array, column)
    return _from_numbers(array, column)


def _texts(array: pa.Array, column: Column, text: bool) -> pa.Array:
    if not pa.types.is_string(array.type) and not pa.types.is_null(array.type):
        raise _wrong_type(array, column)
    texts = array.cast(pa.string())
    return pc.replace_substring_regex(texts, _GUARDED, r"\1") if text else texts


def _from_texts(array: pa.Array, column: Column) -> pa.Array:
    """Texts of a form that Arrow reads exactly; it would read some others as another number."""
    form = _form(column)
    if form is not None:
        fits = pc.match_substring_regex(array, form)
        if pc.any(pc.invert(fits)).as_py():
            raise _wrong_value(array.filter(pc.invert(fits))[0].as_py(), column)
    try:
        return _stored(array, column)
    except pa.ArrowInvalid as error:
        raise _wrong_value(_first_wrong(array, column), column) from error


def _form(column: Column) -> str | None:
    if column.type is ColumnType.INTEGER:
        return _WHOLE_NUMBER
    if column.type is ColumnType.DECIMAL:
        whole = column.precision - column.scale
        return rf"^[+-]?0*[0-9]{{1,{whole}}}(\.[0-9]{{0,{column.scale}}})?$"
    return None


def _stored(array: pa.Array, column: Column) -> pa.Array:
    if column.type is ColumnType.DATETIME:
        return array.cast(_SECONDS).cast(pa.int64())
    return array.cast(column.arrow_type)


def _first_wrong(array: pa.Array, column: Column) -> object:
    for index in range(len(array)):
        try:
            _stored(array.slice(index, 1), column)
        except pa.ArrowInvalid:
            return array[index].as_py()
    return None


def _from_numbers(array: pa.Array, column: Column) -> pa.Array:
    """Numbers and times of another width; a float has lost its digits already."""
    if not _kind_fits(array.type, column.type):
        raise _wrong_type(array, column)
    try:
        return _stored(array, column)
    except pa.ArrowInvalid as error:
        raise _wrong_value(_first_wrong(array, column), column) from error


def _kind_fits(given: pa.DataType, wanted: ColumnType) -> bool:
    if wanted is ColumnType.DATETIME:
        return bool(pa.types.is_timestamp(given))
    whole = pa.types.is_integer(given)
    return bool(whole or (wanted is ColumnType.DECIMAL and pa.types.is_decimal(given)))


def _wrong_type(array: pa.Array, column: Column) -> UnreadableFile:
    return UnreadableFile(f"{column.name} holds {array.type}, expected {column.type.value}")


def _wrong_value(value: object, column: Column) -> UnreadableFile:
    shown = re.sub(r"\s+", " ", str(value))[:_LONGEST_SHOWN]
    return UnreadableFile(f'{column.name} has the value "{shown}", expected {_expected(column)}')


def _expected(column: Column) -> str:
    match column.type:
        case ColumnType.DECIMAL:
            return (
                f"a decimal with at most {column.scale} digits after the point and "
                f"{column.precision - column.scale} before it"
            )
        case ColumnType.INTEGER:
            return "a whole number"
        case ColumnType.DATETIME:
            return "a time such as 2026-03-10T14:00:00Z"
        case ColumnType.STRING | ColumnType.JSON:
            return "a text"
