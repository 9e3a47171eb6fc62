from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from exporter.periods import HourRange
from exporter.sources.series import HourlySeries, Labels
from exporter.usage.gpu_time import ScrapeIntervals
from exporter.usage.gpus import (
    GpuReader,
    Holding,
    Sightings,
    copies_of,
    count_instants,
    gpu_rows,
    mean_watts,
    padded,
    sightings,
)
from exporter.usage.identity import ClusterNaming, Pod
from tests.unit.usage.readings import T0, window

NAN = math.nan
A, B = Pod("prod", "chat", "a"), Pod("prod", "chat", "b")


def reader() -> GpuReader:
    return GpuReader(ClusterNaming("prod"), frozenset(), lambda _labels, gpu, _holder: gpu.host)


def labels_of(holder: Pod | None = A, uuid: str = "GPU-0", **labels: str) -> Labels:
    named = {} if holder is None else {"namespace": holder.namespace, "pod": holder.name}
    return {"UUID": uuid, "Hostname": "node-a", "job": "dcgm", **named, **labels}


def holding(holder: Pod | None = A, uuid: str = "GPU-0") -> Holding:
    return Holding("prod", uuid, "node-a", holder)


def hourly(*series: tuple[Labels, Sequence[float]]) -> HourlySeries:
    values = np.array([values for _, values in series], np.float64)
    return HourlySeries([labels for labels, _ in series], values)


def intervals(hours: int = 1, **jobs: int) -> ScrapeIntervals:
    """Seconds of each job, the same in every hour."""
    seconds = {job: np.full(hours, value, np.int64) for job, value in jobs.items()}
    return ScrapeIntervals(window(hours), seconds)


def seen(*series: tuple[Labels, Sequence[float]], **jobs: int) -> tuple[list[Holding], Sightings]:
    answer = hourly(*series)
    holdings: dict[Holding, int] = {}
    found = sightings(answer, holdings, reader(), intervals(answer.values.shape[1], **jobs))
    return list(holdings), found


def test_a_series_speaks_of_a_gpu_its_node_and_its_holder() -> None:
    assert reader().holding(labels_of()) == holding()
    assert reader().holding(labels_of(None)) == holding(None)
    assert reader().holding({"Hostname": "node-a", "pod": "a"}) is None


def test_the_node_is_found_by_labels_gpu_and_holder() -> None:
    asked: list[object] = []

    def node_of(*about: object) -> str:
        asked.extend(about)
        return "node-z"

    other = GpuReader(ClusterNaming("prod"), frozenset(), node_of)
    found = other.holding(labels_of())
    assert found == Holding("prod", "GPU-0", "node-z", A)
    assert asked[0] == labels_of()
    assert asked[2] == A


def test_series_after_one_another_add_up() -> None:
    """The exporter's pod was restarted in the hour: a new address, and no copy."""
    holdings, found = seen(
        (labels_of(instance="10.0.0.1:9400"), [20]), (labels_of(instance="10.0.0.2:9400"), [35])
    )
    assert (holdings, found.samples.tolist()) == ([holding()], [[55]])


def test_copies_of_two_jobs_count_once() -> None:
    """Per hour the one that saw most of it."""
    series = (labels_of(), [60, 20, NAN]), (labels_of(job="other"), [59, 60, 7])
    assert seen(*series, dcgm=60, other=60)[1].samples.tolist() == [[60, 60, 7]]


def test_a_copy_with_fewer_samples_further_apart_may_have_seen_more() -> None:
    """100 samples 15 s apart are 25 minutes, 60 a minute apart the whole hour."""
    _, found = seen((labels_of(), [100]), (labels_of(job="slow"), [60]), dcgm=15, slow=60)
    assert (found.samples.tolist(), found.interval_seconds.tolist()) == ([[60]], [[60]])


def test_each_copy_counts_by_the_interval_of_its_own_job() -> None:
    """The fast job saw 30 minutes; by the slow one's interval they would be two hours."""
    _, found = seen(
        (labels_of(), [120]), (labels_of(job="a-slow"), [NAN]), **{"dcgm": 15, "a-slow": 60}
    )
    assert (found.samples.tolist(), found.interval_seconds.tolist()) == ([[120]], [[15]])


@pytest.mark.parametrize("swapped", [False, True])
def test_of_copies_that_saw_the_same_the_closer_one_counts(swapped: bool) -> None:
    series = [(labels_of(), [120.0]), (labels_of(job="slow"), [60.0])]
    _, found = seen(*(series[::-1] if swapped else series), dcgm=30, slow=60)
    assert (found.samples.tolist(), found.interval_seconds.tolist()) == ([[120]], [[30]])


def test_a_job_of_unknown_interval_counts_by_the_minute() -> None:
    _, found = seen((labels_of(), [7]))
    assert found.interval_seconds.tolist() == [[60]]


def test_every_holder_of_a_gpu_is_a_holding_of_its_own() -> None:
    series = [(labels_of(A), [20.0]), (labels_of(B), [39.0]), (labels_of(None), [1.0])]
    holdings, found = seen(*series, dcgm=60)
    assert holdings == [holding(A), holding(B), holding(None)]
    assert found.samples.tolist() == [[20], [39], [1]]


def test_known_holdings_keep_their_rows_and_new_ones_follow() -> None:
    holdings = {holding(B): 0, holding(A): 1}
    answer = hourly((labels_of(A), [5]), (labels_of(None), [6]))
    found = sightings(answer, holdings, reader(), intervals())
    assert found.samples.tolist() == [[0], [5], [6]]
    assert list(holdings) == [holding(B), holding(A), holding(None)]


def test_series_that_name_no_gpu_are_not_counted() -> None:
    assert seen(({"Hostname": "node-a"}, [5]))[0] == []


def test_instants_are_counted_as_samples_are_but_of_known_holdings_only() -> None:
    series = (
        (labels_of(), [60, 20, NAN]),
        (labels_of(job="b"), [59, 60, 7]),
        (labels_of(B), [1, 1, 1]),
    )
    answer = hourly(*series)
    copies = copies_of(answer.labels, {holding(A): 0}, reader())
    assert count_instants(answer.values, copies, 1).tolist() == [[60, 60, 7]]


def test_rows_are_padded_with_zeros() -> None:
    rows = np.array([[1, 2]])
    assert padded(rows, 3).tolist() == [[1, 2], [0, 0], [0, 0]]
    assert padded(rows, 1) is rows


def test_holdings_of_one_uuid_in_one_cluster_share_a_gpu() -> None:
    elsewhere = Holding("other", "GPU-0", "node-a", A)
    moved = Holding("prod", "GPU-0", "node-b", A)
    holdings = [holding(A), holding(uuid="GPU-1"), holding(B), elsewhere, moved]
    assert gpu_rows(holdings).tolist() == [0, 1, 0, 2, 0]


def watts(*series: tuple[Labels, Sequence[float], Sequence[float]]) -> list[float]:
    """Mean watts of each holding, from (labels, sums, counts)."""
    holdings = dict.fromkeys(reader().holding(labels) for labels, _, _ in series)
    rows = {one: row for row, one in enumerate(holdings) if one is not None}
    sums = hourly(*((labels, total) for labels, total, _ in series))
    counts = hourly(*((labels, count) for labels, _, count in series))
    return [float(mean) for mean in mean_watts(sums, counts, rows, reader())[:, 0]]


def test_mean_power_is_the_sum_over_the_samples() -> None:
    assert watts((labels_of(), [6000], [20]), (labels_of(B), [0], [40])) == [300, 0]


def test_copies_of_power_weigh_alike() -> None:
    assert watts((labels_of(), [6000], [20]), (labels_of(job="b"), [2900], [10])) == [8900 / 30]


@pytest.mark.parametrize("mean", [2.0**47, 9.223372036854775e18, math.inf, -5.0])
def test_power_that_no_gpu_draws_is_no_power(mean: float) -> None:
    """DCGM's blank values; negative watts."""
    assert math.isnan(watts((labels_of(), [mean * 20], [20]))[0])


def test_without_samples_there_is_no_power() -> None:
    assert math.isnan(watts((labels_of(), [NAN], [NAN]))[0])


def test_the_hours_of_intervals_are_those_of_the_window() -> None:
    hours = HourRange(T0, T0 + 7200)
    assert ScrapeIntervals(hours, {}).of("dcgm").tolist() == [60, 60]
