"""Read what engines served: counters, raw samples where they fell, starts of new processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exporter.periods import HourRange
from exporter.reading.questions import Question, ask_raw, counter_questions, counter_reading
from exporter.reading.starts import read_starts
from exporter.sources.series import HourlySeries, Matcher, Source
from exporter.usage.engines import CounterMetric, Engine, Quantity
from exporter.usage.first_values import Bools
from exporter.usage.identity import ClusterNaming
from exporter.usage.raw_needs import plan
from exporter.usage.tokens import (
    CounterUsage,
    TokenUsage,
    add_first_values,
    apply_raw,
    collect,
    examine,
    raw_needs,
)

_TOKENS = (Quantity.INPUT, Quantity.OUTPUT)


def token_questions(engines: Sequence[Engine]) -> list[Question]:
    """The hourly questions about every counter of the engines, those that take longest first.

    Requests have a series for each reason to finish.
    """
    counters = [counter for engine in engines for counter in engine.counters]
    counters.sort(key=lambda counter: counter.quantity is not Quantity.REQUESTS)
    return [
        question
        for counter in counters
        for question in counter_questions(counter.name, counter.name, _only(counter))
    ]


def _only(counter: CounterMetric) -> tuple[Matcher, ...]:
    return tuple(Matcher(label, "=", value) for label, value in counter.only)


def read_tokens(
    source: Source,
    answers: Mapping[str, HourlySeries],
    engines: Sequence[Engine],
    hours: HourRange,
    clusters: ClusterNaming,
    source_seen: Bools,
) -> TokenUsage:
    """Exact tokens of the window, with the raw samples and process starts they need."""
    counters = [
        examine(engine, counter, counter_reading(answers, counter.name))
        for engine in engines
        for counter in engine.counters
    ]
    _read_raw(source, counters, hours)
    start_of = read_starts(source, counters, hours, clusters)
    left_series, left_tokens = np.zeros((2, hours.count), np.int64)
    for counter in counters:
        series, tokens = add_first_values(counter, hours, start_of, source_seen)
        left_series += series
        if counter.metric.quantity in _TOKENS and not counter.metric.subtracted:
            left_tokens += tokens
    return collect(counters, hours, clusters, (left_series, left_tokens))


def _read_raw(source: Source, counters: Sequence[CounterUsage], hours: HourRange) -> None:
    """The raw samples of all counters, asked together."""
    planned = [
        (query, (counter, needs))
        for counter in counters
        for query, needs in plan(
            counter.metric.name, raw_needs(counter, hours), _only(counter.metric)
        )
    ]
    for (counter, needs), answer in ask_raw(source, planned):
        apply_raw(counter, needs, answer, hours)
