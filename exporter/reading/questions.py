"""Questions about whole windows, asked together and answered by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from exporter.periods import HourRange
from exporter.sources.series import (
    HourlyQuery,
    HourlySeries,
    Matcher,
    RawQuery,
    RawSeries,
    Reduction,
    Source,
    empty_hourly,
)
from exporter.usage.counters import (
    LAST_LOOKBACK_HOURS,
    SHAPE_LOOKBACK_HOURS,
    CounterReading,
)

Purpose = TypeVar("Purpose")

_COUNTER_PARTS: tuple[tuple[Reduction, int], ...] = (
    ("last", LAST_LOOKBACK_HOURS),
    ("min", SHAPE_LOOKBACK_HOURS),
    ("resets", SHAPE_LOOKBACK_HOURS),
)


@dataclass(frozen=True, slots=True)
class Question:
    """One hourly query under a name of its own; `lookback` hours are read before the window."""

    name: str
    metric: str
    reduction: Reduction
    lookback: int = 0
    matchers: tuple[Matcher, ...] = ()


def counter_questions(name: str, metric: str, matchers: tuple[Matcher, ...] = ()) -> list[Question]:
    """The three questions about a counter, as `read_counter` finds them again."""
    return [
        Question(f"{name} {reduction}", metric, reduction, lookback, matchers)
        for reduction, lookback in _COUNTER_PARTS
    ]


def ask(source: Source, questions: Sequence[Question], hours: HourRange) -> dict[str, HourlySeries]:
    """All answers by the questions' names. Raises what Source.read_hourly raises."""
    queries = [
        HourlyQuery(q.metric, q.reduction, hours.earlier(q.lookback), q.matchers) for q in questions
    ]
    answers = source.read_hourly(queries)
    return {question.name: answer for question, answer in zip(questions, answers, strict=True)}


def counter_reading(answers: Mapping[str, HourlySeries], name: str) -> CounterReading:
    """The answers to `counter_questions`."""
    last, minimum, resets = (answers[f"{name} {reduction}"] for reduction, _ in _COUNTER_PARTS)
    return CounterReading(last, minimum, resets)


def ask_in_parts(source: Source, queries: Sequence[HourlyQuery], hours: HourRange) -> HourlySeries:
    """Several queries over the same hours as one answer."""
    if not queries:
        return empty_hourly(hours)
    return stacked(source.read_hourly(queries), hours)


def ask_groups(
    source: Source, groups: Mapping[Purpose, Sequence[HourlyQuery]], hours: HourRange
) -> dict[Purpose, HourlySeries]:
    """Several groups of queries over the same hours, asked together: one answer per group."""
    queries = [query for group in groups.values() for query in group]
    answers = iter(source.read_hourly(queries) if queries else ())
    return {
        purpose: stacked([next(answers) for _ in group], hours) for purpose, group in groups.items()
    }


def stacked(answers: Iterable[HourlySeries], hours: HourRange) -> HourlySeries:
    """All series of several answers over the same hours."""
    parts = [empty_hourly(hours), *answers]
    labels = [labels for part in parts for labels in part.labels]
    return HourlySeries(labels, np.vstack([part.values for part in parts]))


def ask_raw(
    source: Source, planned: Sequence[tuple[RawQuery, Purpose]]
) -> Iterator[tuple[Purpose, RawSeries]]:
    """The answers of raw queries beside what they were planned for."""
    if planned:
        answers = source.read_raw([query for query, _ in planned])
        yield from zip((purpose for _, purpose in planned), answers, strict=True)
