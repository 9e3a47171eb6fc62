"""Rows added up: which ones, how finely, in how much memory."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import exporter.chargeback.cube as module
from exporter.chargeback.cube import Cube
from exporter.errors import UnreadableFile
from exporter.periods import DAY_SECONDS, HOUR_SECONDS, Period, Schedule, period_at
from tests.builders import make_charges, table_of
from tests.unit.chargeback.reports import DAY, MARCH, batches, cube_of, moved


def rows_at(start: int, schedule: Schedule = Schedule.HOURLY, **context: Any) -> pa.Table:
    """One row of a model, of the period of a schedule around a moment."""
    period: Period = period_at(schedule, start)
    return table_of(make_charges(), schedule=schedule, period=period, **context)


def added(table: pa.Table, cube: Cube) -> int:
    (batch,) = batches(table, text=False)
    return cube.add(batch, text=False, cluster="prod")


def test_rows_of_a_day_are_one_line_with_their_exact_sum() -> None:
    hours = [rows_at(DAY[0] + hour * HOUR_SECONDS) for hour in range(24)]
    (line,) = cube_of(*hours).table().to_pylist()
    assert line["cost"] == 24 * Decimal("6.000000001")
    assert (line["tokens_input"], line["requests"]) == (24 * 1_500_000, 24 * 1_600)
    assert (line["day"], line["days"], line["first"], line["last"]) == (DAY[0], 1, *DAY)
    assert line["marginal_by_million"] == 24 * Decimal(200_000)


def test_a_sum_has_more_digits_than_an_amount_can() -> None:
    table = rows_at(DAY[0])
    most = pa.array([Decimal("99999999999999999999.999999999999999999")], pa.decimal128(38, 18))
    place = table.schema.get_field_index("EffectiveCost")
    dear = table.set_column(place, table.schema.field(place), most)
    (line,) = cube_of(*[dear] * 100).table().to_pylist()
    assert str(line["cost"]) == "9999999999999999999999.999999999999999900"


@pytest.mark.parametrize(
    ("schedule", "window", "rows", "straddling"),
    [
        (Schedule.DAILY, DAY, 1, 0),
        (Schedule.DAILY, (DAY[0], DAY[1] - 1), 0, 1),
        (Schedule.DAILY, (DAY[0] + 1, DAY[1]), 0, 1),
        (Schedule.MONTHLY, DAY, 0, 1),
        (Schedule.MONTHLY, MARCH, 1, 0),
        (Schedule.DAILY, (DAY[1], DAY[1] + DAY_SECONDS), 0, 0),
        (Schedule.DAILY, (DAY[0] - DAY_SECONDS, DAY[0]), 0, 0),
    ],
)
def test_only_rows_wholly_inside_the_window_count(
    schedule: Schedule, window: tuple[int, int], rows: int, straddling: int
) -> None:
    cube = Cube(window)
    assert added(rows_at(DAY[0], schedule), cube) == straddling
    assert cube.rows == cube.table().num_rows == rows


def test_the_end_of_the_last_period_and_the_time_covered_are_known() -> None:
    cube = cube_of(rows_at(DAY[0] + 5 * HOUR_SECONDS), rows_at(DAY[0]))
    assert cube.until == DAY[0] + 6 * HOUR_SECONDS
    assert cube.covered == (
        (DAY[0], DAY[0] + HOUR_SECONDS),
        (DAY[0] + 5 * HOUR_SECONDS, DAY[0] + 6 * HOUR_SECONDS),
    )
    assert cube.covered_seconds == 2 * HOUR_SECONDS


def test_a_cube_without_rows_has_the_columns_of_one_with_rows() -> None:
    empty, full = Cube(MARCH, ("team",)), cube_of(rows_at(DAY[0]), tags=("team",))
    assert empty.table().schema == full.table().schema
    assert (empty.rows, empty.until, empty.covered_seconds, empty.currencies) == (0, None, 0, ())


def test_currencies_of_rows_outside_the_window_do_not_count() -> None:
    cube = cube_of(rows_at(DAY[0], currency="EUR"), rows_at(DAY[0], currency="USD"))
    assert cube.currencies == ("EUR", "USD")
    assert cube_of(rows_at(MARCH[1], currency="EUR")).currencies == ()


def test_rows_that_name_no_cluster_are_of_the_one_their_object_names() -> None:
    tables = [
        rows_at(DAY[0], version=version, cluster="east") for version in ("1.3", "infercost-1.0")
    ]
    assert cube_of(*tables).table()["cluster"].to_pylist() == ["east", "prod"]


def test_hours_and_objects_do_not_make_a_cube_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PENDING_ROWS", 10)
    cube = Cube(MARCH)
    table = rows_at(MARCH[0])
    for start in range(*MARCH, HOUR_SECONDS):
        added(moved(table, start, start + HOUR_SECONDS), cube)
        assert cube.held_rows <= 2 * 31 + 20
    assert (cube.rows, cube.table().num_rows) == (744, 31)


def test_an_unreadable_file_adds_nothing() -> None:
    cube = Cube(MARCH, ("team",))
    table = rows_at(DAY[0])
    place = table.schema.get_field_index("Tags")
    broken = table.set_column(place, table.schema.field(place), pa.array(["{"]))
    with pytest.raises(UnreadableFile):
        added(broken, cube)
    assert (cube.rows, cube.until, cube.table().num_rows) == (0, None, 0)


def test_a_period_that_ends_before_it_starts_is_unreadable() -> None:
    table = rows_at(DAY[0])
    place = table.schema.get_field_index("ChargePeriodEnd")
    turned = table.set_column(place, "ChargePeriodEnd", table["ChargePeriodStart"])
    with pytest.raises(UnreadableFile, match="ChargePeriodEnd is not after ChargePeriodStart"):
        added(turned, Cube(MARCH))
