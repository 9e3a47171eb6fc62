"""The truth of a fleet: slow, obvious loops over every raw sample that the generator logged.

The rules are those of "Usage: exact, not extrapolated". Nothing here knows labels, queries or
hourly reductions, and nothing is shared with exporter.usage: an error there shows as a difference.
Keys hold the hour's first second; an hour is (start, start + 3600]. A missing key means zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from fractions import Fraction
from typing import TypeVar

from tests.fleets.fleet import HOUR, CounterLog, CounterSample, Fleet, GpuLog, GpuSample

DAY = 24 * HOUR
NANO = 10**9

Key = TypeVar("Key")
#: (hour start, namespace, pod, model)
TokenKey = tuple[int, str, str, str]
#: input with the cached ones, output, cached, requests
Tokens = tuple[int, int, int, int]
#: (hour start, UUID, namespace, pod); namespace and pod are None where nobody holds the GPU.
GpuKey = tuple[int, str, str | None, str | None]


def hour_of(ms: int) -> int:
    """The first second of the hour a sample belongs to: a sample on the full hour ends it."""
    return (ms - 1) // (HOUR * 1000) * HOUR


def shared(whole: int, weights: Mapping[Key, Fraction | int]) -> dict[Key, int]:
    """A whole in integers by weight: parts rounded down, the residue to the largest, then first."""
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    parts = {key: int(whole * Fraction(weight) / total) for key, weight in weights.items()}
    parts[max(weights, key=lambda key: weights[key])] += whole - sum(parts.values())
    return parts


def truth_tokens(fleet: Fleet, hours: Container[int] | None = None) -> dict[TokenKey, Tokens]:
    """Tokens and requests of each pod and model, per hour (of the fleet) in which any counted."""
    hours = fleet.hour_starts if hours is None else hours
    presence = _Presence(fleet)
    totals: dict[TokenKey, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for log in fleet.counters:
        for hour, step in _counter_steps(log, presence):
            totals[hour, log.namespace, log.pod, log.model][log.field] += step
    found = {}
    for key, n in totals.items():
        own = (n["input"] - n["transferred"], n["output"], n["cached"] - n["transferred"])
        if key[0] in hours and any((*own, n["requests"])):
            found[key] = (*own, n["requests"])
    return found


def truth_left_out(fleet: Fleet) -> tuple[int, int]:
    """First values that were only a baseline: how many series, and their input + output tokens."""
    presence = _Presence(fleet)
    series = tokens = 0
    for log in fleet.counters:
        for previous, sample in _pairs(log):
            hour = hour_of(sample.ms)
            if previous is None and sample.value > 0 and hour in fleet.hour_starts:
                left_out = not presence.first_value_counts(log, sample, hour)
                series += left_out
                tokens += sample.value * left_out * (log.field in ("input", "output"))
    return series, tokens


def _counter_steps(log: CounterLog, presence: _Presence) -> Iterator[tuple[int, int]]:
    """(hour, step) of each sample."""
    for previous, sample in _pairs(log):
        hour = hour_of(sample.ms)
        if previous is None:
            yield hour, sample.value if presence.first_value_counts(log, sample, hour) else 0
        elif sample.value < previous.value:
            yield hour, sample.value
        else:
            yield hour, sample.value - previous.value


def _pairs(log: CounterLog) -> Iterator[tuple[CounterSample | None, CounterSample]]:
    """Each sample after the one before it; None when the 24 hours before its hour have none."""
    previous: CounterSample | None = None
    for sample in log.samples:
        if previous is not None and previous.ms <= (hour_of(sample.ms) - DAY) * 1000:
            previous = None
        yield previous, sample
        previous = sample


class _Presence:
    """In which hours the source has samples, and what it says about the start of processes."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._hours: dict[str, set[int]] = defaultdict(set)
        for series in fleet.series:
            self._hours[series.metric].update(hour_of(ms) for ms in series.times_ms)
        self._any = {hour for hours in self._hours.values() for hour in hours}

    def first_value_counts(self, log: CounterLog, sample: CounterSample, hour: int) -> bool:
        """Whether a new series' first value was all counted since the hour before, or an outage."""
        start = sample.started
        if start is None:
            start = self._pod_start(log, hour)
        if start is None:
            return False
        unseen_since = hour
        while unseen_since > hour - DAY and unseen_since - HOUR not in self._hours[log.metric]:
            unseen_since -= HOUR
        young = start > hour - HOUR or start > unseen_since
        # At the retention edge everything looks new: the source must reach back to the hour of the
        # start. For a start within this hour the first value itself does.
        start_hour = hour_of(start * 1000)
        reaches_back = any(hour - DAY <= one <= start_hour for one in self._any)
        return young and reaches_back

    def _pod_start(self, log: CounterLog, hour: int) -> int | None:
        said = self._fleet.pod_starts.get((log.namespace, log.pod), [])
        known = [(ms, start) for ms, start in said if hour - DAY <= hour_of(ms) <= hour]
        return max(known)[1] if known else None


def truth_energy(fleet: Fleet, hours: Container[int] | None = None) -> dict[GpuKey, int]:
    """Millijoules of each GPU and holder, per hour (of the fleet), without those billed by TDP.

    A sum that the rules make a fraction is rounded to a whole millijoule.
    """
    hours = fleet.hour_starts if hours is None else hours
    totals: dict[GpuKey, Fraction] = defaultdict(Fraction)
    for log in fleet.gpus:
        for sample, millijoules in _energy_steps(fleet, log):
            for key, share in _keys(log, sample):
                totals[key] += millijoules * share
    totals.update(_powered(fleet))
    return {key: round(total) for key, total in totals.items() if total and key[0] in hours}


def _keys(log: GpuLog, sample: GpuSample) -> Iterator[tuple[GpuKey, Fraction]]:
    """Whose a sample is, and which part of the GPU."""
    for holder, share in sample.parts.items():
        yield (hour_of(sample.ms), log.uuid, *(holder or (None, None))), share


def _energy_steps(fleet: Fleet, log: GpuLog) -> Iterator[tuple[GpuSample, Fraction]]:
    estimated = _hours_without_counter(fleet, log)
    previous: tuple[int, int] | None = None
    for sample in log.samples:
        if sample.energy_mj is None:
            continue
        hour = hour_of(sample.ms)
        if previous is not None and previous[0] > (hour - DAY) * 1000:
            ms, before = previous
            step = sample.energy_mj - before if sample.energy_mj >= before else sample.energy_mj
            part = Fraction(1)
            if any(hour_of(ms) < one < hour for one in estimated):
                part = Fraction(sample.ms - hour * 1000, sample.ms - ms)
            yield sample, step * part
        previous = sample.ms, sample.energy_mj


def _powered(fleet: Fleet) -> dict[GpuKey, Fraction]:
    """Mean power times GPU-time, in the hours that have no sample of the counter."""
    watts: dict[GpuKey, list[Fraction]] = defaultdict(list)
    for log in fleet.gpus:
        hours = _power_only_hours(log)
        for sample in log.samples:
            if hour_of(sample.ms) in hours and sample.watts is not None:
                for key, _ in _keys(log, sample):
                    watts[key].append(Fraction(sample.watts))
    time = truth_nano_hours(fleet)
    per_nano_hour = Fraction(3600 * 1000, NANO)
    return {key: Fraction(sum(w)) / len(w) * time[key] * per_nano_hour for key, w in watts.items()}


def _power_only_hours(log: GpuLog) -> set[int]:
    counted = {hour_of(one.ms) for one in log.samples if one.energy_mj is not None}
    return {hour_of(one.ms) for one in log.samples if one.watts is not None} - counted


def _hours_without_counter(fleet: Fleet, log: GpuLog) -> set[int]:
    """Hours billed by power samples or by TDP: there no GPU of the pool has a sample."""
    found = _power_only_hours(log)
    if log.pool is not None and log.pool.tdp_watts is not None:
        pool = [one for one in fleet.gpus if one.pool == log.pool]
        seen = {hour_of(sample.ms) for one in pool for sample in one.samples}
        found |= set(range(fleet.first - fleet.first % HOUR, fleet.end, HOUR)) - seen
    return found


def truth_gpu_time(fleet: Fleet, hours: Container[int] | None = None) -> dict[GpuKey, Fraction]:
    """Seconds that each holder had of each GPU, per hour (of the fleet)."""
    hours = fleet.hour_starts if hours is None else hours
    totals: dict[GpuKey, Fraction] = defaultdict(Fraction)
    for log in fleet.gpus:
        for sample, seconds in _sample_times(log):
            for key, share in _keys(log, sample):
                totals[key] += seconds * share
    return {key: total for key, total in totals.items() if total and key[0] in hours}


def truth_nano_hours(fleet: Fleet) -> dict[GpuKey, int]:
    """The same of every hour in 1e-9 GPU-hours: a GPU's time rounded down, then shared out."""
    seconds: dict[tuple[int, str], dict[GpuKey, Fraction]] = defaultdict(dict)
    for key, value in truth_gpu_time(fleet, _Always()).items():
        seconds[key[:2]][key] = value
    found: dict[GpuKey, int] = {}
    for of_gpu in seconds.values():
        whole = int(sum(of_gpu.values()) * NANO / HOUR)
        found |= shared(whole, dict(sorted(of_gpu.items(), key=_by_holder)))
    return found


def _by_holder(item: tuple[GpuKey, object]) -> tuple[str, str]:
    return item[0][2] or "", item[0][3] or ""


class _Always(Container[int]):
    def __contains__(self, hour: object) -> bool:
        return True


def _sample_times(log: GpuLog) -> Iterator[tuple[GpuSample, Fraction]]:
    """What part of its hour each sample stands for: at most one scrape interval, in seconds."""
    counts: dict[int, int] = defaultdict(int)
    for sample in log.samples:
        counts[hour_of(sample.ms)] += 1
    for sample in log.samples:
        expected = Fraction(HOUR, log.interval)
        yield sample, HOUR / max(Fraction(counts[hour_of(sample.ms)]), expected)
