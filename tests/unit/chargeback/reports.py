"""Reports of rows as an export writes them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from exporter.chargeback.cells import columns_needed
from exporter.chargeback.completeness import ReadFrom
from exporter.chargeback.cube import Cube
from exporter.chargeback.figures import Chargeback, Sums
from exporter.chargeback.keys import tags_of
from exporter.chargeback.report import Asked, Prices, charge_back
from exporter.cost.charges import Charges
from exporter.documents.kinds import CloudPricing
from exporter.files.csv import encode_csv
from exporter.files.reading import open_rows
from exporter.periods import DAY_SECONDS, month_of
from tests.builders import NANO, NOON, make_charges

MARCH = month_of(NOON)
DAY = NOON - NOON % DAY_SECONDS, NOON - NOON % DAY_SECONDS + DAY_SECONDS
PRICING = CloudPricing.model_validate(
    {
        "lastVerified": "2026-03-01",
        "sources": ["a page"],
        "providers": [
            {
                "provider": "acme",
                "models": [
                    {"model": "small", "inputPerMillion": 0.1, "outputPerMillion": 0.2},
                    {
                        "model": "large",
                        "tier": "frontier",
                        "inputPerMillion": 1,
                        "cachedInputPerMillion": 0.5,
                        "outputPerMillion": 2.8,
                    },
                ],
            }
        ],
    }
)


def nano(*amounts: str) -> list[int]:
    """Amounts in 1e-9, as charges have them."""
    return [int(Decimal(amount) * NANO) for amount in amounts]


def decimals(*amounts: Decimal | str | int | None) -> tuple[Decimal | None, ...]:
    """What figures are expected to be."""
    return tuple(None if amount is None else Decimal(amount) for amount in amounts)


def costing(**changes: Any) -> Charges:
    """Charges as make_charges makes them, which cost nothing but what is changed."""
    free = ("amortization_nano", "maintenance_nano", "electricity_nano", "active_electricity_nano")
    return make_charges(**dict.fromkeys(free, 0) | changes)


def moved(table: pa.Table, start: int, end: int) -> pa.Table:
    """The same rows with another charge period, much faster than made anew."""
    for name, seconds in (("ChargePeriodStart", start), ("ChargePeriodEnd", end)):
        place = table.schema.get_field_index(name)
        moment = pa.scalar(seconds * 1_000_000, pa.int64()).cast(table.schema.field(name).type)
        table = table.set_column(place, table.schema.field(name), pa.repeat(moment, len(table)))
    return table


def batches(table: pa.Table, *, text: bool) -> Iterator[pa.RecordBatch]:
    """The rows as they are read from a file, only the columns that are needed."""
    if text:
        rows = open_rows(io.BytesIO(encode_csv(table)), "rows.csv")
        for batch in rows.batches:
            yield batch.select(columns_needed(batch.schema.names))
    else:
        for batch in table.combine_chunks().to_batches():
            yield batch.select(columns_needed(batch.schema.names))


def cube_of(
    *tables: pa.Table,
    window: tuple[int, int] = MARCH,
    tags: Sequence[str] = (),
    only: Sequence[str] = (),
    text: bool = False,
) -> Cube:
    cube = Cube(window, tags, only)
    for table in tables:
        for batch in batches(table, text=text):
            cube.add(batch, text=text, cluster="prod")
    return cube


def report_of(
    *tables: pa.Table,
    keys: tuple[str, ...] = ("sub-account",),
    window: tuple[int, int] = MARCH,
    before: Cube | None = None,
    every_entry: bool = False,
    only: Sequence[str] = (),
    **changes: Any,
) -> Chargeback:
    """The report of the month around NOON, of rows of cluster prod."""
    found = cube_of(*tables, window=window, tags=tags_of(keys), only=only)
    return report_of_cube(found, before, keys=keys, every_entry=every_entry, **changes)


def report_of_cube(
    found: Cube,
    before: Cube | None = None,
    *,
    keys: tuple[str, ...] = ("sub-account",),
    every_entry: bool = False,
    **changes: Any,
) -> Chargeback:
    budgets = changes.pop("budgets", ())
    prices = Prices(changes.pop("pricing", PRICING), changes.pop("usd_rate", Decimal(1)))
    read: dict[str, Any] = {"objects": 1, "layouts": ("focus-1.3",)}
    asked = Asked("2026-03", *found.window, keys, every_entry, found.only)
    return charge_back(asked, found, before, budgets, prices, ReadFrom(**read | changes))


def total_of(*tables: pa.Table) -> Sums:
    return report_of(*tables).total
