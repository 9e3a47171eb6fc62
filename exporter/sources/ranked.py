"""Threads that take what matters most first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from heapq import heappop, heappush
from itertools import count
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


class RankedThreads:
    """Runs so much at a time: what has the lowest rank first, of one rank in order."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._waiting: list[tuple[int, int, Callable[[], None], Callable[[], bool]]] = []
        self._numbers = count()
        self._changing = threading.Lock()

    def submit(
        self,
        rank: int,
        do: Callable[_Arguments, _Answer],
        *args: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> Future[_Answer]:
        future: Future[_Answer] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(do(*args, **named))
                except BaseException as error:  # noqa: BLE001 raised again where the result is asked for
                    future.set_exception(error)

        with self._changing:
            heappush(self._waiting, (rank, next(self._numbers), run, future.cancel))
        self._threads.submit(self._run_first)
        return future

    def close(self) -> None:
        """Take back what has not begun; does not wait for the rest."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._changing:
            waiting, self._waiting = self._waiting, []
        for *_, cancel in waiting:
            cancel()

    def _run_first(self) -> None:
        with self._changing:
            if not self._waiting:
                return  # closed meanwhile
            *_, run, _ = heappop(self._waiting)
        run()
