from __future__ import annotations

from typing import Any

import pytest

from exporter.focus.rules.digests import Digests
from exporter.focus.rules.layout import layout_of
from exporter.focus.rules.parents import OneParent
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule
from exporter.focus.rules.tally import Tally
from tests.unit.focus.rules.given import parquet, results, row


@pytest.mark.parametrize(
    ("version", "level"), [("1.1", Level.ERROR), ("1.2", Level.WARNING), ("1.4", Level.WARNING)]
)
def test_details_of_a_price_are_the_same_whatever_their_order(version: str, level: Level) -> None:
    texts = ['{"GpuCount":8,"x_A":1}', '{ "x_A": 1, "GpuCount": 8 }', None, '{"GpuCount":8}']
    table = parquet(version, [row(version, SkuPriceDetails=text) for text in texts])

    found = results(version, table)["SkuPriceId/one-SkuPriceDetails"]

    assert (found.rule.level, found.rows, [each.row for each in found.examples]) == (level, 3, [4])


def test_a_name_without_a_parent_is_not_compared() -> None:
    table = parquet("1.3", [row("1.3"), row("1.3", SkuId=None)])

    assert results("1.3", table)["SkuPriceId/one-SkuId"].rows == 1


def test_all_rows_that_contradict_the_first_are_counted() -> None:
    skus = ["a", "b", "a", "b", "c"]
    table = parquet("1.3", [row("1.3", SkuId=sku) for sku in skus])

    found = results("1.3", table)["SkuPriceId/one-SkuId"]

    assert (found.broken, [each.row for each in found.examples]) == (3, [2, 4, 5])


def test_at_most_so_many_names_are_remembered() -> None:
    rule = Rule("SkuPriceId/one-SkuId", Level.ERROR, "One.")
    one = OneParent(rule, "SkuPriceId", "SkuId", most=1)
    cells: list[dict[str, Any]] = [
        {"SkuPriceId": price, "SkuId": sku} for price, sku in ("aa", "bb", "bc", "ab")
    ]
    table = parquet("1.3", cells)
    rows = Rows(
        layout_of("a", 0, "1.3", table.schema, text=False),
        table.combine_chunks().to_batches()[0],
        0,
    )
    tallies = {rule.id: Tally(rule)}

    one.check(rows, Digests(rows), tallies)

    found = tallies[rule.id].result()
    assert [each.row for each in found.examples] == [4]
    assert found.reason == "only the first 1 values of SkuPriceId were compared"
