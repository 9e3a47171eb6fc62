from __future__ import annotations

from pathlib import Path

import pytest

from tests.fleets.kube import TARGET, KubePod, KubeState
from tests.fleets.setups import CHAT_DAILY, H100, L40S, SCRAPES
from tests.unit.commands.checking.looks import (
    ALLOW,
    NOW,
    SHORT,
    look,
    series_of,
    with_spec,
    without,
)

SERIES = series_of(SHORT)


def test_labels_are_counted(tmp_path: Path) -> None:
    assert look(SERIES, tmp_path).line("kube_namespace_labels") == (
        "ok",
        "2 series with 1 label",
        "",
    )


def test_what_rows_lack_is_said_for_each_kind_of_label(tmp_path: Path) -> None:
    found = look(without(SERIES, "kube_namespace_labels"), tmp_path)
    assert found.line("kube_namespace_labels") == (
        "warn",
        "no Kubernetes labels: Tags have no labels of namespaces",
        ALLOW,
    )
    assert found.line("kube_pod_labels")[0] == "ok"


def test_labels_that_settings_name_and_nobody_shows(tmp_path: Path) -> None:
    """The line about sub-accounts is in test_labelling.py."""
    listed = {"FOCUS_TAG_ALLOWLIST": "team,app,costCenter,infer-focus/model"}
    found = look(SERIES, tmp_path, **listed)
    assert found.line("FOCUS_TAG_ALLOWLIST") == (
        "warn",
        "no namespace and no pod shows costCenter: not in Tags",
        "start kube-state-metrics with --metric-labels-allowlist=namespaces=[team,costCenter],"
        "pods=[app,costCenter],"
        "nodes=[gpu-pool,topology.kubernetes.io/region,topology.kubernetes.io/zone]",
    )
    found = look(SERIES, tmp_path, **listed, FOCUS_SUB_ACCOUNT_LABEL="costCenter")
    assert found.wrong == ["labels"]
    shown = {"FOCUS_SUB_ACCOUNT_LABEL": "team", "FOCUS_TAG_ALLOWLIST": "team,app"}
    assert look(SERIES, tmp_path, **shown).wrong == []


def test_a_region_is_no_fault_where_nodes_have_none(tmp_path: Path) -> None:
    """Machines of one's own often lie in none."""
    assert look(SERIES, tmp_path).line("region")[0] == "ok"
    assert look(SERIES, tmp_path, FOCUS_REGION_ID="fra").lines("region") == []
    fleet = SHORT.fleet(NOW)
    nodes = {"cpu-01": {"topology_kubernetes_io_region": "eu-1"}}
    fleet.add(KubeState(nodes=nodes, scrapes=SCRAPES))
    assert look(fleet.series, tmp_path).lines("region") == []


def test_two_kube_state_metrics(tmp_path: Path) -> None:
    fleet = SHORT.fleet(NOW)
    second = {**TARGET, "instance": "10.0.9.8:8080", "pod": "kube-state-metrics-1"}
    pods = [
        KubePod("chat", "chat-0", "gpu-h100-01", 1),
        KubePod("chat", "chat-1", "gpu-h100-01", 1),
    ]
    pods += [KubePod("search", "search-0", "gpu-l40s-01", 1)]
    fleet.add(KubeState(pods, scrapes=SCRAPES, target=second))
    found = look(fleet.series, tmp_path)
    assert found.wrong == ["kube-state-metrics"]
    assert found.line("kube-state-metrics")[:2] == (
        "warn",
        "2 of them show the same objects, each counts once:"
        " kube-state-metrics 10.0.9.8:8080, kube-state-metrics 10.0.9.9:8080",
    )


def test_shards_of_kube_state_metrics_are_no_copies(tmp_path: Path) -> None:
    fleet = SHORT.fleet(NOW)
    second = {**TARGET, "instance": "10.0.9.8:8080"}
    others = [KubePod("batch", f"job-{number}", "cpu-01") for number in range(3)]
    fleet.add(KubeState(others, scrapes=SCRAPES, target=second))
    assert look(fleet.series, tmp_path).wrong == []


@pytest.mark.parametrize(
    ("selector", "result", "says"),
    [
        ({"kubernetes.io/metadata.name": "chat"}, "ok", "lets in chat"),
        ({"team": "search"}, "ok", "lets in search"),
        ({"team": "nobody"}, "FAIL", "{team: nobody} lets in nobody: chat, search count as idle"),
    ],
    ids=["by name", "by label", "nobody"],
)
def test_whom_a_namespace_selector_lets_in(
    selector: dict[str, str], result: str, says: str, tmp_path: Path
) -> None:
    documents = [with_spec(H100, namespaceSelector={"matchLabels": selector}), L40S, CHAT_DAILY]
    found = look(SERIES, tmp_path, documents)
    assert found.line("namespaceSelector of h100-pool")[:2] == (result, says)
