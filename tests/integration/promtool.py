"""Prometheus' own tool on the rules: that it takes them, what they compute, what fires."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from exporter.documents.kinds import CostProfile, TokenBudget
from exporter.monitoring.groups import RuleTerms, rule_groups
from tests.servers import require_tool

POWER = "DCGM_FI_DEV_POWER_USAGE"


def promtool(*arguments: str | Path) -> None:
    done = subprocess.run(
        [require_tool("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def written(
    folder: Path,
    profiles: Sequence[CostProfile],
    budgets: Sequence[TokenBudget],
    terms: RuleTerms,
    only: str | None = None,
) -> Path:
    """A rule file, of all groups or of one."""
    groups = [
        group.node()
        for group in rule_groups(profiles, budgets, terms)
        if only in (None, group.name)
    ]
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": groups}))
    return path


def evaluate(
    folder: Path,
    rules: Path,
    series: Mapping[str, str],
    checks: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]] = (),
    interval: str = "1m",
) -> None:
    """`promtool test rules`; each check is an expression at a time with its samples."""
    test = {
        "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": list(checks),
        "alert_rule_test": list(alerts),
    }
    path = folder / "test.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(rules)],
                "evaluation_interval": interval,
                "group_eval_order": _group_names(rules),
                "tests": [test],
            }
        )
    )
    promtool("test", "rules", path)


def _group_names(rules: Path) -> list[str]:
    return [group["name"] for group in yaml.safe_load(rules.read_text())["groups"]]


def check(expression: str, expected: Mapping[str, float], at: str = "30m") -> dict[str, Any]:
    """Values are rounded to a millionth, as floats add up to almost what they should."""
    samples = [
        {"labels": labels or "{}", "value": round(value, 6)} for labels, value in expected.items()
    ]
    return {
        "expr": f"round({expression}, 0.000001)",
        "eval_time": at,
        "exp_samples": samples,
    }


def gpu(uuid: str, node: str = "node-1", metric: str = POWER, **labels: str) -> str:
    pairs = {"UUID": uuid, "Hostname": node, "modelName": "NVIDIA H100 80GB HBM3", **labels}
    inside = ",".join(f'{key}="{value}"' for key, value in pairs.items() if value)
    return f"{metric}{{{inside}}}"


def by_pool(value: float, **labels: str) -> dict[str, float]:
    pairs = {"cost_profile": "pool", "currency": "EUR", **labels}
    inside = ", ".join(f'{key}="{pairs[key]}"' for key in sorted(pairs) if pairs[key])
    return {f"{{{inside}}}": round(value, 6)}


def firing(name: str, expected: int, at: str, **labels: str) -> dict[str, Any]:
    """How many alerts of a name fire at a time."""
    pairs = {"alertname": name, "alertstate": "firing", **labels}
    inside = ",".join(f'{key}="{value}"' for key, value in pairs.items())
    return check(f"count(ALERTS{{{inside}}}) or vector(0)", {"": expected}, at)
