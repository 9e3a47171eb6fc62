"""All groups of rules that a configuration makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase

from exporter.documents.kinds import CostProfile, TokenBudget
from exporter.monitoring.budget_rules import (
    DAYS_NEEDED,
    INTERVAL_SECONDS,
    pushed_budget_rules,
    recorded_budget_rules,
)
from exporter.monitoring.cost_rules import cost_rules
from exporter.monitoring.exporter_rules import CronJob, exporter_rules
from exporter.monitoring.gpu_rules import gpu_rules
from exporter.monitoring.pool_rules import HARDWARE, POOL_POWER, PoolVersion, pool_rules
from exporter.monitoring.promql import Grouping
from exporter.monitoring.request_rules import request_alert, request_rules
from exporter.monitoring.rule import Alert, Group, RecordingRule, Rule
from exporter.monitoring.team_rules import TEAM_LABEL, team_rules
from exporter.monitoring.token_rules import token_rules

#: How often costs are recorded; an amount per hour stands for this time.
COSTS_INTERVAL_SECONDS = 60
#: A rate over an hour of histograms is much to read.
_REQUESTS_INTERVAL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """What the rules are made for.

    `cluster_label` names the cluster in every series, where one Prometheus holds several; without
    it all series are of `cluster`, or of one unnamed cluster if that is None. `retention_days` is
    how long the Prometheus keeps samples, None if nobody said so. `pushed`: it scrapes what runs
    push to a Pushgateway; else `cronjob` is what runs the export, None if nobody watches it.
    `lookback_hours` is how late a run still exports a period, `team_label` the namespaces' label
    that names their team, `cost_per_request_limit` an amount in the billing currency.
    """

    currency: str
    cluster: str | None = None
    cluster_label: str | None = None
    retention_days: int | None = None
    pushed: bool = False
    cronjob: CronJob | None = None
    lookback_hours: int = 24
    team_label: str = TEAM_LABEL
    cost_per_request_limit: Decimal | None = None

    @property
    def budgets_possible(self) -> bool:
        """Whether the Prometheus is told the month's spend, or remembers the whole month."""
        remembers = self.retention_days is not None and self.retention_days >= DAYS_NEEDED
        return self.pushed or remembers


def rule_groups(
    profiles: Sequence[CostProfile], budgets: Sequence[TokenBudget], terms: RuleTerms
) -> list[Group]:
    """The recording rules in the order in which they need each other, then budgets and alerts.

    Those of costs are one group, so that all see the samples of one moment.
    """
    versions = _versions([one for one in profiles if _is_here(one, terms)])
    grouping = Grouping(terms.cluster_label)
    costs = list(_costs(versions, terms, grouping))
    requests = list(_requests(terms, grouping))
    groups = [
        Group("infer-focus-costs", COSTS_INTERVAL_SECONDS, costs),
        Group("infer-focus-requests", _REQUESTS_INTERVAL_SECONDS, requests),
    ]
    if budgets and terms.budgets_possible:
        rules = list(_budgets(budgets, terms, grouping))
        groups.append(Group("infer-focus-budgets", INTERVAL_SECONDS, rules))
    if versions:
        groups.append(Group("infer-focus-samples", COSTS_INTERVAL_SECONDS, [_missing(grouping)]))
    if terms.pushed or terms.cronjob is not None:
        watched = None if terms.pushed else terms.cronjob
        rules = list(exporter_rules(watched, terms.lookback_hours, grouping))
        groups.append(Group("infer-focus-exporter", COSTS_INTERVAL_SECONDS, rules))
    return groups


def _costs(
    versions: Sequence[PoolVersion], terms: RuleTerms, grouping: Grouping
) -> Iterator[RecordingRule]:
    yield from gpu_rules(grouping)
    yield from token_rules(grouping)
    for label in sorted({one.label for one in versions}):
        yield from pool_rules(label, versions, terms.currency, grouping)
    yield from cost_rules(grouping)
    yield from team_rules(terms.team_label, grouping)


def _requests(terms: RuleTerms, grouping: Grouping) -> Iterator[Rule]:
    yield from request_rules(grouping)
    if terms.cost_per_request_limit is not None:
        yield request_alert(terms.cost_per_request_limit)


def _budgets(
    budgets: Sequence[TokenBudget], terms: RuleTerms, grouping: Grouping
) -> Iterator[Rule]:
    named = sorted(zip(labels_of(budgets), budgets, strict=True), key=lambda one: one[0])
    if terms.pushed:
        return pushed_budget_rules(named, grouping)
    return recorded_budget_rules(named)


def _is_here(profile: CostProfile, terms: RuleTerms) -> bool:
    if terms.cluster is None or terms.cluster_label is not None or not profile.spec.clusters:
        return True
    return any(fnmatchcase(terms.cluster, glob) for glob in profile.spec.clusters)


def labels_of(documents: Sequence[CostProfile] | Sequence[TokenBudget]) -> list[str]:
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
    for label, profile in zip(labels_of(profiles), profiles, strict=True):
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
