"""What needs nothing of each other's answers, read at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")
#: More than are begun at once but for active time: each waits most of the time.
_MOST = 32


class Branches:
    """Begins reading beside the caller; a failure is raised where the result is asked for."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    def begin(
        self,
        read: Callable[_Arguments, _Answer],
        *args: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> Future[_Answer]:
        return self._threads.submit(read, *args, **named)


@contextmanager
def branches() -> Iterator[Branches]:
    """Branches that are given up when the caller fails: nobody waits for their answers then."""
    threads = ThreadPoolExecutor(_MOST, "branch")
    try:
        yield Branches(threads)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
