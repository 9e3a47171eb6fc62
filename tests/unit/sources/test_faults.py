from __future__ import annotations

import socket
import ssl

import httpx
import pytest

from exporter.errors import UnusableError
from exporter.sources.faults import (
    Fault,
    Final,
    NoConnection,
    Passing,
    TooMuch,
    retry_after,
    status_fault,
    transport_fault,
)

ADDRESS = "http://prometheus.test:9090/prefix"
SAMPLES = "query processing would load too many samples into memory in query execution"
POINTS = "exceeded maximum resolution of 11,000 points per timeseries."
LENGTH = "the query time range exceeds the limit (err-mimir-max-query-length)"
VICTORIA = "cannot process more than -search.maxSamplesPerQuery=1000 samples"
OUTSTANDING = "too many outstanding requests"
BLIP = "expanding series: store gateway is away"


def api_error(text: str) -> bytes:
    return b'{"status":"error","errorType":"x","error":"%s"}' % text.encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (422, api_error(SAMPLES), TooMuch, f"HTTP 422 Unprocessable Entity: {SAMPLES}"),
        (400, api_error(POINTS), TooMuch, f"HTTP 400 Bad Request: {POINTS}"),
        (400, LENGTH.encode(), TooMuch, f"HTTP 400 Bad Request: {LENGTH}"),
        (422, api_error(VICTORIA), TooMuch, f"HTTP 422 Unprocessable Entity: {VICTORIA}"),
        (
            413,
            b"<html>Request Entity exceeds it</html>",
            TooMuch,
            "HTTP 413 Request Entity Too Large: <html>Request Entity exceeds it</html>",
        ),
        (
            503,
            api_error("query timed out in expression evaluation"),
            TooMuch,
            "HTTP 503 Service Unavailable: query timed out in expression evaluation",
        ),
        (
            503,
            api_error("query timed out in query queue"),
            Passing,
            "HTTP 503 Service Unavailable: query timed out in query queue",
        ),
        (429, api_error(OUTSTANDING), Passing, f"HTTP 429 Too Many Requests: {OUTSTANDING}"),
        (
            429,
            api_error("request rate limit exceeded"),
            Passing,
            "HTTP 429 Too Many Requests: request rate limit exceeded",
        ),
        (500, api_error(BLIP), Passing, f"HTTP 500 Internal Server Error: {BLIP}"),
        (
            503,
            b"upstream connect timeout",
            Passing,
            "HTTP 503 Service Unavailable: upstream connect timeout",
        ),
        (
            504,
            b"<html>\n <title>504 Gateway Timeout</title>",
            Passing,
            "HTTP 504 Gateway Timeout: <html> <title>504 Gateway Timeout</title>",
        ),
        (502, b"", Passing, "HTTP 502 Bad Gateway: an empty answer"),
        (
            422,
            api_error("multiple matches for labels"),
            Final,
            "HTTP 422 Unprocessable Entity: multiple matches for labels",
        ),
        (400, api_error("parse error: x"), Final, "HTTP 400 Bad Request: parse error: x"),
        (499, b"gone", Final, "HTTP 499: gone"),
    ],
)
def test_a_status_says_whether_waiting_or_asking_for_less_helps(
    status: int, body: bytes, kind: type[Fault], text: str
) -> None:
    fault = status_fault(status, {}, body, ADDRESS)
    assert (type(fault), str(fault)) == (kind, text)


@pytest.mark.parametrize(
    ("status", "headers", "text"),
    [
        (
            401,
            {},
            f"{ADDRESS} refused the access (HTTP 401 Unauthorized); check "
            "PROMETHEUS_BEARER_TOKEN, PROMETHEUS_USERNAME and _PASSWORD, PROMETHEUS_TENANT or "
            "PROMETHEUS_SIGV4_REGION",
        ),
        (
            403,
            {},
            f"{ADDRESS} refused the access (HTTP 403 Forbidden); check "
            "PROMETHEUS_BEARER_TOKEN, PROMETHEUS_USERNAME and _PASSWORD, PROMETHEUS_TENANT or "
            "PROMETHEUS_SIGV4_REGION",
        ),
        (
            404,
            {},
            f"no Prometheus API at {ADDRESS} (HTTP 404 Not Found); is a path prefix missing in "
            "PROMETHEUS_URL?",
        ),
        (
            302,
            {"location": "https://login.test/start?state=secret"},
            f"{ADDRESS} redirects to 'https://login.test/start' (HTTP 302 Found); set "
            "PROMETHEUS_URL to the API itself",
        ),
    ],
)
def test_a_server_that_will_refuse_everything_ends_the_run(
    status: int, headers: dict[str, str], text: str
) -> None:
    fault = status_fault(status, headers, b"<html>", ADDRESS)
    assert (type(fault), str(fault)) == (UnusableError, text)


def caused(error: httpx.HTTPError, cause: Exception) -> httpx.HTTPError:
    """As httpx and httpcore do: the socket's error is the cause of the cause."""
    between = RuntimeError("httpcore")
    between.__cause__, error.__cause__ = cause, between
    return error


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (
            caused(httpx.ConnectError("x"), ConnectionRefusedError(111, "Connection refused")),
            NoConnection,
            "no connection ([Errno 111] Connection refused); check PROMETHEUS_URL and the network",
        ),
        (
            caused(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")),
            NoConnection,
            "its name cannot be resolved ([Errno -2] Name or service not known); "
            "check PROMETHEUS_URL",
        ),
        (
            caused(httpx.ConnectTimeout("x"), TimeoutError("timed out")),
            NoConnection,
            "no connection (timed out); check PROMETHEUS_URL and the network",
        ),
        (
            caused(httpx.ConnectError("x"), ssl.SSLError(1, "WRONG_VERSION_NUMBER")),
            NoConnection,
            "TLS failed (WRONG_VERSION_NUMBER); check PROMETHEUS_CLIENT_CERT and the scheme",
        ),
        (
            caused(httpx.ReadError("x"), ssl.SSLError(1, "certificate required")),
            NoConnection,
            "TLS failed (certificate required); check PROMETHEUS_CLIENT_CERT and the scheme",
        ),
        (
            caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError(1, "self-signed")),
            UnusableError,
            f"the certificate of {ADDRESS} cannot be verified (self-signed); set "
            "PROMETHEUS_CA_FILE to the authority that signed it",
        ),
        (
            httpx.ReadTimeout("timed out"),
            Passing,
            "no answer in time; raise PROMETHEUS_TIMEOUT_SECONDS",
        ),
        (
            caused(httpx.ReadError("x"), ConnectionResetError(104, "Connection reset by peer")),
            Passing,
            "the connection broke ([Errno 104] Connection reset by peer)",
        ),
        (
            httpx.RemoteProtocolError("incomplete body"),
            Passing,
            "the connection broke (incomplete body)",
        ),
        (httpx.ReadError(""), Passing, "the connection broke (ReadError)"),
        (
            httpx.LocalProtocolError("Illegal header value b'secret'"),
            UnusableError,
            f"{ADDRESS} cannot be asked: a header of the request is not valid",
        ),
    ],
)
def test_a_broken_exchange_says_what_helps(
    error: httpx.HTTPError, kind: type[Exception], text: str
) -> None:
    fault = transport_fault(error, ADDRESS)
    assert (type(fault), str(fault)) == (kind, text)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "86400"}, 60.0),
        (
            {
                "retry-after": "Tue, 10 Mar 2026 12:00:20 GMT",
                "date": "Tue, 10 Mar 2026 12:00:00 GMT",
            },
            20.0,
        ),
        (
            {
                "retry-after": "Tue, 10 Mar 2026 11:00:00 GMT",
                "date": "Tue, 10 Mar 2026 12:00:00 GMT",
            },
            0.0,
        ),
        (
            {
                "retry-after": "Wed, 11 Mar 2026 12:00:00 GMT",
                "date": "Tue, 10 Mar 2026 12:00:00 GMT",
            },
            60.0,
        ),
        ({"retry-after": "Tue, 10 Mar 2026 12:00:20 GMT"}, None),
        ({"retry-after": "soon", "date": "Tue, 10 Mar 2026 12:00:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
    ],
)
def test_the_server_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (Final("x"), "try the query in the server's own web page"),
        (Passing("x"), "the next run tries again"),
        (
            TooMuch(SAMPLES),
            "raise the server's limit (--query.max-samples in Prometheus and Thanos)",
        ),
        (
            TooMuch("query timed out in expression evaluation"),
            "raise PROMETHEUS_TIMEOUT_SECONDS and the server's --query.timeout",
        ),
        (TooMuch("max chunks"), "raise that limit of the server"),
        (
            TooMuch("the answer is larger than PROMETHEUS_MAX_ANSWER_MIB=128"),
            "raise it and the memory, or find out what makes the answer so large",
        ),
    ],
)
def test_every_fault_has_a_next_step(fault: Fault, advice: str) -> None:
    assert fault.advice == advice


def test_a_long_error_text_stays_one_short_line() -> None:
    text = str(status_fault(400, {}, b"a\n b " * 1000, ADDRESS))
    assert "\n" not in text
    assert len(text) < 400
