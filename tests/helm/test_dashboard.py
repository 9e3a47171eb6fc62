"""The dashboard's ConfigMap, as Grafana's sidecar looks for it."""

from __future__ import annotations

import json
from typing import Any

from tests.helm.given import given, merged
from tests.helm.rendering import CHART, Manifest, render

FILE = CHART / "dashboards" / "infer-focus.json"
#: What a client-side `kubectl apply` notes of an object in its annotations; a ConfigMap may hold
#: four times as much.
MOST_BYTES = 262_144


def dashboard(**values: Any) -> Manifest:
    manifests = render(values=merged(given(dashboard__enabled=True), given(**values)))
    (found,) = (one for one in manifests if one["metadata"]["name"].endswith("-dashboard"))
    assert found["kind"] == "ConfigMap"
    return found


def test_it_is_the_file_of_the_chart() -> None:
    """Not one character differs; {{ … }} in its legends is for Grafana."""
    data = dashboard()["data"]
    assert [*data] == ["infer-focus.json"]
    assert data["infer-focus.json"].strip() == FILE.read_text().strip()
    content = json.loads(data["infer-focus.json"])
    assert content["title"]
    assert content["uid"]


def test_it_is_small_enough() -> None:
    assert len(json.dumps(dashboard()).encode()) < MOST_BYTES


def test_the_sidecar_finds_it_by_its_label() -> None:
    metadata = dashboard()["metadata"]
    assert metadata["labels"]["grafana_dashboard"] == "1"
    assert metadata["namespace"] == "finops"
    assert "annotations" not in metadata


def test_label_namespace_and_folder_are_as_the_values_say() -> None:
    metadata = dashboard(
        dashboard__label="example.com/dashboard",
        dashboard__labelValue="true",
        dashboard__namespace="monitoring",
        dashboard__folder='Costs: "GPUs" #1',
    )["metadata"]
    assert metadata["labels"]["example.com/dashboard"] == "true"
    assert "grafana_dashboard" not in metadata["labels"]
    assert metadata["labels"]["app.kubernetes.io/instance"] == "costs"
    assert metadata["namespace"] == "monitoring"
    assert metadata["annotations"] == {"grafana_folder": 'Costs: "GPUs" #1'}
