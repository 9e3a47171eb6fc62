"""Configurations to make rules of, as plain documents that are easy to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exporter.documents.kinds import CostProfile, TokenBudget
from exporter.monitoring.groups import RuleTerms, rule_groups
from exporter.monitoring.rule import Alert, RecordingRule, Rule

#: 26280 = 3 x 8760: over three years 1 an hour.
PRICE_PER_GPU = 26_280
TERMS = RuleTerms("EUR", retention_days=31)
HOST = "kubernetes.io/hostname"


def profile(
    name: str = "pool",
    selector: Mapping[str, str] | None = None,
    *,
    gpus: int = 2,
    hardware: Mapping[str, Any] | None = None,
    **spec: Any,
) -> CostProfile:
    """1 an hour for a GPU, 0.15 for a kilowatt-hour (0.10 and a PUE of 1.5)."""
    return CostProfile.model_validate(
        {
            "metadata": {"name": name},
            "spec": {
                "hardware": {
                    "gpuModel": "NVIDIA H100",
                    "gpuCount": gpus,
                    "purchasePriceUSD": PRICE_PER_GPU * gpus,
                    **(hardware or {}),
                },
                "electricity": {"ratePerKWh": 0.10, "pueFactor": 1.5},
                "nodeSelector": dict(selector or {}),
                **spec,
            },
        }
    )


def budget(
    name: str = "team-a",
    namespace: str = "team-a",
    limit: float = 4000,
    thresholds: Sequence[tuple[int, str]] = ((50, "warning"), (100, "critical")),
) -> TokenBudget:
    return TokenBudget.model_validate(
        {
            "metadata": {"name": name},
            "spec": {
                "scope": {"namespace": namespace},
                "monthlyLimitUSD": limit,
                "alertThresholds": [
                    {"percent": percent, "severity": severity} for percent, severity in thresholds
                ],
            },
        }
    )


def rules_of(
    profiles: Sequence[CostProfile],
    budgets: Sequence[TokenBudget] = (),
    terms: RuleTerms = TERMS,
) -> list[Rule]:
    return [rule for group in rule_groups(profiles, budgets, terms) for rule in group.rules]


def expression_of(rules: Sequence[Rule], record: str, **labels: str) -> str:
    """The expression of the only rule with that name and those labels."""
    (found,) = (
        rule.expression
        for rule in rules
        if isinstance(rule, RecordingRule)
        and rule.record == record
        and labels.items() <= rule.labels.items()
    )
    return found


def alerts_of(rules: Sequence[Rule]) -> list[Alert]:
    return [rule for rule in rules if isinstance(rule, Alert)]
