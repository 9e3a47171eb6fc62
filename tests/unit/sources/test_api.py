from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from exporter.errors import UnusableError
from exporter.sources.access import PrometheusAccess
from exporter.sources.api import PrometheusApi
from exporter.sources.faults import Fault, Final, Passing, TooMuch
from tests.unit.sources.answers import (
    URL,
    Answer,
    FakeServer,
    failure,
    in_turn,
    matrix,
    text_answer,
    vector,
)

FORM = {"query": "up", "time": "1773144000"}


def open_api(
    server: FakeServer,
    max_retries: int = 5,
    sleep: Callable[[float], None] | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    **access: Any,
) -> PrometheusApi:
    return PrometheusApi(
        PrometheusAccess(url=URL, max_retries=max_retries, timeout_seconds=12.5, **access),
        transport=httpx.MockTransport(server),
        sleep=sleep or server.pauses.append,
        clock=clock,
    )


def ask(server: FakeServer, max_retries: int = 5) -> str:
    """The kind of the answer."""
    return open_api(server, max_retries).ask("query", FORM, threading.Event()).resultType


class Cut(httpx.SyncByteStream):
    """A body that ends in a broken connection."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"status":"success","data":{"resul'
        raise httpx.RemoteProtocolError("peer closed connection without sending complete body")


def test_every_query_asks_for_exact_and_whole_data() -> None:
    server = FakeServer(in_turn(vector("1")))
    ask(server)
    (request,) = server.requests
    assert (request.method, str(request.url)) == ("POST", f"{URL}/api/v1/query")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert server.forms == [
        {
            "query": "up",
            "time": "1773144000",
            "partial_response": "false",
            "max_source_resolution": "0s",
            "nocache": "1",
            "timeout": "12500ms",
        }
    ]


@pytest.mark.parametrize(
    "first",
    [
        failure(429, "too many requests"),
        failure(500, "a store is away"),
        text_answer(503, "<html>starting"),
        text_answer(502, ""),
        text_answer(200, "<html>maintenance"),
        text_answer(200, '{"status":"success","data":{"resultType":"vec'),
        httpx.Response(200, stream=Cut()),
        matrix({}, warnings=["store a is away"]),
        matrix({}, isPartial=True),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("timed out"),
        httpx.ReadTimeout("timed out"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("no answer"),
        httpx.DecodingError("not gzip"),
    ],
    ids=lambda answer: f"{answer!r:.60}",
)
def test_what_may_pass_is_asked_again(first: Answer) -> None:
    server = FakeServer(in_turn(first, vector("1")))
    assert ask(server) == "vector"
    assert len(server.forms) == 2
    assert len(server.pauses) == 1


def test_pauses_double_and_vary_a_little() -> None:
    server = FakeServer(in_turn(failure(500, "away")))
    with pytest.raises(Passing, match=r"^HTTP 500 Internal Server Error: away$"):
        ask(server)
    assert len(server.forms) == 6
    for pause, least in zip(server.pauses, (0.5, 1, 2, 4, 8), strict=True):
        assert least <= pause <= least + 0.5


def test_the_server_may_ask_for_a_pause() -> None:
    busy = failure(429, "busy", **{"Retry-After": "17"})
    server = FakeServer(in_turn(busy, failure(503, "x", **{"Retry-After": "900"}), vector("1")))
    ask(server)
    assert server.pauses == [17.0, 60.0]


def test_no_retry_is_possible() -> None:
    server = FakeServer(in_turn(failure(500, "away")))
    with pytest.raises(Passing):
        ask(server, max_retries=0)
    assert server.pauses == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failure(400, "parse error", "bad_data"), Final),
        (failure(422, "too many samples"), TooMuch),
        (failure(503, "query timed out in expression evaluation", "timeout"), TooMuch),
        (failure(401, "who?"), UnusableError),
        (failure(403, "no"), UnusableError),
        (text_answer(404, "404 page not found"), UnusableError),
        (text_answer(301, "", Location="https://x/"), UnusableError),
        (httpx.LocalProtocolError("Illegal header value"), UnusableError),
    ],
    ids=lambda value: f"{value!r:.60}",
)
def test_what_will_not_pass_is_asked_once(answer: Answer, kind: type[Exception]) -> None:
    server = FakeServer(in_turn(answer))
    with pytest.raises(kind):
        ask(server)
    assert len(server.forms) == 1


def test_a_server_that_stays_away_cannot_be_used() -> None:
    server = FakeServer(in_turn(httpx.ConnectError("Connection refused")))
    with pytest.raises(UnusableError) as raised:
        ask(server, max_retries=2)
    assert str(raised.value) == (
        f"{URL} cannot be reached: no connection (Connection refused); "
        "check PROMETHEUS_URL and the network"
    )
    assert len(server.forms) == 3


def test_who_is_abandoned_gives_up_at_the_next_pause() -> None:
    abandoned = threading.Event()
    server = FakeServer(in_turn(failure(500, "away")))
    api = open_api(server, sleep=lambda _: abandoned.set())
    with pytest.raises(Passing):
        api.ask("query", FORM, abandoned)
    assert len(server.forms) == 2


class GivenUp(threading.Event):
    """Set by its first wait, as if the caller had given up meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        self.set()
        return True


def test_a_pause_ends_when_its_caller_gives_up() -> None:
    abandoned = GivenUp()
    server = FakeServer(in_turn(failure(429, "busy", **{"Retry-After": "59"})))
    api = PrometheusApi(PrometheusAccess(url=URL), transport=httpx.MockTransport(server))
    with pytest.raises(Passing):
        api.ask("query", FORM, abandoned)
    assert abandoned.waits == [59.0]
    assert len(server.forms) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadError("Bad file descriptor"),
        failure(500, "away"),
        failure(422, "too many samples"),
        vector("1"),
    ],
    ids=lambda answer: f"{answer!r:.60}",
)
def test_who_is_still_asking_when_it_is_closed_gives_up_in_silence(answer: Answer) -> None:
    asked, closed = threading.Event(), threading.Event()
    raised: list[Exception] = []

    def after_the_end(_form: dict[str, str]) -> Answer:
        asked.set()
        assert closed.wait(60)
        return answer

    def reader() -> None:
        with pytest.raises(Passing) as caught:
            api.ask("query", FORM, threading.Event())
        raised.append(caught.value)

    server = FakeServer(after_the_end)
    api = open_api(server)
    with capture_logs() as logs:
        thread = threading.Thread(target=reader)
        thread.start()
        assert asked.wait(60)
        api.close()
        closed.set()
        thread.join(60)
    assert (len(raised), len(server.forms), server.pauses, logs) == (1, 1, [], [])


def test_a_pause_that_ends_after_the_close_is_followed_by_no_request() -> None:
    server = FakeServer(in_turn(failure(500, "away")))
    api = open_api(server, sleep=lambda _: api.close())
    with capture_logs() as logs, pytest.raises(Passing, match=r"^the connections were closed"):
        api.ask("query", FORM, threading.Event())
    assert [line["event"] for line in logs] == ["prometheus_answer", "prometheus_retry"]
    assert len(server.forms) == 1


class Endless(httpx.SyncByteStream):
    """A body that never ends; `sent` counts its bytes."""

    sent = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.sent += 2**16
            yield b" " * 2**16


def test_an_answer_without_end_is_cut_off_at_the_limit() -> None:
    """No more is read than one piece above it."""
    body = Endless()
    api = open_api(FakeServer(in_turn(httpx.Response(200, stream=body))), max_answer_mib=3)
    with pytest.raises(TooMuch, match=r"^the answer is larger than PROMETHEUS_MAX_ANSWER_MIB=3$"):
        api.ask("query", FORM, threading.Event())
    assert body.sent == 3 * 2**20 + 2**16


def test_an_answer_that_announces_too_much_is_not_read() -> None:
    body = Endless()
    announced = httpx.Response(200, stream=body, headers={"Content-Length": f"{3 * 2**20 + 1}"})
    api = open_api(FakeServer(in_turn(announced)), max_answer_mib=3)
    with pytest.raises(TooMuch):
        api.ask("query", FORM, threading.Event())
    assert body.sent == 0


@pytest.mark.parametrize("length", ["", "-1", "many"])
def test_an_odd_length_announces_nothing(length: str) -> None:
    odd = vector("1")
    odd.headers["Content-Length"] = length
    assert ask(FakeServer(in_turn(odd))) == "vector"


@pytest.mark.parametrize(
    "answer",
    [
        text_answer(500, "Authorization: Bearer a-secret\nX-Key: b-secret"),
        failure(400, "no such token: a-secret, b-secret"),
        text_answer(200, "<html>Bearer a-secret, b-secret"),
        matrix({}, warnings=["tenant of a-secret and b-secret is away"]),
    ],
    ids=lambda answer: f"{answer.status_code}",
)
def test_a_secret_that_the_server_repeats_is_not_told(answer: httpx.Response) -> None:
    api = open_api(
        FakeServer(in_turn(answer)),
        max_retries=0,
        bearer_token="a-secret\n",
        headers={"X-Key": "b-secret"},
    )
    with pytest.raises(Fault) as raised:
        api.ask("query", FORM, threading.Event())
    assert "secret" not in str(raised.value)
    assert str(raised.value).count("***") == 2


def test_an_answer_that_trickles_is_given_up() -> None:
    now = iter(range(0, 1000, 5))
    body = httpx.Response(200, stream=Trickle())
    api = open_api(FakeServer(in_turn(body)), max_retries=0, clock=lambda: next(now))
    with pytest.raises(Passing, match="came too slowly; raise PROMETHEUS_TIMEOUT_SECONDS"):
        api.ask("query", FORM, threading.Event())


class Trickle(httpx.SyncByteStream):
    """A body that never ends."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b" "


def test_each_answer_and_each_retry_is_logged_without_its_data() -> None:
    away, good = failure(500, "away"), vector("1")
    server = FakeServer(in_turn(away, good))
    with capture_logs() as logs:
        ask(server)
    assert logs == [
        {
            "event": "prometheus_answer",
            "log_level": "debug",
            "query": "up",
            "status": 500,
            "bytes": len(away.content),
        },
        {
            "event": "prometheus_retry",
            "log_level": "warning",
            "url": URL,
            "attempt": 1,
            "reason": "HTTP 500 Internal Server Error: away",
        },
        {
            "event": "prometheus_answer",
            "log_level": "debug",
            "query": "up",
            "status": 200,
            "bytes": len(good.content),
        },
    ]
