from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from exporter.focus.rules.rule import Result
from tests.unit.focus.rules.given import csv, parquet, results, row

PREFIXES = ("x-Infer", "x_Infer")
HARDWARE = '{"x_Component":"hardware","UsageUnit":"GPU-Hours","UsageQuantity":%s}'
ELECTRICITY = '{"x_Component":"electricity","UsageUnit":"Kilowatt-Hours","UsageQuantity":%s}'


def cells(prefix: str, ours: Mapping[str, Any], focus: Mapping[str, Any]) -> dict[str, Any]:
    """A row of this program: its own columns without prefix, and those of FOCUS."""
    own = {"Cluster": "prod", "TokensInput": 1_500_000, "TokensOutput": 1_000_000, **ours}
    return row("1.3", **focus) | {prefix + name: value for name, value in own.items()}


def found(rule: str, ours: Mapping[str, Any], **focus: Any) -> tuple[int, int]:
    """How many rows the rule concerns and how many break it: the same however it is written."""
    every = [
        of_rule(results("1.3", table, text=text), rule)
        for prefix in PREFIXES
        for each in [cells(prefix, ours, focus)]
        for table, text in ((parquet("1.3", [each]), False), (csv([each]), True))
    ]
    assert len(set(every)) == 1
    return every[0]


def of_rule(told: Mapping[str, Result], rule: str) -> tuple[int, int]:
    return told[f"extensions/{rule}"].rows, told[f"extensions/{rule}"].broken


@pytest.mark.parametrize(
    ("tokens", "consumed", "broken"),
    [
        (10**11, 10**11 + 1_000_000, 0),
        (10**11, 10**11 + 1_000_001, 1),
        (10**11, Decimal("100000999999.9"), 1),
    ],
)
def test_every_token_counts(tokens: int, consumed: Any, broken: int) -> None:
    quantity = Decimal(consumed)

    assert found("tokens", {"TokensInput": tokens}, ConsumedQuantity=quantity) == (1, broken)


def test_gpu_hours_are_no_tokens() -> None:
    hours = {"ConsumedQuantity": Decimal(3), "ConsumedUnit": "GPU-Hours"}

    assert found("tokens", {}, **hours) == (0, 0)


@pytest.mark.parametrize(
    ("held", "active", "broken"),
    [("3", "3", 0), ("3", "3.000000009", 0), ("3", "3.0031", 1), ("0", "0.00001", 1)],
)
def test_active_time_is_within_the_time_held_but_for_rounding(
    held: str, active: str, broken: int
) -> None:
    ours = {"GpuHours": Decimal(held), "ActiveGpuHours": Decimal(active)}

    assert found("active-hours", ours) == (1, broken)


@pytest.mark.parametrize(
    ("held", "percent", "concerned", "broken"),
    [
        ("3", "66.666666667", 1, 0),
        ("3", "66.666666665", 1, 1),
        ("3", None, 1, 1),
        ("0", None, 0, 0),
        (None, "1", 0, 0),
    ],
)
def test_utilization_is_active_of_held_time(
    held: str | None, percent: str | None, concerned: int, broken: int
) -> None:
    ours = {
        "GpuHours": None if held is None else Decimal(held),
        "ActiveGpuHours": Decimal(2),
        "UtilizationPercent": None if percent is None else Decimal(percent),
    }

    assert found("utilization", ours) == (concerned, broken)


@pytest.mark.parametrize(
    ("tokens", "per_million", "concerned", "broken"),
    [
        (3_000_000, "2", 1, 0),
        (7_000_000, "0.857142857", 1, 0),
        (7_000_000, "0.857142859", 1, 1),
        (7, "857142.857142857", 1, 0),
        (7, "857142.857146", 1, 1),
        (0, "1", 1, 1),
        (7, None, 0, 0),
    ],
)
def test_a_cost_per_million_is_that_of_the_row(
    tokens: int, per_million: str | None, concerned: int, broken: int
) -> None:
    ours = {
        "TokensInput": tokens,
        "TokensOutput": 0,
        "CostPerMillionTokens": None if per_million is None else Decimal(per_million),
    }

    assert found("cost-per-million", ours) == (concerned, broken)


@pytest.mark.parametrize(("cloud", "concerned"), [("0.000000001", 0), (None, 0), ("0", 1)])
def test_savings_of_nothing_have_no_percentage(cloud: str | None, concerned: int) -> None:
    ours = {
        "CloudEquivalentCostUSD": None if cloud is None else Decimal(cloud),
        "SavingsPercent": Decimal(1),
    }

    assert found("savings", ours) == (concerned, concerned)


@pytest.mark.parametrize(
    ("meter", "given", "produced", "concerned", "broken"),
    [
        ("Input Tokens", 5, 0, 1, 0),
        ("Input Tokens", 5, 1, 1, 1),
        ("Output Tokens", 0, 5, 1, 0),
        ("Output Tokens", 1, 5, 1, 1),
        ("Tokens", 1, 5, 0, 0),
    ],
)
def test_a_meter_of_one_side_has_tokens_of_that_side(
    meter: str, given: int, produced: int, concerned: int, broken: int
) -> None:
    ours = {"TokensInput": given, "TokensOutput": produced}

    assert found("meter", ours, SkuMeter=meter) == (concerned, broken)


@pytest.mark.parametrize(
    ("cluster", "resource", "broken"),
    [
        ("prod", "prod/chat/llama", 0),
        ("a:cluster/prod", "a:cluster/prod/chat/llama", 0),
        ("pro", "prod/chat/llama", 1),
        ("prod", "prod", 1),
        ("chat", "prod/chat/llama", 1),
    ],
)
def test_a_resource_is_in_its_cluster(cluster: str, resource: str, broken: int) -> None:
    assert found("cluster", {"Cluster": cluster}, ResourceId=resource) == (1, broken)


@pytest.mark.parametrize(
    ("elements", "concerned", "broken"),
    [
        ((HARDWARE % "3", ELECTRICITY % "1.5"), 1, 0),
        ((ELECTRICITY % "1.5", HARDWARE % "3.0"), 1, 0),
        ((HARDWARE % "3.000000001", ELECTRICITY % "1.5"), 1, 1),
        ((HARDWARE % "3", ELECTRICITY % "0"), 1, 1),
        ((HARDWARE % "3",), 1, 0),
        ((HARDWARE % ("9" * 400),), 1, 1),
        ((HARDWARE % '"3"',), 0, 0),
        (('{"x_Component":["hardware"],"UsageQuantity":3}', "7"), 0, 0),
        (("{",), 0, 0),
    ],
)
def test_the_usage_of_a_share_is_that_of_its_row(
    elements: tuple[str, ...], concerned: int, broken: int
) -> None:
    split = {
        "AllocatedMethodId": "m",
        "AllocatedMethodDetails": f'{{"Elements":[{",".join(elements)}]}}',
    }
    ours = {"GpuHours": Decimal(3), "EnergyKWh": Decimal("1.5")}

    assert found("split-quantities", ours, **split) == (concerned, broken)


@pytest.mark.parametrize(("method", "concerned"), [("m", 1), (None, 0)])
def test_only_shares_consume_the_gpu_time_that_they_hold(
    method: str | None, concerned: int
) -> None:
    split = {"AllocatedMethodId": method, "ConsumedQuantity": Decimal(4)}

    assert found("split-hours", {"GpuHours": Decimal(3)}, **split) == (concerned, concerned)


@pytest.mark.parametrize(
    "name",
    [
        "AmortizationCost",
        "MaintenanceCost",
        "ElectricityCost",
        "IdleCost",
        "EnergyKWh",
        "GpuHours",
        "ActiveGpuHours",
    ],
)
def test_what_is_used_is_never_negative(name: str) -> None:
    assert found("not-negative", {name: Decimal(0)}) == (1, 0)
    assert found("not-negative", {name: Decimal("-0.000000001")}) == (1, 1)
