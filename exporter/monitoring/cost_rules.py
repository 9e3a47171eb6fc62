"""From the pools' prices, the GPUs' power and their holders to who pays how much an hour."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.monitoring.pool_rules import (
    HARDWARE,
    KWH_PRICE,
    POOL_GPUS,
    POOL_HELD,
    POOL_POWER,
    POOL_WATTS,
)
from exporter.monitoring.promql import Grouping
from exporter.monitoring.rule import RecordingRule
from exporter.monitoring.token_rules import POD_REQUESTS, POD_TOKENS

GPU_COST = "infer_focus:pool_gpu:cost_per_hour"
GPU_HARDWARE = "infer_focus:pool:hardware_cost_per_gpu_hour"
ELECTRICITY = "infer_focus:pool:electricity_cost_per_hour"
POOL_COST = "infer_focus:pool:cost_per_hour"
MONTH_AT_THIS_RATE = "infer_focus:pool:cost_of_month_at_this_rate"
IDLE_COST = "infer_focus:pool:idle_cost_per_hour"
UNOBSERVED_COST = "infer_focus:pool:unobserved_cost_per_hour"
POD_COST = "infer_focus:pod:cost_per_hour"
NAMESPACE_COST = "infer_focus:namespace:cost_per_hour"
NAMESPACE_GPUS = "infer_focus:namespace:gpus_held"
MODEL_RATIO = "infer_focus:pod:model_ratio"
PRICED_TOKENS = "infer_focus:model:priced_tokens_per_second"
PRICED_REQUESTS = "infer_focus:model:priced_requests_per_second"
MODEL_COST = "infer_focus:model:cost_per_hour"
MILLION_TOKENS = "infer_focus:model:cost_per_million_tokens"
REQUEST_COST = "infer_focus:model:cost_per_request"


def cost_rules(grouping: Grouping) -> Iterator[RecordingRule]:
    """Amounts per hour in the currency that the label names; they hold for this moment."""
    yield from _pools(grouping)
    yield from _holders(grouping)
    yield from _remainders(grouping)
    yield from _models(grouping)


def _pools(grouping: Grouping) -> Iterator[RecordingRule]:
    on_pool, money = grouping.on("cost_profile"), ("cost_profile", "currency")
    priced = f"/ 1000 * on (cost_profile) group_left (currency) {KWH_PRICE}"
    yield RecordingRule(GPU_HARDWARE, f"{HARDWARE}\n/ {on_pool} group_left () {POOL_GPUS}")
    yield RecordingRule(
        GPU_COST,
        f"{POOL_POWER} {priced}\n+ {on_pool} group_left () {GPU_HARDWARE}",
    )
    yield RecordingRule(POOL_WATTS, f"sum {grouping.by('cost_profile')} ({POOL_POWER})")
    yield RecordingRule(ELECTRICITY, f"{POOL_WATTS} {priced}")
    # A pool without samples has no electricity, but its hardware costs all the same.
    yield RecordingRule(
        POOL_COST,
        f'sum {grouping.by(*money)} ({{__name__=~"{HARDWARE}|{ELECTRICITY}"}})',
    )
    hours = "24 * days_in_month()"
    yield RecordingRule(MONTH_AT_THIS_RATE, f"{POOL_COST}\n* on () group_left () ({hours})")


def _holders(grouping: Grouping) -> Iterator[RecordingRule]:
    of_gpu = f"{grouping.on('UUID', 'cost_profile')} group_left (currency) {GPU_COST}"
    of_pod = grouping.by("namespace", "pod", "cost_profile", "currency")
    yield RecordingRule(POD_COST, f"sum {of_pod} (\n  {POOL_HELD} * {of_gpu}\n)")
    of_namespace = grouping.by("namespace", "cost_profile", "currency")
    yield RecordingRule(NAMESPACE_COST, f"sum {of_namespace} ({POD_COST})")
    held = grouping.by("namespace", "cost_profile")
    yield RecordingRule(NAMESPACE_GPUS, f"sum {held} ({POOL_HELD})")


def _remainders(grouping: Grouping) -> Iterator[RecordingRule]:
    """What no holder pays: observed GPUs that nobody holds, and declared ones not observed."""
    money = ("cost_profile", "currency")
    seen = f"sum {grouping.by(*money)} ({GPU_COST})"
    paid = f"sum {grouping.by(*money)} ({POD_COST})"
    # Sums of floats that should cancel out may miss zero by a little.
    yield RecordingRule(IDLE_COST, f"clamp_min({seen} - ({paid} or 0 * {seen}), 0)")
    count = f"count {grouping.by('cost_profile')} ({POOL_POWER})"
    on_pool = grouping.on("cost_profile")
    yield RecordingRule(
        UNOBSERVED_COST,
        f"{GPU_HARDWARE} * {on_pool} group_left ()\n  (({POOL_GPUS} - {count}) or {POOL_GPUS})",
    )


def _models(grouping: Grouping) -> Iterator[RecordingRule]:
    """A pod's cost goes to its models by tokens; without any, to the models it shows, equally."""
    pod, on_pod = grouping.by("namespace", "pod"), grouping.on("namespace", "pod")
    yield RecordingRule(
        MODEL_RATIO,
        f"{POD_TOKENS} / {on_pod} group_left () (sum {pod} ({POD_TOKENS}) > 0)\n"
        f"or\n(0 * {POD_TOKENS} + 1) / {on_pod} group_left () count {pod} ({POD_TOKENS})",
    )
    paid = f"sum {grouping.by('namespace', 'pod', 'currency')} ({POD_COST})"
    of_model = grouping.by("namespace", "model_name", "currency")
    yield RecordingRule(
        MODEL_COST,
        f"sum {of_model} (\n  {MODEL_RATIO} * {on_pod} group_left (currency) {paid}\n)",
    )
    # Tokens of a pod without a GPU have no cost; they must not make the others cheaper.
    for record, counted in ((PRICED_TOKENS, POD_TOKENS), (PRICED_REQUESTS, POD_REQUESTS)):
        served = f"({counted} and {on_pod} {POD_COST})"
        yield RecordingRule(record, f"sum {grouping.by('namespace', 'model_name')} {served}")
    cost = f"sum {grouping.by('model_name', 'currency')} (sum_over_time({MODEL_COST}[1h]))"
    for record, counted, times in (
        (MILLION_TOKENS, PRICED_TOKENS, "1e6 * "),
        (REQUEST_COST, PRICED_REQUESTS, ""),
    ):
        count = f"sum {grouping.by('model_name')} (sum_over_time({counted}[1h]))"
        divided = f"/ {grouping.on('model_name')} group_left ()\n  (3600 * {count} > 0)"
        yield RecordingRule(record, f"{times}{cost}\n{divided}")
