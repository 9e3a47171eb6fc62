"""Real servers for tests, Prometheus, a Pushgateway and two S3 servers, and the real command.

Every server listens on a port the system chose (port 0), is awaited by polling within a bound, and
ends with its block. Its output goes to a file, and into the error if it does not come up.

Which S3 server for what. rclone keeps objects as plain files. Measured with 1.75:
- user metadata lives as long as the server (not over a restart) and its keys come back
  capitalised (`sha256` as `Sha256`);
- `If-Match` and `If-None-Match` of a put are ignored: the object is overwritten;
- storage class and KMS key are echoed in answers, without any meaning.
moto answers the way AWS does in these points.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import httpx
import pytest
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS = 60
STOP_SECONDS = 20
POLL_SECONDS = 0.05
RETENTION_FLAG = "--storage.tsdb.retention.time"
#: promtool reads a file once for every block in it: in blocks of two hours a day takes a second.
LONGEST_BLOCK = "--max-block-duration=500h"

#: Variables of the developer's machine that would change what a test sees.
SETTING_PREFIXES = (
    *("AWS_", "CLUSTER_", "COLLECTION_", "CONFIG_PATH", "COST_", "FOCUS_", "JOB_", "LOG_"),
    *("OUTPUT_", "PARQUET_", "PROMETHEUS_", "PUSHGATEWAY_", "S3_", "SOURCE_FILE", "TERNARY_"),
    *("ALL_PROXY", "FORCE_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "NO_COLOR", "RCLONE_"),
)
#: An odd zone shows local time where UTC was meant; a fixed width keeps help texts the same.
FIXED_VARIABLES = {
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    "COLUMNS": "100",
    "TZ": "ODD-05:45",
}


class ServerFailed(Exception):
    """The server ended or did not become ready in time; the text ends with what it printed."""


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running S3 server, with an open client of its own."""

    endpoint: str
    access_key: str
    secret_key: str
    client: S3Client
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_bucket(self) -> str:
        """Makes an empty bucket that no other test uses."""
        name = f"bucket-{next(self._numbers)}"
        self.client.create_bucket(Bucket=name)
        return name

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Every key, in S3's order, however many pages that takes."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def settings(self, bucket: str) -> dict[str, str]:
        """The environment that makes the command write into the bucket."""
        return {
            "S3_BUCKET": bucket,
            "S3_REGION": "us-east-1",
            "S3_ENDPOINT_URL": self.endpoint,
            "S3_ACCESS_KEY_ID": self.access_key,
            "S3_SECRET_ACCESS_KEY": self.secret_key,
            "S3_ADDRESSING_STYLE": "path",
        }


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that configures the exporter or its libraries."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(SETTING_PREFIXES)}
    return kept | FIXED_VARIABLES


def run_command(
    args: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    cwd: Path = REPOSITORY,
    timeout_seconds: float = 120,
) -> subprocess.CompletedProcess[str]:
    """`infer-focus ARGS` as a process, with only `env` as its settings.

    The output is UTF-8 text with its line ends as written; a failing exit code is not an error.
    """
    command = [sys.executable, "-m", "exporter", *args]
    environment = clean_environment() | {"PYTHONPATH": str(REPOSITORY)} | dict(env or {})
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout_seconds,
        check=False,
    )
    return subprocess.CompletedProcess(
        command, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def require_tool(name: str) -> Path:
    """The program, from .tools, the virtual environment or the PATH.

    A missing one fails the test where everything must run (CI, `make test`), else skips it.
    """
    tools = REPOSITORY / ".tools"
    folders = [tools / "usr" / "bin", tools / "audit" / "bin", Path(sys.executable).parent]
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ["PATH"]]))
    if found is not None:
        return Path(found)
    reason = f"NOT TESTED: {name} is missing; `make test` fetches it"
    if os.environ.get("CI") or os.environ.get("INFER_FOCUS_REQUIRE_TOOLS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def prometheus_server(
    openmetrics_files: Sequence[Path], folder: Path, extra_flags: Sequence[str] = ()
) -> Iterator[str]:
    """A Prometheus that holds exactly the samples of the files and scrapes nothing.

    Yields the base URL. `folder` (a fresh one per server) takes its blocks, configuration and log.
    Nothing is forgotten unless a flag says so.
    """
    load = [str(require_tool("promtool")), "tsdb", "create-blocks-from"]
    if not _forgets(extra_flags):
        load.append(LONGEST_BLOCK)
    blocks = folder / "blocks"
    blocks.mkdir(parents=True)
    for file in openmetrics_files:
        into = ["openmetrics", str(file), str(blocks)]
        loaded = subprocess.run([*load, *into], capture_output=True, text=True, check=False)
        if loaded.returncode:
            raise ServerFailed(f"promtool cannot load {file}: {loaded.stderr.strip()}")
    with prometheus_over(blocks, folder, extra_flags) as url:
        yield url


@contextmanager
def prometheus_over(blocks: Path, folder: Path, extra_flags: Sequence[str] = ()) -> Iterator[str]:
    """The same over database blocks that are there; `folder` takes its configuration and log."""
    config = folder / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    command = [
        str(require_tool("prometheus")),
        f"--config.file={config}",
        f"--storage.tsdb.path={blocks}",
        "--web.listen-address=127.0.0.1:0",
        *extra_flags,
    ]
    if not _forgets(extra_flags):
        command.append(f"{RETENTION_FLAG}=10y")
    log = folder / "prometheus.log"
    with _running(command, log, r'msg="Listening on".* address=(\S+)', "/-/ready") as url:
        yield url


def _forgets(flags: Sequence[str]) -> bool:
    """Whether a flag says how long samples are kept: it is whole blocks that are forgotten."""
    return any(flag.startswith(RETENTION_FLAG) for flag in flags)


@contextmanager
def pushgateway_server(folder: Path, extra_flags: Sequence[str] = ()) -> Iterator[str]:
    """A Pushgateway that holds nothing yet; yields the base URL. `folder` takes state and log."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        str(require_tool("prometheus-pushgateway")),
        "--web.listen-address=127.0.0.1:0",
        f"--persistence.file={folder / 'pushgateway.data'}",
        *extra_flags,
    ]
    log = folder / "pushgateway.log"
    with _running(command, log, r'msg="Listening on".* address=(\S+)', "/-/ready") as url:
        yield url


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """rclone's S3 server on `folder`/buckets: a bucket is a folder, an object is a file.

    Read the files freely; write only through the server, which remembers its listings for minutes.
    """
    access_key, secret_key = "infer-focus-test", "not-a-real-secret"
    buckets = folder / "buckets"
    buckets.mkdir(parents=True, exist_ok=True)
    command = [
        *(str(require_tool("rclone")), "serve", "s3"),
        *("--config", str(folder / "no-rclone.conf")),
        *("--addr", "127.0.0.1:0"),
        *("--auth-key", f"{access_key},{secret_key}"),
        str(buckets),
    ]
    pattern = r"Starting s3 server on \[http://([^/\]]+)"
    with (
        _running(command, folder / "rclone.log", pattern, "/") as url,
        closing(_s3_client(url, access_key, secret_key)) as client,
    ):
        yield S3Server(url, access_key, secret_key, client)


@contextmanager
def moto_server(folder: Path) -> Iterator[S3Server]:
    """moto's server: S3 in memory, with KMS headers, storage classes and conditional puts."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    pattern = r"Running on http://(\S+)"
    with (
        _running(command, folder / "moto.log", pattern, "/moto-api/") as url,
        closing(_s3_client(url, "testing", "testing")) as client,
    ):
        yield S3Server(url, "testing", "testing", client)


def _s3_client(endpoint: str, access_key: str, secret_key: str) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )


@contextmanager
def _running(
    command: Sequence[str], log: Path, address_pattern: str, ready_path: str
) -> Iterator[str]:
    """Runs a server; yields the base URL whose address it prints, once `ready_path` answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _wait_until_ready(process, log, address_pattern, ready_path)
    finally:
        _stop(process)


def _wait_until_ready(
    process: subprocess.Popen[bytes], log: Path, address_pattern: str, ready_path: str
) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        address = re.search(address_pattern, log.read_text(errors="replace"))
        if address and _answers(f"http://{address[1]}{ready_path}"):
            return f"http://{address[1]}"
        if _has_ended(process):
            break
    ended = "has not become ready" if process.returncode is None else "ended"
    printed = log.read_text(errors="replace")
    raise ServerFailed(f"{process.args!r} {ended} (exit {process.returncode}):\n{printed}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.TransportError:
        return False


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Also the pause between two polls."""
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
