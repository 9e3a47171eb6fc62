"""Each GPU once, its power and its holders, whatever labels dcgm-exporter and the scrape wrote."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.monitoring.promql import Grouping, renamed
from exporter.monitoring.rule import RecordingRule

POWER = "infer_focus:gpu:power_watts"
HOLDERS = "infer_focus:gpu:holders"

_DCGM_POWER = "DCGM_FI_DEV_POWER_USAGE"
#: A blank of DCGM is a number near 2^47 or 2^63; no GPU draws a hundred kilowatts.
_REAL = "< 100000"
_OWN_POD = ".*dcgm-exporter.*"
_OWN_CONTAINER = "dcgm-exporter|nvidia-dcgm-exporter|exporter"


def gpu_rules(grouping: Grouping) -> Iterator[RecordingRule]:
    """Watts per GPU and node, and a 1 for each pod that holds a GPU.

    MIG instances and shared GPUs repeat the power of the whole board in several series.
    """
    power = _identified(f"({_DCGM_POWER} {_REAL})")
    power = renamed(power, "node", "hostname", "exported_hostname", "Hostname")
    labels = ("UUID", "node", "modelName")
    yield RecordingRule(POWER, f"max {grouping.by(*labels)} (\n  {power}\n)")
    yield RecordingRule(HOLDERS, _holders(grouping))


def _identified(expression: str) -> str:
    return renamed(expression, "UUID", "uuid")  # old exporters write it in lower case


def _holders(grouping: Grouping) -> str:
    """By exported_pod if the scrape renamed the labels, else by pod, never the exporter's own."""
    exported = f'{_DCGM_POWER}{{exported_pod!="",exported_pod!~"{_OWN_POD}"}}'
    plain = (
        f'{_DCGM_POWER}{{exported_pod="",exported_namespace="",pod!="",pod!~"{_OWN_POD}",'
        f'container!~"{_OWN_CONTAINER}"}}'
    )
    moved = renamed(
        renamed(_identified(exported), "namespace", "exported_namespace"), "pod", "exported_pod"
    )
    return (
        f"group {grouping.by('UUID', 'namespace', 'pod')} (\n"
        f"  {moved}\n  or\n  {_identified(plain)}\n)"
    )
