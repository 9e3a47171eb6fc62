"""From the text of an answer to arrays: what a Prometheus API says, checked before it is believed.

Prometheus writes a sample as [seconds, "value"]. The values become float64 exactly as written;
NaN means no sample. Facts: prometheus.io/docs/prometheus/latest/querying/api.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import msgspec
import numpy as np

from exporter.periods import HOUR_SECONDS, HourRange
from exporter.sources.faults import Fault, Final, Passing, answer_fault, beginning
from exporter.sources.label_sets import labels_of
from exporter.sources.series import Floats, HourlySeries, Ints, Labels, RawSeries

_MATRIX = "matrix"
_VECTOR = "vector"
#: Seconds beyond the year 5138 are no time of a sample.
_LATEST_SECONDS = 1e11


class Data(msgspec.Struct):
    """The part of an answer that holds the series, not yet decoded."""

    resultType: str  # noqa: N815 the name in the API
    result: msgspec.Raw


class _Reply(msgspec.Struct):
    """`infos` are left out on purpose: they never say that something is missing."""

    status: str
    data: Data | None = None
    error: str = ""
    errorType: str = ""  # noqa: N815 the name in the API
    warnings: list[str] | None = None
    isPartial: bool = False  # noqa: N815 the name in VictoriaMetrics


class _Ranged(msgspec.Struct):
    metric: msgspec.Raw
    values: msgspec.Raw = msgspec.Raw(b"[]")


class _Instant(msgspec.Struct):
    metric: Labels
    value: tuple[float, str]


class _Names(msgspec.Struct):
    """An answer that lists names; what is partial says so as in _Reply."""

    status: str
    data: list[str] = []
    error: str = ""
    errorType: str = ""  # noqa: N815 the name in the API
    warnings: list[str] | None = None
    isPartial: bool = False  # noqa: N815 the name in VictoriaMetrics


class _Status(msgspec.Struct):
    data: dict[str, object]


_reply = msgspec.json.Decoder(_Reply)
_names = msgspec.json.Decoder(_Names)
_status = msgspec.json.Decoder(_Status)
_matrix = msgspec.json.Decoder(list[_Ranged])
_vector = msgspec.json.Decoder(list[_Instant])
_AnyReply = TypeVar("_AnyReply", _Reply, _Names)


def checked(body: bytes) -> Data:
    """The series of a complete answer.

    An answer that is cut, partial, or carries warnings raises Passing: Thanos and VictoriaMetrics
    answer with success while a store is away. An error inside a success raises what it means.
    """
    reply = _believed(_reply, body)
    if reply.data is None:
        raise Final("the answer has no data")
    return reply.data


def names_of(body: bytes) -> set[str]:
    """The names of a complete answer that lists some; raises what `checked` raises."""
    return set(_believed(_names, body).data)


def status_of(body: bytes) -> dict[str, str]:
    """The texts among what a status page shows; nothing if the answer is not one."""
    try:
        shown = _status.decode(body).data
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {name: value for name, value in shown.items() if isinstance(value, str)}


def _believed(decoder: msgspec.json.Decoder[_AnyReply], body: bytes) -> _AnyReply:
    try:
        reply = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Passing(_unreadable(body, error)) from error
    fault = _fault_of(reply)
    if fault is not None:
        raise fault
    return reply


def _unreadable(body: bytes, error: Exception) -> str:
    """Why an answer cannot be understood; the first words of broken JSON would tell nothing."""
    broken = not isinstance(error, msgspec.ValidationError)
    if broken and body.lstrip().startswith(b"{"):
        return f"the answer is broken JSON ({error}; {len(body)} bytes)"
    return f"the answer is not JSON of a Prometheus API: {beginning(body)}"


def _fault_of(reply: _Reply | _Names) -> Fault | None:
    if reply.status != "success":
        return answer_fault(reply.error, f"status {reply.status} {reply.errorType}".strip())
    if reply.warnings:
        return Passing(f"answered with a warning: {'; '.join(reply.warnings)}")
    if reply.isPartial:
        return Passing("answered only in part (isPartial)")
    return None


def hourly_of(data: Data, hours: HourRange) -> HourlySeries:
    """Series × hours of a range answer whose points lie at the ends of these hours."""
    ranged = _ranged_of(data)
    counts, times, values = _points(ranged)
    columns = times / HOUR_SECONDS - (hours.start // HOUR_SECONDS + 1)
    asked = (columns >= 0) & (columns < hours.count) & (columns == np.floor(columns))
    if not asked.all():
        raise Final("the answer has points at other times than the ends of hours that were asked")
    cells = columns.astype(np.int64)
    matrix = np.full((len(ranged), hours.count), np.nan)
    matrix[np.repeat(np.arange(len(ranged)), counts), cells] = values
    return HourlySeries(_labels_of(ranged), matrix)


def raw_of(data: Data, start: int, end: int) -> RawSeries:
    """The samples of an instant answer that lie in (start, end], unix seconds; NaN ones dropped."""
    ranged = _ranged_of(data)
    counts, seconds, values = _points(ranged)
    if not (np.abs(seconds) < _LATEST_SECONDS).all():
        raise Final("the answer has points at times that are none")
    times = np.rint(seconds * 1000).astype(np.int64)
    kept = (times > start * 1000) & (times <= end * 1000) & ~np.isnan(values)
    ends = np.concatenate(([0], np.cumsum(kept)))[np.cumsum(counts)]
    edges = np.concatenate(([0], ends)).tolist()
    return _cut(_labels_of(ranged), edges, times[kept], values[kept])


def _cut(labels: list[Labels], edges: list[int], times: Ints, values: Floats) -> RawSeries:
    """Series without a sample left are left out."""
    spans = [slice(*span) for span in pairwise(edges)]
    full = [index for index, span in enumerate(spans) if span.stop > span.start]
    return RawSeries(
        [labels[index] for index in full],
        [times[spans[index]] for index in full],
        [values[spans[index]] for index in full],
    )


def instant_values(data: Data) -> list[float]:
    """The values of an instant answer, one per series."""
    return [value for _, value in instant_of(data)]


def instant_of(data: Data) -> list[tuple[Labels, float]]:
    """The series of an instant answer with their values."""
    if data.resultType != _VECTOR:
        raise Final(f"the answer is a {data.resultType}, expected a {_VECTOR}")
    try:
        return [(each.metric, float(each.value[1])) for each in _vector.decode(data.result)]
    except (msgspec.DecodeError, ValueError) as error:
        raise Final(f"the answer's values cannot be read ({error})") from error


def _ranged_of(data: Data) -> list[_Ranged]:
    if data.resultType != _MATRIX:
        raise Final(f"the answer is a {data.resultType}, expected a {_MATRIX}")
    try:
        return _matrix.decode(data.result)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Final(f"the answer's series cannot be read ({error})") from error


def _labels_of(ranged: Sequence[_Ranged]) -> list[Labels]:
    try:
        return [labels_of(bytes(series.metric)) for series in ranged]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Final(f"the answer's series cannot be read ({error})") from error


def _points(ranged: Sequence[_Ranged]) -> tuple[Ints, Floats, Floats]:
    """Points per series, and of all of them in order the times in seconds and the values.

    The text of all points is read as one list of numbers: no Python object per sample.
    """
    texts = [bytes(series.values).strip(b"[] \t\r\n") for series in ranged]
    counts = np.fromiter((text.count(b'"') // 2 for text in texts), np.int64, len(texts))
    text = b",".join(filter(None, texts)).translate(None, b'[]" \t\r\n')
    numbers = _numbers(text)
    if len(numbers) != 2 * counts.sum():
        raise Final('the answer\'s points are not pairs of [seconds, "value"]')
    return counts, numbers[::2], numbers[1::2]


def _numbers(text: bytes) -> Floats:
    if not text:
        return np.empty(0)
    import pyarrow as pa  # here: it is imported while the first answers are awaited
    import pyarrow.compute as pc

    parts = pc.split_pattern(pa.array([text], pa.large_binary()), b",").values
    try:
        numbers: Floats = parts.cast(pa.large_string()).cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise Final(f"the answer's values cannot be read ({error})") from error
    return numbers
