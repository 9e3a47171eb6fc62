"""Profiles and budgets of any name: Prometheus takes their rules, and no name is a part of one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.job import infer_focus, succeeded
from tests.faults.hostile_names import SHOWABLE
from tests.fleets.pools import document
from tests.integration.promtool import promtool

GO_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
KUBE_LABEL = re.compile(r"\blabel_(?!replace\b|join\b)\w+")
SAME = re.compile(r"\s+")


def named(names: Sequence[str]) -> list[Mapping[str, Any]]:
    """A profile, a budget and a report of each name, with the name wherever one can be."""
    documents: list[Mapping[str, Any]] = []
    for name in names:
        documents += [
            document(
                "CostProfile",
                name,
                {
                    "hardware": {"gpuModel": name, "gpuCount": 1, "purchasePriceUSD": 1},
                    "electricity": {"ratePerKWh": 0.1},
                    "nodeSelector": {"pool": name},
                    "namespaceSelector": {"team": name},
                    "clusters": [name, f"[{name}]*"],
                },
            ),
            document(
                "TokenBudget",
                name,
                {
                    "scope": {"namespace": "chat"},
                    "monthlyLimitUSD": 1,
                    "alertThresholds": [{"percent": 80, "severity": "warning"}],
                },
            ),
        ]
    return documents


def rules_of(names: Sequence[str], folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """`infer-focus rules` of these names, as the file that a Prometheus reads, and its rules."""
    config = folder / f"config-{len(list(folder.iterdir()))}.yaml"
    config.write_text(yaml.safe_dump_all(named(names), allow_unicode=True), "utf-8")
    settings = {
        "CONFIG_PATH": str(config),
        "COLLECTION_CLUSTER_LABEL": "cluster",
        "FOCUS_SUB_ACCOUNT_LABEL": names[0],
    }
    flags = ("--format", "prometheus", "--retention", "31d")
    told = succeeded(infer_focus("rules", *flags, env=settings)).stdout
    file = config.with_suffix(".rules.yaml")
    file.write_text(told, "utf-8")
    groups = yaml.safe_load(told)["groups"]
    return file, [rule for group in groups for rule in group["rules"]]


def test_no_name_becomes_part_of_a_rule(tmp_path: Path) -> None:
    """Prometheus takes the rules, and without their strings they are those of plain names."""
    names = tuple(name for name in SHOWABLE if len(name) < 100)
    plain = [f"name-{number:02d}" for number in range(len(names))]
    file, hostile = rules_of(sorted(names), tmp_path)
    promtool("check", "rules", "--lint=all", "--lint-fatal", file)
    _, usual = rules_of(plain, tmp_path)
    assert len(hostile) == len(usual)
    for one, other in zip(hostile, usual, strict=True):
        assert one.keys() == other.keys()
        assert one.get("record") == other.get("record")
        assert skeleton(one["expr"]) == skeleton(other["expr"])


def skeleton(expression: str) -> list[str]:
    """The words of an expression, without its strings and the names of labels in Kubernetes."""
    return SAME.sub(" ", KUBE_LABEL.sub("label_", GO_STRING.sub('""', expression))).split(" ")
