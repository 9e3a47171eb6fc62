"""What a fault of the matrix says about itself: tests prove it, docs/reliability.md shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["source", "storage", "process", "input"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad thing that can happen, and what it must lead to; the test of the same name shows it.

    - happens: what goes wrong, as an operator would tell it
    - message: words the last line on stderr (or the named event) holds, without addresses
    - code: the exit code
    - after: what the bucket holds when the command has ended
    - next_run: what the next undisturbed run does about it
    """

    name: str
    group: Group
    happens: str
    message: str
    code: int
    after: str
    next_run: str
