"""`infer-focus rules` as a process, on the configuration of the demo."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.e2e.job import Ended, infer_focus, succeeded
from tests.servers import REPOSITORY, require_tool

DEMO = REPOSITORY / "exporter" / "data" / "demo-config.yaml"
LEFT_OUT = "budget alerts are left out"
GROUPS = ("costs", "requests", "budgets", "samples", "exporter")


def rules(*flags: str, config: Path = DEMO, **env: str) -> Ended:
    return infer_focus("rules", *flags, env={"CONFIG_PATH": str(config), **env})


def test_a_rule_file_that_promtool_takes(tmp_path: Path) -> None:
    run = succeeded(rules("--format", "prometheus", "--retention", "31d"))
    assert run.stderr == ""
    path = tmp_path / "rules.yaml"
    path.write_text(run.stdout)
    command = [str(require_tool("promtool")), "check", "rules", "--lint-fatal", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_prometheus_rule_holds_the_same_groups() -> None:
    plain = succeeded(rules("--format", "prometheus", "--retention", "5w"))
    wrapped = succeeded(rules("--retention", "5w", "--namespace", "monitoring", "--name", "costs"))
    found = yaml.safe_load(wrapped.stdout)
    assert found["apiVersion"] == "monitoring.coreos.com/v1"
    assert found["kind"] == "PrometheusRule"
    assert (found["metadata"]["name"], found["metadata"]["namespace"]) == ("costs", "monitoring")
    assert found["spec"] == yaml.safe_load(plain.stdout)
    names = [group["name"] for group in found["spec"]["groups"]]
    assert names == [f"infer-focus-{name}" for name in GROUPS]


@pytest.mark.parametrize("flags", [(), ("--retention", "15d"), ("--retention", "743h")])
def test_budget_alerts_are_left_out_and_it_is_said(flags: tuple[str, ...]) -> None:
    run = succeeded(rules(*flags))
    for way in ("--retention 31d", "PUSHGATEWAY_URL"):
        assert way in run.stdout.splitlines()[1]
        assert [
            event for event in run.events if LEFT_OUT in event["event"] and way in event["event"]
        ]
    assert "InferFocusBudget" not in run.stdout


def test_with_a_pushgateway_nothing_is_left_out_and_no_cronjob_looked_at() -> None:
    run = succeeded(rules(PUSHGATEWAY_URL="http://pushgateway.monitoring:9091"))
    assert run.stderr == ""
    assert "InferFocusBudgetCritical" in run.stdout
    assert "infer_focus_last_success_timestamp_seconds" in run.stdout
    assert "kube_cronjob" not in run.stdout
    assert "pushgateway.monitoring" not in run.stdout


def test_flags_and_settings_of_the_export_are_those_of_its_alerts() -> None:
    flags = ("--cronjob", "finops/export-1", "--cost-per-request-limit", "0.050")
    run = succeeded(
        rules(*flags, COLLECTION_LOOKBACK_HOURS="5", FOCUS_SUB_ACCOUNT_LABEL="costCenter")
    )
    assert 'cronjob="export-1",exported_namespace="finops"' in run.stdout
    assert ") > 9000\n" in run.stdout
    assert ") > 18000\n" in run.stdout
    assert "cost_per_request_p95 > 0.05\n" in run.stdout
    assert "label_cost_center" in run.stdout


def test_no_cronjob_is_watched_if_none_is_named() -> None:
    assert "InferFocusExporter" in succeeded(rules()).stdout
    assert "InferFocusExporter" not in succeeded(rules("--cronjob", "")).stdout


def test_the_output_is_the_same_every_time() -> None:
    assert rules().stdout == rules().stdout


def test_the_currency_is_that_of_the_rows() -> None:
    run = succeeded(rules(FOCUS_BILLING_CURRENCY="EUR", FOCUS_USD_RATE="1.08"))
    assert "currency: EUR" in run.stdout
    assert "currency: USD" not in run.stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--retention", "31"), "--retention: got '31'"),
        (("--retention", ""), "--retention: got ''"),
        (("--name", "Not A Name"), "--name: got 'Not A Name'"),
        (("--namespace", "a\nb"), "--namespace: got"),
        (("--format", "prometheus", "--namespace", "a"), "--namespace: belongs to"),
        (("--cronjob", "A b"), "--cronjob: got 'A b'"),
        (("--cronjob", "/infer-focus"), "--cronjob: got '/infer-focus'"),
        (("--cronjob", 'a"/infer-focus'), "--cronjob: got 'a\"/"),
        (("--cronjob", "c" * 53), "at most 52"),
        (("--cost-per-request-limit", "0"), "--cost-per-request-limit: got '0'"),
        (("--cost-per-request-limit", "-1"), "--cost-per-request-limit: got '-1'"),
        (("--cost-per-request-limit", "Infinity"), "--cost-per-request-limit: got 'Infinity'"),
        (("--cost-per-request-limit", "5 EUR"), "--cost-per-request-limit: got '5 EUR'"),
    ],
)
def test_wrong_arguments_are_named(flags: tuple[str, ...], said: str) -> None:
    run = rules(*flags)
    assert (run.code, run.stdout) == (2, "")
    assert said in run.stderr


def test_wrong_documents_are_named(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(DEMO.read_text().replace("gpuCount: 4", "gpuCount: 0"))
    run = rules(config=config)
    assert (run.code, run.stdout) == (2, "")
    assert "gpuCount" in run.stderr
