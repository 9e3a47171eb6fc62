"""The PrometheusRule of the chart has the rules that `infer-focus rules` prints, and no others."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.job import succeeded
from tests.helm.given import given, merged
from tests.helm.kubelet import started
from tests.helm.rendering import (
    CHART,
    MINIMAL,
    NEWEST,
    Manifest,
    helm,
    only,
    render,
    schema_faults,
)
from tests.helm.test_faults import faults
from tests.servers import REPOSITORY, require_tool

DEMO = REPOSITORY / "exporter" / "data" / "demo-config.yaml"
ENABLED = given(prometheusRule__enabled=True)
#: A configuration that changes the rules in as many ways as there are.
CONFIGURATION = merged(
    given(config__documents=list(yaml.safe_load_all(DEMO.read_text()))),
    given(
        clusterName="",
        collection__clusterLabel="cluster",
        collection__lookbackHours=48,
        focus__billingCurrency="EUR",
        focus__usdRate=1.08,
        focus__subAccountLabel="squad",
    ),
)


def printed(manifests: list[Manifest], folder: Path, *flags: str) -> str:
    """What the command says with the documents and settings that the chart gives to its pods."""
    pod = started(only(manifests, "CronJob"), manifests, folder, {})
    return succeeded(dataclasses.replace(pod, arguments=["rules", *flags]).run()).stdout


def made_of(text: str, folder: Path, values: dict[str, Any] | None = None) -> Manifest:
    """The PrometheusRule that the chart makes of a file."""
    file = folder / "rules.yaml"
    file.write_text(text)
    more = merged(ENABLED, values or {})
    where = ("--namespace", "finops", "--values", MINIMAL)
    content = ("--set-file", f"prometheusRule.rules={file}")
    done = helm("template", "costs", CHART, *where, *content, values=more)
    assert (done.returncode, done.stderr) == (0, "")
    return only(list(yaml.safe_load_all(done.stdout)), "PrometheusRule")


def test_chart_and_command_give_the_same_rules(tmp_path: Path) -> None:
    """Of the same documents and settings; promtool takes them, and the operator.

    A whole PrometheusRule is taken for its rules: name and namespace are the chart's.
    """
    manifests = render(values=CONFIGURATION)
    flags = ("--retention", "31d", "--cronjob", "finops/costs-infer-focus")
    plain = printed(manifests, tmp_path / "plain", "--format", "prometheus", *flags)
    wrapped = printed(manifests, tmp_path / "wrapped", "--namespace", "elsewhere", *flags)
    rule = made_of(plain, tmp_path)
    assert rule == made_of(wrapped, tmp_path)
    assert rule["metadata"]["name"] == "costs-infer-focus"
    assert rule["metadata"]["namespace"] == "finops"
    assert rule["spec"] == yaml.safe_load(wrapped)["spec"] == yaml.safe_load(plain)
    assert len(rule["spec"]["groups"]) >= 3
    assert "\n  " in rule["spec"]["groups"][0]["rules"][0]["expr"]
    assert "{{ $labels." in plain
    assert schema_faults(rule, NEWEST) == []
    checked(rule["spec"], tmp_path / "checked.yaml")


def checked(spec: Any, path: Path) -> None:
    path.write_text(yaml.safe_dump(spec))
    command = [str(require_tool("promtool")), "check", "rules", "--lint-fatal", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


#: Texts that YAML takes for something else, or that a template would change.
ODD = {
    **{f"a{number}": text for number, text in enumerate(("yes", "0x10", "1e3", "007", "12:30"))},
    **{f"b{number}": text for number, text in enumerate(("", "~", "2026-10-01", "a: b", "# no"))},
    "templates": "{{ $labels.namespace }} {{ .Values.clusterName }} {{/* no */}} {{- fail `x` -}}",
    "lines": "\n first: {{ $value }}\n\n  second\t\\ \n---\nkind: Secret\n",
    "quotes": "\"double\" 'single' `back` $(CLUSTER_NAME) %s",
    "letters": "ünïcode 数 \U0001f4b6",
    "long": "word " * 200,
}


def test_every_text_in_the_rules_stays_as_it_is(tmp_path: Path) -> None:
    """Also numbers, and rules of more than one document."""
    alert = {"alert": "Odd", "expr": "vector(1) > 0", "annotations": ODD, "labels": ODD}
    groups: list[dict[str, Any]] = [
        {"name": "one", "interval": "60s", "limit": 10_000_000, "rules": [alert]},
        {"name": "two", "rules": [{"record": "a:b", "expr": 5}]},
    ]
    one = made_of(as_json(groups), tmp_path)
    assert one["spec"]["groups"] == groups
    assert schema_faults(one, NEWEST) == []
    several = "".join(f"--- # rules\n{as_json([group])}\n" for group in groups)
    assert made_of(f"# head\n{several}---\n", tmp_path)["spec"]["groups"] == groups


def as_json(groups: list[dict[str, Any]]) -> str:
    """A rule file in which every text is in quotes, so that no reader takes it for a number."""
    return json.dumps({"groups": groups}, ensure_ascii=False)


def test_name_labels_and_namespace_are_as_the_values_say(tmp_path: Path) -> None:
    """A label of the values takes the place of one of the chart."""
    labels = {"release": "kube-prometheus-stack", "team": "monitoring"}
    values = given(
        prometheusRule__namespace="monitoring",
        prometheusRule__labels=labels,
        prometheusRule__annotations={"example.com/owner": "finops"},
        commonLabels={"team": "finops", "cost-center": "4711"},
    )
    metadata = made_of("groups: [{name: a, rules: []}]", tmp_path, values)["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("costs-infer-focus", "monitoring")
    assert metadata["annotations"] == {"example.com/owner": "finops"}
    assert metadata["labels"].items() >= {**labels, "cost-center": "4711"}.items()
    assert metadata["labels"]["app.kubernetes.io/instance"] == "costs"


def test_the_schema_of_the_operator_finds_a_wrong_field(tmp_path: Path) -> None:
    """Else the tests above could not fail."""
    text = "groups: [{name: a, interval: 1 minute, rules: [{record: b, expression: '1'}]}]"
    assert len(schema_faults(made_of(text, tmp_path), NEWEST)) == 3


def test_there_are_no_rules_that_are_not_wanted() -> None:
    values = given(prometheusRule__rules="groups: [{name: a, rules: []}]")
    assert "PrometheusRule" not in {one["kind"] for one in render(values=values)}


MAKE = (
    "make them from the documents of this release, in ./config, by `CONFIG_PATH=./config"
    " CLUSTER_NAME=prod-eu infer-focus rules --format prometheus --cronjob"
    " default/costs-infer-focus > rules.yaml`, and add --set-file prometheusRule.rules=rules.yaml"
)
MISSING = "prometheusRule.rules is required, since prometheusRule.enabled is true"
NONE = (
    "prometheusRule.rules is not the text of a rule file or PrometheusRule, it has no list of"
    " groups"
)
NO_MAPPING = (
    "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of"
    " type map[string]interface {}"
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", MISSING),
        ("# Made by hand\n", MISSING),
        ("groups: []\n", MISSING),
        ("rules.yaml", f"{NONE} ({NO_MAPPING})"),
        ("kind: CostProfile\nspec: {}\n", NONE),
        ("groups: {name: a}\n", NONE),
        ("groups: [{name: a, rules: []}]\n---\nkind: Secret\n", NONE),
    ],
)
def test_a_text_without_rules_is_refused_with_the_command_that_makes_them(
    text: str, fault: str
) -> None:
    assert faults(merged(ENABLED, given(prometheusRule__rules=text))) == [f"{fault}: {MAKE}"]
