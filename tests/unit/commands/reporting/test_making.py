"""From objects in a folder to figures: which time is read, compared, missing or refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from structlog.testing import capture_logs

from exporter.chargeback.figures import Sums
from exporter.commands.moments import named_period
from exporter.commands.reporting.making import Made, make
from exporter.commands.reporting.places import Place
from exporter.commands.reporting.terms import Terms
from exporter.cost.billing import ReportPlan
from exporter.documents.kinds import TokenBudget
from exporter.errors import ConfigurationError, UnreadableFile
from exporter.periods import rfc3339
from exporter.storage.local import LocalStore
from exporter.storage.store import Store
from tests.unit.chargeback.reports import PRICING
from tests.unit.commands.reporting.stored import (
    DAILY,
    HOUR,
    MONTHLY,
    PREFIX,
    WEEKLY,
    at,
    encoded,
    put,
    rows_of,
    store_in,
)
from tests.unit.storage.objects import CountedStore

APRIL_2 = at(2, month=4)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path)


def made(
    store: Store,
    period: str = "2026-03-10",
    *,
    by: tuple[str, ...] = ("sub-account",),
    compare: bool = False,
    layout: str | None = None,
    clusters: tuple[str, ...] = (),
    now: int = APRIL_2,
    currency: str = "USD",
    budgets: Sequence[TokenBudget] = (),
    plans: Sequence[ReportPlan] = (),
    home: str | None = None,
    namespaces: tuple[str, ...] = (),
) -> Made:
    terms = Terms(
        period=named_period(period, now),
        keys=by,
        compare=compare,
        every_entry=False,
        layout=layout,
        clusters=clusters,
        now=now,
        settle_minutes=10,
        lookback_hours=24,
        currency=currency,
        usd_rate=Decimal(1),
        budgets=budgets,
        pricing=PRICING,
        plans=plans,
        home=home,
        namespaces=namespaces,
    )
    return make(Place(store, PREFIX), terms)


def costing(
    store: LocalStore, cost: int, start: int, *, cluster: str = "prod", layout: str = "focus-1.3"
) -> str:
    """An hour whose two rows cost so much each."""
    table = rows_of(start, start + HOUR, cost)
    return put(store, start, table=table, cluster=cluster, layout=layout)


def costs(*sums: Sums | None) -> list[int]:
    return [-1 if one is None else int(one.cost) for one in sums]


def budget(namespace: str, limit: int) -> TokenBudget:
    return TokenBudget.model_validate(
        {
            "metadata": {"name": "a"},
            "spec": {"scope": {"namespace": namespace}, "monthlyLimitUSD": limit},
        }
    )


def gaps(report: Made) -> list[tuple[str, str, str, str]]:
    return [
        (gap.cluster, gap.report, rfc3339(gap.start)[5:13], rfc3339(gap.end)[5:13])
        for gap in report.chargeback.completeness.gaps
    ]


def test_rows_inside_the_period_are_added_up(store: LocalStore) -> None:
    costing(store, 100, at(9, 23))
    costing(store, 3, at(10))
    costing(store, 4, at(10, 23))
    costing(store, 100, at(11))
    found = made(store).chargeback
    assert found.total.cost == 14
    assert (found.scope.rows, found.scope.objects) == (4, 2)
    assert found.scope.layouts == ("focus-1.3",)


def test_a_longer_object_is_left_out_and_named(store: LocalStore) -> None:
    costing(store, 3, at(10))
    key = put(store, at(1), MONTHLY, report="monthly")
    put(store, at(9), WEEKLY, report="weekly", table=rows_of(at(9), at(10)))
    found = made(store).chargeback
    assert found.total.cost == 6
    assert found.completeness.straddling == (key,)


def test_a_month_holds_its_weeks_and_the_whole_month(store: LocalStore) -> None:
    put(store, at(1), MONTHLY, report="monthly", table=rows_of(*(at(1), at(1, month=4)), 5))
    put(store, at(1), WEEKLY, report="weekly", table=rows_of(at(1), at(2), 7))
    found = made(store, "2026-03").chargeback
    assert found.total.cost == 24
    assert found.completeness.straddling == ()


def test_hours_that_are_missing_are_gaps(store: LocalStore) -> None:
    for hour in (*range(5), *range(7, 24)):
        costing(store, 1, at(10, hour))
    assert gaps(made(store)) == [("prod", "default", "03-10T05", "03-10T07")]


def test_what_the_next_run_still_looks_back_at_is_no_gap(store: LocalStore) -> None:
    """Of a period that is not over; ten minutes later the first hour is not looked at any more."""
    costing(store, 1, at(10, 8))
    now = at(11, 9) + 600
    assert gaps(made(store, "2026-W11", now=now))[-1][-1] == "03-10T08"
    later = made(store, "2026-W11", now=now + HOUR)
    assert gaps(later)[-1] == ("prod", "default", "03-10T09", "03-10T10")


def test_of_a_period_that_is_over_everything_is_due(store: LocalStore) -> None:
    costing(store, 1, at(10, 8))
    assert gaps(made(store, now=at(11) + 600))[-1][-1] == "03-11T00"


def test_a_schedule_in_the_metadata_decides_what_is_due(store: LocalStore) -> None:
    """2026-03-09 is a Monday. A week that nobody used is one object, not six missing days."""
    put(store, at(9), WEEKLY, report="w", table=rows_of(at(9), at(10)).slice(0, 0))
    costing(store, 1, at(9))
    of_week = [gap for gap in gaps(made(store, "2026-W11")) if gap[1] == "w"]
    assert of_week == []


def test_an_object_that_cannot_be_read_is_a_gap_and_a_fault(store: LocalStore) -> None:
    costing(store, 1, at(10))
    broken = put(store, at(10, 1), body=b"PAR1 no more")
    found = made(store, now=at(10, 2))
    assert [fault.key for fault, _ in found.faults] == [broken]
    assert gaps(found) == [("prod", "default", "03-10T01", "03-10T02")]
    assert found.chargeback.total.cost == 2


@pytest.mark.parametrize(
    ("column", "reason"),
    [("EffectiveCost", "has rows without EffectiveCost"), ("ChargePeriodEnd", "does not say")],
)
def test_an_object_without_a_needed_column_adds_nothing(
    store: LocalStore, column: str, reason: str
) -> None:
    costing(store, 1, at(10))
    table = rows_of(at(10, 1), at(10, 2)).drop_columns([column])
    put(store, at(10, 1), table=table)
    found = made(store)
    assert [text[: len(reason)] for _, text in found.faults] == [reason]
    assert found.chargeback.scope.rows == 2


def test_a_file_that_is_no_focus_is_a_fault(store: LocalStore) -> None:
    costing(store, 1, at(10))
    put(store, at(10, 1), body=encoded(pa.table({"something": ["else"]})))
    assert [text for _, text in made(store).faults] == ["has no column of FOCUS"]


def test_nothing_but_broken_objects_is_no_empty_report(store: LocalStore) -> None:
    put(store, at(10), body=b"PAR1 no more")
    with pytest.raises(
        UnreadableFile, match=r"no rows of 2026-03-10 in .*: 1 object could.*no whole"
    ):
        made(store)


def test_without_rows_period_and_place_are_named(store: LocalStore) -> None:
    costing(store, 1, at(11))
    with pytest.raises(ConfigurationError) as raised:
        made(store)
    assert f"no rows of 2026-03-10 in {store.describe()}focus/" in str(raised.value)


def test_a_month_asked_for_as_a_day_says_what_to_ask_for(store: LocalStore) -> None:
    key = put(store, at(1), MONTHLY)
    with pytest.raises(ConfigurationError, match=f"{key} reaches over its edge"):
        made(store)


def test_an_hour_and_its_day_are_refused(store: LocalStore) -> None:
    keys = [put(store, at(10), DAILY), costing(store, 1, at(10, 5))]
    with pytest.raises(ConfigurationError) as raised:
        made(store)
    assert all(key in str(raised.value) for key in keys)
    assert "backfill --replace-layout" in str(raised.value)


def test_two_layouts_are_refused_and_one_can_be_read(store: LocalStore) -> None:
    costing(store, 1, at(10))
    costing(store, 2, at(10), layout="focus-1.2")
    with pytest.raises(ConfigurationError, match=r"--layout 1\.2"):
        made(store)
    assert made(store, layout="1.3").chargeback.total.cost == 2


def test_what_names_show_to_be_twice_there_is_refused_before_it_is_read(store: LocalStore) -> None:
    costing(store, 1, at(10))
    costing(store, 2, at(10), layout="focus-1.2")
    counted = CountedStore(store)
    with pytest.raises(ConfigurationError, match="would count twice"):
        made(counted)
    assert counted.count("download") == 0


def test_clusters_are_chosen_by_patterns(store: LocalStore) -> None:
    for cost, cluster in enumerate(("prod-eu", "prod-us", "lab"), start=1):
        costing(store, cost, at(10), cluster=cluster)
    assert made(store, clusters=("prod-*",)).chargeback.total.cost == 6
    assert made(store, clusters=("lab", "prod-eu")).chargeback.total.cost == 8
    with pytest.raises(ConfigurationError, match=r"fits none of .*: lab, prod-eu, prod-us"):
        made(store, clusters=("dev",))


def test_a_cluster_that_is_not_asked_for_is_not_refused(store: LocalStore) -> None:
    costing(store, 1, at(10))
    costing(store, 1, at(10), cluster="lab")
    costing(store, 1, at(10), cluster="lab", layout="focus-1.2")
    assert made(store, clusters=("prod",)).chargeback.total.cost == 2


def test_the_period_before_stands_beside(store: LocalStore) -> None:
    costing(store, 3, at(9, 23))
    costing(store, 5, at(10))
    found = made(store, compare=True).chargeback
    assert costs(found.total, found.total_before) == [10, 6]
    assert made(store).chargeback.total_before is None


def test_a_period_that_is_not_over_is_compared_with_the_same_span(store: LocalStore) -> None:
    """Two hours of today with two hours of yesterday."""
    for hour in (0, 1, 2):
        costing(store, 3, at(9, hour))
    for hour in (0, 1):
        costing(store, 5, at(10, hour))
    running = made(store, compare=True, now=at(10, 20)).chargeback.total_before
    over = made(store, compare=True).chargeback.total_before
    assert costs(running, over) == [12, 18]


def test_what_is_missing_before_is_missing_in_the_comparison(store: LocalStore) -> None:
    for hour in range(24):
        costing(store, 3, at(10, hour))
        if hour:
            costing(store, 3, at(9, hour))
    assert gaps(made(store, compare=True)) == [("prod", "default", "03-09T00", "03-09T01")]
    assert gaps(made(store)) == []


def test_a_cluster_that_is_gone_since_is_missing(store: LocalStore) -> None:
    for day in (9, 10):
        for hour in range(24):
            costing(store, 3, at(day, hour))
    for hour in range(24):
        costing(store, 3, at(9, hour), cluster="west")
    assert gaps(made(store, compare=True)) == [("west", "default", "03-10T00", "03-11T00")]


def test_a_budget_is_of_the_whole_month(store: LocalStore) -> None:
    costing(store, 3, at(1))
    costing(store, 5, at(10))
    costing(store, 7, at(20))
    namespace = rows_of(at(10), at(11))["x-InferNamespace"][0].as_py()
    (line,) = made(store, budgets=[budget(namespace, 100)]).chargeback.budgets
    assert line.month == "2026-03"
    assert [int(line.spend), int(line.limit)] == [15, 100]


def test_a_week_over_the_edge_of_months_has_the_budgets_of_the_second(store: LocalStore) -> None:
    """2026-W14 is 30 March to 5 April."""
    costing(store, 3, at(31))
    costing(store, 5, at(1, month=4))
    found = made(store, "2026-W14", budgets=[budget("nobody", 100)]).chargeback
    assert costs(found.total) == [16]
    assert found.budgets[0].month == "2026-04"


def test_rows_of_another_currency_are_refused(store: LocalStore) -> None:
    costing(store, 1, at(10))
    with pytest.raises(ConfigurationError, match="rows are in USD, FOCUS_BILLING_CURRENCY is EUR"):
        made(store, currency="EUR")


def test_files_of_other_names_are_a_warning(store: LocalStore) -> None:
    costing(store, 1, at(10))
    strange = "focus/version=focus-1.3/year=2026/month=03/day=10/part-0.parquet"
    store.put(strange, b"", {}, "")
    with capture_logs() as logs:
        made(store)
    assert [(log["files"], log["such_as"]) for log in logs] == [(1, store.describe() + strange)]


def test_keys_are_looked_at_before_anything_is_read(store: LocalStore) -> None:
    with pytest.raises(ConfigurationError, match='cannot go by "team", expected some of'):
        made(store, by=("team",))


@pytest.mark.parametrize("extension", ["parquet", "csv"])
def test_tags_are_keys_too(store: LocalStore, extension: str) -> None:
    put(store, at(10), extension=extension)
    found = made(store, by=("tag:infer-focus/cluster",)).chargeback
    assert [group.values for group in found.groups] == [("prod",)]
