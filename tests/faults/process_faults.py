"""Faults of the process itself: it is killed, or it is not alone."""

from __future__ import annotations

from tests.faults.fault import Fault

_WHOLE = "whole objects only, each as it was before or as it will be"
_MAKES_UP = "writes the rest: the dataset is byte-identical to that of an undisturbed run"
_ALONE = "what one run alone leaves, with a manifest of each"

#: By the signal, in lower case.
KILLS = (
    Fault(
        "sigterm",
        "process",
        "SIGTERM at any moment: a node is drained, a deadline passes",
        "interrupted by SIGTERM; run again to go on",
        143,
        _WHOLE,
        _MAKES_UP,
    ),
    Fault(
        "sigint",
        "process",
        "Ctrl-C at any moment",
        "interrupted by SIGINT; run again to go on",
        130,
        _WHOLE,
        _MAKES_UP,
    ),
    Fault(
        "sigkill",
        "process",
        "SIGKILL at any moment: out of memory, a node is lost",
        "",
        137,
        _WHOLE,
        _MAKES_UP,
    ),
)
KILLED_BEFORE_METADATA = Fault(
    "killed-before-its-metadata",
    "process",
    "SIGKILL after the last object and before the FOCUS metadata",
    "",
    137,
    "every object, and FOCUS metadata that do not know of them",
    "writes them; even `backfill --missing-only`, which makes no period again, since each object"
    " says itself whether it is complete",
)
TWO_AT_A_TIME = Fault(
    "two-runs-at-a-time",
    "process",
    "two runs over the same periods at a time",
    "run finished",
    0,
    _ALONE,
    "finds everything unchanged",
)
FIVE_AT_A_TIME = Fault(
    "five-runs-at-a-time",
    "process",
    "five runs over the same periods at a time",
    "run finished",
    0,
    _ALONE,
    "finds everything unchanged",
)
BACKFILL_BESIDE_RUN = Fault(
    "backfill-beside-a-run",
    "process",
    "a backfill of periods that a run is writing",
    "finished",
    0,
    "what both leave one after another",
    "finds everything unchanged",
)
FAULTS = (*KILLS, KILLED_BEFORE_METADATA, TWO_AT_A_TIME, FIVE_AT_A_TIME, BACKFILL_BESIDE_RUN)
