"""The rules in Prometheus' own tool: that it takes them, and what they compute.

One GPU-hour costs 1 and a kilowatt-hour 0.15, so a GPU at 400 W costs 1 + 0.4 x 0.15 = 1.06 an
hour and one at 100 W 1.015.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.documents.kinds import CostProfile, TokenBudget
from exporter.monitoring.exporter_rules import CronJob
from exporter.monitoring.groups import RuleTerms
from tests.integration.promtool import by_pool, check, evaluate, gpu, promtool, written
from tests.unit.monitoring.monitored import HOST, TERMS, budget, profile

HOSTILE = '"}) or vector(1) # \\ \' {{ query "up" }} %s $1 | - : ü'


@pytest.mark.parametrize(
    "terms",
    [
        replace(TERMS, cronjob=CronJob("infer-focus"), cost_per_request_limit=Decimal("1e-7")),
        replace(TERMS, cluster_label="k8s", cronjob=CronJob("x", "finops"), team_label=HOSTILE),
        replace(TERMS, retention_days=None, pushed=True),
        replace(TERMS, cluster_label="cluster", pushed=True),
        replace(TERMS, cluster_label="k8s", pushed=True),
    ],
    ids=["CronJob", "CronJob, cluster label", "pushed", "pushed, cluster", "pushed, k8s"],
)
@pytest.mark.parametrize(
    ("profiles", "budgets"),
    [
        ([], []),
        ([profile("a", {HOST: "node-1"})], []),
        ([profile("a", {"pool": "x", "zone": "1"}), profile("b", {HOST: "n"})], [budget()]),
        ([profile("a", {"pool": "x"}), profile("b", {"zone": "1"}), profile("c")], [budget()]),
        ([profile(), profile(validFrom="2026-01-01", clusters=["a*"])], [budget(limit=0)]),
        ([profile(hardware={"inServiceDate": "2026-01-01"})], [budget(), budget("b", "team-b")]),
        (
            [
                profile(HOSTILE, {HOST: HOSTILE}, hardware={"gpuModel": HOSTILE}),
                profile("x", {HOSTILE: HOSTILE}, namespaceSelector={HOSTILE: HOSTILE}),
                profile("y", {HOSTILE + "2": HOSTILE}, clusters=[HOSTILE]),
            ],
            [budget(HOSTILE)],
        ),
    ],
    ids=["none", "host", "labels", "ties", "versions", "in service", "hostile names"],
)
def test_promtool_takes_the_rules(
    profiles: list[CostProfile], budgets: list[TokenBudget], terms: RuleTerms, tmp_path: Path
) -> None:
    path = written(tmp_path, profiles, budgets, terms)
    promtool("check", "rules", "--lint=all", "--lint-fatal", path)


TOKENS = {
    'vllm:prompt_tokens_total{namespace="team-a",pod="a-0",model_name="llama"}': "0+600x120",
    'vllm:generation_tokens_total{namespace="team-a",pod="a-0",model_name="llama"}': "0+300x120",
}


def test_costs_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    """GPU-a is held, GPU-b is not; 15 tokens a second are 54 000 an hour for 1.06."""
    rules = written(tmp_path, [profile("pool", {HOST: "node-1"})], [], TERMS)
    series = {
        gpu("GPU-a", namespace="team-a", pod="a-0"): "400x120",
        gpu("GPU-b"): "100x120",
        gpu("GPU-elsewhere", "node-2", namespace="team-b", pod="b-0"): "300x120",
        **TOKENS,
    }
    checks = [
        check("infer_focus:pool:cost_per_hour", by_pool(2.075)),
        check("infer_focus:pool:electricity_cost_per_hour", by_pool(0.075)),
        check("infer_focus:pod:cost_per_hour", by_pool(1.06, namespace="team-a", pod="a-0")),
        check("infer_focus:namespace:cost_per_hour", by_pool(1.06, namespace="team-a")),
        check("infer_focus:namespace:gpus_held", by_pool(1, namespace="team-a", currency="")),
        check("infer_focus:pool:idle_cost_per_hour", by_pool(1.015)),
        check("infer_focus:pool:unobserved_cost_per_hour", by_pool(0)),
        check("infer_focus:pool:power_watts", by_pool(500, currency="")),
        # January 1970 has 744 hours.
        check("infer_focus:pool:cost_of_month_at_this_rate", by_pool(2.075 * 744)),
        check("infer_focus:namespace:tokens_per_second", {'{namespace="team-a"}': 15}),
        check(
            "infer_focus:model:tokens_per_second", {'{model_name="llama", namespace="team-a"}': 15}
        ),
        check(
            "infer_focus:model:cost_per_million_tokens",
            {'{currency="EUR", model_name="llama"}': 19.62963},
            "2h",
        ),
    ]
    evaluate(tmp_path, rules, series, checks)


def test_one_gpu_counts_once_whatever_labels_it_comes_with(tmp_path: Path) -> None:
    """Renamed labels, two scrapes, two instances of a board held by two namespaces."""
    own = {"namespace": "gpu-operator", "pod": "nvidia-dcgm-exporter-x"}
    held = {"exported_namespace": "team-a", "exported_pod": "a-0", **own}
    series = {
        gpu("GPU-a", job="one", **held): "400x60",
        gpu("GPU-a", job="two", **held): "400x60",
        gpu("GPU-b", GPU_I_ID="1", namespace="team-a", pod="a-1"): "200x60",
        gpu("GPU-b", GPU_I_ID="2", namespace="team-b", pod="b-0"): "200x60",
        gpu("GPU-c", "", hostname="node-1", container="exporter", **own): "100x60",
        gpu("GPU-d", **own): "9223372036854775794x60",
    }
    rules = written(tmp_path, [profile("pool", {HOST: "node-1"}, gpus=3)], [], TERMS)
    checks = [
        check("infer_focus:pool:gpus", by_pool(3, currency="")),
        check("infer_focus:pool:cost_per_hour", by_pool(3 + 0.7 * 0.15)),
        check(
            "infer_focus:namespace:cost_per_hour",
            by_pool(1.06 + 1.03 / 2, namespace="team-a") | by_pool(1.03 / 2, namespace="team-b"),
        ),
        check("infer_focus:pool:idle_cost_per_hour", by_pool(1.015)),
    ]
    evaluate(tmp_path, rules, series, checks)


def test_nodes_are_known_by_their_labels_and_the_longer_selector_wins(tmp_path: Path) -> None:
    nodes = {
        'kube_node_labels{node="node-1",label_gpu_pool="x"}': "1x60",
        'kube_node_labels{node="kubelet",exported_node="node-2",label_gpu_pool="x",'
        'label_zone="z"}': "1x60",
        'kube_node_labels{node="node-3"}': "1x60",
    }
    gpus = {gpu(f"GPU-{number}", f"node-{number}"): "0x60" for number in (1, 2, 3)}
    profiles = [
        profile("all", gpus=1),
        profile("pool", {"gpuPool": "x"}, gpus=1),
        profile("zone", {"gpuPool": "x", "zone": "z"}, gpus=1),
    ]
    rules = written(tmp_path, profiles, [], TERMS)
    pools = {"GPU-1": "pool", "GPU-2": "zone", "GPU-3": "all"}
    expected = {f'{{UUID="{uuid}", cost_profile="{name}"}}': 1 for uuid, name in pools.items()}
    grouped = "group by (UUID, cost_profile) (infer_focus:pool_gpu:power_watts)"
    evaluate(tmp_path, rules, nodes | gpus, [check(grouped, expected)])


def test_a_pool_that_nobody_sees_costs_its_hardware_and_raises_an_alert(tmp_path: Path) -> None:
    rules = written(tmp_path, [profile("pool", {HOST: "node-1"})], [], TERMS)
    checks = [
        check("infer_focus:pool:cost_per_hour", by_pool(2)),
        check("infer_focus:pool:unobserved_cost_per_hour", by_pool(2)),
    ]
    fired = yaml.safe_load(rules.read_text())["groups"][-1]["rules"][0]
    summary = fired["annotations"]["summary"].replace("{{ $labels.cost_profile }}", "pool")
    labels = {"severity": "warning", "cost_profile": "pool", "currency": "EUR"}
    alert = {
        "exp_labels": labels,
        "exp_annotations": {**fired["annotations"], "summary": summary},
    }
    name = "InferFocusDcgmMissing"
    alerts: list[Mapping[str, Any]] = [
        {"alertname": name, "eval_time": "10m", "exp_alerts": []},
        {"alertname": name, "eval_time": "20m", "exp_alerts": [alert]},
    ]
    series = {gpu("GPU-x", "node-9"): "100x60"}
    evaluate(tmp_path, rules, series, checks, alerts)


def test_pods_outside_the_namespace_selector_pay_nothing(tmp_path: Path) -> None:
    pool = profile("pool", {HOST: "node-1"}, gpus=2, namespaceSelector={"paying": "yes"})
    series = {
        'kube_namespace_labels{namespace="team-a",label_paying="yes"}': "1x60",
        gpu("GPU-a", namespace="team-a", pod="a-0"): "400x60",
        gpu("GPU-b", namespace="team-b", pod="b-0"): "100x60",
    }
    checks = [
        check("infer_focus:namespace:cost_per_hour", by_pool(1.06, namespace="team-a")),
        check("infer_focus:pool:idle_cost_per_hour", by_pool(1.015)),
    ]
    evaluate(tmp_path, written(tmp_path, [pool], [], TERMS), series, checks)


def test_clusters_of_one_prometheus_stay_apart(tmp_path: Path) -> None:
    terms = replace(TERMS, cluster_label="k8s")
    series = {
        gpu("GPU-a", k8s="eu", namespace="team-a", pod="a-0"): "400x60",
        gpu("GPU-b", k8s="us", namespace="team-a", pod="a-0"): "100x60",
    }
    checks = [
        check(
            "infer_focus:pod:cost_per_hour",
            by_pool(1.06, k8s="eu", namespace="team-a", pod="a-0")
            | by_pool(1.015, k8s="us", namespace="team-a", pod="a-0"),
        ),
        check("infer_focus:pool:cost_per_hour", by_pool(1.06, k8s="eu") | by_pool(1.015, k8s="us")),
    ]
    rules = written(tmp_path, [profile("pool", {HOST: "node-1"}, gpus=1)], [], terms)
    evaluate(tmp_path, rules, series, checks)


def test_a_prefill_pair_counts_its_prompts_once_and_copies_count_once(tmp_path: Path) -> None:
    """60 a minute, of which the decode pod got 30 over the network; two jobs scrape it."""
    pod = 'namespace="team-a",pod="a-0",model_name="llama"'
    series = {
        f'vllm:prompt_tokens_total{{job="one",{pod}}}': "0+60x60",
        f'vllm:prompt_tokens_total{{job="two",{pod}}}': "0+60x60",
        f'vllm:prompt_tokens_by_source_total{{source="external_kv_transfer",{pod}}}': "0+30x60",
        f'vllm:prompt_tokens_by_source_total{{source="local_compute",{pod}}}': "0+30x60",
    }
    expected = {'{model_name="llama", namespace="team-a"}': 0.5}
    checks = [check("infer_focus:model:tokens_per_second", expected)]
    evaluate(tmp_path, written(tmp_path, [profile()], [], TERMS), series, checks)


def test_a_price_changes_when_the_next_version_begins(tmp_path: Path) -> None:
    later = profile(hardware={"purchasePriceUSD": 0}, validFrom="1970-01-01T00:20:00Z")
    rules = written(tmp_path, [later, profile()], [], TERMS)
    checks = [
        check("infer_focus:pool:cost_per_hour", by_pool(2), "19m"),
        check("infer_focus:pool:cost_per_hour", by_pool(0), "20m"),
    ]
    evaluate(tmp_path, rules, {gpu("GPU-a", "n"): "0x60"}, checks)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({}, 2 / 3),  # 30 W
        ({"hardware": {"tdpWatts": 700}}, 1 / 3),  # 140 W, and that is not above it
        (
            {"electricity": {"ratePerKWh": 0.1, "pueFactor": 1.5, "idleWattsThreshold": 1500}},
            0,
        ),  # 500 W each
    ],
    ids=["by default", "by TDP", "declared"],
)
def test_a_gpu_is_used_above_its_idle_threshold(
    declared: dict[str, Any], expected: float, tmp_path: Path
) -> None:
    pool = profile("pool", {HOST: "node-1"}, gpus=3, **declared)
    series = {gpu(f"GPU-{watts}"): f"{watts}x60" for watts in (400, 140, 30)}
    checks = [check("infer_focus:pool:utilization_ratio", by_pool(expected, currency=""))]
    evaluate(tmp_path, written(tmp_path, [pool], [], TERMS), series, checks)


def test_a_team_is_what_a_label_of_the_namespace_says_else_the_namespace(tmp_path: Path) -> None:
    """The label of team-b has just changed, and kube-state-metrics shows both values."""
    held = {"GPU-a": ("team-a", "a-0"), "GPU-b": ("team-b", "b-0"), "GPU-c": ("team-c", "c-0")}
    series = {
        gpu(uuid, namespace=namespace, pod=pod): "400x60" for uuid, (namespace, pod) in held.items()
    } | {
        'kube_namespace_labels{namespace="monitoring",exported_namespace="team-a",'
        'label_org_unit="Search"}': "1x60",
        'kube_namespace_labels{namespace="team-b",label_org_unit="Old"}': "1x60",
        'kube_namespace_labels{namespace="team-b",label_org_unit="Search"}': "1x60",
        'kube_namespace_labels{namespace="team-c",label_org_unit=""}': "1x60",
        'kube_namespace_labels{namespace="team-c",label_team="not asked for"}': "1x60",
        **TOKENS,
    }
    by_team = "sum by (team, namespace) (infer_focus:team:cost_per_hour{namespace!='team-b'})"
    checks = [
        check(
            by_team,
            {
                '{namespace="team-a", team="Search"}': 1.06,
                '{namespace="team-c", team="team-c"}': 1.06,
            },
        ),
        check("sum(infer_focus:team:cost_per_hour)", {"": 3 * 1.06}),
        check("infer_focus:team:tokens_per_second", {'{namespace="team-a", team="Search"}': 15}),
    ]
    pool = profile("pool", {HOST: "node-1"}, gpus=3)
    terms = replace(TERMS, team_label="org.unit")
    evaluate(tmp_path, written(tmp_path, [pool], [], terms), series, checks)


def buckets(metric: str, model: str, counts: Mapping[str, int]) -> dict[str, str]:
    """A histogram whose buckets grow by these counts a minute, of two pods of the model."""
    return {
        f'{metric}_bucket{{namespace="team-a",pod="{pod}",model_name="{model}",le="{bound}"}}': (
            f"0+{count}x120"
        )
        for bound, count in counts.items()
        for pod in ("a-0", "a-1")
    }


def test_a_request_costs_the_mean_and_a_long_one_the_tokens_of_the_95th_percentile(
    tmp_path: Path,
) -> None:
    """30 requests a minute end somehow, of which pod a-1, without a GPU, has 10.

    The mean is 1.06 an hour by the 1200 of pod a-0. 95 of 100 prompts are up to 1000 + 0.5 x 1000
    tokens long, answers up to 95; a million tokens costs 1.06 / 0.054.
    """
    finished = 'vllm:request_success_total{namespace="team-a",model_name="llama"'
    series = {
        gpu("GPU-a", namespace="team-a", pod="a-0"): "400x120",
        f'{finished},pod="a-0",finished_reason="stop",job="one"}}': "0+15x120",
        f'{finished},pod="a-0",finished_reason="stop",job="two"}}': "0+15x120",
        f'{finished},pod="a-0",finished_reason="length",job="one"}}': "0+5x120",
        f'{finished},pod="a-1",finished_reason="stop",job="one"}}': "0+10x120",
        **TOKENS,
        **buckets(
            "vllm:request_prompt_tokens",
            "llama",
            {"1000": 90, "2000": 100, "5000": 100, "+Inf": 100},
        ),
        **buckets("vllm:request_generation_tokens", "llama", {"100": 100, "+Inf": 100}),
        **buckets("vllm:request_prompt_tokens", "idle", {"1000": 0, "+Inf": 0}),
    }
    model = '{currency="EUR", model_name="llama"}'
    dearest = 1.06 / 0.054 * (1500 + 95) / 1e6
    checks = [
        check(
            "infer_focus:model:requests_per_second",
            {'{model_name="llama", namespace="team-a"}': 0.5},
        ),
        check("infer_focus:model:cost_per_request", {model: 1.06 / 1200}, "2h"),
        check("infer_focus:model:prompt_tokens_p95", {'{model_name="llama"}': 1500}, "2h"),
        check("infer_focus:model:cost_per_request_p95", {model: dearest}, "2h"),
    ]
    pool = profile("pool", {HOST: "node-1"}, gpus=1)
    evaluate(tmp_path, written(tmp_path, [pool], [], TERMS), series, checks)
