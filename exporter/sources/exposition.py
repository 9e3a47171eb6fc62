r"""OpenMetrics text to columns: which series, when, which value.

Read are `name{labels} value seconds` lines; comments, metadata and exemplars are passed over.
Whole blocks are read at once without a Python object per line; only lines with a # (comments,
exemplars) and lines of another form are read one by one.

The names are those of the lines (`..._total`, `..._bucket`), as Prometheus stores them.
Facts: github.com/prometheus/OpenMetrics specification; `promtool tsdb dump-openmetrics` writes
label values as Go strings, so \t, \x00 and \u00a0 are read too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter.sources.series import Floats, Ints, Labels

_NEWLINE, _SPACE, _HASH = b"\n #"
_TEXT = r'(?:[^"\\]|\\.)*'
_LABELS = rf'\{{(?:[^"}}]|"{_TEXT}")*\}}'
_LINE = re.compile(
    rf"(?P<series>[^\s{{]+(?:{_LABELS})?|{_LABELS})[ \t]+(?P<value>[^\s_]+)"
    r"(?:[ \t]+(?P<seconds>[^\s_#]+))?(?:[ \t]+#[ \t].*)?[ \t\r]*"
)
_SERIES = re.compile(r"(?P<name>[^\s{]*)(?:\{(?P<labels>.*)\})?", re.DOTALL)
_LABEL = re.compile(
    rf'\s*(?:(?P<name>[^\s"=,]+)(?=\s*=)|"(?P<quoted>{_TEXT})")'
    rf'(?:\s*=\s*"(?P<value>{_TEXT})")?\s*(?:,|$)',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
#: Seconds beyond the year 5138 are milliseconds written by mistake.
_LATEST_SECONDS = 1e11


class BadLine(Exception):
    """A line that is not a sample; `number` counts from 0 within the block."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(what)
        self.number = number


@dataclass(frozen=True, slots=True)
class Block:
    """Samples in the order of their lines.

    `series` holds indexes into `texts`, the part of a line before its value; `line` the number of
    the line within the block, from 0.
    """

    texts: list[bytes]
    line: Ints
    series: Ints
    times_ms: Ints
    values: Floats


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where each line of a block starts, where its last two spaces are, and where it ends."""

    starts: Ints
    before_value: Ints
    before_time: Ints
    ends: Ints

    def chosen(self, mask: npt.NDArray[np.bool_]) -> _Cuts:
        return _Cuts(
            self.starts[mask], self.before_value[mask], self.before_time[mask], self.ends[mask]
        )


def read_block(text: bytes) -> Block:
    """The samples of whole lines, each ended by a line feed; BadLine when one is not readable."""
    cuts, plain = _cut_lines(text)
    codes = np.full(len(plain), -1)
    seconds, values = np.full(len(plain), np.nan), np.full(len(plain), np.nan)
    texts: list[bytes] = []
    try:
        texts, codes[plain], values[plain], seconds[plain] = _read_plain(text, cuts.chosen(plain))
    except pa.ArrowInvalid:
        # Some number is none, or none for Arrow: line by line it is found and named.
        plain[:] = False
    for number in np.flatnonzero(~plain).tolist():
        sample = _read_line(text[cuts.starts[number] : cuts.ends[number]], number)
        if sample is not None:
            codes[number] = len(texts)
            texts.append(sample[0])
            values[number], seconds[number] = sample[1:]
    found = np.flatnonzero(codes >= 0)
    return Block(texts, found, codes[found], _milliseconds(seconds[found], found), values[found])


def _cut_lines(text: bytes) -> tuple[_Cuts, npt.NDArray[np.bool_]]:
    """The cuts, and which lines they are right for: two spaces or more, and no #."""
    octets = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(octets == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    spaces = np.concatenate(([-1, -1], np.flatnonzero(octets == _SPACE)))
    following = np.searchsorted(spaces, ends)
    cuts = _Cuts(starts, spaces[following - 2], spaces[following - 1], ends)
    plain = cuts.before_value > starts
    plain[np.searchsorted(ends, np.flatnonzero(octets == _HASH))] = False
    return cuts, plain


def _read_plain(text: bytes, cuts: _Cuts) -> tuple[list[bytes], Ints, Floats, Floats]:
    """Distinct series texts, and of each line the index into them, the value and the seconds."""
    if not len(cuts.starts):
        return [], np.empty(0, np.int64), np.empty(0), np.empty(0)
    fields = np.stack(
        (
            *(cuts.starts, cuts.before_value),
            *(cuts.before_value + 1, cuts.before_time),
            *(cuts.before_time + 1, cuts.ends),
        ),
        axis=1,
    )
    offsets = np.append(fields.ravel(), len(text))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    # The text itself serves as the column; every second field is what lies between two others.
    column = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    first = np.arange(0, len(column), fields.shape[1])
    series = column.take(first).dictionary_encode()
    values, seconds = (
        column.take(first + place).cast(pa.large_string()).cast(pa.float64()).to_numpy()
        for place in (2, 4)
    )
    return series.dictionary.to_pylist(), series.indices.to_numpy().astype(int), values, seconds


def _read_line(line: bytes, number: int) -> tuple[bytes, float, float] | None:
    """Series text, value and seconds of one line; None for a comment or an empty line."""
    if not line.strip() or line.startswith(b"#"):
        return None
    text = line.decode("utf-8", "surrogateescape")
    parts = _LINE.fullmatch(text)
    if parts is None:
        raise BadLine(number, f"not `name{{labels}} value seconds`: {text[:200]!r}")
    if parts["seconds"] is None:
        raise BadLine(number, f"a sample without its time: {text[:200]!r}")
    try:
        value, seconds = float(parts["value"]), float(parts["seconds"])
    except ValueError as error:
        raise BadLine(number, f"{error}: {text[:200]!r}") from error
    return parts["series"].encode("utf-8", "surrogateescape"), value, seconds


def _milliseconds(seconds: Floats, lines: Ints) -> Ints:
    wrong = np.flatnonzero(~(np.abs(seconds) < _LATEST_SECONDS))
    if len(wrong):
        raise BadLine(
            int(lines[wrong[0]]), f"{seconds[wrong[0]]:g} is not a time in seconds since 1970"
        )
    return np.rint(seconds * 1000).astype(np.int64)


def read_series(text: bytes) -> tuple[str, Labels]:
    """Metric name and labels of the part of a line before its value; ValueError when it is none.

    A name in quotes as first entry of the braces is the metric's (names in UTF-8).
    """
    parts = _SERIES.fullmatch(text.decode().strip())
    if parts is None:
        raise ValueError("not `name{labels}`")
    name, labels = parts["name"], dict[str, str]()
    for label, value in _pairs((parts["labels"] or "").strip()):
        if value is None and not name:
            name = label
        elif value is None or label in labels:
            raise ValueError(f"label {label!r} has no value, or two")
        else:
            labels[label] = value
    if not name:
        raise ValueError("no metric name")
    # An empty label is no label.
    return name, {label: value for label, value in labels.items() if value}


def _pairs(text: str) -> Iterator[tuple[str, str | None]]:
    """Label names and values; a name in quotes may stand without a value."""
    position = 0
    while position < len(text):
        label = _LABEL.match(text, position)
        if label is None:
            raise ValueError(f"not a label: {text[position : position + 100]!r}")
        quoted, value = label["quoted"], label["value"]
        yield label["name"] or _unescaped(quoted), None if value is None else _unescaped(value)
        position = label.end()


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(_character, value) if "\\" in value else value


def _character(escape: re.Match[str]) -> str:
    code = escape[1]
    if len(code) == 1:
        return _SINGLE.get(code, code)
    point = int(code[1:], 16)
    if point > sys.maxunicode or 0xD800 <= point <= 0xDFFF:
        raise ValueError(f"{escape[0]} is no character")
    return chr(point)
