"""Read one window: everything that pricing its hours needs, in few questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from exporter.documents.kinds import CostProfile
from exporter.periods import HourRange
from exporter.reading import kubernetes as kube
from exporter.reading.branches import Branches, branches
from exporter.reading.clusters import of_clusters
from exporter.reading.estimates import EstimatedHours
from exporter.reading.gpu_answers import GpuAnswers, gpu_answers, gpu_questions
from exporter.reading.gpu_samples import read_scrapes
from exporter.reading.gpus import read_gpus
from exporter.reading.nodes import node_finder
from exporter.reading.questions import Question, ask
from exporter.reading.tokens import read_tokens, token_questions
from exporter.sources.series import HourlySeries, Source
from exporter.usage.counters import LAST_LOOKBACK_HOURS
from exporter.usage.engines import Engine
from exporter.usage.first_values import Bools
from exporter.usage.gpus import GpuReader
from exporter.usage.identity import ClusterNaming, Pod, TargetPods, scrape_target
from exporter.usage.pools import HOSTNAME_LABEL
from exporter.usage.raw_needs import one_of
from exporter.usage.window import GpuUsage, WindowUsage


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What stays the same for all windows; `owners` says whether rows need workloads.

    `include_clusters` and `exclude_clusters` are globs of cluster names.
    """

    clusters: ClusterNaming
    engines: Sequence[Engine]
    profiles: Sequence[CostProfile]
    owners: bool
    include_clusters: Sequence[str] = ()
    exclude_clusters: Sequence[str] = ()

    def wants(self, cluster: str) -> bool:
        """Whether the rows of a cluster are made."""
        if self.include_clusters:
            return any(fnmatchcase(cluster, glob) for glob in self.include_clusters)
        return not any(fnmatchcase(cluster, glob) for glob in self.exclude_clusters)

    @property
    def needs_node_labels(self) -> bool:
        return any(
            key != HOSTNAME_LABEL for profile in self.profiles for key in profile.spec.node_selector
        )

    @property
    def needs_namespace_labels(self) -> bool:
        return any(profile.spec.namespace_selector is not None for profile in self.profiles)


def read_window(source: Source, hours: HourRange, rules: ReadingRules) -> WindowUsage:
    """Everything known of the hours. Raises UnreadablePeriod when an answer cannot be trusted."""
    with branches() as beside:
        return _read_window(source, hours, rules, beside)


def _read_window(
    source: Source, hours: HourRange, rules: ReadingRules, beside: Branches
) -> WindowUsage:
    """What does not need the GPUs' answers is read beside them."""
    questions = _questions(rules)
    asked = kube.begin_labels(source, hours, questions, beside)
    answers = of_clusters(ask(source, questions, hours), rules.clusters, hours)
    gpus = gpu_answers(answers)
    scrapes = beside.begin(read_scrapes, source, gpus, hours, rules.clusters)
    labels, missing = kube.labels_of(asked)
    extra = of_clusters(labels, rules.clusters, hours)
    clusters = _clusters(answers, rules.clusters)
    tables = kube.kube_tables({**answers, **extra}, hours, rules.clusters)
    seen = _seen({**answers, **extra}, hours, rules.clusters, clusters)
    anything = np.logical_or.reduce(
        [np.zeros(LAST_LOOKBACK_HOURS + hours.count, bool), *seen.values()]
    )
    tokens = beside.begin(
        read_tokens, source, answers, rules.engines, hours, rules.clusters, anything
    )
    own_pods = _own_pods(source, gpus, hours)
    reader = GpuReader(rules.clusters, own_pods, node_finder(tables, hours.count - 1))
    thresholds = sorted({profile.idle_threshold_watts_per_gpu for profile in rules.profiles})
    estimated = EstimatedHours(hours, clusters, rules.profiles, tables.node_labels)
    usage = read_gpus(source, gpus, hours, reader, thresholds, estimated, scrapes)
    holders = _holders(usage)
    requests = kube.read_requests(source, answers["requests"], hours, rules.clusters, holders)
    return WindowUsage(
        hours,
        clusters,
        tokens.result(),
        usage,
        requests,
        tables,
        {name: hourly[LAST_LOOKBACK_HOURS:] for name, hourly in seen.items()},
        bool(anything[:LAST_LOOKBACK_HOURS].any()),
        missing,
    )


def _questions(rules: ReadingRules) -> list[Question]:
    return [
        *gpu_questions(),  # first, since they take longest
        *token_questions(rules.engines),
        *kube.required_questions(
            node_labels=rules.needs_node_labels,
            namespace_labels=rules.needs_namespace_labels,
            owners=rules.owners,
        ),
    ]


def _clusters(answers: Mapping[str, HourlySeries], naming: ClusterNaming) -> list[str]:
    """The clusters to bill: the one that is named, or all that series are labelled with."""
    if naming.label is None:
        return [naming.name]
    found = {naming.of(labels) for answer in answers.values() for labels in answer.labels}
    return sorted(found - {""})


def _seen(
    answers: Mapping[str, HourlySeries],
    hours: HourRange,
    naming: ClusterNaming,
    clusters: Sequence[str],
) -> dict[str, Bools]:
    """Per cluster whether anything has a sample, LAST_LOOKBACK_HOURS before the window first."""
    columns = LAST_LOOKBACK_HOURS + hours.count
    seen = {cluster: np.zeros(columns, bool) for cluster in clusters}
    for answer in answers.values():
        for labels, values in zip(answer.labels, answer.values, strict=True):
            hourly = seen.get(naming.of(labels))
            if hourly is not None:
                hourly[columns - len(values) :] |= ~np.isnan(values)
    return seen


def _own_pods(source: Source, gpus: GpuAnswers, hours: HourRange) -> TargetPods:
    """Which pods the scrape targets are that report GPUs: exporters, never holders."""
    jobs = {labels["job"] for labels in gpus.labels if labels.get("job")}
    if not jobs:
        return frozenset()
    targets = {scrape_target(labels) for labels in gpus.labels}
    question = Question("up", "up", "last", 0, (one_of("job", sorted(jobs)),))
    found = ask(source, [question], hours)["up"].labels
    return frozenset(
        (scrape_target(labels), labels.get("namespace", ""), labels.get("pod", ""))
        for labels in found
        if scrape_target(labels) in targets
    )


def _holders(usage: GpuUsage) -> dict[Pod, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Per pod the GPU-time it holds in each hour, whatever GPU."""
    holders: dict[Pod, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for holding, time in zip(usage.holdings, usage.nano_hours, strict=True):
        if holding.holder is not None:
            known = holders.get(holding.holder, np.zeros(len(time)))
            holders[holding.holder] = known + time
    return holders
