from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from exporter.commands.checking.dcgm import SEE_TARGETS
from exporter.commands.checking.remedies import NAME_HOLDERS, SCRAPE_DCGM
from tests.fleets.fleet import HOUR
from tests.fleets.gpus import exporter_pod
from tests.fleets.openmetrics import Series
from tests.fleets.setups import CHAT_DAILY, H100, L40S
from tests.unit.commands.checking.looks import (
    NOW,
    SHORT,
    look,
    only_until,
    relabelled,
    series_of,
    with_hardware,
    without,
)

SERIES = series_of(SHORT)
L40S_DOWN = series_of(SHORT.but(down=("gpu-l40s-01",), held_hours=27))
WHAT = "DCGM for l40s-pool"
NOT_THERE = "NotConfigured: no DCGM series at all"


def test_not_configured(tmp_path: Path) -> None:
    assert look(series_of(SHORT.but(dcgm=False)), tmp_path).line(WHAT) == (
        "warn",
        f"{NOT_THERE}: energy by tdpWatts 700, holders by tokens",
        SCRAPE_DCGM,
    )


def test_not_configured_and_no_tokens_fails(tmp_path: Path) -> None:
    found = look(series_of(SHORT.but(dcgm=False, tokens=False)), tmp_path)
    assert found.line(WHAT)[:2] == (
        "FAIL",
        f"{NOT_THERE}, and no tokens either: everything counts as idle",
    )


def test_without_a_tdp_there_is_no_energy_then(tmp_path: Path) -> None:
    documents = [H100, with_hardware(L40S, tdpWatts=None), CHAT_DAILY]
    found = look(series_of(SHORT.but(dcgm=False)), tmp_path, documents)
    assert found.line(WHAT)[1] == (
        f"{NOT_THERE}: energy 0 without spec.hardware.tdpWatts, holders by tokens"
    )


def test_scrape_error(tmp_path: Path) -> None:
    found = look(L40S_DOWN, tmp_path)
    target = "dcgm-exporter gpu-l40s-01:9400"
    assert found.line(WHAT) == (
        "warn",
        f"ScrapeError: its scrape target is down ({target}): energy by tdpWatts 700,"
        " holders by tokens",
        SEE_TARGETS,
    )
    assert found.line("DCGM targets")[1] == f"1 of 2 targets of job dcgm-exporter down: {target}"
    assert found.line("DCGM for h100-pool")[1].startswith("Healthy: ")


def test_a_target_is_dcgm_s_if_it_showed_gpus_whatever_it_is_called(tmp_path: Path) -> None:
    """Six hours ago it was up."""
    plain = {"job": "nodes", "pod": "", "namespace": "", "container": "", "service": ""}
    series = relabelled(relabelled(L40S_DOWN, "up", **plain), "DCGM_", **plain)
    assert look(series, tmp_path).line(WHAT)[1].startswith("ScrapeError: ")


def test_a_target_that_was_never_up_is_found_by_its_name(tmp_path: Path) -> None:
    """Nothing tells then which node it is of, so it may be of each that shows nothing."""
    known = [one for one in SERIES if "gpu-l40s-01" not in one.labels.get("Hostname", "")]
    target = {"job": "dcgm", "instance": "10.1.2.3:9400"}
    times = next(one.times_ms for one in known if one.metric == "up")
    never = Series("up", target, times, [0] * len(times))
    kept = [one for one in known if one.labels.get("instance") != "gpu-l40s-01:9400"]
    found = look([*kept, never], tmp_path)
    assert found.line(WHAT)[1].startswith("ScrapeError: its scrape target is down (dcgm 10.1.2.3")
    assert found.line("DCGM for h100-pool")[1].startswith("Healthy: ")


@pytest.mark.parametrize("label", ["node", "pod"])
def test_the_node_of_a_target_by_its_own_labels(label: str, tmp_path: Path) -> None:
    """Where it has shown no GPU: by `node`, or by its pod in kube_pod_info.

    So a target is not taken for that of another profile, which lacks GPUs for other reasons.
    """
    fleet = SHORT.but(down=("gpu-l40s-01",), held_hours=2).fleet(NOW)
    series = [one for one in fleet.series if one.labels.get("modelName") != "NVIDIA L40S"]
    series = relabelled(series, "up", instance="")
    pod = exporter_pod("gpu-l40s-01")
    if label == "node":
        down = {"job": "dcgm-exporter", "namespace": "gpu-operator", "pod": pod["pod"]}
        series = [
            replace(one, labels={**one.labels, "node": "gpu-l40s-01"})
            if one.metric == "up" and one.labels["pod"] == down["pod"]
            else one
            for one in series
        ]
    else:
        info = next(one for one in series if one.metric == "kube_pod_info")
        labels = {**info.labels, "namespace": "gpu-operator", "pod": pod["pod"], "uid": "x"}
        series.append(replace(info, labels={**labels, "node": "gpu-l40s-01"}))
    found = look(series, tmp_path, [with_hardware(H100, gpuCount=8), L40S, CHAT_DAILY])
    assert found.line(WHAT)[1].startswith("ScrapeError: ")
    assert found.line("DCGM for h100-pool")[1].startswith("Healthy: ")


def test_no_readings(tmp_path: Path) -> None:
    """No target is down, and still nothing is shown of the node."""
    gone = [one for one in SERIES if one.labels.get("modelName") != "NVIDIA L40S"]
    kept = [one for one in gone if "l40s" not in one.labels.get("instance", "")]
    assert look(kept, tmp_path).line(WHAT)[:2] == (
        "warn",
        "NoReadings: no reading in the last hour on gpu-l40s-01: energy by tdpWatts 700,"
        " holders by tokens",
    )


def test_series_that_ended_are_no_readings_rather_than_not_configured(tmp_path: Path) -> None:
    series = without(only_until(SERIES, NOW - 2 * HOUR, "DCGM_"), "up")
    assert look(series, tmp_path).line(WHAT)[1].startswith("NoReadings: ")


def test_targets_that_show_something_else(tmp_path: Path) -> None:
    series = without(SERIES, "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")
    found = look(series, tmp_path)
    assert found.line("DCGM targets")[:2] == (
        "warn",
        "2 targets of job dcgm-exporter up, but without DCGM_FI_DEV_POWER_USAGE",
    )
    assert found.line(WHAT)[1].startswith("NoReadings: ")


def test_targets_of_which_nobody_says_whether_they_are_up(tmp_path: Path) -> None:
    assert look(without(SERIES, "up"), tmp_path).line("DCGM targets") == (
        "skip",
        "the source holds no `up` of them, they may be down or not",
        "",
    )


def test_some_of_a_profile_s_gpus_are_down(tmp_path: Path) -> None:
    """What is seen is billed as such, and only the others are not."""
    documents = [with_hardware({**H100, "spec": {**H100["spec"], "nodeSelector": {}}}, gpuCount=6)]
    found = look(L40S_DOWN, tmp_path, documents)
    assert found.line("DCGM for h100-pool")[1] == (
        "ScrapeError: its scrape target is down (dcgm-exporter gpu-l40s-01:9400):"
        " 4 GPUs are seen, the others are __unobserved__"
    )


def test_holders_by_requests_then_by_tokens(tmp_path: Path) -> None:
    series = series_of(SHORT.but(pod_labels=False))
    assert look(series, tmp_path).line("pod labels of DCGM") == (
        "warn",
        "no GPU series names a pod: holders are known by the GPU requests of pods in chat, search"
        " (allocation method `requests`)",
        NAME_HOLDERS,
    )
    without_requests = without(series, "kube_pod_container_resource_requests")
    assert look(without_requests, tmp_path).line("pod labels of DCGM")[1] == (
        "no GPU series names a pod, and no pod requests a GPU: holders are known by tokens"
        " (allocation method `tokens`)"
    )


def test_the_exporter_s_own_pod_is_no_holder(tmp_path: Path) -> None:
    """With honor_labels a GPU that nobody holds shows it; `up` tells whose name it is."""
    own = {"exported_pod": "", "exported_namespace": "", "exported_container": ""}
    odd = {**own, "pod": "telemetry-7", "namespace": "ops", "container": "main"}
    series = relabelled(series_of(SHORT.but(pod_labels=False)), "DCGM_", **odd)
    targets = relabelled(series, "up", pod="telemetry-7", namespace="ops", container="main")
    assert look(targets, tmp_path).line("pod labels of DCGM")[0] == "warn"
    assert look(without(series, "up"), tmp_path).line("pod labels of DCGM")[1] == (
        "6 GPU series name their holder, in ops"
    )


def test_copies_by_two_scrapers(tmp_path: Path) -> None:
    copies = [
        one for replica in ("a", "b") for one in relabelled(SERIES, "", prometheus_replica=replica)
    ]
    found = look(copies, tmp_path)
    assert found.wrong == ["copies of series"]
    assert found.line("copies of series")[:2] == (
        "warn",
        "the label prometheus_replica has the values a, b: copies count once, and are read each",
    )
    assert found.line("CostProfile h100-pool")[1] == "1 node (gpu-h100-01), 4 of 4 GPUs"
