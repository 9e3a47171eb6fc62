"""Numbers and times of a column, whatever the file holds them as.

Formats: NumericFormat and DateTimeFormat of FOCUS. Null, and what is no number or time, is NaN
or `NO_TIME`; relations between columns leave such cells out, so that one fault is told once.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from exporter.focus.rules.coded import Coded, is_text

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_TIME = np.iinfo(np.int64).min
#: One number without sign for positive, separators or padding; an exponent only as E.
NUMBER = r"^-?[0-9]+(\.[0-9]+)?(E-?[0-9]+)?$"
INTEGER = r"^-?[0-9]+$"
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_UTC_ZONES = ("UTC", "Etc/UTC", "Z", "+00:00")
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def is_number(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds numbers, floating-point ones included."""
    return is_exact(kind) or bool(pa.types.is_floating(kind))


def is_exact(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds nothing but finite numbers."""
    return bool(pa.types.is_decimal(kind) or pa.types.is_integer(kind))


def is_moment(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds moments in UTC; without a zone nobody knows which they are."""
    return pa.types.is_timestamp(kind) and kind.tz in _UTC_ZONES


def numbers(array: pa.Array) -> Floats:
    """The numbers of a column as floats; NaN for null and for what is no finite number."""
    if is_text(array.type):
        array = _written_numbers(array)
    elif not is_number(array.type):
        return np.full(len(array), np.nan)
    if pa.types.is_decimal128(array.type):
        return _decimals(array)
    values: Floats = array.cast(pa.float64()).to_numpy(zero_copy_only=False)  # null is NaN
    return np.where(np.isinf(values), np.nan, values)


def _decimals(array: pa.Array) -> Floats:
    """Decimals from their 128 bits, the halves of a two's complement, within 4e-16 of each."""
    words = np.frombuffer(array.buffers()[1] or b"", np.int64)
    low, high = words[2 * array.offset :][: 2 * len(array)].reshape(len(array), 2).T
    values: Floats = low.astype(np.float64)
    large = high != low >> 63
    if large.any():
        values = np.where(large, high * 2.0**64 + low.view(np.uint64), values)
    values = values / 10.0**array.type.scale
    if array.null_count:
        values[array.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return values


def _written_numbers(array: pa.Array) -> pa.Array:
    if array.null_count == len(array):
        return pa.nulls(len(array), pa.float64())
    text = array.cast(pa.large_string())
    return pc.if_else(pc.match_substring_regex(text, NUMBER), text, None)


def exact_number(array: pa.Array, row: int) -> Decimal:
    """The number of one row to its last digit; the row must hold one."""
    value = array[row].as_py()
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def times(array: pa.Array, texts: Coded) -> Ints:
    """Unix seconds; NO_TIME for null, a fraction of a second and what is no time.

    `texts` are the same cells if they are texts. Timestamps without a zone are read as UTC.
    """
    if is_text(array.type):
        known = np.array([*map(_seconds, texts.values), NO_TIME], np.int64)
        return known[texts.codes]
    if not pa.types.is_timestamp(array.type):
        return np.full(len(array), NO_TIME)
    per_second = _UNITS[array.type.unit]
    counted = pc.fill_null(array.cast(pa.int64()), 0).to_numpy()
    if not array.null_count and counted.size and (counted == counted[0]).all():
        seconds, rest = divmod(int(counted[0]), per_second)
        return np.full(len(array), NO_TIME if rest else seconds)
    unusable = pc.is_null(array).to_numpy(zero_copy_only=False) | (counted % per_second != 0)
    return np.where(unusable, NO_TIME, counted // per_second)


def _seconds(text: str) -> int:
    if not _DATE_TIME.fullmatch(text):
        return NO_TIME
    try:
        return int(datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return NO_TIME
