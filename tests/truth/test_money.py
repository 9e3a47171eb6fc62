"""What random fleets cost, down to every row, equals what the slow reference says.

Tokens and energy exactly, money within 1e-9, and the rows of a pool-hour add up to exactly its
cost. A fault names the fleet's seed and its smallest differing cell; `priced_fleet(seed)` draws
the same fleet again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.comparing import Compared, compare_dumps, compare_server

DUMPS, SERVED = 40, 10


def fine(compared: Compared) -> None:
    assert not compared.faults, "\n".join(compared.faults)


@pytest.mark.parametrize("first", range(0, DUMPS, 10))
def test_fleets_in_dumps_cost_what_the_reference_says(first: int, tmp_path: Path) -> None:
    compared = compare_dumps(range(first, first + 10), tmp_path)
    fine(compared)
    assert compared.figures["rows"] > 100


def test_fleets_in_a_server_cost_what_the_reference_says(tmp_path: Path) -> None:
    compared = compare_server(range(DUMPS, DUMPS + SERVED), tmp_path)
    fine(compared)
    assert compared.figures["rows"] > 100
