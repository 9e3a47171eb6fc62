"""What a run says at its end: failed periods, one summary event, the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exporter.commands.building import Configuration, sales_terms
from exporter.cost.billing import report_set
from exporter.integers import plain_decimal
from exporter.log import get_logger
from exporter.periods import rfc3339
from exporter.pipeline.outcomes import Ending, Outcome, Summary, made_of

#: What was noticed and costs money or trust, with what to do about it.
_ADVICE = {
    "gpu_hours_unmatched": "GPUs on nodes that no CostProfile matches are not billed:"
    " widen a nodeSelector or add a profile",
    "gpu_hours_outside_namespace_selector": "GPUs held by pods outside a profile's"
    " namespaceSelector count as idle: widen it, or move the pods",
    "pool_hours_with_more_gpus_than_declared": "more GPUs were seen than a profile declares,"
    " and share its cost: raise spec.hardware.gpuCount and purchasePriceUSD",
    "tokens_unpriced": "tokens of pods on no known GPU have rows without cost:"
    " check that DCGM names pods, and that a profile matches their nodes",
    "first_values_left_out_tokens": "tokens of processes that are not known to be new were only"
    " a baseline: scrape kube-state-metrics, so that the start of pods is known",
}


def warn_of_terms(configuration: Configuration, layout: str | None = None) -> None:
    """What of the settings and the card has no effect on the rows of a layout."""
    settings, terms = configuration.settings, sales_terms(configuration, layout)
    if settings.focus_split_allocation and not terms.by_pool:
        get_logger().warning(
            "FOCUS_SPLIT_ALLOCATION has no effect here, since the layout has no columns for shares:"
            " choose --layout 1.3 or 1.4",
            layout=layout,
        )
    if terms.by_pool and terms.card is not None:
        get_logger().warning(
            "prices of models and contracts of the RateCard have no effect with"
            " FOCUS_SPLIT_ALLOCATION: shares of a pool are priced by gpuHour alone"
        )


#: More lines than a person reads, and more than one log line should hold.
_MOST_ENTRIES = 20


def tell(
    summary: Summary,
    command: str,
    unfinished: Sequence[str],
    stopped: Exception | None = None,
) -> None:
    """Log each run of failed periods once, then the summary of everything.

    Where something failed that last event holds by itself which periods failed, why, and which are
    there: the destination may be gone, and the manifest with it. `stopped` is why the command
    could not go on.
    """
    log = get_logger()
    for skipped in merged(summary.of(Ending.SKIPPED)):
        log.warning("periods skipped", **skipped)
    failures = list(merged(summary.failed))
    for entry in failures[:_MOST_ENTRIES]:
        log.error("periods failed", **entry)
    if more := failures[_MOST_ENTRIES:]:
        log.error("more periods failed", entries=len(more), see="the manifest under metadata/")
    for reason in unfinished:
        log.error("old object stays", reason=reason)
    for name in sorted(summary.missing_labels):
        log.warning("labels could not be read", metric=name, rows="written without them")
    for note, advice in _ADVICE.items():
        if count := summary.notes[note]:
            log.warning(advice, **{note: count})
    told = {**totals_of(summary.outcomes), **_notes(summary)}
    if failures or unfinished or stopped is not None:
        log.error(f"{command} finished", **told, **_named(summary, failures, stopped))
    else:
        log.info(f"{command} finished", **told)


def _named(
    summary: Summary, failures: Sequence[Mapping[str, object]], stopped: Exception | None
) -> dict[str, object]:
    """Which periods failed and which are there, as far as one line holds them."""
    return {
        **({} if stopped is None else {"stopped": str(stopped)}),
        **_entries("failed_periods", failures),
        **_entries("good_periods", list(merged(_good(summary)))),
    }


def _entries(name: str, entries: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """As many as one line should hold, and how many there are besides."""
    more = len(entries) - _MOST_ENTRIES
    return {name: entries[:_MOST_ENTRIES], **({f"more_{name}": more} if more > 0 else {})}


def _good(summary: Summary) -> list[Outcome]:
    """The periods written or found unchanged."""
    return [*summary.of(Ending.WRITTEN), *summary.of(Ending.UNCHANGED)]


def merged(outcomes: Sequence[Outcome]) -> Iterator[dict[str, object]]:
    """Periods that ended alike for one reason, those right after one another as one entry."""
    ordered = sorted(outcomes, key=lambda o: (o.cluster, o.task.plan.name, o.task.period.start))
    runs: list[list[Outcome]] = []
    for outcome in ordered:
        if runs and _follows(runs[-1][-1], outcome):
            runs[-1].append(outcome)
        else:
            runs.append([outcome])
    return (_entry(run) for run in runs)


def _follows(one: Outcome, other: Outcome) -> bool:
    return (one.cluster, one.task.plan, one.reason, one.task.period.end) == (
        other.cluster,
        other.task.plan,
        other.reason,
        other.task.period.start,
    )


def _entry(run: Sequence[Outcome]) -> dict[str, object]:
    reason = {"reason": run[0].reason} if run[0].reason else {}
    return {
        "cluster": run[0].cluster,
        "report": run[0].task.plan.name,
        "start": rfc3339(run[0].task.period.start),
        "end": rfc3339(run[-1].task.period.end),
        "periods": len(run),
        **reason,
    }


def totals_of(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Counts of periods by ending; rows, bytes and cost of the billing reports, each cost once."""
    made = made_of(outcomes)
    counts = {str(e): sum(o.ending is e for o in outcomes) for e in Ending}
    return {
        **counts,
        "rows": sum(o.rows for o in made),
        "bytes": sum(o.bytes for o in made),
        "cost": decimal_text(sum(o.cost_nano for o in made)),
        "rows_left_out": sum(o.left_out_rows for o in made),
        "cost_left_out": decimal_text(sum(o.left_out_cost_nano for o in made)),
    }


def _notes(summary: Summary) -> dict[str, int]:
    """What was noticed and is not nothing."""
    return {name: count for name, count in sorted(summary.notes.items()) if count}


def decimal_text(nano: int) -> str:
    """1e-9 units as a plain decimal."""
    return plain_decimal(nano, 9)


def manifest_of(
    configuration: Configuration,
    cluster: str,
    command: str,
    now: int,
    summary: Summary,
    unfinished: Sequence[str],
    stopped: Exception | None = None,
) -> dict[str, object]:
    """What one run did for one cluster; `stopped` is why it could not go on."""
    settings = configuration.settings
    outcomes = [o for o in summary.outcomes if o.cluster in (cluster, "")]
    return {
        "Started": rfc3339(now),
        "Command": command,
        "Cluster": cluster,
        "FocusVersion": settings.focus_version,
        "Currency": settings.focus_billing_currency,
        "ReportSet": report_set(configuration.plans),
        "Totals": totals_of(outcomes),
        "Notes": _notes(summary),
        "LabelsMissing": sorted(summary.missing_labels),
        "Failed": list(merged([o for o in outcomes if o.ending is Ending.FAILED])),
        "NotRemoved": list(unfinished),
        **({} if stopped is None else {"Stopped": str(stopped)}),
        "Periods": [_period(outcome) for outcome in outcomes],
    }


def _period(outcome: Outcome) -> dict[str, object]:
    period = outcome.task.period
    return {
        "Report": outcome.task.plan.name,
        "Start": rfc3339(period.start),
        "End": rfc3339(period.end),
        "Ending": str(outcome.ending),
        "Rows": outcome.rows,
        "Cost": decimal_text(outcome.cost_nano),
        "RowsLeftOut": outcome.left_out_rows,
        "CostLeftOut": decimal_text(outcome.left_out_cost_nano),
        "UnusedNamespaces": list(outcome.unused_namespaces),
        **({} if outcome.key is None else {"Key": outcome.key}),
        **({} if outcome.schema_id is None else {"SchemaId": outcome.schema_id}),
        **({"Reason": outcome.reason} if outcome.reason else {}),
    }
