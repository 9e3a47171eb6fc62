from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bench.exactness import WrongNumbers, check_exactness
from bench.written import Written, read
from tests.bench.conftest import Smoke

Change = Callable[[pa.Table], pa.Table]


def test_what_the_exporter_wrote_is_right_in_every_cell(smoke: Smoke) -> None:
    assert check_exactness(smoke.written, smoke.fleet, smoke.hours) > 150


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("x-InferTokensInput", "input of"),
        ("x-InferTokensOutput", "output of"),
        ("x-InferTokensCached", "cached of"),
        ("x-InferRequests", "requests of"),
        ("EffectiveCost", "cost of"),
        ("x-InferEnergyKWh", "kwh of"),
        ("x-InferGpuHours", "gpu_hours of"),
    ],
)
def test_one_cell_that_is_off_by_its_last_digit_is_found(
    smoke: Smoke, column: str, told: str
) -> None:
    with pytest.raises(WrongNumbers, match=told):
        check_exactness(changed(smoke.written, _more(column)), smoke.fleet, smoke.hours)


def test_energy_in_the_wrong_hands_is_found_although_the_sums_are_right(smoke: Smoke) -> None:
    swapped = changed(smoke.written, _swapped("x-InferEnergyKWh"))
    with pytest.raises(WrongNumbers, match="kwh of"):
        check_exactness(swapped, smoke.fleet, smoke.hours)


def test_active_time_may_be_off_by_little_only(smoke: Smoke) -> None:
    none = changed(smoke.written, _without("x-InferActiveGpuHours"))
    with pytest.raises(WrongNumbers, match="active_hours of"):
        check_exactness(none, smoke.fleet, smoke.hours)


def test_a_period_that_is_missing_is_found(smoke: Smoke) -> None:
    data = smoke.written.data
    some = Written(dict(list(data.items())[1:]))
    with pytest.raises(WrongNumbers, match="2 objects were written for 3 hours"):
        check_exactness(some, smoke.fleet, smoke.hours)


def changed(written: Written, change: Change) -> Written:
    """The same with one object changed."""
    data = dict(written.data)
    key = min(data)
    sink = io.BytesIO()
    pq.write_table(change(read(data[key])), sink)
    return Written({**data, key: sink.getvalue()})


def _put(table: pa.Table, column: str, values: list[object]) -> pa.Table:
    place = table.column_names.index(column)
    array = pa.array(values, table.schema.field(column).type)
    return table.set_column(place, table.schema.field(column), array)


def _more(column: str) -> Change:
    """The first filled cell, larger by one unit of nine digits, or by one where it is a count."""

    def change(table: pa.Table) -> pa.Table:
        values = table.column(column).to_pylist()
        row = next(index for index, value in enumerate(values) if value)
        step = 1 if pa.types.is_integer(table.schema.field(column).type) else _NANO
        return _put(table, column, [*values[:row], values[row] + step, *values[row + 1 :]])

    return change


_NANO = pc.cast(pa.scalar("0.000000001"), pa.decimal128(18, 9)).as_py()


def _swapped(column: str) -> Change:
    """Two rows of one pool have each other's amounts."""

    def change(table: pa.Table) -> pa.Table:
        pools, values = table.column("x-InferCostProfile").to_pylist(), table.column(column)
        first = pools.index(max(set(pools), key=pools.count))
        second = pools.index(pools[first], first + 1)
        listed = values.to_pylist()
        listed[first], listed[second] = listed[second], listed[first]
        return _put(table, column, listed)

    return change


def _without(column: str) -> Change:
    return lambda table: _put(table, column, [None] * table.num_rows)
