"""Read what GPUs did: energy counters, power, GPU-time, active time."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from exporter.periods import HourRange
from exporter.reading.active_time import ActiveQuestions, ActiveTime
from exporter.reading.estimates import EstimatedHours
from exporter.reading.gpu_answers import GpuAnswers, uuid_of
from exporter.reading.gpu_samples import Scrapes
from exporter.reading.questions import ask_raw
from exporter.sources.series import Floats, Ints, Source
from exporter.usage import energy, gpu_time
from exporter.usage.energy import ENERGY_METRIC
from exporter.usage.gpus import (
    GpuReader,
    Holding,
    gpu_rows,
    mean_watts,
    padded,
    sightings,
)
from exporter.usage.raw_needs import plan
from exporter.usage.window import GpuUsage, PowerSource


def read_gpus(
    source: Source,
    answers: GpuAnswers,
    hours: HourRange,
    reader: GpuReader,
    thresholds: Sequence[Decimal],
    estimated: EstimatedHours,
    scrapes: Scrapes,
    instants: ActiveQuestions,
) -> GpuUsage:
    """Energy, GPU-time and active time of every holding in the window.

    `instants` are asked for already, and needed last.
    """
    counters = _read_energy(source, answers, hours, reader, estimated)
    holdings: dict[Holding, int] = {key: i for i, key in enumerate(counters.holdings.keys)}  # type: ignore[misc]
    seen = sightings(scrapes.counts.counts, holdings, reader, scrapes.intervals)
    watts = mean_watts(answers.power_sum, answers.power_samples, holdings, reader)
    rows = gpu_rows(list(holdings))
    time = gpu_time.gpu_nano_hours(seen.samples, rows, seen.interval_seconds)
    millijoules, power_source = _energy(counters, list(holdings), watts, time)
    active = ActiveTime(instants, holdings, reader, seen, time)
    models = {uuid_of(labels) or "": labels.get("modelName", "") for labels in answers.labels}
    return GpuUsage(
        list(holdings),
        models,
        time,
        active.above(thresholds),
        millijoules,
        power_source,
    )


def _read_energy(
    source: Source,
    answers: GpuAnswers,
    hours: HourRange,
    reader: GpuReader,
    estimated: EstimatedHours,
) -> energy.EnergyCounters:
    """What the energy counters grew by, with the raw samples they need."""
    counters = energy.examine(answers.energy, reader)
    billed = estimated.reaching_back(counters, answers.power_count, reader)
    planned = plan(ENERGY_METRIC, energy.raw_needs(counters, hours, billed))
    for needs, raw in ask_raw(source, planned):
        energy.apply_raw(counters, needs, raw, hours, billed)
    return counters


def _energy(
    counters: energy.EnergyCounters, holdings: Sequence[Holding], watts: Floats, time: Ints
) -> tuple[Ints, Ints]:
    """Energy and its source: the counter where it has a sample, else mean power x time."""
    shown = counters.shown_for(holdings)
    measured = padded(counters.millijoules, len(holdings))
    powered = ~shown & ~np.isnan(watts)
    millijoules = np.where(powered, energy.millijoules_of_power(watts, time), measured)
    source = np.where(
        shown,
        PowerSource.ENERGY_COUNTER,
        np.where(powered, PowerSource.POWER_SAMPLES, PowerSource.NONE),
    )
    return millijoules, source.astype(np.int64)
