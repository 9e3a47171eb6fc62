"""What came of one look: a result, what it is about, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

#: Something is missing without which periods fail or cost nothing, as PeriodError.
MISSING = 3
#: Source or destination cannot be used, as UnusableError.
UNUSABLE = 4

_MOST_NAMES = 5


class Result(StrEnum):
    """How it stands; `SKIP` says that something could not be looked at."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    `fix` is what to change, empty where nothing is wrong; `code` the exit code that follows;
    `cluster` is only said where there may be several.
    """

    result: Result
    what: str
    detail: str
    fix: str = ""
    code: int = 0
    cluster: str = ""


def ok(what: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(Result.OK, what, detail)


def warn(what: str, detail: str, fix: str) -> Finding:
    """Periods are written, with less in them than there could be."""
    return Finding(Result.WARN, what, detail, fix)


def fail(what: str, detail: str, fix: str, code: int = MISSING) -> Finding:
    """Periods fail or cost nothing, or nothing can be exported at all."""
    return Finding(Result.FAIL, what, detail, fix, code)


def skip(what: str, detail: str) -> Finding:
    """Nobody knows."""
    return Finding(Result.SKIP, what, detail)


def exit_code(findings: Iterable[Finding]) -> int:
    """That of the worst one: 4 before 3 before 0."""
    return max((finding.code for finding in findings), default=0)


def refused(what: str, error: Exception, code: int) -> Finding:
    """From an error's text, whose part after the last semicolon is what to do."""
    detail, _, fix = str(error).rpartition("; ")
    return fail(what, detail or fix, fix if detail else "look at the message", code)


def listed(names: Collection[str]) -> str:
    """The first few names in order, and how many more there are."""
    shown = sorted(names)[:_MOST_NAMES]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def counted(count: int, name: str, plural: str = "") -> str:
    """`1 node`, `2 nodes`."""
    return f"{count:,} {name if count == 1 else plural or name + 's'}"
