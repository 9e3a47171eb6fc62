"""A run that is stopped leaves whole objects, and the next one goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.e2e.conftest import Exported
from tests.e2e.gate import gate_before
from tests.e2e.job import backfill, begun_backfill, end_of, succeeded
from tests.e2e.scene import Scene
from tests.e2e.written import data, in_bucket, in_folder
from tests.fleets.token_scenarios import T0, at
from tests.servers import REPOSITORY, S3Server, clean_environment

SECONDS = 10


def test_sigterm_during_a_write_leaves_whole_objects(
    team: Scene, team_hourly: Exported, s3: S3Server
) -> None:
    """While the sixth object is on its way; afterwards five are there, then all."""
    bucket, puts = s3.new_bucket(), 0

    def sixth_put(method: str, path: str, _body: bytes) -> bool:
        nonlocal puts
        puts += method == "PUT" and "/version=" in unquote(path)
        return puts == 6

    settings = team.settings(**s3.settings(bucket))
    with gate_before(s3.endpoint, sixth_put) as gate:
        through = {**settings, "S3_ENDPOINT_URL": gate.url}
        with begun_backfill(T0, at(24), through) as process:
            gate.wait_until_reached()
            process.send_signal(signal.SIGTERM)
            stopped = end_of(process, SECONDS)
    assert stopped.code == 143
    assert stopped.stderr.endswith("infer-focus: interrupted by SIGTERM; run again to go on\n")
    assert "Traceback" not in stopped.stderr
    keys = sorted(team_hourly.objects)
    assert in_bucket(s3, bucket) == {key: team_hourly.objects[key] for key in keys[:5]}
    assert succeeded(backfill(T0, at(24), env=settings)).counts == (19, 5, 0, 0)
    assert data(in_bucket(s3, bucket)) == {key: team_hourly.objects[key] for key in keys[:24]}


def test_ctrl_c_during_a_slow_answer_ends_at_once(
    mixed: Scene, prometheus: str, from_dump: Exported, tmp_path: Path
) -> None:
    """Prometheus keeps silent about the second day; the next run adds what is missing."""

    def about_second_day(_method: str, _path: str, body: bytes) -> bool:
        return f"end={mixed.fleet.end}".encode() in body

    settings = mixed.asking(prometheus, OUTPUT_DIR=str(tmp_path))
    with gate_before(prometheus, about_second_day) as gate:
        through = {**settings, "PROMETHEUS_URL": gate.url}
        with begun_backfill(*mixed.span, through) as process:
            gate.wait_until_reached()
            process.send_signal(signal.SIGINT)
            stopped = end_of(process, SECONDS)
    assert stopped.code == 130
    assert stopped.stderr.endswith("infer-focus: interrupted by SIGINT; run again to go on\n")
    assert "Traceback" not in stopped.stderr
    assert data(in_folder(tmp_path)).items() <= from_dump.objects.items()
    succeeded(backfill(*mixed.span, env=settings))
    assert data(in_folder(tmp_path)) == from_dump.objects


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_after_the_last_word_changes_nothing(sent: signal.Signals) -> None:
    """While Python closes connections: it would say so with a traceback, or forget the code."""
    program = (
        "import atexit, os, sys; from exporter.cli import main;"
        "atexit.register(os.kill, os.getpid(), int(sys.argv[1])); sys.exit(main(['schema']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(int(sent))],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "loses_it",
    [
        "\n try: os.kill(os.getpid(), number)\n except BaseException: raise TypeError",
        "\n try: os.kill(os.getpid(), number)\n except BaseException: pass\n time.sleep(60)",
        "\n weakref.finalize(set(), os.kill, os.getpid(), number)\n time.sleep(60)",
    ],
    ids=["made another error", "passed over", "dropped by a finalizer"],
)
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_no_library_loses_a_signal(sent: signal.Signals, loses_it: str) -> None:
    """numpy and finalizers do such things with what is raised in them."""
    program = (
        "import os, sys, time, weakref\nfrom exporter import cli\nnumber = int(sys.argv[1])\n"
        f"def lose(*_):{loses_it}\ncli._run = lose\nsys.exit(cli.main([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(int(sent))],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        timeout=SECONDS + 20,
        check=False,
    )
    said = f"infer-focus: interrupted by {sent.name}; run again to go on\n"
    assert (done.returncode, done.stderr.decode()) == (128 + sent, said)
