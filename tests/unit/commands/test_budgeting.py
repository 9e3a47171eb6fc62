"""Which month, clusters and objects the budgets of a run are held against."""

from __future__ import annotations

import io
from collections.abc import MutableMapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from structlog.testing import capture_logs

from exporter.chargeback.figures import BudgetLine
from exporter.commands.budgeting import tell_budget, tell_budgets
from exporter.commands.building import Configuration
from exporter.commands.reporting.gathering import MISPLACED
from exporter.documents.kinds import TokenBudget
from exporter.documents.load import Documents, default_prices
from exporter.files.parquet import encode_parquet
from exporter.periods import HOUR_SECONDS as HOUR
from exporter.periods import Period, Schedule, period_at
from exporter.settings import load_settings
from exporter.storage.keys import object_key
from exporter.storage.local import LocalStore
from exporter.storage.store import Store
from tests.builders import make_charges_of, table_of

OCTOBER = 1_790_812_800  # 2026-10-01T00:00:00Z
NOVEMBER = OCTOBER + 744 * HOUR
#: What one charge of the builders costs.
COST = Decimal("6.000000001")
BUDGET = TokenBudget.model_validate(
    {
        "metadata": {"name": "chat"},
        "spec": {"scope": {"namespace": "chat"}, "monthlyLimitUSD": 100},
    }
)


class Untouchable:
    """A store that nothing may be asked of."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


def configuration(*budgets: TokenBudget, **variables: str) -> Configuration:
    environ = {"SOURCE_FILE": __file__, "OUTPUT_DIR": "/data", **variables}
    settings = load_settings(environ, needs_destination=True)
    return Configuration(settings, Documents((), (), budgets, default_prices()), [])


def write(
    store: Store,
    start: int,
    *,
    cluster: str = "prod",
    schedule: Schedule = Schedule.HOURLY,
    report: str = "default",
    rows: bool = True,
    **context: Any,
) -> str:
    """An object with one row of COST of `chat`, or without any; its key."""
    period: Period = period_at(schedule, start)
    charges = make_charges_of("model", namespace="chat" if rows else "other")
    table = table_of(charges, cluster=cluster, period=period, schedule=schedule, **context)
    body = encode_parquet(table if rows else table.slice(0, 0), "zstd", {})
    key = object_key("focus/", "focus-1.3", cluster, report, period, "parquet")
    store.put(key, body, {}, "")
    return key


def told(
    store: Store, now: int, clusters: Sequence[str] = ("prod",), **variables: str
) -> tuple[BudgetLine | None, list[MutableMapping[str, Any]]]:
    """The line of the only budget, if there is one, and the log."""
    with capture_logs() as log:
        lines = tell_budgets(configuration(BUDGET, **variables), store, clusters, now)
    return (lines[0] if lines else None), log


@pytest.mark.parametrize(
    ("now", "variables", "month"),
    [
        (NOVEMBER + 9 * 60, {}, "2026-10"),
        (NOVEMBER + 10 * 60, {}, "2026-10"),
        (NOVEMBER + HOUR + 9 * 60, {}, "2026-10"),
        (NOVEMBER + HOUR + 10 * 60, {}, "2026-11"),
        (NOVEMBER + HOUR + 10 * 60, {"COLLECTION_GRANULARITY": "daily"}, "2026-10"),
        (NOVEMBER + 24 * HOUR + 600, {"COLLECTION_GRANULARITY": "daily"}, "2026-11"),
        (NOVEMBER + 2 * HOUR, {"COLLECTION_SETTLE_MINUTES": "120"}, "2026-10"),
    ],
)
def test_the_month_is_that_of_the_last_settled_period(
    tmp_path: Path, now: int, variables: dict[str, str], month: str
) -> None:
    """So the last hour of a month is seen once, and with it what the month has cost."""
    store = LocalStore(tmp_path)
    for hour in (743, 744):
        write(store, OCTOBER + hour * HOUR)
    line, _ = told(store, now, **variables)
    assert line is not None
    assert (line.month, line.spend) == (month, COST)


def test_the_forecast_begins_where_the_exported_hours_end(tmp_path: Path) -> None:
    """Two hours, one of them without rows, long before the clock's time."""
    store = LocalStore(tmp_path)
    write(store, OCTOBER)
    write(store, OCTOBER + HOUR, rows=False)
    line, _ = told(store, OCTOBER + 400 * HOUR)
    assert line is not None
    assert line.forecast == COST + COST / 2 * 742


def test_without_budgets_the_store_is_not_asked() -> None:
    store: Any = Untouchable()
    with capture_logs() as log:
        assert tell_budgets(configuration(), store, ["prod"], OCTOBER) == []
    assert log == []


def test_reports_and_clusters_of_the_run_add_up_and_no_others(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, OCTOBER)
    write(store, OCTOBER, report="chat-daily", schedule=Schedule.DAILY)
    write(store, OCTOBER, cluster="eu/west")
    write(store, OCTOBER, cluster="other")
    line, _ = told(store, OCTOBER + 30 * HOUR, ["prod", "eu/west"])
    assert line is not None
    assert line.spend == 3 * COST


def reason(log: list[MutableMapping[str, Any]]) -> str:
    """Of the only line there is."""
    (line,) = log
    assert (line["event"], line["log_level"]) == ("budgets could not be evaluated", "warning")
    return str(line["reason"])


def test_an_object_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, OCTOBER)
    key = write(store, OCTOBER + HOUR)
    (tmp_path / key).write_bytes(b"PAR1")
    line, log = told(store, OCTOBER + 3 * HOUR)
    assert line is None
    assert reason(log).startswith(f"{tmp_path}/{key}: is no whole Parquet file")


def test_an_object_that_holds_no_rows_of_ours_is_named(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    key = write(store, OCTOBER)
    body = io.BytesIO()
    pq.write_table(pq.read_table(tmp_path / key).select(["ServiceName"]), body)
    (tmp_path / key).write_bytes(body.getvalue())
    line, log = told(store, OCTOBER + 3 * HOUR)
    assert line is None
    assert reason(log).startswith(f"{tmp_path}/{key}: has no column EffectiveCost")


@pytest.mark.parametrize("schedule", [Schedule.DAILY, Schedule.HOURLY])
def test_time_that_stands_twice_is_not_counted_twice(tmp_path: Path, schedule: Schedule) -> None:
    """A day beside one of its hours, or the same hour in two formats: as in a report."""
    store = LocalStore(tmp_path)
    key = write(store, OCTOBER)
    if schedule is Schedule.DAILY:
        other = write(store, OCTOBER, schedule=schedule)
    else:
        other = key.replace(".parquet", ".csv")
        store.put(other, b"EffectiveCost\n", {}, "")
    line, log = told(store, OCTOBER + 30 * HOUR)
    assert line is None
    assert all(f"{tmp_path}/{each}" in reason(log) for each in (key, other))


def test_a_day_without_rows_counts_as_exported(tmp_path: Path) -> None:
    """Two days, 24 hours of 6.000000001 in 48: 1/8 an hour to come."""
    store = LocalStore(tmp_path)
    write(store, OCTOBER, report="team", schedule=Schedule.DAILY)
    write(store, OCTOBER + 24 * HOUR, report="team", schedule=Schedule.DAILY, rows=False)
    line, _ = told(store, OCTOBER + 60 * HOUR)
    assert line is not None
    assert line.forecast is not None
    expected = COST + COST / 48 * 696
    assert abs(line.forecast - expected) < Decimal("1e-9")


def test_time_that_is_not_exported_is_told(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, OCTOBER)
    write(store, OCTOBER + 4 * HOUR)
    _, log = told(store, OCTOBER + 6 * HOUR)
    (gap,) = [each for each in log if each["event"] == "budgets lack time that is not exported"]
    assert (gap["log_level"], gap["gaps"], gap["cluster"], gap["report"]) == (
        *("info", 1, "prod", "default"),
    )
    assert (gap["start"], gap["end"]) == ("2026-10-01T01:00:00Z", "2026-10-01T04:00:00Z")


def test_an_absurd_amount_is_told(tmp_path: Path) -> None:
    amounts = (Decimal("9" * 30), Decimal(0), Decimal("9" * 30))
    line = BudgetLine("a", "b", "2026-10", *amounts, None, None)
    with capture_logs() as log:
        tell_budget(line, "USD")
    assert log[0]["spend"] == "9" * 30


def test_two_currencies_are_not_added_up(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, OCTOBER)
    write(store, OCTOBER + HOUR, currency="EUR")
    line, log = told(store, OCTOBER + 3 * HOUR)
    assert line is None
    assert reason(log) == (
        "rows of this month are in EUR, the limits in USD (FOCUS_BILLING_CURRENCY);"
        " export the month again in one currency"
    )


def test_without_a_cluster_nothing_is_said_to_be_spent(tmp_path: Path) -> None:
    line, log = told(LocalStore(tmp_path), OCTOBER, [])
    assert line is None
    assert "names no cluster" in reason(log)


@pytest.mark.parametrize("earlier", [False, True])
def test_of_a_month_of_which_nothing_is_exported_no_spend_is_told(
    tmp_path: Path, earlier: bool
) -> None:
    """Unknown is not zero. No line at all, so that pushed ones of the month before vanish."""
    store = LocalStore(tmp_path / "new")
    if earlier:
        write(store, OCTOBER - HOUR)
    with capture_logs() as log:
        lines = tell_budgets(configuration(BUDGET), store, ["prod"], OCTOBER + 2 * HOUR)
    assert lines == []
    assert [each["event"] for each in log if each["event"] == "budget"] == []
    assert reason([log[-1]]) == "nothing of 2026-10 is exported"


def test_of_a_month_that_is_over_there_is_no_forecast(tmp_path: Path) -> None:
    """But what it lacks: all of its hours but two are not exported."""
    store = LocalStore(tmp_path)
    for hour in (0, 743):
        write(store, OCTOBER + hour * HOUR)
    line, log = told(store, NOVEMBER + 10 * 60)
    assert line is not None
    assert line.spend == 2 * COST
    assert line.missing_hours == 742
    assert line.forecast is None
    assert line.over
    (budget,) = [each for each in log if each["event"] == "budget"]
    assert (budget["forecast"], budget["missing_hours"]) == (None, 742)


def test_rows_of_another_hour_than_the_objects_name_count_in_their_own(tmp_path: Path) -> None:
    """The hour of the name is missing then, and the object is named."""
    store = LocalStore(tmp_path)
    for hour in (0, 1, 3):
        key = write(store, OCTOBER + hour * HOUR)
    (tmp_path / key).write_bytes((tmp_path / write(store, OCTOBER + 2 * HOUR)).read_bytes())
    (tmp_path / write(store, OCTOBER + 2 * HOUR)).unlink()
    line, log = told(store, OCTOBER + 5 * HOUR)
    assert line is not None
    assert line.spend == 3 * COST
    (named,) = [each for each in log if each["event"] == MISPLACED]
    assert named["object"] == f"{tmp_path}/{key}"
    assert line.forecast == 3 * COST + COST * 741
