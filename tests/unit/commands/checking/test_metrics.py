from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC
from tests.fleets.fleet import HOUR
from tests.fleets.setups import DOCUMENTS_BY_HOST
from tests.unit.commands.checking.looks import NOW, SHORT, look, only_until, series_of, without

SERIES = series_of(SHORT)
PROMPT, OUTPUT = "vllm:prompt_tokens_total", "vllm:generation_tokens_total"


def test_nothing_is_wrong_where_everything_is_there(tmp_path: Path) -> None:
    found = look(SERIES, tmp_path)
    assert found.wrong == []
    assert found.line(PROMPT) == ("ok", "3 series", "")
    assert found.line("starts of processes")[1] == (
        "3 series of vllm:prompt_tokens_created, 3 series of process_start_time_seconds,"
        " 3 series of kube_pod_start_time"
    )


def test_one_metric_that_is_missing_is_named_with_what_rows_are_like_without_it(
    tmp_path: Path,
) -> None:
    found = look(without(SERIES, OUTPUT, "vllm:request_success_total"), tmp_path)
    assert found.wrong == [OUTPUT, "vllm:request_success_total"]
    assert found.line("vllm:request_success_total")[:2] == (
        "warn",
        "none in the last hour: x-InferRequests is 0",
    )


def test_what_ended_within_a_day_is_told_apart_from_what_never_was(tmp_path: Path) -> None:
    found = look(only_until(SERIES, NOW - 2 * HOUR, "vllm:"), tmp_path)
    assert found.line("vllm metrics")[:2] == (
        "warn",
        f"{OUTPUT}, {PROMPT}: none in the last hour, 6 in the day before: cost without tokens,"
        " in one row per namespace without a model",
    )


def test_either_counter_of_cached_tokens_will_do(tmp_path: Path) -> None:
    cached, hits = "vllm:prompt_tokens_cached_total", "vllm:prefix_cache_hits_total"
    older = [one if one.metric != cached else replace(one, metric=hits) for one in SERIES]
    assert look(older, tmp_path).line(hits) == ("ok", "3 series", "")
    neither = look(without(SERIES, cached), tmp_path)
    assert neither.line(cached)[1] == (
        "none in the last hour: x-InferTokensCached is 0, and the cloud comparison knows no"
        " cached prices"
    )


def test_starts_that_nobody_tells(tmp_path: Path) -> None:
    told = ("vllm:prompt_tokens_created", "process_start_time_seconds", "kube_pod_start_time")
    result, detail, _ = look(without(SERIES, *told), tmp_path).line("starts of processes")
    assert result == "warn"
    assert detail.endswith("none: the first tokens of every new process are left out")


@pytest.mark.parametrize(
    ("missing", "without_it"),
    [
        (ENERGY_METRIC, "energy is taken from power samples"),
        (POWER_METRIC, "x-InferActiveGpuHours and x-InferUtilizationPercent are 0"),
    ],
)
def test_one_of_the_gpu_metrics_is_missing(missing: str, without_it: str, tmp_path: Path) -> None:
    """GPUs and their holders are known by the other one."""
    found = look(without(SERIES, missing), tmp_path)
    assert found.wrong == [missing]
    result, detail, fix = found.line(missing)
    assert (result, detail) == ("warn", f"none in the last hour: {without_it}")
    assert fix.startswith("add to the CSV file of dcgm-exporter (--collectors): " + missing)
    assert found.line("CostProfile h100-pool")[1] == "1 node (gpu-h100-01), 4 of 4 GPUs"


def test_neither_tokens_nor_gpus_is_a_failure(tmp_path: Path) -> None:
    """Nobody can be billed then; with either of them somebody can."""
    found = look(series_of(SHORT.but(tokens=False, dcgm=False)), tmp_path)
    assert found.line("vllm metrics")[0] == "FAIL"
    assert found.line("DCGM metrics")[0] == "FAIL"
    assert look(series_of(SHORT.but(tokens=False)), tmp_path).line("vllm metrics")[0] == "warn"


def test_kube_state_metrics_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    found = look(series_of(SHORT.but(kube=False)), tmp_path, DOCUMENTS_BY_HOST)
    assert found.wrong == ["kube-state-metrics"]
    assert found.line("CostProfile h100-pool")[1] == "1 node (gpu-h100-01), 4 of 4 GPUs"


def test_no_gpu_requests_are_no_fault_where_dcgm_names_the_holders(tmp_path: Path) -> None:
    requests = "kube_pod_container_resource_requests"
    found = look(without(SERIES, requests), tmp_path)
    assert found.line(requests) == ("ok", "none of nvidia.com/gpu: no pod requests a GPU", "")


def test_owners_are_looked_for_where_rows_have_workloads(tmp_path: Path) -> None:
    found = look(SERIES, tmp_path, COLLECTION_ROW_GRAIN="workload")
    assert found.wrong == ["kube_pod_owner", "kube_replicaset_owner"]


def test_models_that_sleep_now_are_no_failure(tmp_path: Path) -> None:
    """Scaled to nothing overnight, they count as there."""
    series = only_until(series_of(SHORT.but(dcgm=False)), NOW - 2 * HOUR, "vllm:")
    found = look(series, tmp_path)
    assert found.line("vllm metrics")[0] == "warn"
    assert found.line("DCGM metrics")[0] == "warn"
