"""The examples to check by hand in docs/chargeback.md are what the program computes."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest

from exporter.arguments import parser
from scripts.make_docs import REPOSITORY, report_of_demo
from tests.test_docs import commands

PAGE = (REPOSITORY / "docs" / "chargeback.md").read_text()
EXAMPLES = PAGE.partition("### To check by hand")[2].partition("## What is missing")[0]
TOLD = {Decimal(number.replace(",", "")) for number in re.findall(r"[\d,]*\d(?:\.\d+)?", EXAMPLES)}
MILLION = 1_000_000


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return report_of_demo()


def number(text: object) -> Decimal:
    return Decimal(str(text))


def test_a_million_tokens_cost_what_the_example_says(told: dict[str, Any]) -> None:
    first = told["groups"][0]
    assert first["values"] == ["assistants", "meta-llama/Llama-3.1-70B-Instruct"]
    sums = {name: number(value) for name, value in first["sums"].items() if value is not None}
    for name in ("cost", "marginal", "tokensInput", "tokensOutput", "tokens", "requests"):
        assert sums[name] in TOLD
    follows = {
        "costPerMillionTokens": sums["cost"] * MILLION / sums["tokens"],
        "marginalPerMillionTokens": sums["marginal"] * MILLION / sums["tokens"],
        "costPerRequest": sums["cost"] / sums["requests"],
        "utilization": sums["activeGpuHours"] / sums["gpuHours"],
    }
    for name, value in follows.items():
        assert sums[name] == value.quantize(Decimal("1e-9")), name
        assert sums[name] in TOLD
    assert {sums["activeGpuHours"], sums["gpuHours"]} <= TOLD


def test_a_cloud_is_as_dear_as_the_example_says(told: dict[str, Any]) -> None:
    line = told["cloud"]["lines"][0]
    assert f"beside `{line['cloudModel']}`" in EXAMPLES
    cloud, own, marginal = (number(line[f"{name}Usd"]) for name in ("cloud", "own", "marginal"))
    million = number(line["tokensPerDay"]) / MILLION
    assert {cloud, own, cloud - own, own - marginal} <= TOLD
    assert {number(line["cloudPerMillionUsd"]), number(line["savingsUsd"])} <= TOLD
    assert ((cloud - marginal) / million).quantize(Decimal("1e-9")) in TOLD
    even = ((own - marginal) / (cloud - marginal) * million * MILLION).to_integral(ROUND_CEILING)
    assert line["breakEvenTokensPerDay"] == even
    assert even in TOLD


def test_every_flag_is_explained() -> None:
    section = PAGE.partition("## Flags")[2].partition("\n## ")[0]
    explained = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
    assert explained == commands(parser())["report",] - {"--help"}
