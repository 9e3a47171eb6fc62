"""Prices of a card and shares of a pool change how rows are sold, never what the pool cost."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from exporter.periods import DAY_SECONDS
from tests.e2e.conftest import Exported
from tests.e2e.job import backfill, infer_focus, succeeded
from tests.e2e.prices import write_config
from tests.e2e.scene import Scene
from tests.e2e.written import Row, X, data, in_folder, rows, total
from tests.fleets.token_scenarios import T0

CARD = """\
kind: RateCard
currency: USD
gpuHour: 2.345678901
models:
  - {model: "*Llama*", inputPerMillion: 0.123456789, outputPerMillion: 1.5}
  - {model: "*", listPerMillionTokens: 0.75}
contracts:
  - {namespace: search, discountPercent: 12.5}
  - {namespace: assist, perMillionTokens: 0.4}
"""
COMPONENTS = tuple(f"{X}{name}Cost" for name in ("Amortization", "Maintenance", "Electricity"))
SUMS = (
    *COMPONENTS,
    *(f"{X}{name}" for name in ("EnergyKWh", "GpuHours", "TokensInput", "TokensOutput")),
    *(f"{X}{name}" for name in ("TokensCached", "Requests", "CloudEquivalentCostUSD")),
)


def written_with(
    scene: Scene, folder: Path, card: str = "", end: int | None = None, **settings: str
) -> list[Row]:
    """The rows of a backfill of the fleet (until `end`), with a card beside its documents."""
    config = folder / "config"
    config.mkdir()
    (config / "pools.yaml").write_text(scene.config.read_text("utf-8"), "utf-8")
    if card:
        (config / "card.yaml").write_text(card, "utf-8")
    out = folder / "out"
    env = scene.settings(OUTPUT_DIR=str(out), CONFIG_PATH=str(config), **settings)
    succeeded(backfill(scene.span[0], end or scene.span[1], env=env))
    return rows(data(in_folder(out)))


@pytest.fixture(scope="module")
def at_cost(from_dump: Exported) -> list[Row]:
    return rows(from_dump.objects)


@pytest.fixture(scope="module")
def priced(mixed: Scene, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return written_with(mixed, tmp_path_factory.mktemp("priced"), CARD)


@pytest.fixture(scope="module")
def billed(mixed: Scene, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("billed")
    return written_with(mixed, folder, CARD, FOCUS_BILLED_COST="contracted")


@pytest.fixture(scope="module")
def by_day(mixed: Scene, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The same with every report in daily rows."""
    documents = [
        {**one, "spec": {**one["spec"], "schedule": "daily"}}
        if one["kind"] == "UsageReport"
        else one
        for one in mixed.documents
    ]
    folder = tmp_path_factory.mktemp("by-day")
    daily = replace(mixed, config=write_config(documents, folder / "daily.yaml"))
    settings = {"FOCUS_BILLED_COST": "contracted", "COLLECTION_GRANULARITY": "daily"}
    return written_with(daily, folder, CARD, end=T0 + DAY_SECONDS, **settings)


@pytest.fixture(scope="module")
def shared(mixed: Scene, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("shared")
    return written_with(mixed, folder, FOCUS_SPLIT_ALLOCATION="true")


@pytest.mark.parametrize("terms", ["priced", "billed", "shared"])
def test_terms_of_sale_leave_cost_energy_and_tokens_as_they_were(
    terms: str, at_cost: list[Row], request: pytest.FixtureRequest
) -> None:
    found: list[Row] = request.getfixturevalue(terms)
    assert {name: total(found, name) for name in SUMS} == {
        name: total(at_cost, name) for name in SUMS
    }


@pytest.mark.parametrize("terms", ["priced", "billed"])
def test_every_price_times_its_quantity_is_the_cost_to_the_last_digit(
    terms: str, request: pytest.FixtureRequest
) -> None:
    found: list[Row] = request.getfixturevalue(terms)
    assert {row["SkuMeter"] for row in found} >= {"Input Tokens", "Output Tokens", "GPU-Hours"}
    for row in found:
        assert row["ListUnitPrice"] * row["PricingQuantity"] == row["ListCost"]
        assert row["ContractedUnitPrice"] * row["PricingQuantity"] == row["ContractedCost"]


def test_what_is_billed_is_the_cost_or_the_contracted_price(
    priced: list[Row], billed: list[Row]
) -> None:
    for row in priced:
        assert row["BilledCost"] == row["EffectiveCost"] == sum(row[name] for name in COMPONENTS)
    for row in billed:
        assert row["BilledCost"] == row["EffectiveCost"] == row["ContractedCost"]
    assert total(billed, "BilledCost") != total(priced, "BilledCost")


def test_a_day_is_billed_as_its_hours_are(billed: list[Row], by_day: list[Row]) -> None:
    """Also where a model had no tokens in some hours, and is sold by the GPU-hour then."""
    day = {row["ChargePeriodEnd"] for row in by_day}
    (end,) = day
    names = ("ListCost", "ContractedCost", "BilledCost", "PricingQuantity")

    def sums(found: list[Row]) -> dict[tuple[object, ...], list[Decimal]]:
        groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in found:
            if row["ChargePeriodEnd"] <= end:
                groups[row[f"{X}CostProfile"], row["ResourceId"], row["SkuPriceId"]].append(row)
        return {key: [total(group, name) for name in names] for key, group in groups.items()}

    assert sums(by_day) == sums(billed)
    quiet = [r for r in by_day if r["ResourceId"].endswith("Instruct") and "GPU" in r["SkuMeter"]]
    assert quiet


def test_the_shares_of_each_pool_and_hour_add_up_to_one(shared: list[Row]) -> None:
    ratios: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for row in shared:
        if row["AllocatedMethodId"] is not None:
            origin = row["ResourceId"], row["ChargePeriodStart"], row["Tags"]
            details = json.loads(row["AllocatedMethodDetails"], parse_float=Decimal)
            ratios[origin] += sum(each["AllocatedRatio"] for each in details["Elements"])
    assert len(ratios) > 50
    assert set(ratios.values()) == {1}


def test_the_shares_of_each_pool_and_hour_have_one_price(shared: list[Row]) -> None:
    prices: dict[tuple[object, ...], set[Decimal]] = defaultdict(set)
    for row in shared:
        if row["AllocatedMethodId"] is not None:
            origin = row["ResourceId"], row["ChargePeriodStart"], row["Tags"]
            prices[origin].add(row["ListUnitPrice"])
            product = row["ListUnitPrice"] * row["PricingQuantity"]
            assert round(product, 9) == row["ListCost"]
    assert {len(found) for found in prices.values()} == {1}


def test_export_focus_writes_ordinary_rows_where_its_layout_has_no_shares(mixed: Scene) -> None:
    settings = mixed.settings(FOCUS_SPLIT_ALLOCATION="true")
    day = "2026-10-01"
    done = succeeded(infer_focus("export", "focus", "--period", day, env=settings))
    plain = succeeded(infer_focus("export", "focus", "--period", day, env=mixed.settings()))

    assert done.stdout == plain.stdout
    warning = next(one for one in done.events if "layout" in one)
    assert (warning["event"], warning["layout"]) == (
        "FOCUS_SPLIT_ALLOCATION has no effect here, since the layout has no columns for shares:"
        " choose --layout 1.3 or 1.4",
        "infercost-1.0",
    )


def test_a_card_whose_prices_of_models_count_for_nothing_is_warned_about(
    mixed: Scene, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "pools.yaml").write_text(mixed.config.read_text("utf-8"), "utf-8")
    (config / "card.yaml").write_text(CARD, "utf-8")
    env = mixed.settings(
        OUTPUT_DIR=str(tmp_path / "out"), CONFIG_PATH=str(config), FOCUS_SPLIT_ALLOCATION="true"
    )
    run = succeeded(backfill(T0, T0 + 3600, env=env))

    assert run.named(
        "prices of models and contracts of the RateCard have no effect with"
        " FOCUS_SPLIT_ALLOCATION: shares of a pool are priced by gpuHour alone"
    ) == [{}]
