"""The samples of OpenMetrics files, sorted by series and time, in a few large arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter.errors import ConfigurationError
from exporter.log import get_logger
from exporter.sources.exposition import BadLine, Block, read_block, read_series
from exporter.sources.series import Floats, Ints, Labels

#: Endings of the files that are read from a folder.
SUFFIXES = (".om", ".txt", ".gz", ".zst")

_COMPRESSION = {".gz": "gzip", ".zst": "zstd"}
_BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Dump:
    """All samples: those of series i are times_ms and values [edges[i], edges[i + 1]).

    Per series the times rise (unix ms); of two samples at one time the first read stays. A NaN is
    a staleness marker: text cannot tell it from another NaN.
    """

    labels: list[Labels]
    of_metric: dict[str, list[int]]
    edges: list[int]
    times_ms: Ints
    values: Floats


@dataclass(slots=True)
class _Collected:
    """What was read so far; `known` also holds spellings of one series in another label order."""

    known: dict[bytes, int] = field(default_factory=dict)
    canonical: dict[tuple[str, frozenset[tuple[str, str]]], int] = field(default_factory=dict)
    series: list[npt.NDArray[np.int32]] = field(default_factory=list)
    times_ms: list[Ints] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)

    def add(self, block: Block) -> None:
        codes = np.fromiter(
            (self._index(text, number, block) for number, text in enumerate(block.texts)),
            np.int32,
            len(block.texts),
        )
        self.series.append(codes[block.series])
        self.times_ms.append(block.times_ms)
        self.values.append(block.values)

    def _index(self, text: bytes, number: int, block: Block) -> int:
        index = self.known.get(text)
        if index is None:
            try:
                name, labels = read_series(text)
            except ValueError as error:
                line = int(block.line[np.argmax(block.series == number)])
                raise BadLine(line, str(error)) from error
            key = (name, frozenset(labels.items()))
            index = self.known[text] = self.canonical.setdefault(key, len(self.canonical))
        return index


def read_dump(path: Path) -> Dump:
    """The samples of a file, or of all files of a folder as if they were one.

    No such file, a cut one or a line that is not readable: ConfigurationError with file and line.
    """
    collected = _Collected()
    files = _files(path)
    for file in files:
        _read_file(file, collected)
    dump = _sorted(collected)
    get_logger().info(
        "dump_read",
        path=str(path),
        files=len(files),
        series=len(dump.labels),
        samples=len(dump.values),
    )
    return dump


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(
        file
        for file in path.iterdir()
        if file.suffix in SUFFIXES and file.is_file() and not file.name.startswith(".")
    )
    if not files:
        raise ConfigurationError(f"SOURCE_FILE {path} is a folder without {', '.join(SUFFIXES)}")
    return files


def _read_file(file: Path, collected: _Collected) -> None:
    line = 1
    try:
        for text in _whole_lines(file):
            collected.add(read_block(text))
            line += text.count(b"\n")
    except BadLine as error:
        place = f"SOURCE_FILE {file}, line {line + error.number}"
        raise ConfigurationError(f"{place}: {error}") from error
    except OSError as error:
        raise ConfigurationError(f"SOURCE_FILE {file} cannot be read: {error}") from error


def _whole_lines(file: Path) -> Iterator[bytes]:
    """Blocks of the file's text that end with a line feed."""
    rest = ending = b""
    for text in _blocks(file):
        whole, feed, rest = (rest + text).rpartition(b"\n")
        if feed:
            yield whole + feed
            ending = whole[-100:]
    if not (rest or ending).rstrip().endswith(b"# EOF"):
        if rest:
            # The last number may have lost digits.
            raise ConfigurationError(
                f"SOURCE_FILE {file} ends within a line, so it was cut; "
                "write it again, the last line is `# EOF`"
            )
        get_logger().warning("dump_without_eof", file=str(file))


def _blocks(file: Path) -> Iterator[bytes]:
    with pa.input_stream(file, compression=_COMPRESSION.get(file.suffix)) as stream:
        while text := stream.read(_BLOCK_BYTES):
            yield text


def _sorted(collected: _Collected) -> Dump:
    series = np.concatenate([np.empty(0, np.int32), *collected.series])
    times = np.concatenate([np.empty(0, np.int64), *collected.times_ms])
    values = np.concatenate([np.empty(0), *collected.values])
    order = np.lexsort((times, series))  # stable, so the first read of two stays first
    series, times, values = series[order], times[order], values[order]
    first = np.ones(len(series), np.bool_)
    first[1:] = (series[1:] != series[:-1]) | (times[1:] != times[:-1])
    of_metric: dict[str, list[int]] = {}
    for index, (name, _) in enumerate(collected.canonical):
        of_metric.setdefault(name, []).append(index)
    return Dump(
        [dict(labels) for _, labels in collected.canonical],
        of_metric,
        np.searchsorted(series[first], np.arange(len(collected.canonical) + 1)).tolist(),
        times[first],
        values[first],
    )
