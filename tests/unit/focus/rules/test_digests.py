from __future__ import annotations

from typing import Any

import pyarrow as pa

from exporter.focus.rules.digests import Digests, Words
from exporter.focus.rules.layout import layout_of
from exporter.focus.rules.rows import Rows
from tests.unit.focus.rules.given import day


def digests_of(name: str, values: list[Any], kind: pa.DataType) -> Words:
    table = pa.table({name: pa.array(values, kind), "x_Row": pa.array(range(len(values)))})
    layout = layout_of("a", 0, "1.3", table.schema, text=False)
    return Digests(Rows(layout, table.to_batches()[0], 0)).of(name)


def test_the_two_digests_of_a_text_know_nothing_of_each_other() -> None:
    first, second = digests_of("SkuId", ["a", "b", None], pa.string())

    assert len({*first.tolist(), *second.tolist()}) == 6


def test_equal_cells_have_equal_digests() -> None:
    for name, values, kind in (
        ("SkuId", ["a", "b", "a"], pa.string()),
        ("ListUnitPrice", [0.0, 1.0, -0.0], pa.float64()),
        ("ChargePeriodStart", [day(1), day(2), day(1)], pa.timestamp("us", "UTC")),
        ("x_Line", [1, 2, 1], pa.int64()),
    ):
        first, second = digests_of(name, values, kind)
        assert first[0] == first[2] != first[1]
        assert second[0] == second[2] != second[1]


def test_a_column_that_is_not_there_is_null_in_every_row() -> None:
    table = pa.table({"SkuId": pa.array([None, "a"], pa.string())})
    layout = layout_of("a", 0, "1.3", table.schema, text=False)
    digests = Digests(Rows(layout, table.to_batches()[0], 0))

    assert digests.of("RegionId")[0].tolist() == [digests.of("SkuId")[0][0]] * 2


def test_the_order_of_columns_counts() -> None:
    table = pa.table({"SkuId": ["a"], "RegionId": ["b"]})
    layout = layout_of("a", 0, "1.3", table.schema, text=False)
    digests = Digests(Rows(layout, table.to_batches()[0], 0))

    one, other = digests.together(["SkuId", "RegionId"]), digests.together(["RegionId", "SkuId"])

    assert one.tolist() != other.tolist()
