"""What each team costs and asks for: namespaces under the name that a label of theirs gives."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.monitoring.cost_rules import NAMESPACE_COST
from exporter.monitoring.promql import Grouping, renamed, selected
from exporter.monitoring.rule import RecordingRule
from exporter.monitoring.token_rules import NAMESPACE_TOKENS
from exporter.usage.kubernetes import LABEL_PREFIX, sanitise

#: The namespaces' label, unless another one names the sub-accounts of the rows.
TEAM_LABEL = "team"

NAMESPACE_TEAM = "infer_focus:namespace:team"
TEAM_COST = "infer_focus:team:cost_per_hour"
TEAM_TOKENS = "infer_focus:team:tokens_per_second"


def team_rules(label: str, grouping: Grouping) -> Iterator[RecordingRule]:
    """Cost per hour and tokens per second by team and namespace.

    The team of a namespace is the value of its label; without one, or where kube-state-metrics does
    not show it, the namespace.
    """
    shown = LABEL_PREFIX + sanitise(label)
    labelled = selected("kube_namespace_labels", [f'{shown}!=""'])
    named = renamed(renamed(labelled, "namespace", "exported_namespace"), "team", shown)
    # Right after a change of the label both of its values are there.
    one_each = f"topk {grouping.by('namespace')} (1,\n  group {grouping.by('namespace', 'team')}"
    yield RecordingRule(NAMESPACE_TEAM, f"{one_each} (\n    {named}\n  )\n)")
    yield _by_team(TEAM_COST, NAMESPACE_COST, grouping, "currency")
    yield _by_team(TEAM_TOKENS, NAMESPACE_TOKENS, grouping)


def _by_team(record: str, series: str, grouping: Grouping, *labels: str) -> RecordingRule:
    on, of_team = grouping.on("namespace"), grouping.by("team", "namespace", *labels)
    told = f"{series} * {on} group_left (team) {NAMESPACE_TEAM}"
    rest = renamed(f"{series} unless {on} {NAMESPACE_TEAM}", "team", "namespace")
    return RecordingRule(record, f"sum {of_team} (\n  {told}\n  or\n  {rest}\n)")
