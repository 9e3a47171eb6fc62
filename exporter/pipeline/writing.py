"""Periods are written one after another, each while the rows of the next ones are made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from exporter.errors import UnusableError
from exporter.pipeline.outcomes import Outcome

#: What is left to do for a period whose rows are made.
Writing = Callable[[], Outcome]
#: So many made periods are in memory: one is being written, one waits for that.
_MOST_WAITING = 2


class Writer:
    """Notes the outcomes of periods in the order in which they were made.

    One thread writes, so that objects appear in that order too. What a write raises is raised by
    the next call, and nothing is written after it.
    """

    def __init__(self, outcomes: list[Outcome]) -> None:
        self._outcomes = outcomes
        self._thread = ThreadPoolExecutor(1, "writer")
        self._begun: deque[Future[Outcome]] = deque()

    def add(self, made: Outcome | Writing) -> None:
        """Note an outcome, or begin a write; waits while too many are under way."""
        while len(self._begun) >= _MOST_WAITING:
            self._note_first()
        before = self._begun[-1] if self._begun else None
        self._begun.append(self._thread.submit(_ended, made, before))

    def finish(self) -> None:
        """Wait until everything is written."""
        while self._begun:
            self._note_first()

    def settle(self) -> None:
        """Note what was written all the same, after a failure; waits for what is under way."""
        while self._begun:
            with suppress(UnusableError):
                self._note_first()

    def close(self) -> None:
        """Begin nothing more; does not wait."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _note_first(self) -> None:
        self._outcomes.append(self._begun.popleft().result())


def _ended(made: Outcome | Writing, before: Future[Outcome] | None) -> Outcome:
    if before is not None:
        before.result()  # after a failure nothing more is written
    return made if isinstance(made, Outcome) else made()
