from __future__ import annotations

import pytest

from bench.results import (
    MIB,
    Asking,
    Backfill,
    Exports,
    FleetResult,
    Floor,
    Measured,
    MonthResult,
    Transform,
)
from bench.table import lines_of, missed, show

FLOOR = Floor(curl=1.0, start=0.5, write=0.3, put=0.2)


def fleet(name: str = "medium", seconds: float = 2.5, peak_mib: int = 200) -> FleetResult:
    return FleetResult(
        *(name, 1000, 600, 30, 14_000, 26_000_000),
        floor=FLOOR,
        exports=Exports([seconds, seconds - 1, seconds + 1], [1.0], [peak_mib * MIB], [2.0]),
        asking=Asking(32, 40, 8_000_000),
        rows=5000,
        objects=29,
        bytes=2_000_000,
        cells=7000,
        transform=Transform(rows=300_000, seconds=1.0, pricing_seconds=2.0, bare_seconds=0.6),
    )


def month(*lengths: tuple[int, float, int]) -> MonthResult:
    """Backfills by (days, seconds, peak in MiB)."""
    made = [Backfill(days, 1, seconds, 1.0, peak * MIB, 1.0, 9) for days, seconds, peak in lengths]
    return MonthResult(1000, 600, 120, made, made[:1], 9)


FLAT = month((1, 3.0, 200), (10, 21.0, 205), (28, 57.0, 210))


def test_the_ratio_is_the_median_run_to_the_sum_of_the_floor() -> None:
    assert fleet(seconds=2.6).ratio == pytest.approx(1.3)


def test_a_fleet_that_reaches_every_target_misses_nothing() -> None:
    assert missed(lines_of(Measured([fleet()], FLAT))) == []


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (Measured([fleet(seconds=3.0)], None), "ratio to the floor: 1.50 (≤ 1.30: MISSED)"),
        (Measured([fleet(peak_mib=251)], None), "peak memory, MiB: 251 (≤ 250: MISSED)"),
        (Measured([fleet("large", peak_mib=401)], None), "peak memory, MiB: 401 (≤ 400: MISSED)"),
        (
            Measured([], month((1, 3.0, 200), (10, 21.0, 205), (28, 57.0, 224))),
            "memory of 28 days to one day: 1.12 (≤ 1.10: MISSED)",
        ),
        (
            Measured([], month((1, 3.0, 200), (10, 21.0, 205), (28, 62.0, 210))),
            "seconds a day, late to early: 1.14 (1 ± 0.1: MISSED)",
        ),
    ],
)
def test_a_target_that_is_missed_is_said(measured: Measured, sentence: str) -> None:
    assert missed(lines_of(measured)) == [sentence]


def test_a_small_fleet_has_no_targets() -> None:
    assert missed(lines_of(Measured([fleet("small", 9.0, 900)], None))) == []


def test_fleets_stand_side_by_side_in_one_table_with_verdicts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(Measured([fleet("small"), fleet("medium"), fleet("large")], None))
    lines = capsys.readouterr().out.splitlines()
    heads = next(line for line in lines if "small" in line)
    assert heads.index("small") < heads.index("medium") < heads.index("large")
    assert sum("exporter, cold start to end" in line for line in lines) == 1
    assert any("1.25 (≤ 1.30: met)" in line for line in lines)
    assert max(map(len, lines)) <= 160


def test_a_month_is_shown_without_fleets(capsys: pytest.CaptureFixture[str]) -> None:
    show(Measured([], FLAT))
    shown = capsys.readouterr().out
    assert "28 days by one process" in shown
    assert "57.0 s, 210 MiB, 9 rows" in shown
