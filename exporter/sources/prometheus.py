"""Hourly reductions and raw samples from any Prometheus-compatible HTTP API."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import httpx

from exporter.errors import ExporterError, UnreadablePeriod, UnusableError
from exporter.log import get_logger
from exporter.periods import HOUR_SECONDS, HourRange, rfc3339
from exporter.sources.access import PrometheusAccess
from exporter.sources.api import PrometheusApi
from exporter.sources.faults import Fault, Passing, TooMuch
from exporter.sources.joined import join_hourly, join_raw, stack_hourly
from exporter.sources.label_shards import cut_by_label
from exporter.sources.promql import (
    EDGE_PROBE,
    OLDEST_SAMPLE,
    LeftEdge,
    hourly_text,
    is_label_name,
    raw_text,
    selector,
)
from exporter.sources.ranked import RankedThreads
from exporter.sources.replies import hourly_of, instant_values, raw_of
from exporter.sources.series import HourlyQuery, HourlySeries, RawQuery, RawSeries

__all__ = ["PrometheusAccess", "PrometheusSource"]

#: Hours of one request: far below 11,000 points, and some thousand series stay near 30 MB.
HOURS_PER_REQUEST = 168
#: A subquery holds all its instants at once, 120 an hour and series: they count as samples.
ACTIVE_HOURS_PER_REQUEST = 24
#: Seconds of raw samples in one request, and the shortest span that is still cut in two.
RAW_SECONDS_PER_REQUEST = 24 * HOUR_SECONDS
RAW_SECONDS_AT_LEAST = 120

_QUERY_LENGTH = 200
_AWAKE_SECONDS = 1.0

_Query = TypeVar("_Query", bound=HourlyQuery | RawQuery)
_Answer = TypeVar("_Answer")
_Cut = TypeVar("_Cut", HourlyQuery, RawQuery)
_Read = Callable[[_Query, threading.Event], _Answer]


class PrometheusSource:
    """A Source (see series.py) whose requests run `access.concurrency` at a time.

    A request that a limit of the server refuses is asked again in two halves: of its time, and at
    the end of its series. `transport` and `sleep` replace the network and the wait between two
    attempts.
    """

    def __init__(
        self,
        access: PrometheusAccess,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._api = PrometheusApi(access, transport=transport, sleep=sleep)
        self._threads = RankedThreads(access.concurrency, "prometheus")
        self._edge: LeftEdge | None = None
        self._unusable: UnusableError | None = None
        self._probing = threading.Lock()
        self._asking: set[threading.Event] = set()

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        """One answer per query, in order; long ranges are asked in parts."""
        plans = [_hourly_parts(query) for query in queries]
        answers = self._all(self._hourly, [part for plan in plans for part in plan])
        return [join_hourly([next(answers) for _ in plan]) for plan in plans]

    def read_raw(self, queries: Sequence[RawQuery]) -> list[RawSeries]:
        """One answer per query, in order; NaN samples are left out."""
        plans = [_raw_parts(query) for query in queries]
        answers = self._all(self._raw, [part for plan in plans for part in plan])
        return [join_raw([next(answers) for _ in plan]) for plan in plans]

    def oldest_sample(self) -> int | None:
        """Unix seconds from which on the server says it holds data; None when it does not say."""
        try:
            data = self._api.ask("query", {"query": OLDEST_SAMPLE}, threading.Event())
            values = instant_values(data)
        except (Fault, ExporterError) as error:
            get_logger().debug("prometheus_oldest_sample_unknown", reason=str(error))
            return None
        return int(values[0]) if values and math.isfinite(values[0]) else None

    def give_up(self) -> None:
        """Nobody waits any more for what is being asked now, in whatever thread."""
        for abandoned in tuple(self._asking):
            abandoned.set()

    def close(self) -> None:
        """Ends the connections; what is still being asked is given up, in other threads too."""
        self.give_up()
        self._threads.close()
        self._api.close()

    def _all(self, read: _Read[_Query, _Answer], parts: Sequence[_Query]) -> Iterator[_Answer]:
        """The answers in the order of the parts; the first failure gives up the others."""
        abandoned = threading.Event()
        self._asking.add(abandoned)
        futures: list[Future[_Answer]] = []
        try:
            futures.extend(
                self._threads.submit(_rank(part), read, part, abandoned) for part in parts
            )
            _wait_for(futures)
        except BaseException:
            abandoned.set()
            for future in futures:
                future.cancel()
            raise
        finally:
            self._asking.discard(abandoned)
        return (future.result() for future in futures)

    def _hourly(self, query: HourlyQuery, abandoned: threading.Event) -> HourlySeries:
        start, end = query.hours.start, query.hours.end
        text = hourly_text(query, self._left_edge(end, abandoned))
        first = start + HOUR_SECONDS
        form = {"query": text, "start": f"{first}", "end": f"{end}", "step": f"{HOUR_SECONDS}"}
        try:
            return hourly_of(self._api.ask("query_range", form, abandoned), query.hours)
        except TooMuch as fault:
            parts, join = self._fewer_hours(query, abandoned)
            _log_cutting(text, start, end, fault, parts)
        except Fault as fault:
            raise _unreadable(text, start, end, fault) from fault
        return join([self._hourly(part, abandoned) for part in parts])

    def _raw(self, query: RawQuery, abandoned: threading.Event) -> RawSeries:
        start, end = query.start, query.end
        text = raw_text(query, self._left_edge(end, abandoned))
        try:
            data = self._api.ask("query", {"query": text, "time": f"{end}"}, abandoned)
            return raw_of(data, start, end)
        except TooMuch as fault:
            shorter = end - start >= RAW_SECONDS_AT_LEAST
            half = -(-(end - start) // 2)
            parts = (
                _cut_span(query, half) if shorter else self._shards(query, start, end, abandoned)
            )
            _log_cutting(text, start, end, fault, parts)
        except Fault as fault:
            raise _unreadable(text, start, end, fault) from fault
        return join_raw([self._raw(part, abandoned) for part in parts])

    def _fewer_hours(
        self, query: HourlyQuery, abandoned: threading.Event
    ) -> tuple[Sequence[HourlyQuery], Callable[[Sequence[HourlySeries]], HourlySeries]]:
        """Half the hours each, or of one hour some of the series each; and how to join them."""
        hours = query.hours
        if hours.count > 1:
            return _cut_hours(query, -(-hours.count // 2)), join_hourly
        return self._shards(query, hours.start, hours.end, abandoned), stack_hourly

    def _shards(
        self, query: _Cut, start: int, end: int, abandoned: threading.Event
    ) -> Sequence[_Cut]:
        """The query in two by the values of a label; nothing where no label tells series apart."""
        shown = selector(query.metric, query.matchers)
        form = {"match[]": shown, "start": f"{start}", "end": f"{end}"}

        def names(path: str) -> set[str]:
            try:
                return self._api.ask_names(path, form, abandoned)
            except Fault as fault:
                get_logger().debug("prometheus_labels_unknown", query=shown, reason=str(fault))
                return set()

        labels = filter(is_label_name, names("labels"))
        return cut_by_label(query, labels, lambda label: names(f"label/{label}/values")) or ()

    def _left_edge(self, moment: int, abandoned: threading.Event) -> LeftEdge:
        """The server's edge rule, asked once; `moment` is a time it may be asked about.

        A server that cannot be used is not tried again by those who waited for the answer.
        """
        with self._probing:
            if self._unusable is not None:
                raise self._unusable
            try:
                if self._edge is None:
                    self._edge = self._probe(moment - moment % 60, abandoned)
            except UnusableError as error:
                self._unusable = error
                raise
            return self._edge

    def _probe(self, moment: int, abandoned: threading.Event) -> LeftEdge:
        try:
            form = {"query": EDGE_PROBE, "time": f"{moment}"}
            counts = instant_values(self._api.ask("query", form, abandoned))
        except (Passing, TooMuch) as fault:
            # Of a server too busy to answer nothing is known: guessing could count a sample twice.
            raise _unreadable(EDGE_PROBE, moment, moment, fault) from fault
        except Fault as fault:
            get_logger().warning("prometheus_edge_probe_refused", reason=str(fault))
            return LeftEdge.OPEN
        get_logger().debug("prometheus_edge_probe", counts=counts)
        return LeftEdge.CLOSED if counts == [2.0] else LeftEdge.OPEN


def _wait_for(futures: Sequence[Future[_Answer]]) -> None:
    """Returns when all are answered; raises the first failure as soon as there is one."""
    waiting = True
    while waiting:
        # Now and then awake: a signal that comes just as a wait begins is handled when it ends.
        answered, unanswered = wait(futures, _AWAKE_SECONDS, return_when=FIRST_EXCEPTION)
        for future in answered:
            future.result()
        # One that was taken back when the source was closed never counts as answered.
        waiting = not all(future.done() for future in unanswered)


def _rank(query: HourlyQuery | RawQuery) -> int:
    """What is asked first: more questions follow from few series; instants take longest."""
    if isinstance(query, HourlyQuery) and query.reduction == "active":
        return 2
    return 0 if query.matchers else 1


def _hourly_parts(query: HourlyQuery) -> list[HourlyQuery]:
    active = query.reduction == "active"
    return _cut_hours(query, ACTIVE_HOURS_PER_REQUEST if active else HOURS_PER_REQUEST)


def _raw_parts(query: RawQuery) -> list[RawQuery]:
    return _cut_span(query, RAW_SECONDS_PER_REQUEST)


def _cut_hours(query: HourlyQuery, hours: int) -> list[HourlyQuery]:
    """The query in parts of at most that many hours."""
    edges = (*query.hours.starts[::hours], query.hours.end)
    return [replace(query, hours=HourRange(*span)) for span in pairwise(edges)]


def _cut_span(query: RawQuery, seconds: int) -> list[RawQuery]:
    """The query in parts of at most that many seconds."""
    edges = (*range(query.start, query.end, seconds), query.end)
    return [replace(query, start=start, end=end) for start, end in pairwise(edges)]


def _unreadable(text: str, start: int, end: int, fault: Fault) -> UnreadablePeriod:
    span = f"{rfc3339(start)}/{rfc3339(end)}"
    return UnreadablePeriod(f"Prometheus query {_short(text)} over {span}: {fault}; {fault.advice}")


def _log_cutting(
    text: str, start: int, end: int, fault: Fault, parts: Sequence[HourlyQuery | RawQuery]
) -> None:
    """Raises UnreadablePeriod where nothing smaller can be asked."""
    if not parts:
        raise _unreadable(text, start, end, fault) from fault
    span = f"{rfc3339(start)}/{rfc3339(end)}"
    get_logger().info("prometheus_query_halved", query=_short(text), span=span, reason=str(fault))


def _short(text: str) -> str:
    """A query as it may stand in a line: matchers of many values are cut."""
    return text if len(text) <= _QUERY_LENGTH else f"{text[:_QUERY_LENGTH]}…"
