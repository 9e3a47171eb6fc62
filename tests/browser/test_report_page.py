"""The demo's own page in the browser: what it says is what DuckDB sums in the files."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Locator

from tests.browser.visits import Visit, visit
from tests.servers import run_command

TOKENS = '"x-InferTokensInput" + "x-InferTokensOutput"'
MODEL = "CASE WHEN ResourceType = 'AI Inference Endpoint' THEN ResourceName END"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    done = run_command(["demo"], cwd=home)
    assert done.returncode == 0, done.stderr
    return home / "infer-focus-demo"


@pytest.fixture(scope="module")
def opened(browser: Browser, folder: Path) -> Iterator[Visit]:
    with visit(browser, folder / "report.html", scripts=True) as page:
        yield page


@pytest.fixture(scope="module")
def rows(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        pattern = folder / "focus" / "version=focus-1.3" / "**" / "*.parquet"
        connection.execute(
            f"CREATE VIEW rows AS SELECT *, {MODEL} AS model"
            f" FROM read_parquet('{pattern}', hive_partitioning = false)"
        )
        yield connection


def figure(place: Locator, of: str) -> Decimal:
    """The one figure of that name in a place."""
    value = place.locator(f'data[data-figure="{of}"]').get_attribute("value")
    assert value is not None
    return Decimal(value)


def test_the_page_asks_for_itself_only(opened: Visit, folder: Path) -> None:
    assert opened.requests == [(folder / "report.html").as_uri()]
    assert opened.complaints == []


def test_its_totals_are_the_sums_of_the_rows(
    opened: Visit, rows: duckdb.DuckDBPyConnection
) -> None:
    said = tuple(
        figure(opened.page.locator("header"), of)
        for of in ("total", "total_tokens", "total_requests", "total_idle", "electricity")
    )
    (summed,) = rows.sql(
        f"""SELECT sum(EffectiveCost), sum({TOKENS}), sum("x-InferRequests"),
                   sum(EffectiveCost) FILTER ("x-InferNamespace" IN ('__idle__', '__unobserved__')),
                   sum("x-InferElectricityCost") FROM rows"""
    ).fetchall()
    assert said == summed


def test_every_line_of_a_team_and_model_is_the_sum_of_its_rows(
    opened: Visit, rows: duckdb.DuckDBPyConnection
) -> None:
    lines = opened.page.locator("#groups tbody tr").all()
    said = {
        tuple(line.locator("th [title]").evaluate_all("all => all.map(one => one.title)")): (
            figure(line, "group_cost"),
            figure(line, "group_tokens"),
            figure(line, "group_gpu_hours"),
            figure(line, "group_energy"),
        )
        for line in lines
    }
    summed = rows.sql(
        f"""SELECT "x-InferNamespace" AS namespace,
                   coalesce(model, if(starts_with(namespace, '__'), namespace, 'no model')),
                   sum(EffectiveCost),
                   coalesce(sum({TOKENS}), 0), sum("x-InferGpuHours"), sum("x-InferEnergyKWh")
            FROM rows GROUP BY ALL"""
    ).fetchall()
    assert said == {tuple(row[:2]): row[2:] for row in summed}


def test_its_days_are_those_of_the_rows(opened: Visit, rows: duckdb.DuckDBPyConnection) -> None:
    said = opened.page.locator("#days tbody tr").evaluate_all(
        """rows => rows.map(row => [row.querySelector("time").textContent,
            row.querySelector("[data-figure=day_cost]").value])"""
    )
    summed = rows.sql(
        "SELECT CAST(ChargePeriodStart AS DATE), sum(EffectiveCost) FROM rows GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert [(day, Decimal(cost)) for day, cost in said] == [(str(d), c) for d, c in summed]


def test_prices_of_models_are_those_of_their_rows(
    opened: Visit, rows: duckdb.DuckDBPyConnection
) -> None:
    summed = rows.sql(
        f"""SELECT model, sum(EffectiveCost), sum({TOKENS}), sum("x-InferRequests")
            FROM rows WHERE model IS NOT NULL GROUP BY 1"""
    ).fetchall()
    lines = opened.page.locator("#model-costs tbody tr")
    assert lines.count() == len(summed) > 2
    for model, cost, tokens, requests in summed:
        line = lines.filter(has=opened.page.get_by_title(model, exact=True))
        assert figure(line, "model_cost") == cost
        per_million = figure(line, "model_per_million")
        assert per_million == pytest.approx(cost * 10**6 / tokens, abs=Decimal("1e-9"))
        per_request = figure(line, "model_per_request")
        assert per_request == pytest.approx(cost / requests, abs=Decimal("1e-9"))


def test_pools_cost_what_their_rows_cost(opened: Visit, rows: duckdb.DuckDBPyConnection) -> None:
    said = {
        line.locator("th [title]").first.get_attribute("title"): (
            figure(line, "pool_cost"),
            figure(line, "pool_idle"),
            figure(line, "pool_energy"),
        )
        for line in opened.page.locator("#pool-costs tbody tr").all()
    }
    summed = rows.sql(
        """SELECT "x-InferCostProfile", sum(EffectiveCost),
                  coalesce(sum(EffectiveCost) FILTER ("x-InferNamespace" = '__idle__'), 0),
                  sum("x-InferEnergyKWh") FROM rows GROUP BY 1"""
    ).fetchall()
    assert said == {row[0]: row[1:] for row in summed}


def test_the_budget_is_the_spend_of_its_namespace(
    opened: Visit, rows: duckdb.DuckDBPyConnection
) -> None:
    (spend,) = rows.sql(
        "SELECT sum(EffectiveCost) FROM rows WHERE \"x-InferNamespace\" = 'assistants'"
    ).fetchall()
    assert spend == (figure(opened.page.locator("#budget-use"), "budget_spend"),)
