"""Figures of the long tests (kills survived, fleets compared, inputs tried) for the docs.

`make test-long` sets INFER_FOCUS_MEASURE=1; otherwise nothing is written.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

FILE = Path(__file__).with_name("measured.json")


def note(name: str, **figures: int) -> None:
    """Keeps the figures of one long test under its name; counts only, no times."""
    if os.environ.get("INFER_FOCUS_MEASURE") != "1":
        return
    with FILE.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the long tests run side by side
        file.seek(0)
        known = json.loads(file.read() or "{}")
        file.truncate(0)
        file.write(json.dumps({**known, name: figures}, indent=2, sort_keys=True) + "\n")
