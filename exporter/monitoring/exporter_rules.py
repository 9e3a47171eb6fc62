"""Whether infer-focus itself still exports, from what it pushed or from its CronJob."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exporter.monitoring.promql import Grouping, equals, renamed, selected
from exporter.monitoring.pushed import pushed
from exporter.monitoring.rule import Alert, RecordingRule, Rule
from exporter.monitoring.run_metrics import LAST_RUN, LAST_SUCCESS
from exporter.periods import HOUR_SECONDS

EXPORTER_SUCCESS = "infer_focus:exporter:last_success_timestamp_seconds"

_CRONJOB_SUCCESS = "kube_cronjob_status_last_successful_time"
_CRONJOB_CREATED = "kube_cronjob_created"


@dataclass(frozen=True, slots=True)
class CronJob:
    """The CronJob that runs the export; without a namespace, those of that name in any."""

    name: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class _Watched:
    """What is known of an exporter, as expressions.

    `success`: unix seconds of the last one. `since`: the moment from which the next one is awaited.
    `unseen`: has a value where there is nothing to await from. `name` and `advice` are templates.
    """

    success: str
    since: str
    unseen: str
    name: str
    advice: str


def exporter_rules(
    cronjob: CronJob | None, lookback_hours: int, grouping: Grouping
) -> Iterator[Rule]:
    """The last success, and alerts when it is half a lookback ago, and a whole one.

    Of the CronJob as kube-state-metrics shows it; if that is null, of what the runs pushed.
    """
    watched = _of_pushes(grouping) if cronjob is None else _of_cronjob(cronjob, grouping)
    lookback = lookback_hours * HOUR_SECONDS
    yield RecordingRule(EXPORTER_SUCCESS, watched.success)
    yield _stale(
        watched,
        lookback // 2,
        "warning",
        f"A run still exports what ended within the last {lookback_hours} hours"
        " (COLLECTION_LOOKBACK_HOURS); half of that time has gone by. The log of the last job says"
        " what failed, `infer-focus check` what is missing.",
    )
    yield _stale(
        watched,
        lookback,
        "critical",
        f"Periods that ended more than {lookback_hours} hours ago (COLLECTION_LOOKBACK_HOURS) are"
        " no longer exported by themselves. Once runs succeed, `infer-focus backfill"
        " --missing-only` writes them while the source holds their samples.",
    )
    yield _unseen(watched, lookback // 2)


def _of_pushes(grouping: Grouping) -> _Watched:
    """A run that has failed ever since it began to push is there without a success."""
    runs = pushed(LAST_RUN, grouping)
    return _Watched(
        pushed(LAST_SUCCESS, grouping),
        EXPORTER_SUCCESS,
        f"{runs}\nunless\n{EXPORTER_SUCCESS}\nor\nabsent({LAST_RUN})",
        "infer-focus{{ with $labels.cluster }} of cluster {{ . }}{{ end }}",
        "Is PUSHGATEWAY_URL set for the runs, is the Pushgateway scraped, and does a run succeed?",
    )


def _of_cronjob(cronjob: CronJob, grouping: Grouping) -> _Watched:
    """A new CronJob without a success counts from its creation."""
    success, created = (
        f"max {grouping.by('namespace', 'cronjob')} (\n  {_series(metric, cronjob)}\n)"
        for metric in (_CRONJOB_SUCCESS, _CRONJOB_CREATED)
    )
    return _Watched(
        success,
        f"({EXPORTER_SUCCESS}\nor\n{created})",
        f"absent({_series(_CRONJOB_CREATED, cronjob)})",
        "CronJob {{ $labels.namespace }}/{{ $labels.cronjob }} of infer-focus",
        f"kube-state-metrics shows no CronJob {cronjob.name}. Make the rules again with the right"
        " name (`infer-focus rules --cronjob NAMESPACE/NAME`), with PUSHGATEWAY_URL if the export"
        " runs elsewhere, or with an empty name to watch none.",
    )


def _series(metric: str, cronjob: CronJob) -> str:
    """By the exported namespace if the scrape renamed the label."""
    name = equals("cronjob", cronjob.name)
    if cronjob.namespace is None:
        return renamed(selected(metric, [name]), "namespace", "exported_namespace")
    moved = selected(metric, [name, equals("exported_namespace", cronjob.namespace)])
    own = [name, equals("exported_namespace", ""), equals("namespace", cronjob.namespace)]
    return f"{renamed(moved, 'namespace', 'exported_namespace')}\n  or {selected(metric, own)}"


def _stale(watched: _Watched, seconds: int, severity: str, description: str) -> Alert:
    return Alert(
        "InferFocusExporterStale",
        f"time() - {watched.since} > {seconds}",
        "5m",
        severity,
        f"{watched.name} has not succeeded for {{{{ $value | humanizeDuration }}}}",
        description,
    )


def _unseen(watched: _Watched, seconds: int) -> Alert:
    """It waits as long as the other alert, so that a new installation raises none."""
    return Alert(
        "InferFocusExporterMissing",
        watched.unseen,
        f"{seconds // 60}m",
        "warning",
        f"Nothing is known of infer-focus for {_hours(seconds)}",
        watched.advice,
    )


def _hours(seconds: int) -> str:
    """`12 hours`; half an hour is 0.5."""
    return f"{seconds / HOUR_SECONDS:g} hours"
