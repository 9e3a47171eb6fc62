"""Answers of a Prometheus API as its servers write them, and a server that gives them in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import httpx

from exporter.sources.prometheus import PrometheusAccess, PrometheusSource
from exporter.sources.promql import EDGE_PROBE

URL = "http://prometheus.test:9090"
HOUR = 3600
NOON = 1_773_144_000  # 2026-03-10T12:00:00Z

Answer = httpx.Response | Exception
Points = Sequence[tuple[float, str]]


def success(kind: str, result: Any, **more: Any) -> httpx.Response:
    """An answer with status success; `more` stands beside `data`."""
    data = {"resultType": kind, "result": result}
    return httpx.Response(200, json={"status": "success", "data": data, **more})


def matrix(series: Mapping[str, Points], metric: str = "m", **more: Any) -> httpx.Response:
    """One series per pod name."""
    result = [
        {"metric": {"__name__": metric, "pod": pod}, "values": [list(point) for point in points]}
        for pod, points in series.items()
    ]
    return success("matrix", result, **more)


def vector(*values: str) -> httpx.Response:
    """One series per value."""
    return success("vector", [{"metric": {}, "value": [NOON, value]} for value in values])


def failure(status: int, text: str, kind: str = "execution", **headers: str) -> httpx.Response:
    """An error as the API words it."""
    body = {"status": "error", "errorType": kind, "error": text}
    return httpx.Response(status, json=body, headers=headers)


def text_answer(status: int, text: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, text=text, headers=headers)


class FakeServer:
    """Answers each query by `answer(form)`; keeps the requests, and the pauses between them.

    The probe for the edge rule is answered apart, with `probe`.
    """

    def __init__(
        self, answer: Callable[[dict[str, str]], Answer], probe: Answer | None = None
    ) -> None:
        self._answer = answer
        self._probe = vector("1") if probe is None else probe
        self.requests: list[httpx.Request] = []
        self.forms: list[dict[str, str]] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        form = {key: texts[0] for key, texts in parse_qs(request.content.decode()).items()}
        if form.get("query") == EDGE_PROBE:
            answer = self._probe
        elif request.method == "GET":
            answer = httpx.Response(200, json={"status": "success", "data": []})  # knows no label
        else:
            self.forms.append(form)
            answer = self._answer(form)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def source(self, *, real_pauses: bool = False, **access: Any) -> PrometheusSource:
        """A source that asks this server; one request at a time unless told otherwise."""
        settings: dict[str, Any] = {"url": URL, "concurrency": 1} | access
        return PrometheusSource(
            PrometheusAccess(**settings),
            transport=httpx.MockTransport(self),
            sleep=None if real_pauses else self.pauses.append,
        )


def in_turn(*answers: Answer) -> Callable[[dict[str, str]], Answer]:
    """The answers one after the other, the last one ever after."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]
