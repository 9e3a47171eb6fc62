from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from exporter.documents.kinds import CostProfile
from exporter.errors import UnreadablePeriod
from exporter.reading.window import ReadingRules
from exporter.sources.series import HourlyQuery, HourlySeries, Source
from exporter.usage.engines import VLLM
from exporter.usage.identity import ClusterNaming
from tests.fleets.openmetrics import Series
from tests.unit.reading.sources import (
    INPUT,
    POWER,
    Watched,
    by_holder,
    profile,
    series,
    source_of,
    tokens,
    usage,
)
from tests.unit.usage.readings import Samples, minutes

NANO = 10**9
BY_LABEL = ClusterNaming("", "cluster")
ALL_HOUR = minutes(1, 60, 400)
EXPORTER = {"job": "pods", "instance": "10.0.0.7:9400"}
SERVER = {"job": "pods", "instance": "10.0.0.1:8000", "namespace": "chat", "pod": "a"}


def gpu(uuid: str = "GPU-0", samples: Samples = ALL_HOUR, **labels: str) -> Series:
    return series(POWER, samples, UUID=uuid, Hostname="node-a", **EXPORTER | labels)


def up(**labels: str) -> Series:
    return series("up", minutes(1, 60, 1), **labels)


def test_a_pod_that_the_job_of_the_exporter_scrapes_too_is_a_holder(tmp_path: Path) -> None:
    """The job `pods` scrapes every annotated pod with honor_labels: exporters and servers alike."""
    held = gpu(namespace="chat", pod="a", container="vllm")
    idle = gpu("GPU-1", namespace="ops", pod="metrics-x2")
    targets = up(**SERVER), up(**EXPORTER, namespace="ops", pod="metrics-x2")
    found = usage(source_of(tmp_path, held, idle, *targets))
    assert by_holder(found, found.gpus.nano_hours) == {"a": [NANO]}
    assert by_holder(found, found.gpus.nano_hours, "GPU-1") == {None: [NANO]}


def test_an_exporter_pod_that_was_replaced_is_no_holder_either(tmp_path: Path) -> None:
    idle = [gpu("GPU-0", minutes(1 + 30 * i, 30 + 30 * i, 400), pod=f"metrics-{i}") for i in (0, 1)]
    targets = [up(**EXPORTER, pod=f"metrics-{i}") for i in (0, 1)]
    found = usage(source_of(tmp_path, *idle, *targets))
    assert by_holder(found, found.gpus.nano_hours) == {None: [NANO]}


def test_without_target_health_the_exporter_is_known_by_its_name_only(tmp_path: Path) -> None:
    series = gpu(pod="nvidia-dcgm-exporter-x"), gpu("GPU-1", pod="metrics-x2")
    found = usage(source_of(tmp_path, *series))
    assert by_holder(found, found.gpus.nano_hours) == {None: [NANO]}
    assert by_holder(found, found.gpus.nano_hours, "GPU-1") == {"metrics-x2": [NANO]}


def test_an_hour_is_readable_when_anything_that_is_read_has_a_sample(tmp_path: Path) -> None:
    held = series(INPUT, {70: 5}, pod="a"), series("kube_pod_info", {130: 1}, pod="a")
    found = usage(source_of(tmp_path, *held, series("up", minutes(1, 240, 1))), hours=4)
    assert {name: row.tolist() for name, row in found.readable.items()} == {
        "prod": [False, True, True, False]
    }


@pytest.mark.parametrize(
    ("minute", "held"), [(-1499, True), (-1, True), (0, True), (1, False), (-1500, False)]
)
def test_a_window_knows_whether_the_source_reaches_back_before_it(
    tmp_path: Path, minute: float, held: bool
) -> None:
    found = usage(source_of(tmp_path, series(INPUT, {minute: 5, 30: 6}, pod="a")))
    assert found.held_before is held


def test_one_named_cluster_has_every_series(tmp_path: Path) -> None:
    found = usage(source_of(tmp_path, series(INPUT, {30: 6}, pod="a", cluster="east")))
    assert (found.clusters, found.tokens.pods[0].cluster) == (["prod"], "prod")


def test_clusters_are_those_that_series_are_labelled_with(tmp_path: Path) -> None:
    held = [series(INPUT, {30: 6}, pod=f"in-{name}", cluster=name) for name in ("west", "east")]
    found = usage(source_of(tmp_path, *held, gpu(cluster="north")), clusters=BY_LABEL)
    assert found.clusters == ["east", "north", "west"]
    assert found.readable.keys() == {"east", "north", "west"}


def test_a_source_without_any_cluster_has_nothing_to_bill(tmp_path: Path) -> None:
    """An outage of a day in a store of many clusters is a failed period, not a broken run."""
    found = usage(source_of(tmp_path, series("up", {30: 1})), clusters=BY_LABEL, hours=2)
    assert (found.clusters, found.readable, found.held_before) == ([], {}, False)


def test_series_that_name_no_cluster_are_left_out(tmp_path: Path) -> None:
    held = (
        series(INPUT, {-5: 1, 30: 6}, pod="a"),
        series(INPUT, {-5: 1, 30: 8}, pod="b", cluster="x"),
    )
    assert tokens(usage(source_of(tmp_path, *held), clusters=BY_LABEL)) == {"b": [7]}


def test_holders_are_looked_for_among_running_pods_once_dcgm_names_none(tmp_path: Path) -> None:
    """A pod that DCGM shows as holder in every hour it asks for a GPU needs no request."""
    asked = {"resource": "nvidia_com_gpu", "namespace": "chat", "node": "node-a"}
    held = [gpu(namespace="chat", pod="a")]
    for pod in ("a", "b"):
        labels = asked | {"pod": pod}
        held.append(series("kube_pod_container_resource_requests", ALL_HOUR, **labels))
        phase = {"namespace": "chat", "pod": pod, "phase": "Running"}
        held.append(series("kube_pod_status_phase", minutes(1, 60, 1), **phase))
    [request] = usage(source_of(tmp_path, *held)).requests
    assert (request.pod.name, request.node) == ("b", "node-a")


def test_two_kube_state_metrics_ask_for_a_gpu_once_and_two_containers_twice(
    tmp_path: Path,
) -> None:
    """Copies differ in job or instance, containers are different requests: 1 + 2 GPUs."""
    held = []
    for job in ("ksm-a", "ksm-b"):
        pod = {"job": job, "instance": job, "namespace": "chat", "pod": "b", "node": "node-a"}
        for container, gpus in (("vllm", 1), ("helper", 2)):
            asked = {**pod, "container": container, "resource": "nvidia_com_gpu"}
            values = minutes(1, 60, gpus)
            held.append(series("kube_pod_container_resource_requests", values, **asked))
        held.append(series("kube_pod_status_phase", minutes(1, 60, 1), phase="Running", **pod))
    [request] = usage(source_of(tmp_path, *held)).requests
    assert request.gpus.tolist() == [3.0]


def moved(uids: tuple[str, str]) -> list[Series]:
    """chat/b runs 15 minutes on node-a, then, re-created, 30 on node-b; a node tells of scrapes."""
    held = [series("kube_node_labels", ALL_HOUR, node="node-a")]
    spans = zip(uids, ("node-a", "node-b"), (minutes(1, 15, 1), minutes(31, 60, 1)), strict=True)
    for uid, node, running in spans:
        pod = {"namespace": "chat", "pod": "b", **({"uid": uid} if uid else {"instance": node})}
        asked = {**pod, "node": node, "resource": "nvidia_com_gpu"}
        held.append(series("kube_pod_container_resource_requests", running, **asked))
        held.append(series("kube_pod_status_phase", running, phase="Running", **pod))
    return held


def test_a_pod_that_moved_asks_on_each_node_for_the_time_it_ran_there(tmp_path: Path) -> None:
    """A pod of a StatefulSet keeps its name; only its uid tells the two apart."""
    requests = usage(source_of(tmp_path, *moved(("one", "two")))).requests
    asked = {request.node: request.gpus.tolist() for request in requests}
    assert asked == {"node-a": [0.25], "node-b": [0.5]}


def test_where_uids_are_dropped_the_longest_time_by_a_name_counts(tmp_path: Path) -> None:
    """As for two kube-state-metrics that tell of the same pod."""
    requests = usage(source_of(tmp_path, *moved(("", "")))).requests
    assert {request.node: request.gpus.tolist() for request in requests} == {
        "node-a": [0.5],
        "node-b": [0.5],
    }


def wanting(*, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    rules = ReadingRules(BY_LABEL, (VLLM,), (), False, include, exclude)
    return [name for name in ("prod-eu", "prod-us", "dev") if rules.wants(name)]


def test_clusters_are_included_or_excluded_by_globs() -> None:
    assert wanting() == ["prod-eu", "prod-us", "dev"]
    assert wanting(include=("prod-*", "qa")) == ["prod-eu", "prod-us"]
    assert wanting(exclude=("prod-e*",)) == ["prod-us", "dev"]


@pytest.mark.parametrize(
    ("pool", "needed"),
    [(profile("node-a"), False), (profile(selector={"gpu-pool": "h100"}), True)],
    ids=["by host name", "by another label"],
)
def test_node_labels_are_needed_by_profiles_that_select_by_them(
    pool: CostProfile, needed: bool
) -> None:
    assert ReadingRules(BY_LABEL, (VLLM,), (pool,), False).needs_node_labels is needed


class Broken(Watched):
    """A source that cannot answer one question, and notes when nobody waits any more."""

    def __init__(self, source: Source, metric: str) -> None:
        super().__init__(source)
        self.metric, self.given_up = metric, 0

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        if any(query.metric == self.metric for query in queries):
            raise UnreadablePeriod(f"no answer about {self.metric}")
        return super().read_hourly(queries)

    def give_up(self) -> None:
        self.given_up += 1


@pytest.mark.parametrize("metric", [POWER, "kube_pod_info", INPUT, "up"])
def test_a_window_that_fails_leaves_nothing_being_asked(tmp_path: Path, metric: str) -> None:
    source = Broken(source_of(tmp_path, gpu()), metric)
    with pytest.raises(UnreadablePeriod, match=metric):
        usage(source, profile())
    assert source.given_up == 1


def test_labels_that_rows_can_do_without_leave_the_rest_going(tmp_path: Path) -> None:
    source = Broken(source_of(tmp_path, gpu()), "kube_pod_labels")
    assert usage(source, profile()).missing_labels == ("kube_pod_labels",)
    assert source.given_up == 0
