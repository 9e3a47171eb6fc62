from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from exporter.sources.ranked import RankedThreads

SECONDS = 30


@contextmanager
def one_busy_thread() -> Iterator[tuple[RankedThreads, threading.Event]]:
    """Threads whose only one is busy until the event."""
    threads, begun, go_on = RankedThreads(1, "ranked"), threading.Event(), threading.Event()

    def be_busy() -> None:
        begun.set()
        assert go_on.wait(SECONDS)

    threads.submit(0, be_busy)
    assert begun.wait(SECONDS)
    try:
        yield threads, go_on
    finally:
        go_on.set()
        threads.close()


def test_the_lowest_rank_goes_first_and_of_one_rank_the_oldest() -> None:
    done: list[str] = []
    with one_busy_thread() as (threads, go_on):
        submitted = [
            threads.submit(rank, done.append, name)
            for rank, name in [(2, "instants"), (1, "first"), (1, "second"), (0, "raw")]
        ]
        go_on.set()
        for future in submitted:
            future.result(SECONDS)
    assert done == ["raw", "first", "second", "instants"]


def test_a_failure_is_raised_where_the_result_is_asked_for_and_the_thread_goes_on() -> None:
    threads = RankedThreads(1, "ranked")
    failed = threads.submit(0, int, "no number")
    with pytest.raises(ValueError, match="no number"):
        failed.result(SECONDS)
    assert threads.submit(0, int, "7").result(SECONDS) == 7
    threads.close()


def test_what_is_taken_back_is_not_done() -> None:
    done: list[str] = []
    with one_busy_thread() as (threads, go_on):
        taken_back = threads.submit(0, done.append, "taken back")
        last = threads.submit(1, done.append, "last")
        assert taken_back.cancel()
        go_on.set()
        last.result(SECONDS)
    assert done == ["last"]


def test_closed_threads_take_back_all_that_has_not_begun() -> None:
    with one_busy_thread() as (threads, _):
        waiting = threads.submit(0, int, "7")
        threads.close()
        assert waiting.cancelled()
