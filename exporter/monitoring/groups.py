"""All groups of rules that a configuration makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from exporter.documents.kinds import CostProfile, TokenBudget
from exporter.monitoring.budget_rules import DAYS_NEEDED, INTERVAL_SECONDS, budget_rules
from exporter.monitoring.cost_rules import cost_rules
from exporter.monitoring.gpu_rules import gpu_rules
from exporter.monitoring.pool_rules import HARDWARE, POOL_POWER, PoolVersion, pool_rules
from exporter.monitoring.promql import Grouping
from exporter.monitoring.rule import Alert, Group, RecordingRule
from exporter.monitoring.token_rules import token_rules

_COSTS_INTERVAL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """What the rules are made for.

    `cluster_label` names the cluster in every series, where one Prometheus holds several; without
    it all series are of `cluster`, or of one unnamed cluster if that is None. `retention_days` is
    how long the Prometheus keeps samples, None if nobody said so.
    """

    currency: str
    cluster: str | None = None
    cluster_label: str | None = None
    retention_days: int | None = None

    @property
    def budgets_possible(self) -> bool:
        """Whether the Prometheus remembers the whole month."""
        return self.retention_days is not None and self.retention_days >= DAYS_NEEDED


def rule_groups(
    profiles: Sequence[CostProfile], budgets: Sequence[TokenBudget], terms: RuleTerms
) -> list[Group]:
    """The recording rules in the order in which they need each other, then budgets and alerts.

    They are one group, so that all see the samples of one moment.
    """
    versions = _versions([one for one in profiles if _is_here(one, terms)])
    grouping = Grouping(terms.cluster_label)
    costs = _costs(versions, terms.currency, grouping)
    groups = [Group("infer-focus-costs", _COSTS_INTERVAL_SECONDS, costs)]
    if budgets and terms.budgets_possible:
        named = list(zip(_labels(budgets), budgets, strict=True))
        rules = list(budget_rules(sorted(named, key=lambda one: one[0])))
        groups.append(Group("infer-focus-budgets", INTERVAL_SECONDS, rules))
    if versions:
        groups.append(Group("infer-focus-samples", _COSTS_INTERVAL_SECONDS, [_missing(grouping)]))
    return groups


def _costs(
    versions: Sequence[PoolVersion], currency: str, grouping: Grouping
) -> list[RecordingRule]:
    pools = [
        rule
        for label in sorted({one.label for one in versions})
        for rule in pool_rules(label, versions, currency, grouping)
    ]
    return [*gpu_rules(grouping), *token_rules(grouping), *pools, *cost_rules(grouping)]


def _is_here(profile: CostProfile, terms: RuleTerms) -> bool:
    if terms.cluster is None or terms.cluster_label is not None or not profile.spec.clusters:
        return True
    return any(fnmatchcase(terms.cluster, glob) for glob in profile.spec.clusters)


def _labels(documents: Sequence[CostProfile] | Sequence[TokenBudget]) -> list[str]:
    """Their names; with the namespace where documents of several namespaces share a name."""
    homes: dict[str, set[str | None]] = {}
    for one in documents:
        homes.setdefault(one.name, set()).add(one.namespace)
    return [
        one.name
        if len(homes[one.name]) == 1 or not one.namespace
        else f"{one.namespace}/{one.name}"
        for one in documents
    ]


def _versions(profiles: Sequence[CostProfile]) -> list[PoolVersion]:
    """By name, each name's by time; a version holds until the next one begins."""
    by_label: dict[str, list[CostProfile]] = {}
    for label, profile in zip(_labels(profiles), profiles, strict=True):
        by_label.setdefault(label, []).append(profile)
    found = []
    for label in sorted(by_label):
        ordered = sorted(by_label[label], key=_start)
        ends = [*(one.spec.valid_from for one in ordered[1:]), None]
        found += [PoolVersion(label, *one) for one in zip(ordered, ends, strict=True)]
    return found


def _start(profile: CostProfile) -> float:
    start = profile.spec.valid_from
    return float("-inf") if start is None else start


def _missing(grouping: Grouping) -> Alert:
    """A pool whose hardware costs, but of which no GPU is seen."""
    return Alert(
        "InferFocusDcgmMissing",
        f"{HARDWARE}\nunless {grouping.on('cost_profile')} {POOL_POWER}",
        "15m",
        "warning",
        "No GPU of cost profile {{ $labels.cost_profile }} has shown its power for 15 minutes",
        "Is dcgm-exporter scraped on the profile's nodes, and does its nodeSelector fit them?"
        " `infer-focus check` says what is missing. Meanwhile the hardware costs what it does, but"
        " nobody is known to use it.",
    )
