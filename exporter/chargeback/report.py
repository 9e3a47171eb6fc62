"""Everything a chargeback report says, from added up rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.cloud import compare_with_cloud
from exporter.chargeback.cloud_figures import CloudComparison
from exporter.chargeback.completeness import ReadFrom, completeness_of
from exporter.chargeback.cube import Cube
from exporter.chargeback.days import Days
from exporter.chargeback.figures import BudgetLine, Chargeback, Scope, Sums
from exporter.chargeback.group_lines import group_lines, model_lines
from exporter.chargeback.grouping import distinct
from exporter.chargeback.keys import check_keys
from exporter.chargeback.nobodys import told_apart
from exporter.chargeback.pool_lines import pool_lines
from exporter.chargeback.sums import NOTHING, sums_by
from exporter.documents.kinds import CloudPricing
from exporter.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report was asked for: its period, unix seconds, the end excluded, and its groups.

    `namespaces` are the patterns whose rows alone were added up, none for all.
    """

    name: str  # 2026-10, 2026-10-12 or 2026-W42
    start: int
    end: int
    keys: tuple[str, ...]
    every_entry: bool = False  # compare with the whole price catalog
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """Those of clouds, and `usd_rate`: USD per unit of the billing currency."""

    pricing: CloudPricing
    usd_rate: Decimal


def charge_back(
    asked: Asked,
    found: Cube,
    before: Cube | None,
    budgets: tuple[BudgetLine, ...],
    prices: Prices,
    read: ReadFrom,
) -> Chargeback:
    """The report of the rows in `found`, beside those of the period before.

    Raises ConfigurationError for a key there is not, and for rows of two currencies; ValueError
    without any row.
    """
    check_keys(asked.keys)
    currency = _currency(found, before)
    if found.until is None or not found.rows:
        raise ValueError("a report is made of rows, and there are none")
    lines, earlier = told_apart(found.table(), asked.keys), _earlier(before, asked.keys)
    days = Days(lines, asked.start, found.until)
    total = _total(lines)
    scope = _scope(asked, found, lines, currency, read)
    return Chargeback(
        scope=scope,
        keys=asked.keys,
        days=days.dates,
        total=total,
        total_before=None if earlier is None else _total(earlier),
        daily_cost=days.cost(())[()],
        groups=group_lines(lines, earlier, asked.keys, days),
        models=model_lines(lines, earlier, days),
        pools=() if asked.namespaces else pool_lines(lines, days),
        budgets=budgets,
        cloud=_cloud(asked, found, lines, prices, contracted=scope.contracted),
        completeness=completeness_of(lines, read, total.unpriced_tokens),
    )


def _scope(asked: Asked, found: Cube, lines: pa.Table, currency: str, read: ReadFrom) -> Scope:
    return Scope(
        name=asked.name,
        start=asked.start,
        end=asked.end,
        until=found.until,
        clusters=tuple(distinct(lines, "cluster")),
        currency=currency,
        layouts=tuple(sorted(set(read.layouts))),
        contracted=pc.sum(lines["contracted"]).as_py() > 0,
        spread=pc.max(lines["days"]).as_py() > 1,
        objects=read.objects,
        rows=found.rows,
        namespaces=asked.namespaces,
    )


def _cloud(
    asked: Asked, found: Cube, lines: pa.Table, prices: Prices, *, contracted: bool
) -> CloudComparison | None:
    return compare_with_cloud(
        lines,
        prices.pricing,
        prices.usd_rate,
        found.covered_seconds,
        every_entry=asked.every_entry,
        contracted=contracted,
    )


def _total(lines: pa.Table) -> Sums:
    return sums_by(lines, ()).get((), NOTHING)


def _currency(found: Cube, before: Cube | None) -> str:
    currencies = sorted({*found.currencies, *(() if before is None else before.currencies)})
    if len(currencies) > 1:
        raise ConfigurationError(
            f"rows are in {' and '.join(currencies)}, which cannot be added up: report on a "
            "period, clusters or a location of one currency"
        )
    return "".join(currencies)


def _earlier(before: Cube | None, keys: Sequence[str]) -> pa.Table | None:
    """The lines of the period before; None unless asked for, or if nobody had a row."""
    return None if before is None or before.until is None else told_apart(before.table(), keys)
