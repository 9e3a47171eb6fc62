"""What an expensive request costs: 95 of 100 are shorter than the histograms of vLLM say here."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from exporter.monitoring.cost_rules import MILLION_TOKENS
from exporter.monitoring.promql import Grouping, decimal_text
from exporter.monitoring.rule import Alert, RecordingRule
from exporter.usage.engines import VLLM

PROMPT_P95 = "infer_focus:model:prompt_tokens_p95"
GENERATION_P95 = "infer_focus:model:generation_tokens_p95"
REQUEST_COST_P95 = "infer_focus:model:cost_per_request_p95"

_HISTOGRAMS = {
    PROMPT_P95: "vllm:request_prompt_tokens",
    GENERATION_P95: "vllm:request_generation_tokens",
}


def request_rules(grouping: Grouping) -> Iterator[RecordingRule]:
    """Tokens and cost of a long request by model, over the last hour.

    The cost is that of a request with the 95th percentile of both prompt and answer. The two seldom
    meet in one request, so 95 of 100 mostly cost less still. A model without histograms has none.
    """
    for record, histogram in _HISTOGRAMS.items():
        yield RecordingRule(record, _quantile(histogram, grouping))
    # Embeddings have prompts only.
    answer = f"({GENERATION_P95} or 0 * {PROMPT_P95})"
    on_model = grouping.on(VLLM.model_label)
    yield RecordingRule(
        REQUEST_COST_P95,
        f"{MILLION_TOKENS} / 1e6\n* {on_model} group_left () ({PROMPT_P95} + {answer})",
    )


def _quantile(histogram: str, grouping: Grouping) -> str:
    """Of classic buckets, else of a native histogram; a second scrape does not move a quantile.

    Without a request in the hour it is NaN, which no comparison lets through.
    """
    by_bucket, whole = grouping.by(VLLM.model_label, "le"), grouping.by(VLLM.model_label)
    classic = f"histogram_quantile(0.95, sum {by_bucket} (rate({histogram}_bucket[1h])))"
    native = f"histogram_quantile(0.95, sum {whole} (rate({histogram}[1h])))"
    return f"({classic} >= 0)\nor\n({native} >= 0)"


def request_alert(limit: Decimal) -> Alert:
    """A model whose long requests cost more than `limit`, in the billing currency."""
    return Alert(
        "InferFocusCostPerRequestHigh",
        f"{REQUEST_COST_P95} > {decimal_text(limit)}",
        "15m",
        "warning",
        "A long request to {{ $labels.model_name }} costs"
        ' {{ printf "%.4g" $value }} {{ $labels.currency }}',
        f"More than {decimal_text(limit)}. It is the cost of the 95th percentile of prompt and"
        " answer of the last hour at the cost per token of that hour, mostly an upper estimate."
        " Fewer requests on the same GPUs raise it as well as longer ones.",
    )
