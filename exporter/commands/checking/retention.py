"""How far back the source goes, beside how far the next runs look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.commands.checking.asking import Asker
from exporter.commands.checking.findings import Finding, counted, fail, ok, skip, warn
from exporter.commands.checking.presence import KUBE, Presence, token_metrics
from exporter.cost.billing import ReportPlan
from exporter.periods import DAY_SECONDS, HOUR_SECONDS, Schedule, rfc3339
from exporter.pipeline.tasks import Lookback, Task, due
from exporter.settings import Settings
from exporter.usage.counters import LAST_LOOKBACK_HOURS
from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC
from exporter.usage.engines import Engine

_WHAT = "retention"
_LONGEST: Mapping[Schedule, int] = {
    Schedule.HOURLY: HOUR_SECONDS,
    Schedule.DAILY: DAY_SECONDS,
    Schedule.WEEKLY: 7 * DAY_SECONDS,
    Schedule.MONTHLY: 31 * DAY_SECONDS,
}
#: Samples of the day before are read, too, so that the first step of a counter is known.
_BEFORE_SECONDS = LAST_LOOKBACK_HOURS * HOUR_SECONDS
_UNITS = {
    "y": 365 * DAY_SECONDS,
    "w": 7 * DAY_SECONDS,
    "d": DAY_SECONDS,
    "h": 3600,
    "m": 60,
    "s": 1,
}
_DURATION = re.compile(r"(\d+)([ywdhms])(?!s)")


@dataclass(frozen=True, slots=True)
class Need:
    """What the next run must make, and the longest report; `end` in unix seconds."""

    required: Sequence[Task]
    longest: ReportPlan
    lookback_hours: int
    end: int

    @property
    def first_sample(self) -> int:
        """The time of the oldest sample that is read for it."""
        starts = [task.period.start for task in self.required]
        return min([*starts, self.end - _LONGEST[self.longest.schedule]]) - _BEFORE_SECONDS

    @property
    def days(self) -> int:
        """A retention that is long enough at any time of day."""
        lookback = self.lookback_hours * HOUR_SECONDS
        return -(-(lookback + _LONGEST[self.longest.schedule] + _BEFORE_SECONDS) // DAY_SECONDS)


def need_of(settings: Settings, plans: Sequence[ReportPlan], end: int) -> Need:
    """What `run` would make at that time."""
    hours = settings.collection_lookback_hours
    lookback = Lookback(hours, 0, settings.collection_settle_minutes)
    tasks = due(plans, end, lookback, lambda _plan, _period: True)
    longest = max(plans, key=lambda plan: plan.schedule.fineness)
    return Need([task for task in tasks if not task.optional], longest, hours, end)


def retention_findings(
    asker: Asker, presence: Presence, engines: Sequence[Engine], need: Need, declared: str | None
) -> Iterator[Finding]:
    """One line, for all clusters. `declared` is what the source says that it keeps."""
    metrics = _lasting(presence, engines)
    if not metrics:
        yield skip(_WHAT, "no metric is there whose age could be looked at")
        return
    oldest = _oldest(asker, metrics, need.first_sample)
    if oldest is None:
        kept = f", and keeps {declared}" if declared else ""
        first = rfc3339(need.first_sample)
        yield ok(_WHAT, f"the source goes back to {first}, where the next run begins to read{kept}")
    else:
        yield _short(need, oldest, declared)


def _lasting(presence: Presence, engines: Sequence[Engine]) -> list[str]:
    """One metric each of DCGM, of an engine and of kube-state-metrics, with few series."""
    groups = ((POWER_METRIC, ENERGY_METRIC), token_metrics(engines), _few(presence))
    found = (next((m for m in names if any(presence.now[m].values())), None) for names in groups)
    return [metric for metric in found if metric is not None]


def _few(presence: Presence) -> list[str]:
    return sorted(KUBE, key=lambda metric: presence.now[metric].total())


def _oldest(asker: Asker, metrics: Sequence[str], first: int) -> int | None:
    """The start of the oldest hour with a sample; None if that is the first one or before.

    Found by halving, so a gap may be taken for the beginning, unless it is at the first moment.
    """

    def held(moment: int) -> bool:
        ago = asker.end - moment
        return any(asker.ask({m: asker.query(m, ago=ago) for m in metrics}).values())

    if held(first) or held(first - DAY_SECONDS):
        return None
    low, high = 0, -(-(asker.end - first) // HOUR_SECONDS)
    while high - low > 1:  # not held `high` hours... counted from the end; held at `low`
        middle = (low + high) // 2
        if held(asker.end - middle * HOUR_SECONDS):
            low = middle
        else:
            high = middle
    return asker.end - (low + 1) * HOUR_SECONDS


def _short(need: Need, oldest: int, declared: str | None) -> Finding:
    """The source does not go back far enough: what that costs."""
    said = f"the oldest samples are of about {rfc3339(oldest)}"
    said += f", the source keeps {declared}" if declared else ""
    young = declared is not None and seconds_of(declared) >= need.end - need.first_sample
    lost = sum(task.period.start + HOUR_SECONDS <= oldest for task in need.required)
    if lost:
        hours = max(1, (need.end - oldest) // HOUR_SECONDS - 1)
        periods = counted(len(need.required), "period")
        detail = f"{said}: {lost} of the {periods} of the next run would fail"
        return fail(_WHAT, detail, _fix(need, young, f"set COLLECTION_LOOKBACK_HOURS={hours}"))
    report, schedule = need.longest.name, need.longest.schedule
    if need.end - oldest < _LONGEST[schedule]:
        detail = f"{said}: less than a period of the {schedule} report {report}"
        fix = _fix(need, young, f"set spec.schedule: daily in UsageReport {report}")
        return warn(_WHAT, detail, fix) if young else fail(_WHAT, detail, fix)
    first = f"the first that would be read are of {rfc3339(need.first_sample)}"
    fix = _fix(need, young, "leave it: from the second run on nothing is missing")
    return warn(_WHAT, f"{said}, {first}: tokens of the first hours may be left out", fix)


def _fix(need: Need, young: bool, instead: str) -> str:
    if young:
        return f"wait until it holds more; or {instead}"
    return (
        f"start Prometheus with --storage.tsdb.retention.time={need.days}d (its operator:"
        f" spec.retention: {need.days}d); or {instead}"
    )


def seconds_of(duration: str) -> float:
    """Of `15d`, `1d12h` or `15d or 50GiB`, in which only the time counts; unlimited without one."""
    found = _DURATION.findall(duration.split(" or ")[0])
    return sum(int(count) * _UNITS[unit] for count, unit in found) if found else float("inf")
