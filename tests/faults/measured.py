"""Figures of the long tests (kills survived, fleets compared, inputs tried) for the docs.

`make test-long` sets INFER_FOCUS_MEASURE=1; otherwise nothing is written.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = Path(__file__).with_name("measured.json")


def note(name: str, **figures: int) -> None:
    """Keeps the figures of one long test under its name; counts only, no times."""
    if os.environ.get("INFER_FOCUS_MEASURE") != "1":
        return
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    FILE.write_text(json.dumps({**known, name: figures}, indent=2, sort_keys=True) + "\n")
