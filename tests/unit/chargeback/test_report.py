"""Whole reports: laws of any rows, and what cannot be reported on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from random import Random

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import exporter.chargeback.cube as module
from exporter.chargeback.cube import Cube
from exporter.chargeback.decimals import EXACT
from exporter.chargeback.figures import BudgetLine, Chargeback
from exporter.chargeback.keys import KEYS, tags_of
from exporter.errors import ConfigurationError
from tests.builders import make_charges, table_of
from tests.unit.chargeback.any_files import AnyFile, any_file
from tests.unit.chargeback.reports import (
    DAY,
    MARCH,
    batches,
    cube_of,
    moved,
    report_of,
    report_of_cube,
)

ANY_FILES = st.lists(any_file(), min_size=1, max_size=3)
BY = st.lists(st.sampled_from([*KEYS, "tag:team", "tag:cost-center"]), unique=True, max_size=3)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    found = Decimal(0)
    for amount in amounts:
        found = EXACT.add(found, amount or Decimal(0))
    return found


def report_in_pieces(files: Sequence[AnyFile], keys: tuple[str, ...], random: Random) -> Chargeback:
    """Of the same rows in another order, in pieces, some of them as CSV."""
    cube = Cube(MARCH, tags_of(keys))
    pieces = [piece for file in files for piece in _cut(file.rows, random)]
    random.shuffle(pieces)
    for piece in pieces:
        text = random.random() < 0.5
        for batch in batches(piece, text=text):
            cube.add(batch, text=text, cluster="prod")
    return report_of_cube(cube, keys=keys)


def _cut(rows: pa.Table, random: Random) -> list[pa.Table]:
    """The rows in another order, in three pieces; some may be empty."""
    order = random.sample(range(rows.num_rows), rows.num_rows)
    first, second = sorted(random.choices(range(rows.num_rows + 1), k=2))
    parts = (order[:first], order[first:second], order[second:])
    return [rows.take(pa.array(part, pa.int64())) for part in parts]


@settings(deadline=None, max_examples=12)
@given(files=ANY_FILES, by=BY, random=st.randoms(use_true_random=False))
def test_order_files_and_form_of_rows_change_no_figure(
    files: list[AnyFile], by: list[str], random: Random
) -> None:
    tables = [file.rows for file in files if file.rows.num_rows]
    assume(tables)
    keys = tuple(by)
    with pytest.MonkeyPatch.context() as patch:
        whole = report_of(*tables, keys=keys)
        patch.setattr(module, "_PENDING_ROWS", random.randint(1, 5))
        assert report_in_pieces(files, keys, random) == whole


@settings(deadline=None, max_examples=20)
@given(files=ANY_FILES, by=BY)
def test_everything_adds_up(files: list[AnyFile], by: list[str]) -> None:
    rows = [row for file in files for row in file.rows.to_pylist()]
    assume(rows)
    report = report_of(*(file.rows for file in files), keys=tuple(by))
    cost = total(row["EffectiveCost"] for row in rows)
    assert report.total.cost == cost
    assert report.scope.rows == len(rows)
    assert total(report.daily_cost) == cost
    assert total(group.sums.cost for group in report.groups) == cost
    for day, of_day in enumerate(report.daily_cost):
        assert total(group.days[day] for group in report.groups) == of_day
    for group in report.groups:
        assert total(group.days) == group.sums.cost
    for name in ("TokensInput", "TokensOutput", "Requests", "GpuHours", "CloudEquivalentCostUSD"):
        check_against_rows(report, rows, name)


FIGURES = {
    "TokensInput": "tokens_input",
    "TokensOutput": "tokens_output",
    "Requests": "requests",
    "GpuHours": "gpu_hours",
    "CloudEquivalentCostUSD": "cloud_usd",
}


def check_against_rows(
    report: Chargeback, rows: Sequence[dict[str, Decimal | None]], name: str
) -> None:
    """A figure is the sum of its column, and that of the groups, or null."""
    figure = getattr(report.total, FIGURES[name])
    if figure is not None:
        assert figure == total(row[f"x-Infer{name}"] for row in rows)
        assert figure == total(getattr(group.sums, FIGURES[name]) for group in report.groups)
    elif name in ("TokensInput", "TokensOutput"):
        raise AssertionError(f"{name} is null")


@settings(deadline=None, max_examples=20)
@given(files=ANY_FILES)
def test_pools_cost_what_is_billed_unless_prices_are(files: list[AnyFile]) -> None:
    files = [file for file in files if file.rows.num_rows]
    assume(files)
    report = report_of(*(file.rows for file in files))
    pools = total(pool.cost for pool in report.pools)
    if all(file.detailed for file in files):
        parts = (report.total.amortization, report.total.maintenance, report.total.electricity)
        assert pools == total(parts)
    if all(file.detailed and not file.contracted for file in files):
        assert pools == report.total.cost
        assert not report.scope.contracted
    if not report.scope.contracted:
        assert EXACT.add(pools, report.completeness.unpooled_cost) == report.total.cost
    undetailed = total(pool.undetailed_cost for pool in report.pools)
    assert undetailed <= report.completeness.unpooled_cost
    for pool in report.pools:
        assert pool.idle_cost + pool.unobserved_cost <= pool.cost


def test_a_report_says_what_it_is_about() -> None:
    budget = BudgetLine("b", "chat", "2026-03", Decimal(1), Decimal(2), None, None, None)
    east, west = (
        table_of(make_charges(), cluster=name, currency="EUR") for name in ("east", "west")
    )
    report = report_of(
        west, east, budgets=(budget,), objects=7, layouts=["focus-1.3", "focus-1.2", "focus-1.3"]
    )
    scope = report.scope
    assert (scope.name, scope.start, scope.end, scope.until) == ("2026-03", *MARCH, DAY[1])
    assert (scope.clusters, scope.currency) == (("east", "west"), "EUR")
    assert (scope.layouts, scope.objects, scope.rows) == (("focus-1.2", "focus-1.3"), 7, 2)
    assert (scope.contracted, scope.spread) == (False, False)
    assert (report.keys, report.budgets) == (("sub-account",), (budget,))


def test_two_currencies_cannot_be_added_up() -> None:
    tables = [table_of(make_charges(), currency=currency) for currency in ("USD", "EUR")]
    with pytest.raises(ConfigurationError, match="rows are in EUR and USD, which cannot"):
        report_of(*tables)
    with pytest.raises(ConfigurationError, match="EUR and USD"):
        report_of(tables[0], before=cube_of(tables[1]))


def test_a_key_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='cannot go by "team"'):
        report_of(table_of(make_charges()), keys=("team",))


@pytest.mark.parametrize("tables", [[], [moved(table_of(make_charges()), 0, 3600)]])
def test_without_rows_in_the_period_there_is_no_report(tables: list[pa.Table]) -> None:
    with pytest.raises(ValueError, match="made of rows"):
        report_of(*tables)
