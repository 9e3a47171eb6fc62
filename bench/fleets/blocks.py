"""From a fleet to the blocks of a Prometheus database, several files at a time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bench.fleets.plan import Span
from bench.fleets.samples import Series
from bench.fleets.sizes import HOUR_MS, FleetSize
from bench.fleets.text import write_text

#: promtool is the slower half and runs beside the writing of the next text.
_LOADING = 2


class LoadFailed(Exception):
    """promtool refused a text."""


def write_blocks(
    size: FleetSize, series: Sequence[Series], folder: Path, promtool: Path
) -> Iterator[int]:
    """Load all samples into `folder`/blocks; yields how many, piece by piece.

    Only a few texts are there at a time: those of a large fleet would fill the disk.
    """
    blocks = folder / "blocks"
    blocks.mkdir(parents=True)
    loading: list[Future[None]] = []
    with ThreadPoolExecutor(_LOADING) as pool:
        for span in _spans(size):
            text = folder / f"{span[0]}.om"
            count = write_text(series, span, text)
            loading.append(pool.submit(_load, promtool, text, blocks, size.block_hours))
            if len(loading) > _LOADING:
                loading.pop(0).result()
            yield count
        for load in loading:
            load.result()


def _spans(size: FleetSize) -> Iterator[Span]:
    """One text per block, since promtool reads a text once for every block in it."""
    length = size.block_hours * HOUR_MS
    for begin in range(size.first_ms - size.first_ms % length, size.end_ms + 1, length):
        yield begin, begin + length


def _load(promtool: Path, text: Path, blocks: Path, block_hours: int) -> None:
    longest = f"--max-block-duration={block_hours}h"
    into = [str(text), str(blocks)]
    command = [str(promtool), "tsdb", "create-blocks-from", longest, "openmetrics", "-q", *into]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    text.unlink()
    if done.returncode:
        raise LoadFailed(f"promtool cannot load {text.name}: {done.stderr.strip()}")
