"""Put first on PYTHONPATH: a process in which time is short, and everything else is as it is.

Pauses between retries end at once, and nobody waits longer than a second for a silent peer.
"""

from __future__ import annotations

import socket
import time

LONGEST_PAUSE = 0.01
LONGEST_WAIT = 1.0

_sleep, _settimeout = time.sleep, socket.socket.settimeout


def sleep(seconds: float) -> None:
    _sleep(min(seconds, LONGEST_PAUSE))


def settimeout(self: socket.socket, value: float | None) -> None:
    _settimeout(self, None if value is None else min(value, LONGEST_WAIT))


time.sleep = sleep  # type: ignore[assignment]
socket.socket.settimeout = settimeout  # type: ignore[assignment, method-assign]
