"""Rows as shares of their pool's charge; the examples are those of test_pool_shares.py."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from exporter.cost.charges import Charges, Kind
from exporter.cost.sale import SalesTerms
from exporter.documents.kinds import CostProfile
from exporter.documents.rate_card import RateCard
from tests.builders import (
    NANO,
    make_charges,
    make_charges_of,
    make_profile,
    row_of,
    rows_of,
)

SHARED = SalesTerms(by_pool=True)
CARD = RateCard.model_validate(
    {
        "currency": "USD",
        "models": [{"model": "*", "inputPerMillion": 0.5, "outputPerMillion": 1.5}],
        "gpuHour": Decimal("2.333333333"),
        "contracts": [{"namespace": "chat", "discountPercent": 10}],
    }
)
OWN_OF_A_SHARE = ("AllocatedMethodDetails", "AllocatedResourceId", "AllocatedResourceName")
ADDITIVE = ("Cost", "Quantity")


def example_2() -> Charges:
    """Chat held 4 GPU-hours, search 2 and all of the energy; 2 were idle."""
    return make_charges(
        kind=[Kind.MODEL, Kind.MODEL, Kind.IDLE],
        namespace=["chat", "search", None],
        model=["llama", "qwen", None],
        gpu_nano_hours=[4 * NANO, 2 * NANO, 2 * NANO],
        amortization_nano=[4 * NANO, 2 * NANO, 2 * NANO],
        maintenance_nano=0,
        electricity_nano=[0, 2 * NANO, 0],
        energy_nano_kwh=[0, 10 * NANO, 0],
        tokens_input=[10, 20, 0],
        tokens_output=[10, 20, 0],
        tokens_cached=0,
        requests=[1, 2, 0],
        active_nano_hours=0,
        namespace_labels=[{"team": "a"}, {}, {}],
    )


def elements(row: dict[str, Any]) -> list[dict[str, Any]]:
    details = json.loads(row["AllocatedMethodDetails"], parse_float=Decimal, parse_int=Decimal)
    found: list[dict[str, Any]] = details["Elements"]
    return found


def test_example_2_is_one_charge_of_the_pool_in_three_shares() -> None:
    rows = rows_of(example_2(), terms=SHARED)

    assert [row["AllocatedResourceId"] for row in rows] == ["chat/llama", "search/qwen", None]
    assert [row["AllocatedResourceName"] for row in rows] == ["llama", "qwen", None]
    assert [row["AllocatedTags"] for row in rows] == ['{"team":"a"}', None, None]
    assert [row["EffectiveCost"] for row in rows] == [4, 4, 2]
    assert [row["PricingQuantity"] for row in rows] == [
        Decimal("3.2"),
        Decimal("3.2"),
        Decimal("1.6"),
    ]
    assert [row["ConsumedQuantity"] for row in rows] == [4, 2, 2]
    assert [[e["AllocatedRatio"] for e in elements(row)] for row in rows] == [
        [Decimal("0.4"), 0],
        [Decimal("0.2"), Decimal("0.2")],
        [Decimal("0.2"), 0],
    ]


def test_the_elements_name_what_they_were_divided_by() -> None:
    _, search, _ = rows_of(example_2(), terms=SHARED)

    hardware, electricity = elements(search)
    assert hardware == {
        "AllocatedRatio": Decimal("0.2"),
        "UsageQuantity": 2,
        "UsageUnit": "GPU-Hours",
        "x_Component": "hardware",
    }
    assert electricity == {
        "AllocatedRatio": Decimal("0.2"),
        "UsageQuantity": 10,
        "UsageUnit": "Kilowatt-Hours",
        "x_Component": "electricity",
    }


def test_all_shares_have_the_dimensions_and_the_price_of_the_pool() -> None:
    rows = rows_of(example_2(), terms=SHARED)

    for name in rows[0]:
        if name.startswith("x-Infer") or name in (*OWN_OF_A_SHARE, "AllocatedTags"):
            continue
        if not name.endswith(ADDITIVE):
            assert len({row[name] for row in rows}) == 1, name
    first = rows[0]
    assert first["ResourceId"] == "prod/__pool__/h100-pool"
    assert (first["ResourceName"], first["ResourceType"]) == ("h100-pool", "GPU Pool")
    assert first["SubAccountId"] is first["SubAccountName"] is first["SubAccountType"] is None
    assert (first["SkuId"], first["SkuMeter"]) == ("H100-SXM5", "GPU-Hours")
    assert first["ListUnitPrice"] == first["ContractedUnitPrice"] == Decimal("1.25")
    assert first["ChargeDescription"] == "GPU pool h100-pool for period 2026-03-10"
    assert json.loads(first["Tags"]) == {
        "infer-focus/cluster": "prod",
        "infer-focus/costProfile": "h100-pool",
        "infer-focus/gpuModel": "H100-SXM5",
        "infer-focus/model": None,
        "infer-focus/report": "default",
        "infer-focus/schedule": "daily",
    }


def test_the_extension_columns_still_tell_whose_a_share_is() -> None:
    chat, _, idle = rows_of(example_2(), terms=SHARED)

    assert (chat["x-InferNamespace"], chat["x-InferTokensInput"]) == ("chat", 10)
    assert idle["x-InferNamespace"] == "__idle__"


def test_a_namespace_without_a_model_has_a_share_of_its_own() -> None:
    row = row_of(make_charges_of("rollup"), terms=SHARED)

    assert (row["AllocatedResourceId"], row["AllocatedResourceName"]) == ("chat", "chat")


def test_pods_share_by_their_names_where_rows_go_by_pod() -> None:
    row = row_of(make_charges(pod="llama-0"), terms=SHARED, row_grain="pod")

    assert row["AllocatedResourceId"] == "chat/llama-0/llama-3.1-70b"


def test_unobserved_time_is_a_remainder_too() -> None:
    row = row_of(make_charges_of("unobserved"), terms=SHARED)

    assert row["AllocatedResourceId"] is None
    assert row["AllocatedMethodId"] == "cost-by-gpu-time-and-energy"


@pytest.mark.parametrize("terms", [SHARED, SalesTerms(CARD, by_pool=True)], ids=["cost", "card"])
def test_tokens_on_unknown_gpus_stay_ordinary_rows(terms: SalesTerms) -> None:
    row = rows_of(make_charges_of("unpriced"), terms=terms)[0]

    assert row["ResourceId"] == "prod/chat/llama-3.1-70b"
    assert row["SubAccountId"] == "chat"
    assert [row[name] for name in row if name.startswith("Allocated")] == [None] * 5


@pytest.mark.parametrize(
    ("idle_shared", "cost", "method"),
    [
        (False, NANO, "cost-by-gpu-time-and-energy"),
        (True, NANO, "cost-by-gpu-time-and-energy-idle-shared"),
        (False, 0, "gpu-time"),
        (True, 0, "gpu-time-idle-shared"),
    ],
)
def test_the_method_says_what_divides_and_whether_idle_cost_is_inside(
    idle_shared: bool, cost: int, method: str
) -> None:
    charges = make_charges(amortization_nano=cost, maintenance_nano=0, electricity_nano=0)
    row = row_of(charges, terms=SHARED, idle_shared=idle_shared)

    assert row["AllocatedMethodId"] == method


def test_a_region_is_that_of_all_shares_or_of_none() -> None:
    def regions(*values: str | None) -> list[Any]:
        charges = make_charges_of("model", "idle")
        changed = make_charges(
            **{name: list(getattr(charges, name)) for name in ("kind", "model", "namespace")},
            region=list(values),
        )
        return [row["RegionId"] for row in rows_of(changed, terms=SHARED)]

    assert regions("eu", "eu") == ["eu", "eu"]
    assert regions("eu", "us") == [None, None]
    assert regions("eu", None) == [None, None]


def test_a_configured_region_stands_for_every_pool() -> None:
    row = row_of(make_charges(region="eu"), terms=SHARED, region_id="home", availability_zone="z")

    assert (row["RegionId"], row["RegionName"], row["AvailabilityZone"]) == ("home", "home", "z")


def test_pools_of_one_name_in_two_namespaces_are_two_resources() -> None:
    def inside(namespace: str) -> CostProfile:
        content = make_profile().model_dump(by_alias=True)
        content["metadata"]["namespace"] = namespace
        return CostProfile.model_validate(content)

    rows = rows_of(make_charges(profile=[inside("a"), inside("b")]), terms=SHARED)

    assert [row["ResourceId"] for row in rows] == [
        "prod/__pool__/a/h100-pool",
        "prod/__pool__/b/h100-pool",
    ]


def test_labels_never_repeat_the_keys_of_the_pools_tags() -> None:
    labels = {"infer-focus/cluster": "fake", "tier": "", "team": 'a"b'}
    row = row_of(make_charges(pod_labels=[labels]), terms=SHARED)

    assert json.loads(row["AllocatedTags"]) == {"team": 'a"b', "tier": True}
    assert json.loads(row["Tags"])["infer-focus/cluster"] == "prod"


def test_with_a_card_only_the_price_of_a_gpu_hour_counts() -> None:
    rows = rows_of(example_2(), terms=SalesTerms(CARD, contracted=True, by_pool=True))

    assert {row["ListUnitPrice"] for row in rows} == {Decimal("2.333333333")}
    assert {row["ContractedUnitPrice"] for row in rows} == {Decimal("2.333333333")}
    assert {row["SkuPriceId"] for row in rows} == {"H100-SXM5"}
    for row in rows:
        assert row["ContractedCost"] == row["PricingQuantity"] * row["ContractedUnitPrice"]
        assert row["EffectiveCost"] == row["ContractedCost"]
    assert sum(row["PricingQuantity"] for row in rows) == 8


@pytest.mark.parametrize("version", ["1.3", "1.4"])
@pytest.mark.parametrize("card", [None, CARD], ids=["cost", "card"])
def test_summing_every_row_counts_nothing_twice(version: str, card: RateCard | None) -> None:
    charges = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
    terms = SalesTerms(card, by_pool=True)
    rows, ordinary = (
        rows_of(charges, terms=each, version=version) for each in (terms, SalesTerms(card))
    )

    for name in ("BilledCost", "EffectiveCost"):
        assert sum(row[name] for row in rows) == sum(row[name] for row in ordinary)
    hours = [r["PricingQuantity"] for r in rows if r["AllocatedMethodId"] is not None]
    assert sum(hours) == 16
    ratios: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["AllocatedMethodId"] is not None:
            ratios[row["ResourceId"]] += sum(e["AllocatedRatio"] for e in elements(row))
    assert ratios == {"prod/__pool__/h100-pool": 1}
