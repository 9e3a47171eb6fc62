"""Read, price, add up and deliver: window by window, each period as soon as it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from exporter.cost.billing import ReportPlan, billed_by
from exporter.cost.charges import Charges, Ints
from exporter.cost.ledger import Ledger
from exporter.cost.pricing import price_window
from exporter.cost.subjects import Subjects
from exporter.cost.window import WindowCharges
from exporter.errors import PeriodError, UnreadablePeriod
from exporter.periods import HOUR_SECONDS, HourRange, Schedule
from exporter.pipeline.outcomes import Ending, Outcome, Summary
from exporter.pipeline.stops import Left
from exporter.pipeline.tasks import Task, windows
from exporter.pipeline.writing import Writer, Writing
from exporter.reading.window import ReadingRules, read_window
from exporter.sources.series import Source
from exporter.storage.record import NO_TOTALS, Totals
from exporter.usage.window import PowerSource, WindowUsage

Bools = npt.NDArray[np.bool_]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Finished:
    """One complete period of one report in one cluster, ready to become rows.

    `complete` says whether the source could be read in every hour of it, labels included.
    """

    cluster: str
    task: Task
    charges: Charges
    totals: Totals
    complete: bool


#: Makes rows of a finished period and puts them where they belong, or says how to: that is done
#: while other rows are made. Both raise PeriodError.
Deliver = Callable[[Finished], Outcome | Writing]


@dataclass(frozen=True, slots=True)
class ExportRules:
    """What stays the same over a run.

    `skip` tells which (cluster, task) need not be made. With `accept_gaps` a period that the
    source does not hold is written as unobserved. `by_the_hour`: hours in which a model had no
    tokens have a price of their own, and so a row of their own.
    """

    reading: ReadingRules
    plans: Sequence[ReportPlan]
    grain: str
    share_idle: bool
    accept_gaps: bool = False
    by_the_hour: bool = False
    skip: Callable[[str, Task], bool] = lambda _cluster, _task: False


@dataclass(slots=True)
class _Account:
    """One (cluster, task) under way."""

    ledger: Ledger
    totals: Totals = NO_TOTALS
    readable_hours: int = 0
    lacks_labels: bool = False
    starts_unheld: bool = False
    failure: str = ""


@dataclass(slots=True)
class _Run:
    rules: ExportRules
    deliver: Deliver
    summary: Summary
    writer: Writer
    left: Left
    accounts: dict[tuple[str, Task], _Account] = field(default_factory=dict)
    unread: dict[Task, str] = field(default_factory=dict)
    #: tasks with a window in which no series names a cluster
    without_cluster: set[Task] = field(default_factory=set)


def export(
    source: Source,
    tasks: Sequence[Task],
    rules: ExportRules,
    deliver: Deliver,
    progress: Callable[[HourRange], None] = lambda _window: None,
    meanwhile: Callable[[], None] = lambda: None,
    summary: Summary | None = None,
) -> Summary:
    """Make every task's period; a failed one leaves the others alone.

    The next window is read while one is priced, so two are in memory at the most. `meanwhile` is
    called once, while the first is read. A `summary` that is given holds the outcome of every task
    also when this raises UnusableError.
    """
    summary = Summary() if summary is None else summary
    with closing(Writer(summary.outcomes)) as writer:
        left = Left(tasks, writer, rules.reading.clusters)
        run = _Run(rules, deliver, summary, writer, left)
        with left.named_in(summary):
            for window, reading in _read_ahead(source, windows(tasks), rules.reading, meanwhile):
                active = [t for t in tasks if _overlaps(t, window)]
                try:
                    _add_window(run, reading.result(), active)
                except UnreadablePeriod as error:
                    for task in active:
                        run.unread.setdefault(task, str(error))
                _finish(run, [task for task in active if task.period.end <= window.end])
                progress(window)
            writer.finish()
    return summary


def _read_ahead(
    source: Source,
    spans: Sequence[HourRange],
    rules: ReadingRules,
    meanwhile: Callable[[], None],
) -> Iterator[tuple[HourRange, Future[WindowUsage]]]:
    reader = ThreadPoolExecutor(1, "reader")
    try:
        ahead = [reader.submit(read_window, source, window, rules) for window in spans[:1]]
        meanwhile()
        for i, window in enumerate(spans):
            current = ahead.pop()
            goes_on = isinstance(current.exception(), UnreadablePeriod | None)
            if goes_on and i + 1 < len(spans):
                ahead.append(reader.submit(read_window, source, spans[i + 1], rules))
            yield window, current
    finally:
        # Without waiting: a run that is stopped must not hang on a server that does not answer.
        reader.shutdown(wait=False, cancel_futures=True)


def _overlaps(task: Task, window: HourRange) -> bool:
    return task.period.start < window.end and task.period.end > window.start


def _add_window(run: _Run, usage: WindowUsage, active: Sequence[Task]) -> None:
    priced = price_window(usage, run.rules.reading.profiles, share_idle=run.rules.share_idle)
    subjects = Subjects(usage, priced.names.pods)
    run.summary.notes.update(_notes(usage, priced))
    run.summary.missing_labels.update(usage.missing_labels)
    if not usage.clusters:
        run.without_cluster.update(active)
    bills = {
        plan: billed_by(plan, run.rules.plans, priced.charges, priced.names)
        for plan in {task.plan for task in active}
    }
    for task in active:
        for cluster in usage.clusters:
            if run.rules.reading.wants(cluster) and not run.rules.skip(cluster, task):
                _add(run, usage, priced, subjects, task, cluster, bills[task.plan])


def _notes(usage: WindowUsage, priced: WindowCharges) -> dict[str, int]:
    return {
        **priced.notes,
        "first_values_left_out_series": int(usage.tokens.left_out_series.sum()),
        "first_values_left_out_tokens": int(usage.tokens.left_out_tokens.sum()),
    }


def _add(
    run: _Run,
    usage: WindowUsage,
    priced: WindowCharges,
    subjects: Subjects,
    task: Task,
    cluster: str,
    billed: Bools,
) -> None:
    account = run.accounts.setdefault((cluster, task), _Account(_ledger(cluster, run.rules)))
    first = max(task.period.start, usage.hours.start)
    last = min(task.period.end, usage.hours.end)
    hours = slice(*((moment - usage.hours.start) // HOUR_SECONDS for moment in (first, last)))
    charges = priced.charges
    inside = (charges.hour >= first) & (charges.hour < last)
    here = charges.cluster == usage.clusters.index(cluster)
    account.ledger.add(priced, billed & inside & here, subjects)
    account.ledger.add_pools(priced, hours)
    account.totals += _totals(usage, cluster, hours)
    readable = usage.readable[cluster][hours]
    account.readable_hours += int(readable.sum())
    account.lacks_labels |= bool(usage.missing_labels)
    if first == task.period.start:
        begins_window = first == usage.hours.start
        held = usage.held_before if begins_window else True
        account.starts_unheld = not readable[0] and not held
    failures = (priced.failures.get((cluster, hour)) for hour in range(first, last, HOUR_SECONDS))
    account.failure = account.failure or next((f for f in failures if f), "")


def _ledger(cluster: str, rules: ExportRules) -> Ledger:
    return Ledger(cluster, rules.grain, by_the_hour=rules.by_the_hour)


def _totals(usage: WindowUsage, cluster: str, hours: slice) -> Totals:
    """What the source showed of a cluster: tokens, measured energy and observed GPU-time."""
    tokens, gpus = usage.tokens, usage.gpus
    pods = np.array([pod.cluster == cluster for pod in tokens.pods], bool)
    holdings = np.array([holding.cluster == cluster for holding in gpus.holdings], bool)
    measured = gpus.power_source[holdings, hours] <= PowerSource.POWER_SAMPLES
    return Totals(
        _sum(tokens.input[pods, hours]) + _sum(tokens.output[pods, hours]),
        _sum(gpus.millijoules[holdings, hours] * measured),
        _sum(gpus.nano_hours[holdings, hours]),
    )


def _sum(values: Ints) -> int:
    return int(values.sum())


def _finish(run: _Run, tasks: Sequence[Task]) -> None:
    for task in tasks:
        done = sorted(cluster for cluster, other in run.accounts if other == task)
        run.left.begin(task, done)
        for cluster in done:
            account = run.accounts.pop((cluster, task))
            run.writer.add(_made(run, cluster, task, account))
        if not done and task in run.unread:
            run.writer.add(_failed("", task, run.unread[task]))
        elif not done and task in run.without_cluster:
            run.writer.add(_nobodys(run, task))


def _made(run: _Run, cluster: str, task: Task, account: _Account) -> Outcome | Writing:
    """What is left to do for a period, or how it has ended already."""

    def make() -> Outcome | Writing:
        _check(account, task, run)
        return run.deliver(_finished(cluster, task, account))

    made = _ended(cluster, task, make)
    return made if isinstance(made, Outcome) else lambda: _ended(cluster, task, made)


def _ended(cluster: str, task: Task, do: Callable[[], _Result]) -> _Result | Outcome:
    """What something comes to for a period; its faults are the outcome."""
    try:
        return do()
    except UnreadablePeriod as error:
        if task.optional:
            return Outcome(cluster, task, Ending.SKIPPED, str(error))
        return _failed(cluster, task, str(error))
    except PeriodError as error:
        return _failed(cluster, task, str(error))


def _finished(cluster: str, task: Task, account: _Account) -> Finished:
    readable = account.readable_hours == task.period.hours.count
    complete = readable and not account.lacks_labels
    return Finished(cluster, task, account.ledger.charges(), account.totals, complete)


def _nobodys(run: _Run, task: Task) -> Outcome:
    """A period that the source holds for no cluster at all, where clusters are told by a label."""
    ending = Ending.SKIPPED if task.optional else Ending.FAILED
    label = run.rules.reading.clusters.label
    return Outcome(
        "",
        task,
        ending,
        f"the source holds no series with the label {label!r} for this period (retention or"
        " outage): check COLLECTION_CLUSTER_LABEL",
    )


def _failed(cluster: str, task: Task, reason: str) -> Outcome:
    return Outcome(cluster, task, Ending.FAILED, reason)


def _check(account: _Account, task: Task, run: _Run) -> None:
    """Raise why a period must not be written, if there is a reason."""
    if task in run.unread:
        raise PeriodError(run.unread[task])
    if account.failure:
        raise PeriodError(account.failure)
    if run.rules.accept_gaps:
        return
    if account.readable_hours == 0:
        raise UnreadablePeriod(
            "the source holds no sample of any metric for this period (retention or outage):"
            " lengthen its retention, or write the cost as unobserved with backfill --accept-gaps"
        )
    if account.starts_unheld and task.plan.schedule is not Schedule.HOURLY:
        raise UnreadablePeriod(
            "the source no longer holds the first hour of this period:"
            " export hourly, and add the rows up"
        )
