"""docs/rules.md names every series and every alert that the rules make."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import yaml

from exporter.documents.load import load_documents
from exporter.monitoring.exporter_rules import CronJob
from exporter.monitoring.groups import RuleTerms, rule_groups
from exporter.monitoring.rule import Alert, RecordingRule
from scripts.make_docs import REPOSITORY
from tests.unit.monitoring.monitored import TERMS, budget, profile, rules_of

PAGE = (REPOSITORY / "docs" / "rules.md").read_text()
EVERYTHING = [
    rule
    for terms in (
        replace(TERMS, cronjob=CronJob("infer-focus"), cost_per_request_limit=Decimal(1)),
        replace(TERMS, pushed=True),
    )
    for rule in rules_of([profile()], [budget()], terms)
]


def told(heading: str, pattern: str) -> list[str]:
    """What the tables of a section name in their first column."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(pattern, cell)]


def test_every_series_is_explained_once() -> None:
    recorded = {rule.record for rule in EVERYTHING if isinstance(rule, RecordingRule)}
    assert sorted(told("What is recorded", r"`(infer_focus:\S+?)`")) == sorted(recorded)


def test_every_alert_is_explained_once() -> None:
    alerts = {rule.name for rule in EVERYTHING if isinstance(rule, Alert)}
    assert sorted(told("Alerts", r"`(InferFocus\w+)`")) == sorted(alerts)


def test_what_the_rules_look_like_is_what_they_look_like() -> None:
    """Parts of the output for the demo's configuration."""
    documents = load_documents(REPOSITORY / "exporter" / "data" / "demo-config.yaml")
    terms = RuleTerms("USD", retention_days=31)
    groups = rule_groups(documents.cost_profiles, documents.token_budgets, terms)
    made = [rule.node() for group in groups for rule in group.rules]
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    shown = yaml.safe_load(block)
    assert len(shown) == 6
    assert [rule for rule in shown if rule not in made] == []
