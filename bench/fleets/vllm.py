"""vLLM pods: the counters that scrapes saw of each, and what it really served in each hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bench.fleets.plan import Pod
from bench.fleets.samples import (
    Bools,
    Floats,
    Ints,
    Series,
    by_hour,
    hours_of,
    outside,
    rises,
    scrape_times,
)
from bench.fleets.sizes import HOUR_MS, FleetSize

#: Counters by the row of `_counted`: name and further labels.
COUNTERS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("vllm:prompt_tokens_total", {}),
    ("vllm:generation_tokens_total", {}),
    ("vllm:prompt_tokens_cached_total", {}),
    ("vllm:request_success_total", {"finished_reason": "stop"}),
    ("vllm:request_success_total", {"finished_reason": "length"}),
    ("vllm:request_success_total", {"finished_reason": "abort"}),
)
_INPUT, _OUTPUT, _CACHED, _REQUESTS = 0, 1, 2, slice(3, 6)
_OLD_SECONDS = 21 * 24 * 3600


@dataclass(frozen=True, slots=True)
class PodTruth:
    """What one pod served, by exported hour; `seen` tells in which hours it was scraped."""

    pod: Pod
    input: Ints
    output: Ints
    cached: Ints
    requests: Ints
    seen: Bools


def pod_series(size: FleetSize, pod: Pod) -> tuple[list[Series], PodTruth]:
    """The series of one pod, and the truth about it."""
    rng = np.random.default_rng((size.seed, 1, pod.number))
    times = scrape_times(size, pod.offset_ms, size.scrape_seconds)
    served = _served(size, rng, pod, times)
    counted = np.cumsum(served, axis=1) + _history(rng, pod)[:, np.newaxis]
    for _, up in pod.restarts:
        first = int(np.searchsorted(times, up))
        if 0 < first < len(times):
            counted[:, first:] -= counted[:, first - 1 : first].copy()
    shown = _shown(pod, times)
    times, counted = times[shown], counted[:, shown]
    target = {
        "namespace": pod.namespace,
        "pod": pod.name,
        "container": "vllm",
        "instance": pod.address,
        "job": "vllm",
    }
    return [*_series(pod, target, times, counted)], _truth(size, pod, times, counted)


def _served(size: FleetSize, rng: np.random.Generator, pod: Pod, times: Ints) -> Ints:
    """What each interval added to every counter: requests by a daily curve, tokens by requests."""
    each = rng.poisson(_request_rate(size, rng, pod, times) * size.scrape_seconds)
    prompt, answer = rng.uniform(300, 3000), rng.uniform(120, 600)
    cached_share = rng.uniform(0.05, 0.6)
    varied = np.exp(rng.normal(0, 0.15, (2, len(times))))
    inputs = rng.poisson(each * prompt * varied[0])
    outputs = rng.poisson(each * answer * varied[1])
    aborted = rng.binomial(each, 0.01)
    cut = rng.binomial(each - aborted, 0.12)
    rows = [
        *(inputs, outputs, rng.binomial(inputs, cached_share)),
        *(each - aborted - cut, cut, aborted),
    ]
    return np.array(rows, np.int64)


def _request_rate(size: FleetSize, rng: np.random.Generator, pod: Pod, times: Ints) -> Floats:
    """Requests per second around each scrape, 0 while the pod cannot serve."""
    hours = (times - size.start_ms) / HOUR_MS
    daily = 0.65 + 0.35 * np.sin((hours - 9) / 24 * 2 * np.pi)
    if rng.random() < 0.15:  # hardly used
        rate = np.full(len(times), 0.002)
    else:
        rate = np.exp(rng.normal(0.3, 0.8)) * daily
        if rng.random() < 0.2:  # closed at night
            rate[(hours % 24 > 1) & (hours % 24 < 7)] = 0
    begin = max(moment or 0 for moment in (pod.ready_ms, pod.quiet_until_ms))
    rate[times < begin] = 0
    return rate * outside(times, pod.restarts)


def _history(rng: np.random.Generator, pod: Pod) -> Ints:
    """What an old pod had counted before the lead-in; next to nothing if it was quiet."""
    if pod.born_ms is not None:
        return np.zeros(len(COUNTERS), np.int64)
    requests = 3.0 if pod.quiet_until_ms is not None else float(np.exp(rng.uniform(3, 10))) * 300
    parts = requests * np.array([900, 250, 200, 0.87, 0.12, 0.01])
    return parts.astype(np.int64)


def _shown(pod: Pod, times: Ints) -> Bools:
    """At which scrapes the pod answers."""
    first = pod.ready_ms or 0
    last = times[-1] if pod.dies_ms is None else pod.dies_ms
    inside: Bools = (times >= first) & (times <= last)
    return inside & outside(times, [*pod.restarts, *pod.unscraped])


def _series(pod: Pod, target: dict[str, str], times: Ints, counted: Ints) -> Iterator[Series]:
    served_by = {**target, "model_name": pod.model, "engine": "0"}
    for (metric, labels), values in zip(COUNTERS, counted, strict=True):
        yield Series(metric, {**served_by, **labels}, times, values)
    yield Series("process_start_time_seconds", target, times, _started(pod, times))


def _started(pod: Pod, times: Ints) -> Ints:
    """When the process began that answered each scrape, unix seconds."""
    born = pod.born_ms if pod.born_ms is not None else times[0] - _OLD_SECONDS * 1000
    started = np.full(len(times), born // 1000, np.int64)
    for _, up in pod.restarts:
        started[times >= up] = up // 1000
    return started


def _truth(size: FleetSize, pod: Pod, times: Ints, counted: Ints) -> PodTruth:
    """A first value counts whole if the pod was born within the fleet's time, else it is known."""
    hours = hours_of(size, times)
    new = pod.born_ms is not None
    sums = np.array(
        [by_hour(size, hours, rises(values, first_counts=new)) for values in counted], np.int64
    )
    seen = by_hour(size, hours, np.ones_like(hours)) > 0
    requests = sums[_REQUESTS].sum(axis=0)
    return PodTruth(pod, sums[_INPUT], sums[_OUTPUT], sums[_CACHED], requests, seen)
