"""A real Prometheus and the reading of its dump answer alike, sample for sample."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pytest
from structlog.testing import capture_logs

from exporter.errors import UnreadablePeriod, UnusableError
from exporter.periods import HourRange
from exporter.sources.openmetrics import OpenMetricsSource
from exporter.sources.prometheus import PrometheusAccess, PrometheusSource
from exporter.sources.promql import regex_alternatives
from exporter.sources.series import (
    HourlyQuery,
    HourlySeries,
    Matcher,
    RawQuery,
    RawSeries,
    Reduction,
    Source,
)
from tests.servers import prometheus_server

HOUR = 3600
NOON = 1_773_144_000  # 2026-03-10T12:00:00Z
HOURS = HourRange(NOON, NOON + 6 * HOUR)
ODD_TEXT = 'say "hi", C:\\temp,\nZürich 🚀 {a="b"} # x'
REDUCTIONS: tuple[Reduction, ...] = ("last", "min", "max", "sum", "count", "resets")


@dataclass(frozen=True, slots=True)
class Sources:
    url: str
    prometheus: PrometheusSource
    dump: OpenMetricsSource


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    folder = tmp_path_factory.mktemp("sources")
    file = folder / "samples.om"
    file.write_text("\n".join((*sample_lines(random.Random(7)), "# EOF", "")))
    with (
        prometheus_server([file], folder / "server") as url,
        closing(PrometheusSource(PrometheusAccess(url=url))) as prometheus,
    ):
        yield Sources(url, prometheus, OpenMetricsSource(file))


def sample_lines(rng: random.Random) -> Iterator[str]:
    """Counters with restarts, power that jumps, and values that only a careful sum adds up."""
    yield "# TYPE m gauge"
    for number in range(12):
        odd = escaped(ODD_TEXT) if number % 2 else "plain"
        value = 0.0
        for moment in sample_times(rng):
            yield f'm{{pod="p.{number}",text="{odd}"}} {value!r} {moment / 1000:.3f}'
            value = next_value(rng, number % 3, value)
    yield "# TYPE edges gauge"
    for seconds, text in ((0, "1"), (0.001, "2"), (HOUR, "4"), (4000, "8")):
        yield f"edges {text} {NOON + seconds:.3f}"


def sample_times(rng: random.Random) -> Iterator[int]:
    """Milliseconds from an hour before to an hour after the hours asked for.

    Gaps of up to hours, and samples on the edge of two hours. No gap begins on a whole second:
    whether an instant sees a sample of exactly five minutes ago differs between 2.x and 3.x.
    """
    moment = (NOON - HOUR) * 1000 + rng.randrange(30_000)
    while moment < (HOURS.end + HOUR) * 1000:
        if int(moment / 1000 * 1000) == moment:  # promtool cuts what we round
            yield moment
        step = rng.choice([15_000, 30_000, 30_001, 29_987, 60_000])
        if rng.random() < 0.01 and moment % 1000:
            step = rng.randint(61_000, 9_000_000) | 1
        edge = moment - moment % (HOUR * 1000) + HOUR * 1000
        moment = edge if moment < edge < moment + step else moment + step


def next_value(rng: random.Random, kind: int, value: float) -> float:
    if kind == 0:
        return value + rng.random() * 1000 if rng.random() < 0.98 else rng.random()
    if kind == 1:
        return float(rng.randint(0, 700))
    return rng.choice([1e16, 1.0, -1e16, 3.14159, 1e-9, -2.0])


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def by_labels(series: HourlySeries) -> dict[tuple[tuple[str, str], ...], list[float]]:
    return {
        tuple(sorted(labels.items())): values
        for labels, values in zip(series.labels, series.values.tolist(), strict=True)
    }


def raw_by_labels(series: RawSeries) -> dict[tuple[tuple[str, str], ...], list[list[float]]]:
    return {
        tuple(sorted(labels.items())): [times.tolist(), values.tolist()]
        for labels, times, values in zip(series.labels, series.times_ms, series.values, strict=True)
    }


def assert_same_hours(source: Source, other: Source, query: HourlyQuery, series: int) -> None:
    ours, theirs = source.read_hourly([query])[0], other.read_hourly([query])[0]
    assert len(ours.labels) == series
    assert by_labels(ours).keys() == by_labels(theirs).keys()
    for labels, values in by_labels(ours).items():
        np.testing.assert_array_equal(values, by_labels(theirs)[labels], strict=True)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_every_reduction_is_equal_to_the_last_bit(sources: Sources, reduction: Reduction) -> None:
    query = HourlyQuery("m", reduction, HOURS)
    assert_same_hours(sources.prometheus, sources.dump, query, series=12)


@pytest.mark.parametrize("resolution", [15, 30, 60, 7])
def test_active_instants_are_equal(sources: Sources, resolution: int) -> None:
    query = HourlyQuery("m", "active", HOURS, (), 100.5, resolution)
    assert_same_hours(sources.prometheus, sources.dump, query, series=12)


def test_raw_samples_are_equal(sources: Sources) -> None:
    query = RawQuery("m", NOON - 17, NOON + 3 * HOUR)
    theirs, ours = sources.prometheus.read_raw([query])[0], sources.dump.read_raw([query])[0]
    assert sum(len(times) for times in ours.times_ms) > 1000
    assert raw_by_labels(ours) == raw_by_labels(theirs)


@pytest.mark.parametrize("name", ["prometheus", "dump"])
def test_a_sample_on_the_edge_counts_once(sources: Sources, name: str) -> None:
    """Ranges of Prometheus 2.x hold both ends: without care noon's sample would count twice."""
    source: Source = sources.prometheus if name == "prometheus" else sources.dump
    hours = HourRange(NOON - HOUR, NOON + 2 * HOUR)
    (sums,) = source.read_hourly([HourlyQuery("edges", "sum", hours)])
    np.testing.assert_array_equal(sums.values, [[1, 6, 8]])
    spans = [(NOON - 10, NOON), (NOON, NOON + HOUR), (NOON + HOUR, NOON + 2 * HOUR)]
    raw = source.read_raw([RawQuery("edges", start, end) for start, end in spans])
    assert [series.values[0].tolist() for series in raw] == [[1], [2, 4], [8]]


@pytest.mark.parametrize(
    ("matchers", "series"),
    [
        ((Matcher("text", "=", ODD_TEXT),), 6),
        ((Matcher("text", "!=", ODD_TEXT),), 6),
        ((Matcher("text", "=~", regex_alternatives([ODD_TEXT, "plain"])),), 12),
        ((Matcher("pod", "=~", regex_alternatives(["p.1", "p.2", "pX3"])),), 2),
        ((Matcher("pod", "!~", "p.1.*"), Matcher("absent", "=", "")), 9),
        ((Matcher("text", "!=", "control\x00\x01\t\r\x7f characters"),), 12),
    ],
)
def test_matchers_select_the_same_series(
    sources: Sources, matchers: tuple[Matcher, ...], series: int
) -> None:
    query = HourlyQuery("m", "last", HOURS, matchers)
    assert_same_hours(sources.prometheus, sources.dump, query, series)


def test_what_is_not_there_has_no_series(sources: Sources) -> None:
    for source in (sources.prometheus, sources.dump):
        (hourly,) = source.read_hourly([HourlyQuery("absent", "last", HOURS)])
        (raw,) = source.read_raw([RawQuery("absent", NOON, NOON + HOUR)])
        assert (hourly.values.shape, raw.labels) == ((0, 6), [])


def test_a_server_that_does_not_scrape_itself_does_not_know_its_oldest_sample(
    sources: Sources,
) -> None:
    assert sources.prometheus.oldest_sample() is None


def test_a_url_without_the_api_is_refused_by_name(sources: Sources) -> None:
    access = PrometheusAccess(url=f"{sources.url}/wrong/prefix")
    with (
        closing(PrometheusSource(access)) as source,
        pytest.raises(UnusableError, match=r"no Prometheus API at .*/wrong/prefix"),
    ):
        source.read_hourly([HourlyQuery("m", "last", HOURS)])


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that holds few samples at once: 36,010 of 5 pods in two hours are too many."""
    folder = tmp_path_factory.mktemp("small")
    file = folder / "samples.om"
    lines = (
        f'm{{pod="{pod}"}} {second} {NOON + second}'
        for pod in range(5)
        for second in range(2 * HOUR + 1)
    )
    file.write_text("\n".join(("# TYPE m gauge", *lines, "# EOF", "")))
    flags = ["--query.max-samples=5000"]
    with prometheus_server([file], folder / "server", flags) as url:
        yield url


def test_raw_samples_above_the_limit_of_the_server_come_in_parts(small_server: str) -> None:
    with closing(PrometheusSource(PrometheusAccess(url=small_server))) as source:
        (series,) = source.read_raw([RawQuery("m", NOON, NOON + 2 * HOUR)])
    assert len(series.labels) == 5
    for times, values in zip(series.times_ms, series.values, strict=True):
        np.testing.assert_array_equal(values, np.arange(1, 2 * HOUR + 1))
        np.testing.assert_array_equal(times, 1000 * (NOON + values.astype(np.int64)))


def test_hours_above_the_limit_of_the_server_come_in_parts(small_server: str) -> None:
    """A subquery holds its instants before and after the comparison: at 10 s 3,600 in an hour."""
    hours = HourRange(NOON, NOON + 2 * HOUR)
    query = HourlyQuery("m", "active", hours, (), -1.0, 10)
    with (
        closing(PrometheusSource(PrometheusAccess(url=small_server))) as source,
        capture_logs() as logs,
    ):
        (series,) = source.read_hourly([query])
    assert "prometheus_query_halved" in [log["event"] for log in logs]
    np.testing.assert_array_equal(series.values, np.full((5, 2), 360))


def test_series_above_the_limit_of_the_server_come_in_shards(small_server: str) -> None:
    """At 3 s an hour of 5 pods has 12,000 instants, of 2 pods 4,800: cut by pod, each is there."""
    hours = HourRange(NOON, NOON + 2 * HOUR)
    query = HourlyQuery("m", "active", hours, (), -1.0, 3)
    with closing(PrometheusSource(PrometheusAccess(url=small_server))) as source:
        (series,) = source.read_hourly([query])
    assert sorted(labels["pod"] for labels in series.labels) == list("01234")
    np.testing.assert_array_equal(series.values, np.full((5, 2), 1200))


def test_one_series_above_the_limit_of_the_server_fails_the_hour(small_server: str) -> None:
    hours = HourRange(NOON, NOON + HOUR)
    query = HourlyQuery("m", "active", hours, (Matcher("pod", "=", "2"),), -1.0, 1)
    with (
        closing(PrometheusSource(PrometheusAccess(url=small_server))) as source,
        pytest.raises(UnreadablePeriod) as raised,
    ):
        source.read_hourly([query])
    assert str(raised.value) == (
        'Prometheus query count_over_time((m{pod="2"} > -1.0)[3599999ms:1s]) over '
        "2026-03-10T12:00:00Z/2026-03-10T13:00:00Z: HTTP 422 Unprocessable Entity: query "
        "processing would load too many samples into memory in query execution; raise the "
        "server's limit (--query.max-samples in Prometheus and Thanos)"
    )
