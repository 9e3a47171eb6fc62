"""What rules a configuration makes; that they compute what they should is shown with promtool."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from exporter.monitoring.exporter_rules import EXPORTER_SUCCESS, CronJob
from exporter.monitoring.groups import rule_groups
from tests.unit.monitoring.monitored import (
    HOST,
    TERMS,
    alerts_of,
    budget,
    expression_of,
    profile,
    rules_of,
)

POWER = "infer_focus:pool_gpu:power_watts"
HARDWARE = "infer_focus:pool:hardware_cost_per_hour"


def test_the_same_configuration_in_another_order_makes_the_same_rules() -> None:
    profiles = [profile("a", {HOST: "a"}), profile("b", {HOST: "b"})]
    budgets = [budget("x"), budget("y", "team-b")]
    expected = rule_groups(profiles, budgets, TERMS)
    assert rule_groups(profiles[::-1], budgets[::-1], TERMS) == expected


def test_no_two_rules_have_the_same_name_and_labels() -> None:
    rules = rules_of(
        [
            profile("a", {HOST: "a"}),
            profile("a", {HOST: "b"}, validFrom="2026-01-01"),
            profile("b", {"pool": "b"}),
        ],
        [budget("x"), budget("y")],
    )
    nodes = [str({**rule.node(), "expr": "", "annotations": {}}) for rule in rules]
    assert len(set(nodes)) == len(nodes)


def test_amounts_name_the_billing_currency() -> None:
    assert expression_of(rules_of([profile()]), HARDWARE, cost_profile="pool", currency="EUR")


@pytest.mark.parametrize(
    ("host", "pattern"),
    [("gpu-1", r"gpu-1|gpu-1\\..+"), ("gpu-1.example.org", r"gpu-1\\.example\\.org|gpu-1")],
)
def test_a_host_matches_with_and_without_its_domain(host: str, pattern: str) -> None:
    found = expression_of(rules_of([profile("pool", {HOST: host})]), POWER)
    assert found == f'(infer_focus:gpu:power_watts{{node=~"{pattern}"}})'


def test_other_labels_are_joined_under_the_names_of_kube_state_metrics() -> None:
    found = expression_of(rules_of([profile("pool", {"example.org/gpuPool": "h100"})]), POWER)
    assert 'kube_node_labels{label_example_org_gpu_pool="h100"}' in found
    assert "and on (node)" in found


def test_an_empty_selector_takes_every_gpu_that_no_closer_one_takes() -> None:
    rules = rules_of([profile("all"), profile("special", {HOST: "a"})])
    found = expression_of(rules, POWER, cost_profile="all")
    assert found.startswith("(infer_focus:gpu:power_watts\nunless on (node) (")
    assert "unless" not in expression_of(rules, POWER, cost_profile="special")


def test_the_gpu_model_decides_between_selectors_of_one_length() -> None:
    rules = rules_of([profile("a", {"x": "1"}), profile("b", {"y": "1"})])
    found = expression_of(rules, POWER, cost_profile="a")
    assert 'modelName=~"(?i)(.*[^0-9])?100([^0-9].*)?"' in found
    apart = rules_of([profile("a", {"x": "1"}), profile("b", {"x": "2"})])
    assert "modelName" not in expression_of(apart, POWER, cost_profile="a")


def test_each_version_holds_until_the_next() -> None:
    rules = rules_of(
        [
            profile(validFrom="1970-01-03", hardware={"purchasePriceUSD": 0}),
            profile(),
        ]
    )
    assert expression_of(rules, HARDWARE) == (
        "vector(2 + 0)\nand on () (vector(time()) < 172800)\n"
        "or\nvector(0 + 0)\nand on () (vector(time()) >= 172800)"
    )


def test_hardware_is_paid_off_from_the_day_it_is_in_service() -> None:
    hardware = {"inServiceDate": "1970-01-02", "maintenancePercentPerYear": 0.5}
    found = expression_of(rules_of([profile(hardware=hardware)]), HARDWARE)
    end = 86_400 + 3 * 8760 * 3600
    assert found == (
        f"vector(2 * (time() >= bool 86400) * (time() < bool {end}) + 3 * (time() >= bool 86400))"
    )


def test_a_profile_of_another_cluster_makes_no_rules() -> None:
    rules = rules_of([profile(clusters=["prod-*"])], terms=replace(TERMS, cluster="dev-1"))
    assert not any("cost_profile" in getattr(rule, "labels", {}) for rule in rules)


def test_with_a_cluster_label_a_profile_selects_its_clusters() -> None:
    terms = replace(TERMS, cluster="ignored", cluster_label="k8s")
    rules = rules_of([profile(clusters=["prod-*", "eu"])], terms=terms)
    assert 'k8s=~"prod-.*|eu"' in expression_of(rules, POWER)


@pytest.mark.parametrize("days", [None, 0, 30])
def test_without_a_month_of_samples_there_is_no_rule_for_a_budget(days: int | None) -> None:
    rules = rules_of([profile()], [budget()], replace(TERMS, retention_days=days))
    assert [alert.name for alert in alerts_of(rules)] == ["InferFocusDcgmMissing"]


def test_what_runs_push_needs_no_month_of_samples_and_goes_before_them() -> None:
    for days in (None, 31):
        terms = replace(TERMS, retention_days=days, pushed=True)
        rules = rules_of([profile()], [budget()], terms)
        found = expression_of(rules, "infer_focus:budget:utilization_ratio")
        assert "infer_focus_budget_utilization_ratio" in found
        assert not [rule for rule in rules if "month_to_date" in str(rule.node())]


def test_an_export_is_watched_by_what_it_pushes_else_by_its_cronjob_if_one_is_named() -> None:
    cronjob = CronJob("infer-focus")
    for terms, metric in (
        (replace(TERMS, pushed=True, cronjob=cronjob), "infer_focus_last_success"),
        (replace(TERMS, cronjob=cronjob), "kube_cronjob_status"),
    ):
        found = expression_of(rules_of([], [], terms), EXPORTER_SUCCESS)
        assert metric in found
        assert ("cronjob" in found) is ("kube" in metric)
    names = [group.name for group in rule_groups([profile()], [], TERMS)]
    assert "infer-focus-exporter" not in names


def test_a_cost_per_request_is_too_high_only_above_a_limit() -> None:
    terms = replace(TERMS, cost_per_request_limit=Decimal("0.000001"))
    (alert,) = alerts_of(rules_of([], [], terms))
    assert alert.expression == "infer_focus:model:cost_per_request_p95 > 0.000001"
    assert alerts_of(rules_of([], [], TERMS)) == []


def test_each_threshold_is_an_alert_as_slow_as_those_of_infercost() -> None:
    alerts = alerts_of(rules_of([profile()], [budget()]))
    assert [(one.name, one.held_for, one.severity) for one in alerts] == [
        ("InferFocusBudgetCritical", "1m", "critical"),
        ("InferFocusBudgetWarning", "5m", "warning"),
        ("InferFocusBudgetForecast", "1h", "info"),
        ("InferFocusDcgmMissing", "15m", "warning"),
    ]


def test_names_stand_in_templates_only_as_labels() -> None:
    """Prometheus expands Go templates in an alert's labels and annotations."""
    hostile = '{{ query "up" }}'
    terms = replace(TERMS, team_label=hostile, cronjob=CronJob("infer-focus"))
    for alert in alerts_of(rules_of([profile(hostile)], [budget(hostile)], terms)):
        assert "query" not in f"{alert.summary}{alert.description}{alert.labels}"
