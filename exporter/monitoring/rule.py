"""Recording rules, alerts and their groups, in the form of a Prometheus rule file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: What a rule file is made of before it is YAML.
Node = dict[str, object]


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """A series that is computed from others; Prometheus does not expand templates in its labels."""

    record: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def node(self) -> Node:
        node: Node = {"record": self.record, "expr": self.expression}
        if self.labels:
            node["labels"] = dict(self.labels)
        return node


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that somebody must know of once it has held for `held_for` (such as `5m`).

    Labels and annotations are templates of Go: a name stands in them as `{{ $labels.… }}` only,
    since a name that is written out could hold braces itself.
    """

    name: str
    expression: str
    held_for: str
    severity: str
    summary: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def node(self) -> Node:
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.held_for,
            "labels": {"severity": self.severity, **self.labels},
            "annotations": {"summary": self.summary, "description": self.description},
        }


Rule = RecordingRule | Alert


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated in order, at one moment, every `interval_seconds`."""

    name: str
    interval_seconds: int
    rules: Sequence[Rule]

    def node(self) -> Node:
        return {
            "name": self.name,
            "interval": f"{self.interval_seconds}s",
            "rules": [rule.node() for rule in self.rules],
        }
