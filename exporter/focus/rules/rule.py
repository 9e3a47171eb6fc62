"""What a rule is, and what is known after it was looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

MOST_EXAMPLES = 5
LONGEST_VALUE = 80  #: characters of a value that is shown


class Level(StrEnum):
    """How bad it is to break a rule: what FOCUS demands, and what it only recommends."""

    ERROR = "error"
    WARNING = "warning"


class Status(StrEnum):
    """What came of a rule; a rule that no row concerns has not passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, such as `BilledCost/not-null`, and one sentence in our words."""

    id: str
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """One place that breaks a rule.

    `row` counts the data rows of the file from 1 and is None for a rule about the file or about
    all files. `value` is one line of at most 80 characters, empty for null.
    """

    file: str
    row: int | None
    column: str
    value: str
    what: str


@dataclass(slots=True)
class Result:
    """What came of one rule over all files.

    `rows` counts the rows (or the files, for a rule about these) that the rule concerns, `broken`
    those that break it, of which `examples` are the first five. `reason` says why the rule does
    not apply, or what was left out to bound memory; otherwise it is empty.
    """

    rule: Rule
    status: Status
    rows: int = 0
    broken: int = 0
    examples: list[Broken] = field(default_factory=list)
    reason: str = ""


def shown(value: object) -> str:
    """A value as one line of at most 80 characters; null is empty."""
    text = "" if value is None else str(value)
    line = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 1] + "…"
