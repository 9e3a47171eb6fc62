"""What a run sends to a Pushgateway, and what it says when that fails."""

from __future__ import annotations

import math
import socket
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from exporter.commands.pushing import Pushgateway, exposition
from exporter.monitoring.run_samples import (
    FAMILIES,
    Sample,
    budget_samples,
    export_samples,
    moment_samples,
)

NOW = 1_790_812_800
SECRET = "hunter2-hunter2"
Log = list[MutableMapping[str, Any]]


class Server:
    """Answers in turn, the last one for ever; keeps requests and pauses."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = answers
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def push(
    server: Server,
    url: str = "http://push:9091",
    cluster: str | None = "prod-eu",
    *,
    whole: bool = True,
) -> Log:
    gateway = Pushgateway(url, transport=httpx.MockTransport(server), sleep=server.pauses.append)
    with capture_logs() as log:
        gateway.push(moment_samples(NOW, succeeded=True), cluster, whole=whole)
    return log


def values(samples: list[Sample]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What Prometheus' own parser reads from the text."""
    families = text_string_to_metric_families(exposition(samples).decode())
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def test_every_family_is_a_gauge_with_its_labels() -> None:
    samples = [Sample(one.name, dict.fromkeys(one.labels, "x"), 1) for one in FAMILIES]
    parsed = list(text_string_to_metric_families(exposition(samples).decode()))
    assert {(one.name, one.type) for one in parsed} == {(one.name, "gauge") for one in FAMILIES}
    labels = {one.name: tuple(one.samples[0].labels) for one in parsed}
    assert {name: set(found) for name, found in labels.items()} == {
        one.name: set(one.labels) for one in FAMILIES
    }


def test_samples_are_what_a_run_made() -> None:
    made = export_samples(
        {"written": 20, "unchanged": 3, "skipped": 0, "failed": 1},
        rows=17,
        tokens_without_gpu=5,
        gpu_hours_unmatched=2,
    )
    found = values([*moment_samples(NOW, succeeded=True), *made])
    assert found == {
        ("infer_focus_last_run_timestamp_seconds", ()): NOW,
        ("infer_focus_last_success_timestamp_seconds", ()): NOW,
        ("infer_focus_periods", (("ending", "written"),)): 20,
        ("infer_focus_periods", (("ending", "unchanged"),)): 3,
        ("infer_focus_periods", (("ending", "skipped"),)): 0,
        ("infer_focus_periods", (("ending", "failed"),)): 1,
        ("infer_focus_rows", ()): 17,
        ("infer_focus_tokens_without_gpu", ()): 5,
        ("infer_focus_gpu_hours_unmatched", ()): 2,
    }


def test_a_run_that_did_not_succeed_does_not_speak_of_success() -> None:
    found = values(list(moment_samples(NOW, succeeded=False)))
    assert found == {("infer_focus_last_run_timestamp_seconds", ()): NOW}


def budget(
    spend: str = "408", limit: str = "1200", forecast: str | None = "1416"
) -> dict[str, float]:
    """The values of one budget, by name."""
    samples = budget_samples(
        'a "b" \\ c\n',
        "chat",
        "EUR",
        spend=Decimal(spend),
        limit=Decimal(limit),
        forecast=None if forecast is None else Decimal(forecast),
    )
    found = values(list(samples))
    assert {dict(labels)["budget"] for _, labels in found} == {'a "b" \\ c\n'}
    assert {dict(labels)["namespace"] for _, labels in found} == {"chat"}
    currencies = {name: dict(labels).get("currency") for name, labels in found}
    assert currencies.pop("infer_focus_budget_utilization_ratio") is None
    assert set(currencies.values()) == {"EUR"}
    return {name.removeprefix("infer_focus_budget_"): value for (name, _), value in found.items()}


def test_a_budget_has_its_ratio_and_amounts_in_the_currency() -> None:
    expected = {"utilization_ratio": 0.34, "spend": 408, "limit": 1200, "forecast": 1416}
    assert budget() == expected


@pytest.mark.parametrize(("spend", "ratio"), [("0", 0), ("0.000000001", math.inf)])
def test_any_spend_is_infinitely_much_of_a_limit_of_zero(spend: str, ratio: float) -> None:
    assert budget(spend, "0")["utilization_ratio"] == ratio


def test_no_forecast_is_no_number_so_that_an_older_one_does_not_stay() -> None:
    assert math.isnan(budget(forecast=None)["forecast"])


@pytest.mark.parametrize(("whole", "method"), [(True, "PUT"), (False, "POST")])
def test_only_a_whole_group_replaces_the_old_one(whole: bool, method: str) -> None:
    server = Server(httpx.Response(200))
    assert push(server, whole=whole) == []
    (request,) = server.requests
    assert (request.method, str(request.url)) == (
        method,
        "http://push:9091/metrics/job/infer-focus/cluster/prod-eu",
    )
    assert request.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"infer_focus_last_run_timestamp_seconds 1.7908128e+09\n" in request.content
    assert set(request.extensions["timeout"].values()) == {10.0}


@pytest.mark.parametrize("url", ["https://host/push", "https://host/push/"])
def test_a_path_before_the_pushgateway_stays(url: str) -> None:
    server = Server(httpx.Response(202))
    push(server, url)
    path = "/push/metrics/job/infer-focus/cluster/prod-eu"
    assert server.requests[0].url.path == path


def test_several_clusters_have_a_group_of_the_job_alone() -> None:
    server = Server(httpx.Response(200))
    push(server, cluster=None)
    assert server.requests[0].url.path == "/metrics/job/infer-focus"


@pytest.mark.parametrize("cluster", ["eu/west", "zürich", "a b", "a+b", "..", ".", "a%2Fb", "a?b"])
def test_a_name_that_no_path_can_hold_goes_as_base64(cluster: str) -> None:
    server = Server(httpx.Response(200))
    push(server, cluster=cluster)
    path = server.requests[0].url.raw_path.decode()
    head, _, encoded = path.rpartition("/")
    assert head == "/metrics/job/infer-focus/cluster@base64"
    assert urlsafe_b64decode(encoded).decode() == cluster


def test_user_and_password_go_into_a_header_and_into_no_log() -> None:
    server = Server(httpx.Response(401, text="no"))
    url = f"https://reader:{SECRET.replace('-', '%2D')}@push/prefix"
    log = push(server, url)
    (request,) = server.requests
    expected = b64encode(f"reader:{SECRET}".encode()).decode()
    assert request.headers["authorization"] == f"Basic {expected}"
    assert request.url.userinfo == b""
    assert "hunter2" not in f"{log}{Pushgateway(url)!r}"
    (line,) = log
    assert line["pushgateway"] == "https://push/prefix"


def warning(log: Log) -> tuple[str, str]:
    """Reason and fix of the one line there is."""
    (line,) = log
    assert line["log_level"] == "warning"
    assert line["event"] == "metrics were not pushed, which does not change what was exported"
    return line["reason"], line["fix"]


USUAL = "check PUSHGATEWAY_URL and the Pushgateway"
SIGN_IN = "check user and password in PUSHGATEWAY_URL"
NOT_THERE = "set PUSHGATEWAY_URL to the address whose page shows the Pushgateway, without /metrics"
MOVED = "set PUSHGATEWAY_URL to the address it redirects to"


@pytest.mark.parametrize(
    ("answer", "reason", "fix"),
    [
        (httpx.Response(400, text="pushed  metrics\nare invalid"), "", USUAL),
        (httpx.Response(401), "HTTP 401 Unauthorized", SIGN_IN),
        (httpx.Response(403), "HTTP 403 Forbidden", SIGN_IN),
        (httpx.Response(404), "HTTP 404 Not Found", NOT_THERE),
        (httpx.Response(405), "HTTP 405 Method Not Allowed", NOT_THERE),
        (httpx.Response(308), "HTTP 308 Permanent Redirect", MOVED),
    ],
)
def test_a_refusal_is_one_warning_at_once(answer: httpx.Response, reason: str, fix: str) -> None:
    server = Server(answer)
    found = warning(push(server))
    assert found == (reason or "HTTP 400 Bad Request: pushed metrics are invalid", fix)
    assert (len(server.requests), server.pauses) == (1, [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(500, text="oops"), "HTTP 500 Internal Server Error: oops"),
        (httpx.Response(503), "HTTP 503 Service Unavailable"),
        (httpx.Response(429), "HTTP 429 Too Many Requests"),
        (httpx.ConnectError("refused"), "refused"),
        (httpx.ReadTimeout("slow"), "no answer within 10 seconds"),
        (httpx.RemoteProtocolError("cut"), "cut"),
        (httpx.LocalProtocolError(SECRET), "the request cannot be sent"),
    ],
)
def test_what_may_pass_is_tried_once_more(answer: httpx.Response | Exception, reason: str) -> None:
    server = Server(answer)
    assert warning(push(server)) == (reason, USUAL)
    assert (len(server.requests), server.pauses) == (2, [1.0])


def test_a_second_attempt_that_succeeds_leaves_no_word() -> None:
    server = Server(httpx.Response(503), httpx.Response(200))
    assert push(server) == []
    assert len(server.requests) == 2


def test_an_endless_answer_is_cut() -> None:
    reason, _ = warning(push(Server(httpx.Response(400, text="x" * 1_000_000))))
    assert len(reason) < 300


def test_an_address_that_only_looks_like_one_is_a_warning() -> None:
    assert warning(push(Server(httpx.Response(200)), "http://a\u00ad..b"))[0] == "it is no address"


def test_a_missing_file_of_authorities_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/authorities.pem")
    with capture_logs() as log:
        Pushgateway("https://127.0.0.1:9").push([], None, whole=False)
    assert warning(log)[1] == "check SSL_CERT_FILE and HTTPS_PROXY"


def test_a_proxy_of_an_unknown_kind_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://proxy")
    with capture_logs() as log:
        Pushgateway("http://push").push([], None, whole=False)
    assert warning(log)[1] == "check SSL_CERT_FILE and HTTPS_PROXY"


@contextmanager
def listening(backlog: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a socket of this machine on which `backlog` was done."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        backlog(server)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_never_answers_is_given_up() -> None:
    with listening(lambda server: server.listen()) as url, capture_logs() as log:
        Pushgateway(url, timeout_seconds=0.1, sleep=lambda _: None).push([], None, whole=True)
    assert warning(log)[0] == "no answer within 0.1 seconds"


def test_a_refused_connection_is_a_warning() -> None:
    with listening(lambda _server: None) as url, capture_logs() as log:
        Pushgateway(url, sleep=lambda _: None).push([], None, whole=True)
    assert "refused" in warning(log)[0]
