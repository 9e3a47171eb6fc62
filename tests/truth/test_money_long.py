"""The same as test_money, on thousands of fleets, with all processors at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.faults.measured import note
from tests.truth.comparing import Compared, compare_dumps, compare_server

#: Every batch of fleets has a folder, and those of a server the server, of its own.
FIRST, DUMPS, SERVED, BATCH = 1_000, 2_000, 200, 50
Compare = Callable[[Sequence[int], Path], Compared]
pytestmark = pytest.mark.long


def compared(compare: Compare, seeds: range, folder: Path) -> Compared:
    """All batches, side by side."""
    batches = [seeds[at : at + BATCH] for at in range(0, len(seeds), BATCH)]
    folders = [folder / str(batch.start) for batch in batches]
    for each in folders:
        each.mkdir()
    # Processes of their own: a fork would take over the threads of other tests.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processes:
        return summed(processes.map(compare, batches, folders))


def summed(several: Iterable[Compared]) -> Compared:
    whole = Compared()
    for one in several:
        whole.figures += one.figures
        whole.faults += one.faults
    return whole


def noted(name: str, found: Compared) -> None:
    """Keeps the figures; nothing may differ."""
    assert not found.faults, "\n".join(found.faults)
    note(name, **found.figures, different_cells=0)


def test_thousands_of_fleets_in_dumps_cost_what_the_reference_says(tmp_path: Path) -> None:
    seeds = range(FIRST, FIRST + DUMPS)
    noted("random fleets from dumps", compared(compare_dumps, seeds, tmp_path))


def test_hundreds_of_fleets_in_servers_cost_what_the_reference_says(tmp_path: Path) -> None:
    seeds = range(FIRST + DUMPS, FIRST + DUMPS + SERVED)
    noted("random fleets from Prometheus", compared(compare_server, seeds, tmp_path))
