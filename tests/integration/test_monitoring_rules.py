"""The rules in Prometheus' own tool: that it takes them, and what they compute.

One GPU-hour costs 1 and a kilowatt-hour 0.15, so a GPU at 400 W costs 1 + 0.4 x 0.15 = 1.06 an
hour and one at 100 W 1.015.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.documents.kinds import CostProfile, TokenBudget
from exporter.monitoring.groups import RuleTerms, rule_groups
from tests.servers import require_tool
from tests.unit.monitoring.monitored import HOST, TERMS, budget, profile

HOSTILE = '"}) or vector(1) # \\ \' {{ query "up" }} %s $1 | - : ü'
POWER = "DCGM_FI_DEV_POWER_USAGE"


def promtool(*arguments: str | Path) -> None:
    done = subprocess.run(
        [require_tool("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def written(
    folder: Path, profiles: Sequence[CostProfile], budgets: Sequence[TokenBudget], terms: RuleTerms
) -> Path:
    groups = [group.node() for group in rule_groups(profiles, budgets, terms)]
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": groups}))
    return path


@pytest.mark.parametrize("terms", [TERMS, replace(TERMS, cluster_label="cluster")])
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


def evaluate(
    folder: Path,
    rules: Path,
    series: Mapping[str, str],
    checks: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]] = (),
    interval: str = "1m",
) -> None:
    """`promtool test rules`; each check is an expression at a time with its samples."""
    test = {
        "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": list(checks),
        "alert_rule_test": list(alerts),
    }
    path = folder / "test.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(rules)],
                "evaluation_interval": interval,
                "group_eval_order": _group_names(rules),
                "tests": [test],
            }
        )
    )
    promtool("test", "rules", path)


def _group_names(rules: Path) -> list[str]:
    return [group["name"] for group in yaml.safe_load(rules.read_text())["groups"]]


def check(expression: str, expected: Mapping[str, float], at: str = "30m") -> dict[str, Any]:
    """Values are rounded to a millionth, as floats add up to almost what they should."""
    samples = [
        {"labels": labels or "{}", "value": round(value, 6)} for labels, value in expected.items()
    ]
    return {
        "expr": f"round({expression}, 0.000001)",
        "eval_time": at,
        "exp_samples": samples,
    }


def gpu(uuid: str, node: str = "node-1", metric: str = POWER, **labels: str) -> str:
    pairs = {"UUID": uuid, "Hostname": node, "modelName": "NVIDIA H100 80GB HBM3", **labels}
    inside = ",".join(f'{key}="{value}"' for key, value in pairs.items() if value)
    return f"{metric}{{{inside}}}"


def by_pool(value: float, **labels: str) -> dict[str, float]:
    pairs = {"cost_profile": "pool", "currency": "EUR", **labels}
    inside = ", ".join(f'{key}="{pairs[key]}"' for key in sorted(pairs) if pairs[key])
    return {f"{{{inside}}}": round(value, 6)}


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


def test_a_budget_is_of_the_calendar_month(tmp_path: Path) -> None:
    """4 an hour: January 1970 is 744 hours, the 31st ends at hour 744 and February begins at 0."""
    groups = rule_groups([profile()], [budget(limit=2000)], TERMS)
    only = next(group for group in groups if group.name == "infer-focus-budgets")
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump({"groups": [only.node()]}))
    series = {
        'infer_focus:namespace:cost_per_hour{namespace="team-a",currency="EUR"}': "4x9400",
        'infer_focus:namespace:cost_per_hour{namespace="team-b",currency="EUR"}': "9x9400",
    }
    label = '{budget="team-a", currency="EUR", namespace="team-a"}'
    spent = 'infer_focus:namespace:cost_month_to_date{namespace="team-a"}'
    labels = '{currency="EUR", namespace="team-a"}'
    checks = [
        check(spent, {labels: 4 * 744}, "743h55m"),
        check(spent, {labels: 4 / 12}, "744h"),
        check(spent, {labels: 4 * 10}, "753h55m"),
        check("infer_focus:budget:utilization_ratio", {label: 0.02}, "753h55m"),
        check(
            "infer_focus:budget:projected_utilization_ratio",
            {label: round((40 + 4 * (28 * 24 - 10 + 1 / 12)) / 2000, 6)},
            "753h55m",
        ),
    ]
    for name, firing, silent in (
        ("Warning", ("260h", "740h"), ("240h", "760h")),
        ("Critical", ("510h", "740h"), ("490h", "760h")),
        ("Forecast", ("300h", "754h"), ("90m",)),
    ):
        alert = f'ALERTS{{alertname="InferFocusBudget{name}",alertstate="firing"}}'
        count = f"count({alert})"
        checks += [check(count, {"": 1}, at) for at in firing]
        checks += [check(f"{count} or vector(0)", {"": 0}, at) for at in silent]
    evaluate(tmp_path, rules, series, checks, interval="5m")
