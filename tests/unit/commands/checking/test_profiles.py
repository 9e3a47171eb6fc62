from __future__ import annotations

from pathlib import Path

import pytest

from exporter.usage.energy import POWER_METRIC
from tests.fleets.gpus import Gpu
from tests.fleets.kube import KubePod, KubeState
from tests.fleets.openmetrics import Series
from tests.fleets.setups import DOCUMENTS_BY_HOST, H100, L40S, NODES, SCRAPES, Document, profile
from tests.unit.commands.checking.looks import (
    ALLOW,
    NOW,
    SHORT,
    Look,
    look,
    named,
    relabelled,
    series_of,
    with_hardware,
    with_spec,
    without,
)

SERIES = series_of(SHORT)
LABEL_METRICS = ("kube_node_labels", "kube_namespace_labels", "kube_pod_labels")


def h100_with(folder: Path, **selector: str) -> Look:
    keys = {key.replace("_", "-"): value for key, value in selector.items()}
    return look(SERIES, folder, [with_spec(H100, nodeSelector=keys), L40S])


def test_the_values_that_exist_are_named_beside_one_that_does_not(tmp_path: Path) -> None:
    assert h100_with(tmp_path, gpu_pool="h10").line("CostProfile h100-pool") == (
        "FAIL",
        "no node matches nodeSelector {gpu-pool: h10}: gpu-pool is h100 on 1 node, l40s on 1 node",
        "spec.nodeSelector: {gpu-pool: h100}, if that is what is meant",
    )


def test_the_nodes_that_exist_are_named_beside_one_that_does_not(tmp_path: Path) -> None:
    selector = {"kubernetes.io/hostname": "gpu-h100-1"}
    found = look(SERIES, tmp_path, [with_spec(H100, nodeSelector=selector), L40S])
    assert found.line("CostProfile h100-pool") == (
        "FAIL",
        "no node matches nodeSelector {kubernetes.io/hostname: gpu-h100-1}:"
        " nodes are gpu-h100-01, gpu-l40s-01",
        "spec.nodeSelector: {kubernetes.io/hostname: gpu-h100-01}, if that is what is meant",
    )


def test_labels_that_exist_but_never_together(tmp_path: Path) -> None:
    selector = {"kubernetes.io/hostname": "gpu-l40s-01", "gpu-pool": "h100"}
    found = look(SERIES, tmp_path, [with_spec(H100, nodeSelector=selector), L40S])
    assert found.line("CostProfile h100-pool")[2] == (
        "no node has all of these labels at once: take one away"
    )


def test_a_label_that_is_not_in_the_allow_list(tmp_path: Path) -> None:
    assert h100_with(tmp_path, pool="h100").line("CostProfile h100-pool") == (
        "FAIL",
        "no node matches nodeSelector {pool: h100}: kube_node_labels shows no pool, but gpu_pool",
        f"{ALLOW.replace('nodes=[', 'nodes=[pool,')}; or correct spec.nodeSelector",
    )


@pytest.mark.parametrize("newer", [False, True], ids=["no label_", "no series at all"])
def test_no_allow_list_at_all(newer: bool, tmp_path: Path) -> None:
    """Newer kube-state-metrics leaves the metrics out, older ones show them bare."""
    series = series_of(SHORT.but(kube_labels=False))
    found = look(without(series, *LABEL_METRICS) if newer else series, tmp_path)
    result, detail, fix = found.line("CostProfile h100-pool")
    assert (result, fix) == ("FAIL", ALLOW)
    assert detail.endswith("kube_node_labels shows no label of any node, so every period fails")
    assert found.line("kube_namespace_labels, kube_node_labels, kube_pod_labels")[2] == ALLOW
    assert found.line("DCGM for h100-pool") == ("skip", "NoReadings: the profile has no node", "")
    assert not {"GPUs of no profile", "two profiles on one node"} & {*found.wrong}


def test_labels_are_needed_and_kube_state_metrics_is_missing(tmp_path: Path) -> None:
    fix = look(series_of(SHORT.but(kube=False)), tmp_path).line("CostProfile h100-pool")[2]
    assert fix.startswith("install kube-state-metrics")
    assert fix.endswith(ALLOW)


def test_no_node_is_known_at_all(tmp_path: Path) -> None:
    found = look(series_of(SHORT.but(kube=False, dcgm=False)), tmp_path, DOCUMENTS_BY_HOST)
    assert found.line("CostProfile h100-pool")[:2] == (
        "FAIL",
        "no node matches nodeSelector {kubernetes.io/hostname: gpu-h100-01}:"
        " neither DCGM nor kube-state-metrics names any node",
    )


def test_a_profile_without_selector_takes_all_nodes(tmp_path: Path) -> None:
    every = with_hardware(with_spec(H100, nodeSelector={}), gpuCount=6)
    found = look(SERIES, tmp_path, [every])
    size = "2 nodes (gpu-h100-01, gpu-l40s-01), 6 of 6 GPUs"
    assert found.lines("CostProfile h100-pool")[0] == ("ok", size, "")


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (3, "4 of 3 GPUs: all that are seen share the cost of those that are declared"),
        (8, "4 of 8 GPUs: the cost of the others is written as __unobserved__"),
    ],
)
def test_another_number_of_gpus_than_declared(declared: int, says: str, tmp_path: Path) -> None:
    found = look(SERIES, tmp_path, [with_hardware(H100, gpuCount=declared), L40S])
    result, detail, fix = found.line("CostProfile h100-pool")
    assert (result, detail) == ("warn", f"1 node (gpu-h100-01), {says}")
    assert fix.startswith("spec.hardware.gpuCount: 4")


@pytest.mark.parametrize("model", ["H100", "nvidia h100 sxm5", "NVIDIA H100 80GB HBM3"])
def test_the_model_may_be_called_otherwise(model: str, tmp_path: Path) -> None:
    found = look(SERIES, tmp_path, [with_hardware(H100, gpuModel=model), L40S])
    assert len(found.lines("CostProfile h100-pool")) == 1


@pytest.mark.parametrize("model", ["NVIDIA A100-SXM4-80GB", "NVIDIA H200", "our big ones"])
def test_another_model_than_dcgm_shows(model: str, tmp_path: Path) -> None:
    found = look(SERIES, tmp_path, [with_hardware(H100, gpuModel=model), L40S])
    assert found.lines("CostProfile h100-pool")[1] == (
        "warn",
        f"spec.hardware.gpuModel is {model}, DCGM calls the GPUs of its nodes"
        " NVIDIA H100 80GB HBM3",
        "spec.hardware.gpuModel: NVIDIA H100 80GB HBM3, or narrow spec.nodeSelector",
    )


def test_a_gpu_that_shows_only_its_energy_is_counted(tmp_path: Path) -> None:
    def shows(one: Series) -> bool:
        return not (one.metric == POWER_METRIC and one.labels["UUID"] == "GPU-gpu-h100-01-3")

    found = look([one for one in SERIES if shows(one)], tmp_path)
    assert found.line("CostProfile h100-pool")[1] == "1 node (gpu-h100-01), 4 of 4 GPUs"


def test_two_profiles_that_fit_a_node_equally_well(tmp_path: Path) -> None:
    """A run would fail every period; one more label on either of them decides it."""
    found = look(SERIES, tmp_path, [H100, named(H100, "h100-too"), L40S])
    assert found.line("two profiles on one node") == (
        "FAIL",
        "node gpu-h100-01 fits CostProfiles h100-pool and h100-too equally well",
        "add a label to one nodeSelector",
    )
    more = {"gpu-pool": "h100", "kubernetes.io/hostname": "gpu-h100-01"}
    decided = look(SERIES, tmp_path, [H100, with_spec(named(H100, "h100-too"), nodeSelector=more)])
    assert decided.lines("two profiles on one node") == []


def test_gpus_of_no_profile(tmp_path: Path) -> None:
    assert look(SERIES, tmp_path, [H100]).line("GPUs of no profile") == (
        "warn",
        "2 GPUs on gpu-l40s-01 are not billed: no nodeSelector matches",
        "add a CostProfile with spec.nodeSelector: {kubernetes.io/hostname: gpu-l40s-01},"
        " or widen one",
    )


def test_an_exporter_without_node_name_is_found_by_its_pod(tmp_path: Path) -> None:
    """It reports the name of its own pod as the host."""
    fleet = SHORT.but(dcgm=False).fleet(NOW)
    pods = [f"dcgm-exporter-{number}" for number, _ in enumerate(NODES)]
    exporters = [
        KubePod("gpu-operator", pod, node) for pod, (node, *_) in zip(pods, NODES, strict=True)
    ]
    fleet.add(KubeState(exporters, scrapes=SCRAPES))
    for pod, (_, count, model, _) in zip(pods, NODES, strict=True):
        for index in range(count):
            gpu = Gpu(f"GPU-{pod}-{index}", pod, index=index, model=model, scrapes=SCRAPES)
            fleet.add(gpu)
    found = look(fleet.series, tmp_path)
    assert found.line("CostProfile h100-pool")[1] == "1 node (gpu-h100-01), 4 of 4 GPUs"
    assert found.lines("GPUs of no profile") == []


def test_a_host_that_is_no_node_is_told_with_what_makes_it_one(tmp_path: Path) -> None:
    series = relabelled(SERIES, "DCGM_", Hostname="localhost")
    result, detail, fix = look(series, tmp_path).line("GPUs of no profile")
    assert (result, detail) == (
        "warn",
        "6 GPUs on localhost are not billed; kube-state-metrics knows no node called localhost",
    )
    assert "name: NODE_NAME" in fix


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"validFrom": "2027-01-01"}, "spec.validFrom is 2027-01-01T00:00:00Z"),
        ({"clusters": ["us-*"]}, "spec.clusters us-* fits none of the clusters"),
    ],
    ids=["later", "elsewhere"],
)
def test_a_profile_that_stands_for_nothing_now(
    spec: dict[str, object], why: str, tmp_path: Path
) -> None:
    found = look(SERIES, tmp_path, [with_spec(H100, **spec), L40S])
    assert found.line("CostProfile h100-pool") == (
        "warn",
        f"{why}: it costs nothing",
        "correct it, if it should",
    )


def test_a_profile_may_have_several_versions(tmp_path: Path) -> None:
    later: Document = with_spec(with_hardware(H100, gpuCount=9), validFrom="2027-01-01")
    assert look(SERIES, tmp_path, [H100, later, L40S]).wrong == []


def test_nodes_that_only_differ_in_their_domain_are_the_same(tmp_path: Path) -> None:
    host = {"kubernetes.io/hostname": "gpu-h100-01.example.org"}
    found = look(SERIES, tmp_path, [profile("h100-pool", "H100", 4, host), L40S])
    assert found.line("CostProfile h100-pool")[0] == "ok"
