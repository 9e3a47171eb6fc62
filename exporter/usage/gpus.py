"""GPU series as holdings: which pod held which GPU on which node, with its hourly samples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from exporter.sources.series import Floats, HourlySeries, Ints, Labels
from exporter.usage.counters import copy_of, once_each
from exporter.usage.gpu_time import DEFAULT_INTERVAL_SECONDS, ScrapeIntervals
from exporter.usage.identity import ClusterNaming, Gpu, Pod, TargetPods, gpu_of, holder_of

#: No GPU draws a hundredth of this; DCGM's blank values are far above (DCGM_FP64_BLANK is 2**47).
_MOST_WATTS = 1e6


@dataclass(frozen=True, slots=True)
class Holding:
    """A GPU on a node in the hands of one pod, or of nobody (`holder` None)."""

    cluster: str
    uuid: str
    node: str
    holder: Pod | None


@dataclass(frozen=True, slots=True)
class GpuReader:
    """How the labels of a GPU series are understood.

    `node_of` turns (labels, GPU, holder) into a node name; `own_pods` are the
    exporters, never holders.
    """

    clusters: ClusterNaming
    own_pods: TargetPods
    node_of: Callable[[Labels, Gpu, Pod | None], str]
    _known: Callable[[Labels], Holding | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", once_each(self._read))

    def holding(self, labels: Labels) -> Holding | None:
        """The holding a series speaks of; None when it names no GPU."""
        return self._known(labels)

    def _read(self, labels: Labels) -> Holding | None:
        gpu = gpu_of(labels, self.clusters)
        if gpu is None:
            return None
        holder = holder_of(labels, self.clusters, self.own_pods)
        return Holding(gpu.cluster, gpu.uuid, self.node_of(labels, gpu, holder), holder)


@dataclass(frozen=True, slots=True)
class Sightings:
    """How often each holding was seen per hour, and how many seconds apart."""

    samples: Ints
    interval_seconds: Ints


@dataclass(frozen=True, slots=True)
class Copies:
    """Which series of an answer show the same holding as the same scrape job does.

    `of_series` is the copy of each series, -1 for one that names no GPU; `holding` and `job` are
    those of each copy.
    """

    of_series: Ints
    holding: Ints
    job: list[str]

    def count(self, values: Floats) -> Ints:
        """Samples per copy and hour, of series x hours: series after one another add up."""
        counts = np.zeros((len(self.job), values.shape[1]), np.int64)
        known = self.of_series >= 0
        np.add.at(counts, self.of_series[known], np.nan_to_num(values[known]).astype(np.int64))
        return counts


def copies_of(series: Sequence[Labels], holdings: dict[Holding, int], reader: GpuReader) -> Copies:
    """The copies that series are of; new holdings are added."""
    numbers: dict[tuple[int, Hashable], int] = {}
    of_series = np.full(len(series), -1, np.int64)
    holding_of: list[int] = []
    job: list[str] = []
    for i, labels in enumerate(series):
        holding = reader.holding(labels)
        if holding is not None:
            row = holdings.setdefault(holding, len(holdings))
            number = numbers.setdefault((row, copy_of(labels)), len(numbers))
            if number == len(job):
                holding_of.append(row)
                job.append(labels.get("job", ""))
            of_series[i] = number
    return Copies(of_series, np.array(holding_of, np.int64), job)


def sightings(
    answer: HourlySeries,
    holdings: dict[Holding, int],
    reader: GpuReader,
    intervals: ScrapeIntervals,
) -> Sightings:
    """Samples per holding and hour: series after one another add up, copies count once.

    Two scrape jobs show the same time twice; the one that saw most of it stands for all.
    """
    copies = copies_of(answer.labels, holdings, reader)
    counted = copies.count(answer.values)
    samples = np.zeros((len(holdings), answer.values.shape[1]), np.int64)
    spacing = np.full(samples.shape, DEFAULT_INTERVAL_SECONDS, np.int64)
    apart_of = {job: intervals.of(job) for job in set(copies.job)}
    for chosen in _one_of_each(copies.holding):
        rows, found = copies.holding[chosen], counted[chosen]
        apart = np.array([apart_of[copies.job[i]] for i in chosen.tolist()], np.int64)
        seen, most = found * apart, samples[rows] * spacing[rows]
        better = (seen > most) | ((seen == most) & (seen > 0) & (apart < spacing[rows]))
        samples[rows] = np.where(better, found, samples[rows])
        spacing[rows] = np.where(better, apart, spacing[rows])
    return Sightings(samples, spacing)


def _one_of_each(holding: Ints) -> Iterator[Ints]:
    """The copies in turns: the first one of every holding, then the second ones, in order."""
    turns: dict[int, list[int]] = defaultdict(list)
    met: Counter[int] = Counter()
    for i, row in enumerate(holding.tolist()):
        turns[met[row]].append(i)
        met[row] += 1
    return (np.array(turns[turn], np.int64) for turn in sorted(turns))


def count_instants(values: Floats, copies: Copies, holdings: int) -> Ints:
    """Instants of the first so many holdings; of the copies the one with most stands for all."""
    counts = np.zeros((holdings, values.shape[1]), np.int64)
    known = copies.holding < holdings
    np.maximum.at(counts, copies.holding[known], copies.count(values)[known])
    return counts


def padded(rows: Ints, count: int) -> Ints:
    """The same rows with rows of zeros after them, `count` in all."""
    missing = count - len(rows)
    return np.vstack([rows, np.zeros((missing, rows.shape[1]), rows.dtype)]) if missing else rows


def gpu_rows(holdings: Sequence[Holding]) -> Ints:
    """A number for each holding's GPU, the same for all holdings of one UUID."""
    numbers: dict[tuple[str, str], int] = {}
    return np.array(
        [numbers.setdefault((h.cluster, h.uuid), len(numbers)) for h in holdings], np.int64
    )


def mean_watts(
    power_sum: HourlySeries,
    power_count: HourlySeries,
    holdings: dict[Holding, int],
    reader: GpuReader,
) -> Floats:
    """Mean power of each holding per hour in watts; copies weigh alike.

    NaN without samples, and for what no GPU draws: DCGM's blank values.
    """
    watts = _summed(power_sum, holdings, reader)
    samples = _summed(power_count, holdings, reader)
    mean = watts / np.where(samples > 0, samples, np.nan)
    return np.where((mean >= 0) & (mean <= _MOST_WATTS), mean, np.nan)


def _summed(answer: HourlySeries, holdings: dict[Holding, int], reader: GpuReader) -> Floats:
    sums = np.zeros((len(holdings), answer.values.shape[1]))
    found = [(i, reader.holding(labels)) for i, labels in enumerate(answer.labels)]
    known = [(i, holdings[held]) for i, held in found if held in holdings]
    # Floats add up to the same in one order only.
    known.sort(key=lambda one: sorted(answer.labels[one[0]].items()))
    series, rows = np.array(known, np.int64).reshape(-1, 2).T
    np.add.at(sums, rows, np.nan_to_num(answer.values[series]))
    return sums
