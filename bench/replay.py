"""The exporter's requests once more, by curl: the time that Prometheus alone needs for them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.recorder import Asked

#: How many requests at a time are tried; the best counts.
PARALLEL = (2, 4)


class ReplayFailed(Exception):
    """curl is not there, or an answer was not what the exporter was given."""


def replay(prometheus: str, requests: Sequence[Asked], parallel: int, folder: Path) -> float:
    """Seconds of one curl process that sends all requests, so many at a time."""
    curl = shutil.which("curl")
    if curl is None:
        raise ReplayFailed("curl is missing: install it")
    config = folder / "curl.conf"
    config.write_text("\nnext\n".join(_lines(prometheus, one) for one in requests), "utf-8")
    command = [curl, "--disable", "--parallel", "--parallel-immediate"]
    command += ["--parallel-max", str(parallel), "--config", str(config)]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    _check(done, requests)
    return seconds


def _lines(prometheus: str, asked: Asked) -> str:
    lines = [
        f'url = "{prometheus}{asked.path}"',
        'output = "/dev/null"',
        "silent",
        r'write-out = "%{http_code} %{size_download}\n"',
    ]
    if asked.method == "POST":
        lines.append(f'data-binary = "{asked.body.decode()}"')
    return "\n".join(lines)


def _check(done: subprocess.CompletedProcess[str], requests: Sequence[Asked]) -> None:
    answers = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    good = sum(code == 200 for code, _ in answers)
    if done.returncode or good != len(requests):
        raise ReplayFailed(
            f"curl ended with {done.returncode}; {good} of {len(requests)} requests were answered:"
            f" {done.stderr.strip()}"
        )
    received, expected = sum(size for _, size in answers), sum(r.answer_bytes for r in requests)
    if received != expected:
        raise ReplayFailed(f"the answers have {received} bytes now, and had {expected} before")
