"""When a store that fails for one object after the other is taken for one that cannot be used.

Every failed request was repeated before. Without an end to that, an outage would cost a backfill of
a month hours of waiting, one object at a time.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from exporter.errors import StoreFailed, StoreGivenUp, UnusableError

#: So many requests of one kind fail, each of them repeated, before the store is given up.
MOST_IN_A_ROW = 3


class Patience:
    """Counts failures in a row by what was tried: reading goes well where writing is refused."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def succeeded(self, action: str) -> None:
        """That action works, or works again."""
        with self._lock:
            self._failed.pop(action, None)

    def judged(
        self, action: str, error: StoreFailed | UnusableError
    ) -> StoreFailed | UnusableError:
        """The error to raise: the failure of one object is that of all if it is one too many."""
        if isinstance(error, UnusableError):
            return error
        with self._lock:
            self._failed[action] += 1
            count = self._failed[action]
        if count < MOST_IN_A_ROW:
            return error
        return StoreGivenUp(f"{error} ({count} requests failed in a row)")


@contextmanager
def needed() -> Iterator[None]:
    """Raises UnusableError where one object failed without which nothing can begin."""
    try:
        yield
    except StoreFailed as error:
        raise UnusableError(str(error)) from error
