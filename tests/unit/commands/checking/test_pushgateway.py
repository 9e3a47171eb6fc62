"""Whether metrics of runs can be pushed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from exporter.commands.checking.findings import Finding, Result
from exporter.commands.checking.pushgateway import pushgateway_findings
from exporter.settings import load_settings

LOST = "runs push no metrics of budgets and successes"


def looked(url: str | None) -> list[Finding]:
    given = {} if url is None else {"PUSHGATEWAY_URL": url}
    settings = load_settings(given, needs_destination=False, needs_source=False)
    return list(pushgateway_findings(settings))


@contextmanager
def answering(**statuses: int) -> Iterator[tuple[str, list[str]]]:
    """A server with a status for each of its paths, 404 for others; its address, what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            signed_in = self.headers.get("Authorization") == "Basic dTpw"
            status = statuses.get(self.path.rpartition("/")[2], 404)
            self.send_response(200 if status == 401 and signed_in else status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nothing_is_said_of_a_pushgateway_that_is_not_set() -> None:
    assert looked(None) == []


def test_one_that_is_ready_is_ok() -> None:
    with answering(ready=200) as (url, asked):
        assert looked(url) == [Finding(Result.OK, "Pushgateway", f"{url} answers")]
    assert asked == ["/-/ready"]


def test_where_a_proxy_hides_readiness_its_metrics_are_asked_for() -> None:
    with answering(metrics=200) as (url, asked):
        (finding,) = looked(f"{url}/push/")
    assert finding.result is Result.OK
    assert asked == ["/push/-/ready", "/push/metrics"]


@pytest.mark.parametrize(
    ("statuses", "reason", "fix"),
    [
        ({"ready": 401}, "HTTP 401 Unauthorized", "check user and password in PUSHGATEWAY_URL"),
        ({}, "HTTP 404 Not Found", "set PUSHGATEWAY_URL to the address whose page shows the"),
    ],
)
def test_what_it_refuses_is_one_line_with_a_fix(
    statuses: dict[str, int], reason: str, fix: str
) -> None:
    with answering(**statuses) as (url, _):
        (finding,) = looked(url)
    assert (finding.result, finding.detail, finding.code) == (
        *(Result.WARN, f"{url}: {reason}: {LOST}", 0),
    )
    assert finding.fix.startswith(fix)


def test_the_password_is_used_and_not_shown() -> None:
    with answering(ready=401) as (url, _):
        (finding,) = looked(url.replace("//", "//u:p@"))
    assert (finding.result, finding.detail) == (Result.OK, f"{url} answers")


def test_one_that_does_not_answer_is_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    (finding,) = looked(url)
    assert finding.result is Result.WARN
    assert "Connection refused" in finding.detail
    assert finding.fix == "check PUSHGATEWAY_URL and the Pushgateway"
