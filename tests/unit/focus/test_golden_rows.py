from __future__ import annotations

import pytest

from exporter.focus.columns import SELECTABLE_VERSIONS
from scripts.make_golden import ROWS, VARIANTS, golden_rows


@pytest.mark.parametrize("variant", VARIANTS)
def test_rows_of_every_kind_are_the_golden_file(variant: str) -> None:
    """If a change is meant: `make golden`."""
    assert golden_rows(variant) == (ROWS / f"{variant}.csv").read_bytes()


def test_every_golden_file_is_one_of_the_variants() -> None:
    assert {path.stem for path in ROWS.glob("*.csv")} == set(VARIANTS)
    assert set(SELECTABLE_VERSIONS) <= set(VARIANTS)
