"""Series as OpenMetrics text, written by columns: some ten million samples a second."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.fleets.plan import Span
from bench.fleets.samples import Ints, Series


def write_text(series: Iterable[Series], span: Span, path: Path) -> int:
    """The samples in [begin, end) ms as a text that promtool loads; returns how many there are."""
    moments: dict[tuple[int, int], pa.Array] = {}
    count = 0
    with path.open("wb") as file:
        for one in series:
            first, last = np.searchsorted(one.times_ms, span).tolist()
            if first < last:
                times = one.times_ms[first:last]
                _write(file, one, slice(first, last), _moments(times, moments))
                count += last - first
        file.write(b"# EOF\n")
    return count


def _moments(times: Ints, known: dict[tuple[int, int], pa.Array]) -> pa.Array:
    """The ends of the lines of samples at these times; series of one target share the array."""
    key = times.__array_interface__["data"][0], len(times)
    if key not in known:
        seconds = pa.array(times // 1000).cast(pa.string())
        rest = pa.array(np.char.mod(".%03d\n", times % 1000)) if (times % 1000).any() else "\n"
        known[key] = pc.binary_join_element_wise(" ", seconds, rest, "")
    return known[key]


def _write(file: BinaryIO, one: Series, part: slice, moments: pa.Array) -> None:
    prefix = f"{one.metric}{{{_pairs(one)}}} "
    if isinstance(one.values, int):
        lines = pc.binary_join_element_wise(f"{prefix}{one.values}", moments, "")
    else:
        values = pa.array(one.values[part]).cast(pa.string())
        lines = pc.binary_join_element_wise(prefix, values, moments, "")
    _offsets, content = lines.buffers()[1:]
    file.write(memoryview(content)[: pc.sum(pc.binary_length(lines)).as_py()])


def _pairs(one: Series) -> str:
    """The labels; none of them holds a character that would have to be escaped."""
    return ",".join(f'{name}="{value}"' for name, value in sorted(one.labels.items()))
