"""Rows as CSV: RFC 4180 with LF as line end, UTF-8, plain decimals, times with `Z`.

RFC 4180 asks for CRLF, but every reader takes LF, and line tools such as awk would otherwise keep
a carriage return in the last column. Null is an empty field, an empty text is `""`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

_FOCUS_SCALE = 18  # digits after the point of FOCUS costs, prices and quantities
#: Also a text that begins like a guarded one: taking one `'` away always gives the text back.
_FORMULA_START = r"^'*[=+\-@\t\r\n]"
_NEEDS_QUOTES = r'[",\r\n]|^$'


def encode_csv(table: pa.Table, *, header: bool = True) -> bytes:
    """The table as CSV; without `header` its lines can be put behind those of another table.

    A text that a spreadsheet would run as a formula gets a leading `'`.
    Raises ValueError when the text does not read back with as many rows.
    """
    header_lines = [_header(table.column_names)] if header else []
    content = "".join(f"{line}\n" for line in header_lines + _lines(table)).encode()
    check_row_count(content, table.column_names, table.num_rows + len(header_lines))
    return content


def check_row_count(content: bytes, names: Sequence[str], expected: int) -> None:
    """Reads CSV text back; raises ValueError unless it is so many rows of so many fields."""
    found = _count_rows(content, names)
    if found != expected:
        raise ValueError(f"the CSV text reads back {found} rows of {expected}")


def _header(names: Sequence[str]) -> str:
    return ",".join(_escaped(pa.array(names)).to_pylist())


def _lines(table: pa.Table) -> list[str]:
    if table.num_rows == 0:
        return []
    cells = [_cells(column.combine_chunks()) for column in table.columns]
    lines: list[str] = pc.binary_join_element_wise(*cells, ",").to_pylist()
    return lines


def _cells(array: pa.Array) -> pa.Array:
    """The text of each cell as it stands between the commas; each text of a code is made once."""
    if pa.types.is_dictionary(array.type):
        return pc.fill_null(_cells(array.dictionary).take(array.indices), "")
    return pc.fill_null(_writer_of(array.type)(array), "")


def _writer_of(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    if pa.types.is_string(kind):
        return _texts
    if (pa.types.is_decimal128(kind) or pa.types.is_decimal256(kind)) and kind.scale > 0:
        return _decimals
    if pa.types.is_timestamp(kind):
        return _times
    if pa.types.is_integer(kind):
        return _integers
    raise ValueError(f"no CSV form for a column of type {kind}")


def _texts(array: pa.Array) -> pa.Array:
    formula = pc.match_substring_regex(array, _FORMULA_START)
    guarded = pc.binary_join_element_wise("'", array, "")
    return _escaped(pc.if_else(formula, guarded, array))


def _escaped(texts: pa.Array) -> pa.Array:
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(pc.match_substring_regex(texts, _NEEDS_QUOTES), quoted, texts)


def _decimals(array: pa.Array) -> pa.Array:
    """Fixed point, trimmed; Arrow's own text turns to 1E-9 for small numbers.

    A FOCUS amount keeps one digit after the point: a column that happens to hold whole numbers
    only would be taken for integers by readers that guess, the official validator among them.
    """
    scale = array.type.scale
    digits = _unscaled(pc.abs(array)).cast(pa.string())
    digits = pc.utf8_lpad(digits, scale + 1, "0")
    whole = pc.utf8_slice_codeunits(digits, 0, -scale)
    fraction = pc.utf8_rtrim(pc.utf8_slice_codeunits(digits, -scale), "0")
    if scale == _FOCUS_SCALE:
        fraction = pc.utf8_rpad(fraction, 1, "0")
    point = pc.if_else(pc.equal(fraction, ""), "", ".")
    sign = pc.if_else(pc.less(array, pa.scalar(0, array.type)), "-", "")
    return pc.binary_join_element_wise(sign, whole, point, fraction, "")


def _unscaled(array: pa.Array) -> pa.Array:
    """The same digits as whole numbers."""
    made = pa.decimal256 if pa.types.is_decimal256(array.type) else pa.decimal128
    kind = made(array.type.precision, 0)
    return pa.Array.from_buffers(kind, len(array), array.buffers(), offset=array.offset)


def _times(array: pa.Array) -> pa.Array:
    return pc.strftime(array.cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%SZ")


def _integers(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())


def _count_rows(content: bytes, names: Sequence[str]) -> int:
    if not content:
        return 0
    table = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        read_options=pyarrow.csv.ReadOptions(column_names=names),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=names[:1], column_types={names[0]: pa.string()}
        ),
    )
    rows: int = table.num_rows
    return rows
