"""Read one window: everything that pricing its hours needs, in few questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from exporter.documents.kinds import CostProfile
from exporter.periods import HourRange
from exporter.reading import kubernetes as kube
from exporter.reading.active_time import ActiveQuestions
from exporter.reading.branches import Branches, branches
from exporter.reading.clusters import of_clusters
from exporter.reading.estimates import EstimatedHours
from exporter.reading.gpu_answers import GpuAnswers, gpu_answers, gpu_questions
from exporter.reading.gpu_samples import read_scrapes
from exporter.reading.gpus import read_gpus
from exporter.reading.nodes import node_finder, thresholds_by_node
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
from exporter.usage.tokens import TokenUsage
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
        try:
            return _read_window(_Asked.begin(source, hours, rules, beside), beside)
        except BaseException:
            source.give_up()
            raise


_Answers = dict[str, HourlySeries]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The questions that need no answer of another, asked at once; what is needed first, first."""

    source: Source
    hours: HourRange
    rules: ReadingRules
    gpus: Future[_Answers]
    kube: Future[_Answers]
    labels: Mapping[str, Future[_Answers]]
    tokens: Future[_Answers]

    @staticmethod
    def begin(source: Source, hours: HourRange, rules: ReadingRules, beside: Branches) -> _Asked:
        def begun(questions: Sequence[Question]) -> Future[_Answers]:
            return beside.begin(_answers, source, questions, hours, rules.clusters)

        required = kube.required_questions(
            node_labels=rules.needs_node_labels,
            namespace_labels=rules.needs_namespace_labels,
            owners=rules.owners,
        )
        return _Asked(
            *(source, hours, rules),
            begun(gpu_questions()),
            begun(required),
            kube.begin_labels(source, hours, required, beside),
            begun(token_questions(rules.engines)),
        )

    def clusters(self) -> list[str]:
        """The clusters to bill: the one that is named, or all that series are labelled with."""
        naming = self.rules.clusters
        if naming.label is None:
            return [naming.name]
        required = self.gpus.result(), self.kube.result(), self.tokens.result()
        answers = (answer for part in required for answer in part.values())
        return sorted({naming.of(labels) for answer in answers for labels in answer.labels} - {""})


def _read_window(asked: _Asked, beside: Branches) -> WindowUsage:
    """What does not need the GPUs' answers is read beside them."""
    source, hours, rules = asked.source, asked.hours, asked.rules
    gpus = gpu_answers(asked.gpus.result())
    scrapes = beside.begin(read_scrapes, source, gpus, hours, rules.clusters)
    own_pods = beside.begin(_own_pods, source, gpus, hours)
    labels, missing = kube.labels_of(asked.labels)
    described = {**asked.kube.result(), **of_clusters(labels, rules.clusters, hours)}
    tables = kube.kube_tables(described, hours, rules.clusters)
    serving = beside.begin(_read_serving, asked, described)
    finder = node_finder(tables, hours.count - 1)
    reader = GpuReader(rules.clusters, own_pods.result(), finder)
    instants = ActiveQuestions(
        source, gpus, hours, thresholds_by_node(rules.profiles, tables.node_labels, reader), beside
    )
    thresholds = sorted({profile.idle_threshold_watts_per_gpu for profile in rules.profiles})
    instants.begin(thresholds, scrapes.result().intervals)
    clusters = asked.clusters()
    estimated = EstimatedHours(hours, clusters, rules.profiles, tables.node_labels)
    usage = read_gpus(
        source, gpus, hours, reader, thresholds, estimated, scrapes.result(), instants
    )
    holders = _holders(usage)
    wanted = described["requests"]
    requests = kube.read_requests(source, wanted, hours, rules.clusters, holders)
    tokens, seen, anything = serving.result()
    return WindowUsage(
        hours,
        clusters,
        tokens,
        usage,
        requests,
        tables,
        {name: hourly[LAST_LOOKBACK_HOURS:] for name, hourly in seen.items()},
        bool(anything[:LAST_LOOKBACK_HOURS].any()),
        missing,
    )


def _answers(
    source: Source, questions: Sequence[Question], hours: HourRange, naming: ClusterNaming
) -> _Answers:
    return of_clusters(ask(source, questions, hours), naming, hours)


def _read_serving(asked: _Asked, described: _Answers) -> tuple[TokenUsage, dict[str, Bools], Bools]:
    """What was served, and in which hours each cluster, or any, shows anything at all."""
    hours, rules = asked.hours, asked.rules
    answers = asked.tokens.result()
    seen = _seen(
        [*asked.gpus.result().values(), *described.values(), *answers.values()],
        hours,
        rules.clusters,
        asked.clusters(),
    )
    nothing = np.zeros(LAST_LOOKBACK_HOURS + hours.count, bool)
    anything = np.logical_or.reduce([nothing, *seen.values()])
    tokens = read_tokens(asked.source, answers, rules.engines, hours, rules.clusters, anything)
    return tokens, seen, anything


def _seen(
    answers: Iterable[HourlySeries],
    hours: HourRange,
    naming: ClusterNaming,
    clusters: Sequence[str],
) -> dict[str, Bools]:
    """Per cluster whether anything has a sample, LAST_LOOKBACK_HOURS before the window first."""
    columns = LAST_LOOKBACK_HOURS + hours.count
    seen = {cluster: np.zeros(columns, bool) for cluster in clusters}
    for answer in answers:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, labels in enumerate(answer.labels):
            rows[naming.of(labels)].append(row)
        for cluster in seen.keys() & rows.keys():
            shown = ~np.isnan(answer.values[rows[cluster]])
            seen[cluster][columns - shown.shape[1] :] |= shown.any(axis=0)
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
