from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable
from contextlib import closing

import httpx
import numpy as np
import pytest
from structlog.testing import capture_logs

from exporter.errors import UnreadablePeriod, UnusableError
from exporter.periods import HourRange
from exporter.sources.series import HourlyQuery, Matcher, RawQuery
from tests.unit.sources.answers import (
    HOUR,
    NOON,
    Answer,
    FakeServer,
    failure,
    in_turn,
    matrix,
    text_answer,
    vector,
)

TOO_MUCH = "query processing would load too many samples into memory in query execution"


def hourly(hours: int, *matchers: Matcher) -> HourlyQuery:
    return HourlyQuery("m", "last", HourRange(NOON, NOON + hours * HOUR), matchers)


def answer_hours(form: dict[str, str]) -> Answer:
    """Each hour's end as its value, of one series per request."""
    ends = range(int(form["start"]), int(form["end"]) + 1, int(form["step"]))
    return matrix({"a": [(end, str(end)) for end in ends]})


def answer_seconds(form: dict[str, str]) -> Answer:
    """One sample a second in the closed range that was asked, its time as its value."""
    seconds = re.search(r"\[(\d+)s\]", form["query"])
    assert seconds is not None
    end = int(form["time"])
    return matrix({"a": [(t, str(t)) for t in range(end - int(seconds[1]), end + 1)]})


def refuse_above(points: int, answer: Callable[[dict[str, str]], Answer]) -> Callable[..., Answer]:
    """Refuses ranges of more hours than that, as a server with --query.max-samples does."""

    def answer_or_refuse(form: dict[str, str]) -> Answer:
        asked = (int(form["end"]) - int(form["start"])) // HOUR + 1
        return answer(form) if asked <= points else failure(422, TOO_MUCH)

    return answer_or_refuse


def test_a_range_is_asked_at_the_ends_of_its_hours() -> None:
    server = FakeServer(answer_hours)
    with closing(server.source()) as source:
        (series,) = source.read_hourly([hourly(3, Matcher("pod", "=", "a"))])
    assert server.requests[1].url.path == "/api/v1/query_range"
    (form,) = server.forms
    assert form["query"] == 'last_over_time(m{pod="a"}[3600s])'
    assert (form["start"], form["end"], form["step"]) == (
        str(NOON + HOUR),
        str(NOON + 3 * HOUR),
        "3600",
    )
    assert series.labels == [{"pod": "a"}]
    np.testing.assert_array_equal(series.values, [[NOON + k * HOUR for k in (1, 2, 3)]])


@pytest.mark.parametrize(
    ("probe", "window"),
    [
        (vector("2"), "3599999ms"),
        (vector("1"), "3600s"),
        (vector("61"), "3600s"),
        (vector(), "3600s"),
        (failure(422, "no subqueries here"), "3600s"),
    ],
    ids=["2.x", "3.x", "odd", "nothing", "refused"],
)
def test_the_edge_rule_is_asked_once_and_decides_the_window(probe: Answer, window: str) -> None:
    server = FakeServer(answer_hours, probe)
    with closing(server.source()) as source:
        source.read_hourly([hourly(1), hourly(1)])
        source.read_hourly([hourly(1)])
    assert len(server.requests) == 4
    assert [form["query"] for form in server.forms] == [f"last_over_time(m[{window}])"] * 3


def test_the_edge_rule_is_asked_about_at_a_whole_minute() -> None:
    server = FakeServer(in_turn(matrix({})))
    with closing(server.source()) as source:
        source.read_raw([RawQuery("m", NOON, NOON + 119)])
    assert f"time={NOON + 60}" in server.requests[0].content.decode().split("&")


def test_a_probe_that_did_not_come_through_decides_nothing() -> None:
    server = FakeServer(answer_hours, failure(500, "away"))
    with closing(server.source(max_retries=1)) as source:
        with pytest.raises(UnreadablePeriod, match=r"count_over_time\(vector.*next run tries"):
            source.read_hourly([hourly(1)])
        with pytest.raises(UnreadablePeriod, match="away"):
            source.read_hourly([hourly(1)])
    assert len(server.requests) == 4


def test_a_probe_that_timed_out_decides_nothing() -> None:
    """A guess could count the samples on the hour twice."""
    late = failure(503, "query timed out in expression evaluation", "timeout")
    server = FakeServer(answer_hours, late)
    with closing(server.source()) as source, pytest.raises(UnreadablePeriod, match="timed out"):
        source.read_hourly([hourly(1)])
    assert len(server.requests) == 1


def test_answers_come_in_the_order_of_the_queries() -> None:
    server = FakeServer(answer_hours)
    queries = [hourly(hours) for hours in (3, 1, 2, 5, 4)]
    with closing(server.source(concurrency=4)) as source:
        answers = source.read_hourly(queries)
    assert [answer.values.shape for answer in answers] == [(1, n) for n in (3, 1, 2, 5, 4)]


def test_no_more_requests_run_at_once_than_allowed() -> None:
    meeting, at_once, most = threading.Barrier(2, timeout=10), 0, 0
    lock = threading.Lock()

    def answer(form: dict[str, str]) -> Answer:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        meeting.wait()
        with lock:
            at_once -= 1
        return answer_hours(form)

    with closing(FakeServer(answer).source(concurrency=2)) as source:
        source.read_hourly([hourly(1)] * 6)
    assert most == 2


def test_a_long_range_is_asked_in_weeks_and_joined() -> None:
    server = FakeServer(answer_hours)
    with closing(server.source()) as source:
        (series,) = source.read_hourly([hourly(400)])
    spans = [(int(form["start"]) - NOON, int(form["end"]) - NOON) for form in server.forms]
    assert spans == [
        (HOUR, 168 * HOUR),
        (169 * HOUR, 336 * HOUR),
        (337 * HOUR, 400 * HOUR),
    ]
    np.testing.assert_array_equal(series.values[0], NOON + HOUR * np.arange(1, 401))


def test_active_instants_are_asked_for_day_by_day() -> None:
    server = FakeServer(answer_hours)
    query = HourlyQuery("m", "active", HourRange(NOON, NOON + 50 * HOUR), (), 30.0, 15)
    with closing(server.source()) as source:
        (series,) = source.read_hourly([query])
    assert len(server.forms) == 3
    assert series.values.shape == (1, 50)


def test_no_hour_needs_no_request() -> None:
    server = FakeServer(answer_hours)
    with closing(server.source()) as source:
        (series,) = source.read_hourly([hourly(0)])
        (raw,) = source.read_raw([RawQuery("m", NOON, NOON)])
    assert series.values.shape == (0, 0)
    assert raw.labels == []
    assert server.requests == []


def test_a_range_above_a_limit_is_halved_until_it_fits() -> None:
    server = FakeServer(refuse_above(2, answer_hours))
    with closing(server.source()) as source, capture_logs() as logs:
        (series,) = source.read_hourly([hourly(7)])
    np.testing.assert_array_equal(series.values[0], NOON + HOUR * np.arange(1, 8))
    assert server.pauses == []
    halvings = [log for log in logs if log["event"] == "prometheus_query_halved"]
    assert [log["span"] for log in halvings] == [
        "2026-03-10T12:00:00Z/2026-03-10T19:00:00Z",
        "2026-03-10T12:00:00Z/2026-03-10T16:00:00Z",
        "2026-03-10T16:00:00Z/2026-03-10T19:00:00Z",
    ]


def test_one_hour_above_a_limit_names_query_limit_and_flag() -> None:
    server = FakeServer(refuse_above(0, answer_hours))
    with closing(server.source()) as source, pytest.raises(UnreadablePeriod) as raised:
        source.read_hourly([hourly(2)])
    assert str(raised.value) == (
        "Prometheus query last_over_time(m[3600s]) over "
        "2026-03-10T12:00:00Z/2026-03-10T13:00:00Z: HTTP 422 Unprocessable Entity: "
        f"{TOO_MUCH}; raise the server's limit (--query.max-samples in Prometheus and Thanos)"
    )


def test_raw_samples_above_a_limit_are_asked_in_halves_without_doubles() -> None:
    def answer(form: dict[str, str]) -> Answer:
        seconds = int(form["query"].partition("[")[2].partition("s")[0])
        return failure(422, TOO_MUCH) if seconds > 250 else answer_seconds(form)

    server = FakeServer(answer)
    with closing(server.source()) as source:
        (series,) = source.read_raw([RawQuery("m", NOON, NOON + 901)])
    np.testing.assert_array_equal(series.values[0], NOON + np.arange(1, 902))
    np.testing.assert_array_equal(series.times_ms[0], 1000 * (NOON + np.arange(1, 902)))
    assert server.requests[1].url.path == "/api/v1/query"


def test_raw_samples_that_are_always_too_much_fail_the_period() -> None:
    server = FakeServer(in_turn(failure(422, TOO_MUCH)))
    with closing(server.source()) as source, pytest.raises(UnreadablePeriod, match="max-samples"):
        source.read_raw([RawQuery("m", NOON, NOON + HOUR)])
    assert len(server.forms) == 6


def test_days_of_raw_samples_are_asked_day_by_day() -> None:
    server = FakeServer(in_turn(matrix({})))
    with closing(server.source()) as source:
        source.read_raw([RawQuery("m", NOON, NOON + 50 * HOUR)])
    assert [form["query"] for form in server.forms] == ["m[86400s]", "m[86400s]", "m[7200s]"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            matrix({}, warnings=["store a is away"]),
            "answered with a warning: store a is away; the next run tries again",
        ),
        (matrix({}, isPartial=True), "answered only in part (isPartial); the next run tries again"),
        (
            text_answer(200, "<html>Log in"),
            "the answer is not JSON of a Prometheus API: <html>Log in; the next run tries again",
        ),
        (failure(500, "x"), "HTTP 500 Internal Server Error: x; the next run tries again"),
        (failure(429, "x"), "HTTP 429 Too Many Requests: x; the next run tries again"),
        (
            failure(422, "x"),
            "HTTP 422 Unprocessable Entity: x; try the query in the server's own web page",
        ),
        (
            vector("1"),
            "the answer is a vector, expected a matrix; try the query in the server's own web page",
        ),
        (
            httpx.ReadTimeout("x"),
            "no answer in time; raise PROMETHEUS_TIMEOUT_SECONDS; the next run tries again",
        ),
    ],
    ids=lambda value: f"{value!r:.40}",
)
def test_an_answer_that_cannot_be_trusted_fails_the_period(answer: Answer, text: str) -> None:
    span = "2026-03-10T12:00:00Z/2026-03-10T13:00:00Z"
    with closing(FakeServer(in_turn(answer)).source(max_retries=1)) as source:
        with pytest.raises(UnreadablePeriod) as raised:
            source.read_hourly([hourly(1)])
        assert str(raised.value) == f"Prometheus query last_over_time(m[3600s]) over {span}: {text}"
        with pytest.raises(UnreadablePeriod) as raised:
            source.read_raw([RawQuery("m", NOON, NOON + HOUR)])
        assert str(raised.value) == f"Prometheus query m[3600s] over {span}: {text}"


def test_a_query_of_many_values_is_cut_in_the_message() -> None:
    many = Matcher("pod", "=~", "|".join(f"pod-{k}" for k in range(1000)))
    server = FakeServer(in_turn(failure(422, "x")))
    with closing(server.source()) as source, pytest.raises(UnreadablePeriod) as raised:
        source.read_hourly([hourly(1, many)])
    assert len(str(raised.value)) < 400


def test_the_first_failure_gives_up_the_other_queries() -> None:
    server = FakeServer(in_turn(failure(401, "who?")))
    with closing(server.source()) as source, pytest.raises(UnusableError):
        source.read_hourly([hourly(1)] * 50)
    assert len(server.forms) < 50


def test_what_was_given_up_does_not_hold_up_the_next_period() -> None:
    """Some are asked before the first failure is seen, more on a busy machine, but not all."""
    server = FakeServer(in_turn(failure(422, "x")))
    with closing(server.source()) as source:
        for _ in range(2):
            with pytest.raises(UnreadablePeriod):
                source.read_hourly([hourly(1)] * 1000)
        assert len(server.forms) < 1000


def test_an_interrupted_wait_gives_up_the_queries() -> None:
    def interrupt(_: dict[str, str]) -> Answer:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        return failure(429, "busy", **{"Retry-After": "60"})

    server = FakeServer(interrupt)
    known = set(threading.enumerate())
    with closing(server.source(real_pauses=True)) as source, pytest.raises(KeyboardInterrupt):
        source.read_hourly([hourly(1)] * 3)
    # The pause of a minute is cut short, or the worker would still be there.
    workers = set(threading.enumerate()) - known
    for worker in workers:
        worker.join(timeout=20)
    assert not any(worker.is_alive() for worker in workers)
    assert len(server.forms) == 1


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (vector("1773144000.5"), NOON),
        (vector(), None),
        (vector("NaN"), None),
        (failure(422, "x"), None),
        (failure(401, "x"), None),
        (httpx.ConnectError("x"), None),
    ],
    ids=lambda value: f"{value!r:.40}",
)
def test_the_oldest_sample_is_a_hint_that_never_fails(answer: Answer, seconds: int | None) -> None:
    server = FakeServer(in_turn(answer))
    with closing(server.source(max_retries=0)) as source:
        assert source.oldest_sample() == seconds


def test_who_still_waits_for_a_turn_when_it_is_closed_waits_no_longer() -> None:
    """One reader is being answered, another one waits behind it; both give up."""
    asked, answer = threading.Event(), threading.Event()
    ended: list[BaseException] = []

    def slow(form: dict[str, str]) -> Answer:
        asked.set()
        assert answer.wait(60)
        return answer_hours(form)

    source = FakeServer(slow).source(concurrency=1)

    def read() -> None:
        with pytest.raises(Exception) as raised:  # noqa: PT011 nobody is left to read it
            source.read_hourly([hourly(1), hourly(2)])
        ended.append(raised.value)

    first, second = (threading.Thread(target=read, daemon=True) for _ in range(2))
    first.start()
    assert asked.wait(60)
    second.start()
    wait_until(lambda: len(source._asking) == 2)
    source.close()
    answer.set()
    for reader in (first, second):
        reader.join(30)
        assert not reader.is_alive()
    assert len(ended) == 2


def wait_until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it has not happened in 30 seconds")
