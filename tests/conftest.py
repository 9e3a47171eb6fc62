"""What every test gets: a clean environment, repeatable properties, servers on demand."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Iterator

import hypothesis
import pytest
import structlog

from tests import servers

# The same examples in every run: a red build shows the change, not the luck of the draw.
hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, print_blob=True
)
hypothesis.settings.load_profile("repeatable")


#: Folders whose files take long, the longest first; all others are short.
LONG_FILES = ("image", "integration", "faults", "e2e", "helm", "browser", "truth")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long begin first, so that no worker is left with one at the end.

    Among files of one folder the order stays a random one.
    """
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(servers.REPOSITORY / "tests").parts[0]
    return LONG_FILES.index(folder) if folder in LONG_FILES else len(LONG_FILES)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the machine lacks, in a frame of its own after everything else."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    untested = {reason: n for reason, n in reasons.items() if reason.startswith("NOT TESTED")}
    if untested:
        terminalreporter.section("NOT TESTED", sep="!", yellow=True, bold=True)
    for reason, count in sorted(untested.items()):
        terminalreporter.line(f"{reason} ({count} tests skipped)", yellow=True, bold=True)


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        environment = servers.clean_environment()
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    """A command run in this process sets the log up: its level and stream end with its test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # setting the log up closes those it finds
    yield
    logging.captureWarnings(capture=False)
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.S3Server]:
    """rclone's S3 server, one for the whole run: take a `new_bucket()` per test."""
    with servers.s3_server(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.S3Server]:
    """moto's S3 server, one for the whole run: take a `new_bucket()` per test."""
    with servers.moto_server(tmp_path_factory.mktemp("moto")) as server:
        yield server
