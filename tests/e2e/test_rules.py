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
    assert names == ["infer-focus-costs", "infer-focus-budgets", "infer-focus-samples"]


@pytest.mark.parametrize("flags", [(), ("--retention", "15d"), ("--retention", "743h")])
def test_budget_alerts_are_left_out_and_it_is_said(flags: tuple[str, ...]) -> None:
    run = succeeded(rules(*flags))
    assert "--retention 31d" in run.stdout.splitlines()[1]
    assert [event for event in run.events if LEFT_OUT in event["event"]]
    assert "InferFocusBudget" not in run.stdout


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
