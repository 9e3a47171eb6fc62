"""A value that is misspelt or of a wrong type is refused: the schema is closed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.helm.given import given, merged, nested
from tests.helm.rendering import CHART, MINIMAL, helm

PROFILE = {"kind": "CostProfile", "metadata": {"name": "h100-pool"}}


@pytest.mark.parametrize(
    ("values", "place"),
    [
        (given(s3__buckets="x"), "s3: Additional property buckets is not allowed"),
        (given(focus__version=1.3), "focus.version: Invalid type. Expected: string, given: number"),
        (given(s3__bucket="s3://finops"), "s3.bucket: Does not match pattern"),
        (given(job__backoffLimit="3"), "job.backoffLimit: Invalid type."),
        (given(backfill__start="October"), "backfill.start: Does not match pattern"),
        (given(config__documents=[{"kind": "CostProfil"}]), "config.documents.0.kind must be one"),
        (given(config__documents={"a.txt": [PROFILE]}), "Additional property a.txt is not allowed"),
        (given(prometheus__auth=None), "prometheus: auth is required"),
        (
            given(pushgateway__url="http://u:p@ss@gateway"),
            "pushgateway.url: Does not match pattern",
        ),
        (given(report__by=["team"]), "report.by.0: Does not match pattern"),
        (given(report__by=["model", "model"]), "report.by: array items[0,1] must be unique"),
        (given(report__by="namespace"), "report.by: Invalid type. Expected: array"),
        (given(report__schedule="monthly"), "report.schedule: Does not match pattern"),
        (given(prometheusRule__rules={"groups": []}), "prometheusRule.rules: Invalid type."),
        (given(prometheusRule__namespace="a.b"), "prometheusRule.namespace: Does not match"),
        (given(dashboard__labelValue=1), "dashboard.labelValue: Invalid type. Expected: string"),
        (given(dashboard__label=None), "dashboard: label is required"),
        (given(image__repository="registry.example.com/focus:1.0"), "image.repository: Does not"),
    ],
)
def test_a_slip_in_the_values_is_refused(values: dict[str, Any], place: str) -> None:
    done = helm("template", "costs", CHART, "--values", MINIMAL, values=values)
    assert (done.returncode, done.stdout) == (1, "")
    assert place in done.stderr


def test_a_slip_anywhere_in_the_values_is_refused() -> None:
    """No section that has keys of ours takes another one."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    free = {"prometheus.headers", "serviceAccount.annotations", "podSecurityContext"}
    free |= {"securityContext", "nodeSelector", "affinity", "podLabels", "podAnnotations"}
    free |= {"commonLabels", "resources.requests", "resources.limits"}
    free |= {"prometheusRule.labels", "prometheusRule.annotations"}

    def sections(part: dict[str, Any], above: str = "") -> list[str]:
        found = []
        for name, value in part.items():
            path = f"{above}{name}"
            if isinstance(value, dict) and path not in free:
                found += [path, *sections(value, f"{path}.")]
        return found

    slips = merged(*(nested(f"{path}.slip", 1) for path in sections(values)))
    done = helm("template", "costs", CHART, "--values", MINIMAL, values={**slips, "slip": 1})
    refused = done.stderr.count("Additional property slip is not allowed")
    assert refused == len(sections(values)) + 1
