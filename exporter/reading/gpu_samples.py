"""Read how many samples show each GPU in an hour, and how far apart they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exporter.periods import HOUR_SECONDS, HourRange
from exporter.reading.gpu_answers import GpuAnswers, of_gpus, uuid_of
from exporter.reading.questions import Question, ask, ask_raw
from exporter.sources.series import HourlySeries, Labels, RawQuery, Source
from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC, Bools
from exporter.usage.gpu_time import Probe, SampleCounts, ScrapeIntervals, probes, scrape_intervals
from exporter.usage.identity import ClusterNaming
from exporter.usage.raw_needs import one_of


@dataclass(frozen=True, slots=True)
class Scrapes:
    """How many samples there are of each GPU and hour, and how far apart they are."""

    counts: SampleCounts
    intervals: ScrapeIntervals


def read_scrapes(
    source: Source, answers: GpuAnswers, hours: HourRange, clusters: ClusterNaming
) -> Scrapes:
    """Sample counts, and the intervals between those samples."""
    counts = read_sample_counts(source, answers, hours, clusters)
    return Scrapes(counts, read_intervals(source, counts, hours))


def read_sample_counts(
    source: Source, answers: GpuAnswers, hours: HourRange, clusters: ClusterNaming
) -> SampleCounts:
    """Samples of power, and of the energy counter for the GPU-hours that show no power."""

    def gpu(labels: Labels) -> Hashable:
        return clusters.of(labels), uuid_of(labels)

    power = answers.power_samples
    metrics = [POWER_METRIC] * len(power.labels)
    nothing = np.zeros(hours.count, bool)
    powered = _seen(power, gpu)
    silent = {
        key: shown & ~powered.get(key, nothing)
        for key, shown in _seen(answers.energy_presence, gpu).items()
    }
    if not any(hourly.any() for hourly in silent.values()):
        return SampleCounts(power, metrics)
    question = Question("energy count", ENERGY_METRIC, "count")
    energy = of_gpus(ask(source, [question], hours)["energy count"])
    wanted = [silent.get(gpu(labels), nothing) for labels in energy.labels]
    counted = np.where(np.array(wanted).reshape(energy.values.shape), energy.values, np.nan)
    return SampleCounts(
        HourlySeries([*power.labels, *energy.labels], np.vstack([power.values, counted])),
        [*metrics, *[ENERGY_METRIC] * len(energy.labels)],
    )


def _seen(answer: HourlySeries, gpu: Callable[[Labels], Hashable]) -> dict[Hashable, Bools]:
    """Per GPU in which hours it has a sample."""
    seen: dict[Hashable, Bools] = {}
    for labels, values in zip(answer.labels, answer.values, strict=True):
        hourly = values > 0
        seen[gpu(labels)] = hourly | seen.get(gpu(labels), hourly)
    return seen


def read_intervals(source: Source, samples: SampleCounts, hours: HourRange) -> ScrapeIntervals:
    """The scrape interval of each job and hour, from raw samples of one GPU each."""
    chosen = probes(samples, uuid_of)
    planned = [(query, query.metric) for query in _probe_queries(samples, chosen, hours)]
    answers = [(metric, raw) for metric, raw in ask_raw(source, planned)]
    return scrape_intervals(answers, chosen, hours, uuid_of)


def _probe_queries(
    samples: SampleCounts, chosen: Mapping[str, Sequence[Probe | None]], hours: HourRange
) -> list[RawQuery]:
    """Raw samples of the probes over the window and the hour before, by either label form."""
    wanted = {probe for hourly in chosen.values() for probe in hourly}
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for labels, metric in zip(samples.counts.labels, samples.metrics, strict=True):
        uuid = uuid_of(labels) or ""
        if Probe(metric, uuid) in wanted:
            named[metric, "UUID" if labels.get("UUID") else "uuid"].add(uuid)
    start = hours.start - HOUR_SECONDS
    return [
        RawQuery(metric, start, hours.end, (one_of(label, sorted(uuids)),))
        for (metric, label), uuids in sorted(named.items())
    ]
