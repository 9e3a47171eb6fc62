"""Tokens and requests per second by pod and model, from the counters of vLLM."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.monitoring.promql import Grouping, equals, renamed, selected
from exporter.monitoring.rule import RecordingRule
from exporter.usage.engines import VLLM, CounterMetric, Quantity

POD_TOKENS = "infer_focus:pod:tokens_per_second"
MODEL_TOKENS = "infer_focus:model:tokens_per_second"
NAMESPACE_TOKENS = "infer_focus:namespace:tokens_per_second"
POD_REQUESTS = "infer_focus:pod:requests_per_second"
MODEL_REQUESTS = "infer_focus:model:requests_per_second"

#: Two scrapes of one process differ in nothing but these.
_COPY_LABELS = (
    *("job", "endpoint", "service", "prometheus", "prometheus_replica", "receive_replica"),
    *("thanos_replica", "__replica__", "replica", "monitor", "scrape_job"),
)


def token_rules(grouping: Grouping) -> Iterator[RecordingRule]:
    """Input and output tokens per second, those taken off that a prefill pod counted already.

    Requests are the finished ones, whatever they ended with.
    """
    of_model = grouping.by("namespace", VLLM.model_label)
    yield _of_pods(POD_TOKENS, grouping, Quantity.INPUT, Quantity.OUTPUT)
    yield RecordingRule(MODEL_TOKENS, f"sum {of_model} ({POD_TOKENS})")
    yield RecordingRule(NAMESPACE_TOKENS, f"sum {grouping.by('namespace')} ({POD_TOKENS})")
    yield _of_pods(POD_REQUESTS, grouping, Quantity.REQUESTS)
    yield RecordingRule(MODEL_REQUESTS, f"sum {of_model} ({POD_REQUESTS})")


def _of_pods(record: str, grouping: Grouping, *counted: Quantity) -> RecordingRule:
    rates = [_rate(one) for one in VLLM.counters if one.quantity in counted]
    labels = ("namespace", "pod", VLLM.model_label)
    together = "\n  or\n  ".join(rates)
    return RecordingRule(record, f"sum {grouping.by(*labels)} (\n  {together}\n)")


def _rate(counter: CounterMetric) -> str:
    series = selected(counter.name, [equals(label, value) for label, value in counter.only])
    # Scrapes at different seconds differ by chance; the larger one would mostly be too much.
    once = f"avg without ({', '.join(_COPY_LABELS)}) (rate({series}[5m]))"
    sign = "-" if counter.subtracted else ""
    # The label keeps the counters of one pod apart, since a rate has no name.
    return f'label_replace({sign}{_of_pod(once)}, "counter", "{counter.name}", "", "")'


def _of_pod(expression: str) -> str:
    """By pod and namespace; by the exported ones where the scrape's own are missing."""
    own = renamed(expression, "infer_pod", "instance", "exported_pod", "pod")
    own = renamed(own, "pod", "infer_pod")
    own = renamed(own, "infer_namespace", "exported_namespace", "namespace")
    return renamed(own, "namespace", "infer_namespace")
