"""Whether kube-state-metrics shows the Kubernetes labels that rows and selectors need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.commands.checking.findings import Finding, counted, fail, listed, ok, warn
from exporter.commands.checking.kube_facts import LABEL_METRICS, KubeFacts
from exporter.commands.checking.label_keys import LabelKeys
from exporter.commands.checking.presence import (
    KUBE,
    NAMESPACE_LABELS,
    POD_LABELS,
    Presence,
)
from exporter.cost.codes import REGION_LABEL
from exporter.cost.namespaces import Admission
from exporter.documents.kinds import CostProfile
from exporter.reading.kubernetes import NODE_LABELS
from exporter.settings import Settings
from exporter.usage.identity import Pod
from exporter.usage.kubernetes import sanitise

_WITHOUT = {
    NODE_LABELS: "nodeSelectors on labels find no node, rows have no region",
    NAMESPACE_LABELS: "Tags have no labels of namespaces",
    POD_LABELS: "Tags have no labels of pods",
}
#: Of sharded ones, each object has one series, and a second one where a label has just changed.
_COPIES = 1.5


def label_findings(
    kube: KubeFacts,
    presence: Presence,
    cluster: str,
    settings: Settings,
    keys: LabelKeys,
    allow: str,
) -> Iterator[Finding]:
    """The label metrics, the labels that settings name, and copies of kube-state-metrics.

    `allow` is how kube-state-metrics comes to show all labels that are wanted.
    """
    if not presence.any_of(KUBE, cluster):
        return
    lacking = []
    for metric in LABEL_METRICS:
        series, shown = presence.count(metric, cluster), kube.keys_of(metric, cluster)
        if series and shown != frozenset():
            labels = "" if shown is None else f" with {counted(len(shown), 'label')}"
            yield ok(metric, f"{series:,} series{labels}")
        else:
            lacking.append(metric)
    if lacking:
        without = "; ".join(_WITHOUT[metric] for metric in lacking)
        yield warn(listed(lacking), f"no Kubernetes labels: {without}", allow)
    yield from _tags_finding(kube, cluster, keys, allow)
    yield from _region_finding(kube, cluster, settings, lacking)
    targets = kube.targets.get(cluster, set())
    if len(targets) > 1 and kube.copies.get(cluster, 1) >= _COPIES:
        yield warn(
            "kube-state-metrics",
            f"{len(targets)} of them show the same objects, each counts once: {listed(targets)}",
            "scrape one of them only: remove the other installation or its ServiceMonitor",
        )


def _tags_finding(kube: KubeFacts, cluster: str, keys: LabelKeys, allow: str) -> Iterator[Finding]:
    """Labels for Tags that nobody shows, where any are shown; not that of sub-accounts."""
    _, namespaces, pods = (kube.keys_of(metric, cluster) for metric in LABEL_METRICS)
    if not namespaces or not pods:
        return
    shown = namespaces | pods
    absent = [key for key in keys.tags if key != keys.account and sanitise(key) not in shown]
    if absent:
        said = f"no namespace and no pod shows {listed(absent)}: not in Tags"
        yield warn("FOCUS_TAG_ALLOWLIST", said, allow)


def _region_finding(
    kube: KubeFacts, cluster: str, settings: Settings, lacking: Sequence[str]
) -> Iterator[Finding]:
    nodes = kube.keys_of(NODE_LABELS, cluster)
    regionless = nodes is not None and NODE_LABELS not in lacking and REGION_LABEL not in nodes
    if regionless and not settings.focus_region_id:
        yield ok("region", "none: no node has a label for it; FOCUS_REGION_ID would set it")


def namespace_findings(
    kube: KubeFacts,
    profiles: Sequence[CostProfile],
    cluster: str,
    holding: set[str],
    allow: str,
) -> Iterator[Finding]:
    """Profiles whose namespaceSelector lets no namespace hold GPUs of those that do."""
    pods = [Pod(cluster, name, "") for name in sorted(holding - {""})]
    admission = Admission(profiles, pods, kube.tables.namespace_labels, 0)
    for number, profile in enumerate(profiles):
        selector = profile.spec.namespace_selector
        if selector is None or not pods:
            continue
        inside = [pod.namespace for i, pod in enumerate(pods) if admission.admits(number, i)]
        if inside:
            yield ok(f"namespaceSelector of {profile.name}", f"lets in {listed(inside)}")
            continue
        wanted = ", ".join(f"{key}: {value}" for key, value in selector.items())
        yield fail(
            f"namespaceSelector of {profile.name}",
            f"{{{wanted}}} lets in nobody: {listed([pod.namespace for pod in pods])} count as idle",
            f"correct it, or {allow}",
        )
