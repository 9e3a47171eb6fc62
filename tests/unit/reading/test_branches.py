"""Reading beside the caller."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from exporter.errors import UnreadablePeriod
from exporter.reading.branches import branches

SECONDS = 10


def test_branches_run_at_the_same_time() -> None:
    """Each waits for the other one."""
    both = threading.Barrier(2, timeout=SECONDS)
    with branches() as beside:
        one, other = (beside.begin(both.wait) for _ in range(2))
        assert sorted([one.result(), other.result()]) == [0, 1]


def test_a_failure_is_raised_where_the_answer_is_asked_for() -> None:
    def fail(text: str) -> None:
        raise UnreadablePeriod(text)

    with branches() as beside:
        failed = beside.begin(fail, "cut")
        assert beside.begin(str, 1).result() == "1"
        with pytest.raises(UnreadablePeriod, match="cut"):
            failed.result()


def begin_and_fail(release: threading.Event, begun: list[Future[bool]]) -> None:
    with branches() as beside:
        begun.append(beside.begin(release.wait, SECONDS))
        raise UnreadablePeriod("cut")


def test_nobody_waits_for_a_branch_when_the_caller_fails() -> None:
    release = threading.Event()
    begun: list[Future[bool]] = []
    with pytest.raises(UnreadablePeriod, match="cut"):
        begin_and_fail(release, begun)
    assert not begun[0].done()
    release.set()
    assert begun[0].result()
