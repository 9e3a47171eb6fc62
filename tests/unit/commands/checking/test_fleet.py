"""Several clusters, and names in documents that nothing shows."""

from __future__ import annotations

from pathlib import Path

from tests.fleets.pools import document
from tests.fleets.setups import CHAT_DAILY, H100, L40S, usage_report
from tests.unit.commands.checking.looks import (
    DOCUMENTS,
    SHORT,
    look,
    relabelled,
    series_of,
    with_spec,
    without,
)

SERIES = series_of(SHORT)
EU = relabelled(SERIES, "", cluster="eu")
US = relabelled(series_of(SHORT.but(dcgm=False)), "", cluster="us")
BY_LABEL = {"COLLECTION_CLUSTER_LABEL": "cluster"}
EVERYWHERE = [with_spec(one, clusters=["*"]) for one in (H100, L40S)]


def test_each_cluster_has_its_own_lines(tmp_path: Path) -> None:
    found = look([*EU, *US], tmp_path, EVERYWHERE, **BY_LABEL)
    assert found.line("COLLECTION_CLUSTER_LABEL") == ("ok", "cluster names eu, us", "")
    assert found.line("vllm:prompt_tokens_total", "eu") == ("ok", "3 series", "")
    assert found.line("DCGM for h100-pool", "eu")[1].startswith("Healthy: ")
    assert found.line("DCGM for h100-pool", "us")[1].startswith("NotConfigured: ")
    assert {f.cluster for f in found.findings} == {"", "eu", "us"}


def test_a_profile_that_fits_two_clusters_must_name_its_own(tmp_path: Path) -> None:
    found = look([*EU, *US], tmp_path, **BY_LABEL)
    assert found.line("CostProfile h100-pool") == (
        "FAIL",
        "CostProfile h100-pool matches nodes in eu, us",
        "name its clusters in spec.clusters",
    )


def test_a_cluster_that_is_left_out_has_no_lines(tmp_path: Path) -> None:
    settings = {**BY_LABEL, "COLLECTION_EXCLUDE_CLUSTERS": "us"}
    found = look([*EU, *US], tmp_path, EVERYWHERE, **settings)
    assert {f.cluster for f in found.findings} == {"", "eu"}
    assert found.wrong == []


def test_filters_that_leave_no_cluster_are_bad_configuration(tmp_path: Path) -> None:
    settings = {**BY_LABEL, "COLLECTION_INCLUDE_CLUSTERS": "asia-*"}
    found = look(EU, tmp_path, **settings)
    (finding,) = [f for f in found.findings if f.code and f.what != "retention"]
    assert (finding.code, finding.detail) == (2, "none of the clusters eu is left")


def test_series_without_the_cluster_label_are_named(tmp_path: Path) -> None:
    nameless = [one for one in SERIES if one.metric == "vllm:prompt_tokens_total"]
    found = look([*EU, *nameless], tmp_path, **BY_LABEL)
    assert found.lines("COLLECTION_CLUSTER_LABEL")[1] == (
        "warn",
        "some series have no label cluster and make no row: vllm:prompt_tokens_total",
        "give every Prometheus that sends them external_labels: {cluster: NAME}",
    )


def test_a_label_that_no_series_has(tmp_path: Path) -> None:
    found = look(EU, tmp_path, COLLECTION_CLUSTER_LABEL="k8s_cluster")
    assert found.line("COLLECTION_CLUSTER_LABEL") == (
        "FAIL",
        "no series that is read has the label k8s_cluster",
        "name a label that each series has; those of `up` are cluster, container, instance, job,"
        " namespace and 2 more",
    )


def test_namespaces_of_documents_that_have_no_pod(tmp_path: Path) -> None:
    budget = document("TokenBudget", "b", {"scope": {"namespace": "x"}, "monthlyLimitUSD": 1})
    documents = [H100, L40S, usage_report("chat", "daily", "h100-pool", "chatt", "search"), budget]
    found = look(SERIES, tmp_path, documents)
    assert found.line("UsageReport chat") == (
        "warn",
        "no pod is in namespace chatt: it has no row",
        "spec.namespaces: chat",
    )
    assert found.line("TokenBudget b") == (
        "warn",
        "no pod is in namespace x: it spends nothing",
        "spec.scope.namespace: one of chat, search",
    )


def test_without_kube_state_metrics_the_namespaces_are_those_that_serve(tmp_path: Path) -> None:
    series = without(SERIES, "kube_pod_info")
    documents = [H100, L40S, usage_report("chat", "daily", "h100-pool", "chat", "batch")]
    assert look(series, tmp_path, documents).line("UsageReport chat")[1] == (
        "no pod is in namespace batch: it has no row"
    )


def test_models_that_only_the_general_price_fits(tmp_path: Path) -> None:
    def card(*globs: str) -> dict[str, object]:
        models = [{"model": glob, "listPerMillionTokens": 1} for glob in (*globs, "*")]
        return {"kind": "RateCard", "currency": "USD", "gpuHour": 2, "models": models}

    found = look(SERIES, tmp_path, [*DOCUMENTS, card("llama-*")])
    assert found.line("RateCard") == (
        "warn",
        'bge-m3: only the price of "*" fits',
        "add before it, under models: {model: bge-m3, listPerMillionTokens: …}",
    )
    assert look(SERIES, tmp_path, [*DOCUMENTS, card("llama-*", "bge-*")]).wrong == []
    assert look(SERIES, tmp_path, [*DOCUMENTS, card()]).wrong == []
    assert look(SERIES, tmp_path, [H100, L40S, CHAT_DAILY]).lines("RateCard") == []
