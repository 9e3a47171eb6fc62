"""What to change where something is missing: the settings of others, written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exporter.commands.checking.label_keys import LabelKeys
from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC

SCRAPE_KUBE_STATE = (
    "install kube-state-metrics, and have Prometheus scrape it with honor_labels: true"
)
SCRAPE_ENGINE = (
    "have Prometheus scrape path /metrics of the serving pods, in a PodMonitor:"
    " podMetricsEndpoints: [{port: http, path: /metrics}]; start vLLM without --disable-log-stats"
)
SCRAPE_DCGM = (
    "install dcgm-exporter, and have Prometheus scrape it; values of the GPU operator:"
    " dcgmExporter: {enabled: true, serviceMonitor: {enabled: true}}"
)
NAME_HOLDERS = (
    "start dcgm-exporter with DCGM_EXPORTER_KUBERNETES=true (its flag --kubernetes), and mount"
    " /var/lib/kubelet/pod-resources into it"
)
NAME_NODES = (
    "give dcgm-exporter the name of its node: env: [{name: NODE_NAME, valueFrom: {fieldRef:"
    " {fieldPath: spec.nodeName}}}]"
)
#: Lines of dcgm-exporter's default-counters.csv.
_COUNTERS = {
    ENERGY_METRIC: "counter, Total energy consumption since boot (in mJ).",
    POWER_METRIC: "gauge, Power draw (in W).",
}


def count_field(metric: str) -> str:
    """How dcgm-exporter comes to show a metric."""
    return f"add to the CSV file of dcgm-exporter (--collectors): {metric}, {_COUNTERS[metric]}"


def allow_labels(keys: LabelKeys, shown: Mapping[str, Iterable[str] | None]) -> str:
    """How kube-state-metrics comes to show all labels that are wanted; `shown` by resource."""
    besides = "" if keys.keeps(shown) else ", and with what it lists now besides"
    return f"start kube-state-metrics with {keys.flag(shown)}{besides}"
