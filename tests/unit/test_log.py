from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import warnings
from decimal import Decimal

import pytest

from exporter import log


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_one_json_object_with_time_and_level() -> None:
    stream = io.StringIO()
    log.configure("info", None, stream)

    log.get_logger().info("run finished", rows=3, note="a\nb", cost=Decimal("0.10"))

    (line,) = stream.getvalue().splitlines()
    event = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event.pop("timestamp"))
    assert event == {
        "event": "run finished",
        "level": "info",
        "rows": 3,
        "note": "a\nb",
        "cost": "0.10",
    }


def test_lines_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    log.configure("warning", "json", stream)

    log.get_logger().info("quiet")
    log.get_logger().warning("loud")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def log_a_failure() -> None:
    token = "hunter2"
    try:
        raise ValueError(len(token))
    except ValueError:
        log.get_logger().exception("failed")


def test_a_traceback_is_in_the_line_of_its_event() -> None:
    stream = io.StringIO()
    log.configure("info", "json", stream)

    log_a_failure()

    (line,) = stream.getvalue().splitlines()
    assert "ValueError: 7" in json.loads(line)["exception"]


@pytest.mark.parametrize("format", ["json", "console"])
def test_a_traceback_does_not_tell_the_values_of_variables(format: log.Format) -> None:
    stream = io.StringIO()
    log.configure("info", format, stream)

    log_a_failure()

    assert "ValueError: 7" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_a_terminal_gets_readable_lines() -> None:
    stream = Terminal()
    log.configure("info", None, stream)

    log.get_logger().info("run finished", namespace="a\nb\x1b[31m", rows=3)

    (line,) = stream.getvalue().splitlines()
    plain = re.sub(r"\x1b\[\d+m", "", line)
    assert "run finished" in plain
    assert r"namespace=a\nb\x1b[31m" in plain
    assert "rows=3" in plain


def test_the_console_form_can_be_chosen_for_a_file() -> None:
    stream = io.StringIO()
    log.configure("info", "console", stream)

    log.get_logger().info("zwölf\u2028GPUs")

    assert "\x1b" not in stream.getvalue()
    assert r"zwölf\u2028GPUs" in stream.getvalue()


@pytest.mark.parametrize("format", ["json", "console"])
def test_warnings_of_libraries_come_in_the_same_form(format: log.Format) -> None:
    stream = io.StringIO()
    log.configure("debug", format, stream)

    logging.getLogger("botocore").info("with headers")
    logging.getLogger("botocore").warning("slow\nbucket")

    (line,) = stream.getvalue().splitlines()
    assert r"slow\nbucket" in line
    assert "warning" in line


def test_python_warnings_are_log_lines() -> None:
    stream = io.StringIO()
    log.configure("info", "json", stream)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    (line,) = stream.getvalue().splitlines()
    assert "DeprecationWarning: old" in json.loads(line)["event"]


def test_lines_go_to_stderr() -> None:
    code = "from exporter import log; log.configure(); log.get_logger().info('here')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert json.loads(done.stderr)["event"] == "here"
    assert done.stdout == ""
