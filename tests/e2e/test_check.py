"""`infer-focus check` as a process: all problems at once, a fix beside each, no secret, no trace.

What it says of the setups in docs/check.md is in test_check_page.py.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.check_setups import Running, running
from tests.e2e.job import Ended
from tests.fleets.setups import H100, L40S, Setup, usage_report
from tests.servers import S3Server

TOKEN, SECRET = "tok-4f1d2c", "key-9a8b7c"
SKIPPED = "skip  metrics, profiles, retention: not looked at, since the source does not answer"


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    return s3.new_bucket()


@pytest.fixture(scope="module")
def healthy(
    s3: S3Server, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Everything is there and nothing is missing."""
    with running(Setup(), tmp_path_factory.mktemp("healthy"), s3.settings(bucket)) as here:
        yield here


def wrong(run: Ended) -> list[str]:
    """The lines of what is not ok, and of what to do."""
    lines = run.stdout.partition("\n\n")[0].splitlines()
    return [line for line in lines if not line.startswith("ok")]


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that answers so whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", f"{len(body)}")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def refused(healthy: Running, url: str) -> Ended:
    """A check with a source that cannot be used, and credentials for it."""
    run = healthy.check(
        PROMETHEUS_URL=url, PROMETHEUS_BEARER_TOKEN=TOKEN, PROMETHEUS_MAX_RETRIES="0"
    )
    assert TOKEN not in run.stdout + run.stderr
    assert "ok    destination: s3://" in run.stdout
    assert wrong(run)[-1] == SKIPPED
    return run


def test_it_works_and_leaves_nothing(healthy: Running, s3: S3Server, bucket: str) -> None:
    """For programs the same in one object."""
    run = healthy.check("--format", "json")
    assert (run.code, run.stderr) == (0, "")
    told = json.loads(run.stdout)
    assert told["exitCode"] == 0
    assert {check["result"] for check in told["checks"]} == {"ok"}
    assert len(told["checks"]) == 27
    assert s3.keys(bucket) == []


def test_nobody_is_there(healthy: Running) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        run = refused(healthy, url)
    assert (run.code, run.stderr) == (4, "")
    assert wrong(run) == [
        f"FAIL  source: {url} cannot be reached: no connection ([Errno 111] Connection refused)",
        "      fix: check PROMETHEUS_URL and the network",
        SKIPPED,
    ]


def test_the_name_of_the_server_leads_nowhere(healthy: Running) -> None:
    url = "https://prometheus.invalid:9090"
    run = refused(healthy, url)
    assert run.code == 4
    what, fix, _ = wrong(run)
    assert what.startswith(f"FAIL  source: {url} cannot be reached: its name cannot be resolved (")
    assert fix == "      fix: check PROMETHEUS_URL"


def test_a_server_without_tls(healthy: Running) -> None:
    url = healthy.url.replace("http:", "https:")
    run = refused(healthy, url)
    assert run.code == 4
    what, fix, _ = wrong(run)
    assert what.startswith(f"FAIL  source: {url} cannot be reached: TLS failed (")
    assert fix == "      fix: check PROMETHEUS_CLIENT_CERT and the scheme"


@pytest.mark.parametrize(("status", "named"), [(401, "Unauthorized"), (403, "Forbidden")])
def test_access_that_is_refused(healthy: Running, status: int, named: str) -> None:
    with answering(status, b"") as url:
        run = refused(healthy, url)
    assert run.code == 4
    assert wrong(run)[:2] == [
        f"FAIL  source: {url} refused the access (HTTP {status} {named})",
        "      fix: check PROMETHEUS_BEARER_TOKEN, PROMETHEUS_USERNAME and _PASSWORD,"
        " PROMETHEUS_TENANT or PROMETHEUS_SIGV4_REGION",
    ]


def test_a_server_that_is_no_prometheus(healthy: Running) -> None:
    with answering(404, b"not here") as url:
        run = refused(healthy, url)
    assert run.code == 4
    assert wrong(run)[:2] == [
        f"FAIL  source: no Prometheus API at {url} (HTTP 404 Not Found)",
        "      fix: is a path prefix missing in PROMETHEUS_URL?",
    ]


def test_a_page_instead_of_an_api(healthy: Running) -> None:
    """Such as that of a login."""
    with answering(200, b"<html>Log in</html>") as url:
        run = refused(healthy, url)
    assert run.code == 4
    assert wrong(run)[:2] == [
        f"FAIL  source: {url}: the answer is not JSON of a Prometheus API: <html>Log in</html>",
        "      fix: set PROMETHEUS_URL to the API itself, behind no login page",
    ]


def test_all_problems_are_told_at_once(healthy: Running, s3: S3Server) -> None:
    """A misspelt setting, a wrong key, and a source that is not there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        run = healthy.check(PROMETHEUS_URL=url, S3_SECRET_ACCESS_KEY=SECRET, S3_REGON="us-east-1")
    assert run.code == 4
    assert SECRET not in run.stdout + run.stderr
    found = wrong(run)
    assert found[0] == "warn  settings: S3_REGON is not a setting"
    assert found[1] == "      fix: rename it to S3_REGION"
    assert found[2].startswith("FAIL  destination: s3://")
    assert "SignatureDoesNotMatch" in found[2]
    assert found[3] == "      fix: check S3_SECRET_ACCESS_KEY"
    assert found[4].startswith("FAIL  source: ")
    assert "5 checks: 1 ok, 1 warning, 2 failures, 1 not looked at; exit code 4" in run.stdout


def test_a_report_of_a_namespace_without_pods(healthy: Running) -> None:
    reports = usage_report("chat", "daily", "h100-pool", "chatt")
    run = healthy.but([H100, L40S, reports]).check()
    assert (run.code, run.stderr) == (0, "")
    assert wrong(run) == [
        "warn  UsageReport chat: no pod is in namespace chatt: it has no row",
        "      fix: spec.namespaces: chat",
    ]


def test_a_wrong_configuration_is_told_as_by_every_command(healthy: Running) -> None:
    """All its faults, and nothing else is looked at."""
    run = healthy.check(S3_FORMAT="xml", COLLECTION_LOOKBACK_HOURS="none")
    assert (run.code, run.stdout) == (2, "")
    assert [line.split(":")[1].strip() for line in run.stderr.splitlines()] == [
        "COLLECTION_LOOKBACK_HOURS",
        "S3_FORMAT",
    ]


def test_a_dump_of_the_server_gives_the_same_lines(healthy: Running, tmp_path: Path) -> None:
    """Its time is that of its newest sample; it has no clock and names no retention."""
    from_dump = healthy.check(
        SOURCE_FILE=str(healthy.folder / "series.om"),
        PROMETHEUS_URL="",
        S3_BUCKET="",
        OUTPUT_DIR=str(tmp_path / "out"),
        LOG_LEVEL="warning",
    )
    own = ("source", "clock", "destination", "retention")
    assert from_dump.code == 0
    assert not (tmp_path / "out").exists()
    assert _lines(from_dump, own) == _lines(healthy.check(), own)
    assert "taken for now" in from_dump.stdout


def _lines(run: Ended, leave_out: tuple[str, ...]) -> list[str]:
    lines = run.stdout.partition("\n\n")[0].splitlines()
    return [line for line in lines if line.split(":")[0].split("  ")[-1].strip() not in leave_out]
