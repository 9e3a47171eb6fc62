"""The hourly questions about GPUs and their answers, without series that name no GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exporter.reading.questions import Question, counter_questions, counter_reading
from exporter.sources.series import HourlySeries, Labels
from exporter.usage.counters import LAST_LOOKBACK_HOURS, CounterReading
from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC

_COUNT, _SUM = "power count", "power sum"
_MINIMUM, _MAXIMUM = "power min", "power max"


def gpu_questions() -> list[Question]:
    """The hourly questions about energy and power of all GPUs."""
    return [
        Question(_COUNT, POWER_METRIC, "count", LAST_LOOKBACK_HOURS),
        Question(_SUM, POWER_METRIC, "sum"),
        Question(_MINIMUM, POWER_METRIC, "min"),
        Question(_MAXIMUM, POWER_METRIC, "max"),
        *counter_questions(ENERGY_METRIC, ENERGY_METRIC),
    ]


@dataclass(frozen=True, slots=True)
class GpuAnswers:
    """The answers to `gpu_questions`, series that name no GPU left out."""

    energy: CounterReading
    power_count: HourlySeries
    power_sum: HourlySeries
    power_minimum: HourlySeries
    power_maximum: HourlySeries

    @property
    def labels(self) -> list[Labels]:
        return [*self.energy.last.labels, *self.power_count.labels]

    @property
    def power_samples(self) -> HourlySeries:
        """How many samples of power each series has in the hours of the window."""
        return _window(self.power_count)

    @property
    def energy_presence(self) -> HourlySeries:
        """1 where a series of the energy counter has a sample, by hour of the window."""
        shown = _window(self.energy.last)
        return HourlySeries(shown.labels, np.where(np.isnan(shown.values), np.nan, 1.0))


def gpu_answers(answers: Mapping[str, HourlySeries]) -> GpuAnswers:
    """Pick the answers about GPUs."""
    reading = counter_reading(answers, ENERGY_METRIC)
    return GpuAnswers(
        CounterReading(*(of_gpus(a) for a in (reading.last, reading.minimum, reading.resets))),
        *(of_gpus(answers[name]) for name in (_COUNT, _SUM, _MINIMUM, _MAXIMUM)),
    )


def of_gpus(answer: HourlySeries) -> HourlySeries:
    """The series that name a GPU."""
    named = [i for i, labels in enumerate(answer.labels) if uuid_of(labels)]
    return HourlySeries([answer.labels[i] for i in named], answer.values[named])


def uuid_of(labels: Labels) -> str | None:
    """The UUID in either label form."""
    return labels.get("UUID") or labels.get("uuid")


def _window(answer: HourlySeries) -> HourlySeries:
    return HourlySeries(answer.labels, answer.values[:, LAST_LOOKBACK_HOURS:])
