"""What goes wrong on the first day: one clear message each, and nothing is written."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.job import Ended, infer_focus
from tests.e2e.scene import Scene
from tests.servers import S3Server

BACKFILL = ("backfill", "--start", "2026-10-01", "--end", "2026-10-02")
TOKEN, SECRET = "tok-4f1d2c", "key-9a8b7c"


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Path]:
    """A destination that must not be there at the end."""
    folder = tmp_path / "out"
    yield folder
    assert not folder.exists()


@pytest.fixture
def base(team: Scene, nowhere: Path) -> dict[str, str]:
    """Settings that would work, with secrets that nothing may show."""
    return team.settings(
        OUTPUT_DIR=str(nowhere), S3_SECRET_ACCESS_KEY=SECRET, S3_ACCESS_KEY_ID="me"
    )


def says(run: Ended, code: int, *lines: str) -> None:
    """The run ended so and said these lines last, before them which periods failed; no secret."""
    events = [line for line in run.stderr.splitlines() if line.startswith("{")]
    said = run.stderr.splitlines()[len(events) :]
    assert said == [f"infer-focus: {line}" for line in lines]
    assert {json.loads(event)["event"] for event in events} <= {
        *("periods failed", "run finished", "backfill finished")
    }
    assert (run.code, run.stdout) == (code, "")
    assert TOKEN not in run.stderr
    assert SECRET not in run.stderr


def asking(settings: dict[str, str], url: str, retries: int = 0) -> dict[str, str]:
    """The settings with a server that wants a token instead of the dump."""
    asked = {"PROMETHEUS_URL": url, "PROMETHEUS_BEARER_TOKEN": TOKEN}
    kept = {name: value for name, value in settings.items() if name != "SOURCE_FILE"}
    return {**kept, **asked, "PROMETHEUS_MAX_RETRIES": f"{retries}"}


def test_without_anything_every_missing_thing_is_named() -> None:
    """`infer-focus` alone, in an empty environment."""
    says(
        infer_focus(env={}),
        2,
        "PROMETHEUS_URL: is required, set the server's address (or SOURCE_FILE for a dump)",
        "S3_BUCKET, OUTPUT_DIR: one of them is required, set where the files go",
        "/etc/infer-focus: no such file or folder, set CONFIG_PATH to where the CostProfiles are",
    )


def test_a_misspelt_variable_is_named_beside_what_is_missing(base: dict[str, str]) -> None:
    """The slip is most likely why it is missing."""
    settings = {name: value for name, value in base.items() if name != "SOURCE_FILE"}
    says(
        infer_focus(*BACKFILL, env={**settings, "PROMETHEUS_URLS": "http://prometheus:9090"}),
        2,
        "PROMETHEUS_URL: is required, set the server's address (or SOURCE_FILE for a dump)",
        "PROMETHEUS_URLS is not a setting, did you mean PROMETHEUS_URL?",
    )


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine on which nobody listens, and nobody can meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def test_a_server_that_is_not_there(base: dict[str, str], closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    says(
        infer_focus(*BACKFILL, env=asking(base, url)),
        4,
        f"{url} cannot be reached: no connection ([Errno 111] Connection refused);"
        " check PROMETHEUS_URL and the network",
    )


def test_a_server_that_is_not_there_is_not_asked_for_the_next_day_too(
    base: dict[str, str], closed_port: int
) -> None:
    """The wait for its retries is long enough once."""
    settings = asking(base, f"http://127.0.0.1:{closed_port}", retries=2)
    month = ("backfill", "--start", "2026-10-01", "--end", "2026-11-01")
    run = infer_focus(*month, env=settings)
    assert run.code == 4
    assert [retry["attempt"] for retry in run.named("prometheus_retry")].count(2) == 1


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server that lets nobody in, and the Authorization headers it was shown."""

    url: str
    shown: list[str]


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shown.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(401)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Guarded(f"http://127.0.0.1:{server.server_port}", shown)
        server.shutdown()
        thread.join()


def test_a_wrong_token(base: dict[str, str], guarded: Guarded) -> None:
    """It was sent, and is not shown."""
    says(
        infer_focus(*BACKFILL, env=asking(base, guarded.url, retries=5)),
        4,
        f"{guarded.url} refused the access (HTTP 401 Unauthorized); check PROMETHEUS_BEARER_TOKEN,"
        " PROMETHEUS_USERNAME and _PASSWORD, PROMETHEUS_TENANT or PROMETHEUS_SIGV4_REGION",
    )
    assert set(guarded.shown) == {f"Bearer {TOKEN}"}


def test_a_bucket_that_is_not_there(team: Scene, s3: S3Server) -> None:
    settings = team.settings(**s3.settings("no-such-bucket"), LOG_LEVEL="error")
    says(
        infer_focus(*BACKFILL, env=settings),
        4,
        "s3://no-such-bucket/focus/: cannot list: NoSuchBucket (The specified bucket does not"
        " exist); check S3_BUCKET, S3_REGION and S3_ENDPOINT_URL",
    )


def test_a_wrong_s3_key(team: Scene, s3: S3Server) -> None:
    bucket = s3.new_bucket()
    settings = {**s3.settings(bucket), "S3_SECRET_ACCESS_KEY": SECRET, "LOG_LEVEL": "error"}
    says(
        infer_focus(*BACKFILL, env=team.settings(**settings)),
        4,
        f"s3://{bucket}/focus/: cannot list: SignatureDoesNotMatch (The request signature we"
        " calculated does not match the signature you provided. Check your key and signing"
        " method.); check S3_SECRET_ACCESS_KEY",
    )
    assert s3.keys(bucket) == []


def test_two_destinations(base: dict[str, str], s3: S3Server) -> None:
    bucket = s3.new_bucket()
    says(
        infer_focus(*BACKFILL, env={**base, **s3.settings(bucket)}),
        2,
        "S3_BUCKET, OUTPUT_DIR: both are set, they exclude each other, keep one",
    )
    assert s3.keys(bucket) == []


def test_a_config_path_that_is_none(base: dict[str, str]) -> None:
    """No other place is looked at instead."""
    says(
        infer_focus(*BACKFILL, env={**base, "CONFIG_PATH": "/etc/infer\nfocus"}),
        2,
        'CONFIG_PATH: got "/etc/infer\\nfocus", expected a path',
    )


def test_a_configuration_without_a_profile(base: dict[str, str], tmp_path: Path) -> None:
    """The message shows how one looks."""
    config = tmp_path / "empty.yaml"
    config.write_text("# to do\n", "utf-8")
    says(
        infer_focus(*BACKFILL, env={**base, "CONFIG_PATH": str(config)}),
        2,
        f"{config}: no CostProfile found, write one for each GPU pool, such as: {{apiVersion:"
        " finops.infercost.ai/v1alpha1, kind: CostProfile, metadata: {name: h100}, spec:"
        " {hardware: {gpuModel: NVIDIA H100, gpuCount: 8, purchasePriceUSD: 280000},"
        " electricity: {ratePerKWh: 0.12}}}",
    )


def test_a_slip_in_a_field(team: Scene, base: dict[str, str], tmp_path: Path) -> None:
    """Both halves of it: what is unknown, and what is missing therefore."""
    config = tmp_path / "typo.yaml"
    config.write_text(team.config.read_text("utf-8").replace("gpuCount", "gpuCont"), "utf-8")
    place = f"{config}: document 1 (CostProfile/team): spec.hardware"
    says(
        infer_focus(*BACKFILL, env={**base, "CONFIG_PATH": str(config)}),
        2,
        f"{place}.gpuCount: is required, expected a whole number from 1 to 1000000",
        f"{place}.gpuCont: unknown field, did you mean gpuCount?",
    )


def test_a_start_between_two_hours(base: dict[str, str]) -> None:
    """The hours on both sides are named."""
    span = ("--start", "2026-10-01T00:30:00Z", "--end", "2026-10-02")
    says(
        infer_focus("backfill", *span, env=base),
        2,
        "--start 2026-10-01T00:30:00Z is not where periods that are hourly begin:"
        " use 2026-10-01T00:00:00Z or 2026-10-01T01:00:00Z",
    )


def test_a_dump_that_was_cut_short(team: Scene, base: dict[str, str], tmp_path: Path) -> None:
    """A copy that broke off does not pass for a source that has forgotten."""
    broken = tmp_path / "broken.om"
    whole = team.dump.read_bytes()
    broken.write_bytes(whole[: whole.index(b"\n", len(whole) // 2) + 9])
    says(
        infer_focus(*BACKFILL, env={**base, "SOURCE_FILE": str(broken)}),
        2,
        f"SOURCE_FILE {broken} ends within a line, so it was cut; write it again, the last line"
        " is `# EOF`",
    )
