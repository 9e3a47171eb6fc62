"""What kube-state-metrics shows: nodes, namespaces and their labels, as the run reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exporter.commands.checking.asking import SHORT_SECONDS, Asker
from exporter.commands.checking.label_keys import ENVIRONMENT, LabelKeys, thing
from exporter.commands.checking.presence import NAMESPACE_LABELS, POD_LABELS, REQUESTS
from exporter.documents.kinds import CostProfile
from exporter.periods import HOUR_SECONDS, HourRange
from exporter.reading.kubernetes import NODE_LABELS, POD_INFO, kube_tables
from exporter.sources.census import CountQuery, Group
from exporter.sources.series import HourlySeries, Labels, Matcher
from exporter.usage.counters import LOOKBACK_HOURS
from exporter.usage.identity import described
from exporter.usage.kubernetes import LABEL_PREFIX, kube_labels, sanitise
from exporter.usage.pools import HOSTNAME_LABEL
from exporter.usage.window import KubeTables

LABEL_METRICS = (NODE_LABELS, NAMESPACE_LABELS, POD_LABELS)
RESOURCES = {"namespaces": NAMESPACE_LABELS, "pods": POD_LABELS, "nodes": NODE_LABELS}
_NODE, _NAMESPACE, _POD = (
    ("node", "exported_node"),
    ("namespace", "exported_namespace"),
    ("pod", "exported_pod"),
)
_EXPORTERS = ".*dcgm-exporter.*"
_GPUS = Matcher("resource", "=", "nvidia_com_gpu")


@dataclass(frozen=True, slots=True)
class KubeFacts:
    """kube-state-metrics as it is now.

    `tables` hold the nodes with the labels that selectors name, each under its sanitised key, and
    the namespaces alike. `label_keys` are all label keys shown, by cluster and metric (None: the
    source cannot tell). `nodes` and `namespaces` are those of pods, by cluster. `asking` are
    namespace and node of pods that request a GPU, by cluster. `labels` are the values in the last
    hour of the keys that cost is told apart by, by cluster and namespace, then by sanitised key;
    `pod_labels` the same of pods by their namespace. `targets` are the kube-state-metrics scraped,
    by cluster, `copies` how many of them show the same pod.
    """

    tables: KubeTables
    nodes: Mapping[str, set[str]]
    namespaces: Mapping[str, set[str]]
    asking: Mapping[str, set[tuple[str, str]]]
    labels: Mapping[tuple[str, str], Mapping[str, set[str]]]
    pod_labels: Mapping[tuple[str, str], Mapping[str, set[str]]]
    label_keys: Mapping[tuple[str, str], frozenset[str] | None]
    targets: Mapping[str, set[str]]
    copies: Mapping[str, float]

    def keys_of(self, metric: str, cluster: str) -> frozenset[str] | None:
        return self.label_keys[cluster, metric]

    def shown(self, cluster: str) -> dict[str, frozenset[str] | None]:
        """All label keys shown by resource, as in an allow-list."""
        return {resource: self.keys_of(metric, cluster) for resource, metric in RESOURCES.items()}

    def requesting(self, cluster: str) -> set[str]:
        """The namespaces with a pod that requests a GPU."""
        return {namespace for namespace, _ in self.asking.get(cluster, ())}


def look_at_kube(
    asker: Asker, profiles: Sequence[CostProfile], clusters: Iterable[str], wanted: LabelKeys
) -> KubeFacts:
    """Ask for what the profiles select by and cost is told apart by, not for every label."""
    label_keys = {
        (cluster, metric): _keys(asker, metric, cluster)
        for cluster in clusters
        for metric in LABEL_METRICS
    }
    answers = asker.ask(_questions(asker, profiles, wanted, label_keys))
    nodes = _named(asker, answers["nodes"], "node") | {}
    for cluster, names in _named(asker, answers["pod nodes"], "node").items():
        nodes[cluster] = nodes.get(cluster, set()) | names
    pods = asker.by_cluster(answers["distinct pods"])
    series = asker.by_cluster(answers["pod series"])
    return KubeFacts(
        _tables(asker, answers),
        nodes,
        _named(asker, answers["pod namespaces"], "namespace"),
        _asking(asker, answers["requests"]),
        _values(asker, answers["namespaces"]),
        _values(asker, answers.get("pod labels", ())),
        label_keys,
        _targets(asker, answers["targets"]),
        {cluster: series[cluster] / count for cluster, count in pods.items()},
    )


def _questions(
    asker: Asker,
    profiles: Sequence[CostProfile],
    wanted: LabelKeys,
    shown: Mapping[tuple[str, str], frozenset[str] | None],
) -> dict[str, CountQuery]:
    of_pods = _shown_spellings(POD_LABELS, wanted, shown)
    of_namespaces = _shown_spellings(NAMESPACE_LABELS, wanted, shown)
    more = {"pod labels": asker.query(POD_LABELS, *_NAMESPACE, *_labels(of_pods))}
    return _usual_questions(asker, profiles, of_namespaces) | (more if of_pods else {})


def _shown_spellings(
    metric: str, wanted: LabelKeys, shown: Mapping[tuple[str, str], frozenset[str] | None]
) -> set[str]:
    """The keys that mean what is wanted, however spelled; as spelled where nobody lists keys."""
    keys = {*wanted.namespaces, ENVIRONMENT}
    things = {thing(key) for key in keys}
    lists = [listed for (_, of), listed in shown.items() if of == metric]
    known = {key for keys_shown in lists for key in keys_shown or ()}
    found = {key for key in known if thing(key) in things and key == sanitise(key)}
    return found | (keys if None in lists else set())


def _usual_questions(
    asker: Asker, profiles: Sequence[CostProfile], spellings: Iterable[str]
) -> dict[str, CountQuery]:
    specs = [profile.spec for profile in profiles]
    node_keys = {key for spec in specs for key in spec.node_selector} - {HOSTNAME_LABEL}
    namespace_keys = {key for spec in specs for key in spec.namespace_selector or ()}
    exporters = (*_NODE, *_NAMESPACE, *_POD)
    objects = (*_NAMESPACE, *_POD, "uid")
    query = asker.query
    return {
        "nodes": query(NODE_LABELS, *_NODE, *_labels(node_keys)),
        "namespaces": query(NAMESPACE_LABELS, *_NAMESPACE, *_labels({*namespace_keys, *spellings})),
        "pod nodes": query(POD_INFO, *_NODE),
        "pod namespaces": query(POD_INFO, *_NAMESPACE),
        "exporters": query(POD_INFO, *exporters, matchers=(Matcher("pod", "=~", _EXPORTERS),)),
        "renamed exporters": query(
            POD_INFO, *exporters, matchers=(Matcher("exported_pod", "=~", _EXPORTERS),)
        ),
        "requests": query(REQUESTS, *_NAMESPACE, *_NODE, matchers=(_GPUS,)),
        "targets": query(POD_INFO, "job", "instance", seconds=SHORT_SECONDS),
        "pod series": query(POD_INFO, seconds=SHORT_SECONDS),
        "distinct pods": query(POD_INFO, seconds=SHORT_SECONDS, distinct=objects),
    }


def _labels(keys: Iterable[str]) -> list[str]:
    return sorted({f"{LABEL_PREFIX}{sanitise(key)}" for key in keys})


def _named(asker: Asker, groups: Iterable[Group], key: str) -> dict[str, set[str]]:
    """The objects that the groups describe, by cluster."""
    found: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        if name := described(group.labels, key):
            found[asker.naming.of(group.labels)].add(name)
    return dict(found)


def _asking(asker: Asker, groups: Iterable[Group]) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for labels in (group.labels for group in groups):
        if namespace := described(labels, "namespace"):
            found[asker.naming.of(labels)].add((namespace, described(labels, "node") or ""))
    return dict(found)


def _values(asker: Asker, groups: Iterable[Group]) -> dict[tuple[str, str], dict[str, set[str]]]:
    """Of a label that has just changed both values: what was added is seen at once."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for labels in (group.labels for group in groups):
        subject = asker.naming.of(labels), described(labels, "namespace") or ""
        values = found.setdefault(subject, defaultdict(set))
        for key, value in kube_labels(labels).items():
            values[key].add(value)
    return found


def _keys(asker: Asker, metric: str, cluster: str) -> frozenset[str] | None:
    names = asker.census.label_names(metric, asker.end, HOUR_SECONDS, asker.within(cluster))
    if names is None:
        return None
    shown = (name for name in names if name.startswith(LABEL_PREFIX))
    return frozenset(name.removeprefix(LABEL_PREFIX) for name in shown)


def _targets(asker: Asker, groups: Iterable[Group]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        name = f"{group.labels.get('job', '?')} {group.labels.get('instance', '?')}"
        found[asker.naming.of(group.labels)].add(name)
    return dict(found)


def _tables(asker: Asker, answers: Mapping[str, list[Group]]) -> KubeTables:
    """The answers in the form that pools and nodes are found by; their only hour is the last.

    A node that only pods tell stands for a pod of its name.
    """
    start = asker.end - asker.end % HOUR_SECONDS
    pods = [
        {**group.labels, "pod": described(group.labels, "node") or ""}
        for group in answers["pod nodes"]
    ]
    exporters = [*answers["exporters"], *answers["renamed exporters"]]
    series = {
        NODE_LABELS: _hourly([group.labels for group in answers["nodes"]]),
        NAMESPACE_LABELS: _hourly([group.labels for group in answers["namespaces"]]),
        POD_INFO: _hourly([*pods, *(group.labels for group in exporters)]),
    }
    return kube_tables(series, HourRange(start, start + HOUR_SECONDS), asker.naming)


def _hourly(labels: Sequence[Labels]) -> HourlySeries:
    return HourlySeries(labels, np.ones((len(labels), LOOKBACK_HOURS + 1)))
