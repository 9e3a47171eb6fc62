"""A rule about rows, each by itself, and a rule about the columns of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exporter.focus.rules.coded import Mask
from exporter.focus.rules.layout import FileLayout
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule

NOBODY = "no row concerns it"


class Finding(NamedTuple):
    """The rows that a rule concerns and, of these, those that break it."""

    concerned: Mask
    broken: Mask


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule that a row keeps or breaks by itself.

    `column` is named where it is broken, and `what` completes the sentence. `needs` are the
    columns without which a file says nothing about the rule. `nobody` is why it does not apply
    where no row concerns it.
    """

    rule: Rule
    column: str
    what: str
    look: Callable[[Rows], Finding]
    needs: tuple[str, ...]
    nobody: str = NOBODY


def row_rule(
    aspect: str,
    column: str,
    level: Level,
    text: str,
    what: str,
    look: Callable[[Rows], Finding],
    *,
    needs: Sequence[str] = (),
    nobody: str = NOBODY,
) -> RowRule:
    """The rule `column/aspect`, which needs `column` and what else is named."""
    rule = Rule(f"{column}/{aspect}", level, text)
    return RowRule(rule, column, what, look, (column, *needs), nobody)


class ColumnFault(NamedTuple):
    """A column of a file that breaks a rule about columns."""

    column: str
    value: str
    what: str


@dataclass(frozen=True, slots=True)
class FileRule:
    """A rule about the columns of a file.

    `look` gives None for a file that the rule does not concern, and is not asked about a file
    without the columns in `needs`. `nobody` is why the rule does not apply where it concerns none.
    """

    rule: Rule
    look: Callable[[FileLayout], Sequence[ColumnFault] | None]
    nobody: str
    needs: tuple[str, ...] = ()
