"""Fleets in which things happen at random: their numbers are the truth's, however they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from exporter.documents.kinds import CostProfile
from exporter.documents.load import load_documents
from exporter.integers import NANO
from exporter.periods import HOUR_SECONDS, HourRange
from exporter.reading.window import ReadingRules, read_window
from exporter.sources.openmetrics import OpenMetricsSource
from exporter.sources.series import (
    HourlyQuery,
    HourlySeries,
    Ints,
    Labels,
    RawQuery,
    RawSeries,
    Source,
)
from exporter.usage.engines import VLLM
from exporter.usage.identity import ClusterNaming, Pod
from exporter.usage.window import PowerSource, WindowUsage
from tests.fleets.fleet import Fleet, GpuLog
from tests.reference import (
    GpuKey,
    TokenKey,
    hour_of,
    truth_energy,
    truth_gpu_time,
    truth_left_out,
    truth_tokens,
)
from tests.truth.random_fleets import random_fleet

SEEDS = range(150)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was read: tokens, millijoules and 1e-9 GPU-hours by the keys of the truth."""

    tokens: dict[TokenKey, tuple[int, ...]]
    energy: dict[GpuKey, int]
    estimated: set[GpuKey]
    gpu_time: dict[GpuKey, int]
    left_out: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A fleet, and its numbers as read a day at a time."""

    seed: int
    fleet: Fleet
    source: Source
    profiles: tuple[CostProfile, ...]
    by_day: Numbers


@pytest.fixture(scope="module", params=SEEDS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("fleet")
    fleet = random_fleet(request.param)
    source = OpenMetricsSource(fleet.write_text(folder / "dump.om"))
    profiles = load_documents(fleet.write_config(folder / "config.yaml")).cost_profiles
    by_day = read(source, fleet, profiles, window_hours=24)
    return Case(request.param, fleet, source, profiles, by_day)


def read(
    source: Source, fleet: Fleet, profiles: tuple[CostProfile, ...], window_hours: int
) -> Numbers:
    """The numbers of every hour of a fleet, read in windows of some hours."""
    rules = ReadingRules(ClusterNaming("test"), (VLLM,), profiles, owners=False)
    length = window_hours * HOUR_SECONDS
    starts = range(fleet.start, fleet.end, length)
    windows = [HourRange(start, min(start + length, fleet.end)) for start in starts]
    return numbers([read_window(source, window, rules) for window in windows])


def numbers(usages: Sequence[WindowUsage]) -> Numbers:
    energy, time = Counter[GpuKey](), Counter[GpuKey]()
    estimated = set()
    for usage in usages:
        gpus = usage.gpus
        for key, row, column in cells(usage):
            energy[key] += int(gpus.millijoules[row, column])
            time[key] += int(gpus.nano_hours[row, column])
            if gpus.power_source[row, column] == PowerSource.POWER_SAMPLES:
                estimated.add(key)
    return Numbers(
        {key: counts for usage in usages for key, counts in tokens_of(usage) if any(counts)},
        {key: value for key, value in energy.items() if value},
        estimated,
        {key: value for key, value in time.items() if value},
        (
            sum(int(usage.tokens.left_out_series.sum()) for usage in usages),
            sum(int(usage.tokens.left_out_tokens.sum()) for usage in usages),
        ),
    )


def cells(usage: WindowUsage) -> Iterator[tuple[GpuKey, int, int]]:
    """Every holding and hour of a window."""
    for row, holding in enumerate(usage.gpus.holdings):
        for column, hour in enumerate(usage.hours.starts):
            yield (hour, holding.uuid, *name_of(holding.holder)), row, column


def name_of(holder: Pod | None) -> tuple[str | None, str | None]:
    return (None, None) if holder is None else (holder.namespace, holder.name)


def tokens_of(usage: WindowUsage) -> Iterator[tuple[TokenKey, tuple[int, ...]]]:
    tokens = usage.tokens
    counts = np.stack([tokens.input, tokens.output, tokens.cached, tokens.requests], axis=-1)
    for row, (pod, model) in enumerate(zip(tokens.pods, tokens.models, strict=True)):
        for column, hour in enumerate(usage.hours.starts):
            yield (hour, pod.namespace, pod.name, model), tuple(counts[row, column].tolist())


def test_tokens_equal_the_truth(case: Case) -> None:
    """No row has less than 0 tokens; what was taken off beyond that is not carried on."""
    truth = {
        key: tuple(max(count, 0) for count in counts)
        for key, counts in truth_tokens(case.fleet).items()
    }
    assert case.by_day.tokens == {key: counts for key, counts in truth.items() if any(counts)}


def test_what_is_left_out_equals_the_truth(case: Case) -> None:
    assert case.by_day.left_out == truth_left_out(case.fleet)


def test_energy_equals_the_truth(case: Case) -> None:
    """Exact where the counter tells; power samples are off by the rounding of GPU-time."""
    truth, found = truth_energy(case.fleet), case.by_day.energy
    keys = found.keys() | truth.keys()
    assert {key: found.get(key, 0) for key in keys - case.by_day.estimated} == {
        key: truth.get(key, 0) for key in keys - case.by_day.estimated
    }
    for key in case.by_day.estimated:
        assert abs(found.get(key, 0) - truth.get(key, 0)) <= 3, key


def test_gpu_time_equals_the_truth(case: Case) -> None:
    """To the residue of a split, in every hour with samples enough to tell the scrape interval."""
    truth, found = truth_gpu_time(case.fleet), case.by_day.gpu_time
    assert found.keys() == truth.keys()
    told = hours_that_tell_the_interval(case.fleet.gpus)
    for key in truth.keys() & {key for key in truth if key[0] in told}:
        assert abs(found[key] - truth[key] * NANO / HOUR_SECONDS) <= 2, key


def hours_that_tell_the_interval(logs: Sequence[GpuLog]) -> set[int]:
    found = set()
    for log in logs:
        samples = Counter(hour_of(sample.ms) for sample in log.samples)
        found |= {hour for hour, count in samples.items() if count > 3}
    return found


@pytest.mark.parametrize("hours", [5, 1])
def test_numbers_do_not_depend_on_the_windows_they_are_read_in(case: Case, hours: int) -> None:
    """Hourly runs, a daily run and a backfill write the same; every third fleet is read thrice."""
    if case.seed % 3 == 0:
        found = read(case.source, case.fleet, case.profiles, window_hours=hours)
        assert found == case.by_day


class Shuffled:
    """A source that gives the series of its answers in another order."""

    def __init__(self, source: Source, seed: int) -> None:
        self._source, self._rng = source, np.random.default_rng(seed)

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        answers = self._source.read_hourly(queries)
        return [
            HourlySeries([answer.labels[i] for i in order], answer.values[order])
            for answer in answers
            for order in [self._order(answer.labels)]
        ]

    def read_raw(self, queries: Sequence[RawQuery]) -> list[RawSeries]:
        answers = self._source.read_raw(queries)
        return [
            RawSeries(
                [answer.labels[i] for i in order],
                [answer.times_ms[i] for i in order],
                [answer.values[i] for i in order],
            )
            for answer in answers
            for order in [self._order(answer.labels)]
        ]

    def give_up(self) -> None:
        self._source.give_up()

    def close(self) -> None:
        self._source.close()

    def _order(self, labels: Sequence[Labels]) -> Ints:
        return self._rng.permutation(len(labels)).astype(np.int64)


def test_numbers_do_not_depend_on_the_order_of_series(case: Case) -> None:
    """Another server, or the same one tomorrow, may answer in another order."""
    source = Shuffled(case.source, case.seed)
    assert read(source, case.fleet, case.profiles, window_hours=24) == case.by_day
