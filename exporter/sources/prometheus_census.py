"""Counts of what a Prometheus-compatible server holds: one small instant query each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from exporter.errors import UnreadablePeriod
from exporter.sources.access import PrometheusAccess
from exporter.sources.api import PrometheusApi
from exporter.sources.census import CountQuery, Group
from exporter.sources.faults import Fault, Final
from exporter.sources.promql import count_text, selector
from exporter.sources.replies import instant_of, instant_values
from exporter.sources.series import Matcher

_NOW = "vector(time())"


class PrometheusCensus:
    """A Census (see census.py) whose requests run `access.concurrency` at a time.

    `transport` and `sleep` replace the network and the wait between two attempts.
    """

    has_clock = True

    def __init__(
        self,
        access: PrometheusAccess,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.place = access.address
        self._api = PrometheusApi(access, transport=transport, sleep=sleep)
        self._concurrency = access.concurrency

    def now(self) -> int | None:
        """Asked without a time: the server takes its own."""
        try:
            values = instant_values(self._api.ask("query", {"query": _NOW}, threading.Event()))
        except Fault as fault:
            raise UnreadablePeriod(f"{self.place}: {fault}; {fault.advice}") from fault
        return round(values[0]) if values else None

    def version(self) -> str | None:
        """Servers that are not Prometheus often name the version whose API they have."""
        shown = self._api.status("buildinfo")
        name = shown.get("application", "")
        return f"{name} {shown['version']}".strip() if "version" in shown else None

    def retention(self) -> str | None:
        return self._api.status("runtimeinfo").get("storageRetention") or None

    def count(self, queries: Sequence[CountQuery]) -> list[list[Group]]:
        abandoned = threading.Event()
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="census")
        try:
            return list(pool.map(lambda query: self._count(query, abandoned), queries))
        finally:
            abandoned.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def label_names(
        self, metric: str, end: int, seconds: int, matchers: tuple[Matcher, ...] = ()
    ) -> frozenset[str] | None:
        shown = selector(metric, matchers)
        form = {"match[]": shown, "start": f"{end - seconds}", "end": f"{end}"}
        try:
            return frozenset(self._api.ask_names("labels", form, threading.Event()))
        except Final:
            return None
        except Fault as fault:
            raise UnreadablePeriod(f"labels of {shown}: {fault}; {fault.advice}") from fault

    def close(self) -> None:
        self._api.close()

    def _count(self, query: CountQuery, abandoned: threading.Event) -> list[Group]:
        text = count_text(query)
        try:
            data = self._api.ask("query", {"query": text, "time": f"{query.end}"}, abandoned)
            return [Group(labels, round(value)) for labels, value in instant_of(data)]
        except Fault as fault:
            raise UnreadablePeriod(f"Prometheus query {text}: {fault}; {fault.advice}") from fault
