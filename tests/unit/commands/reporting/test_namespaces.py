"""A report on some namespaces: its rows, its budgets, and what it cannot say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from exporter.errors import ConfigurationError
from exporter.storage.local import LocalStore
from tests.builders import make_charges, make_charges_of, table_of
from tests.unit.chargeback.reports import moved
from tests.unit.commands.reporting.stored import HOUR, at, put, store_in
from tests.unit.commands.reporting.test_making import budget, made


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """An hour of three namespaces, one the day before of `search`, one after of nobody."""
    found = store_in(tmp_path)
    names = ["chat", "chat-eu", "search"]
    write(found, at(9, 12), table_of(make_charges(namespace=["search"])))
    write(found, at(10), table_of(make_charges(namespace=names)))
    write(found, at(10, 1), table_of(make_charges_of("idle", "unobserved")))
    return found


def write(store: LocalStore, start: int, table: pa.Table) -> None:
    put(store, start, table=moved(table, start, start + HOUR))


def test_only_the_rows_of_its_namespaces_are_added_up(store: LocalStore) -> None:
    whole = made(store, by=("namespace",)).chargeback
    costs = {line.values[0]: line.sums.cost for line in whole.groups}
    found = made(store, by=("namespace",), namespaces=("chat*",)).chargeback
    assert {line.values[0]: line.sums.cost for line in found.groups} == {
        name: costs[name] for name in ("chat", "chat-eu")
    }
    assert found.total.cost == costs["chat"] + costs["chat-eu"]
    assert sum(found.daily_cost) == found.total.cost
    assert (found.scope.namespaces, found.scope.rows) == (("chat*",), 2)


def test_pools_and_what_nobody_used_are_left_out(store: LocalStore) -> None:
    """Whatever the pattern: nobody is no namespace."""
    found = made(store, namespaces=("*",)).chargeback
    assert found.pools == ()
    assert [line.nobodys for line in found.groups] == [None] * 3
    assert found.total.idle == 0


def test_the_period_is_as_whole_as_all_rows_say(store: LocalStore) -> None:
    """A team without rows in the last hour has no gap there."""
    whole, found = made(store), made(store, namespaces=("chat",))
    assert found.chargeback.scope.until == whole.chargeback.scope.until == at(10, 2)
    assert found.chargeback.completeness.gaps == whole.chargeback.completeness.gaps


def test_idle_cost_that_is_shared_out_stays_in_the_rows(store: LocalStore) -> None:
    shared = table_of(
        make_charges(namespace=["chat", "search"], idle_nano=2_000_000_000), idle_shared=True
    )
    write(store, at(10, 2), shared)
    found = made(store, namespaces=("chat",)).chargeback
    assert found.total.idle == 2


def test_budgets_are_those_of_its_namespaces(store: LocalStore) -> None:
    budgets = [budget(name, 9) for name in ("chat", "search", "nobody")]
    found = made(store, budgets=budgets, namespaces=("chat", "nob*")).chargeback
    assert sorted(line.namespace for line in found.budgets) == ["chat", "nobody"]
    none = made(store, budgets=budgets, namespaces=("chat-eu",)).chargeback
    assert (none.budgets, none.completeness.budget_gaps) == ((), ())


def test_a_team_without_rows_before_is_compared_with_nothing_spent(store: LocalStore) -> None:
    """The period before is exported, so that the whole of now is more."""
    found = made(store, namespaces=("chat",), compare=True).chargeback
    assert found.no_comparison is None
    assert found.total_before is not None
    assert found.total_before.cost == 0
    assert [line.before for line in found.groups] == [None]


def test_a_pattern_that_fits_no_namespace_is_refused_with_those_there_are(
    store: LocalStore,
) -> None:
    said = "--namespace nobody,x*: fits none of the namespaces of 2026-03-10 found: chat, chat-eu,"
    with pytest.raises(ConfigurationError) as refused:
        made(store, namespaces=("nobody", "x*"))
    assert str(refused.value) == f"{said} search"


def test_without_any_row_the_period_is_what_is_wrong(store: LocalStore) -> None:
    with pytest.raises(ConfigurationError, match="no rows of 2026-03-20"):
        made(store, "2026-03-20", namespaces=("chat",))
