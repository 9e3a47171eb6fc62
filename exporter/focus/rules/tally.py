"""What is counted of a rule while files are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from exporter.focus.rules.coded import Mask
from exporter.focus.rules.row_rule import NOBODY, ColumnFault, Finding
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import MOST_EXAMPLES, Broken, Result, Rule, Status, shown


@dataclass(slots=True)
class Tally:
    """The counts of one rule over all files so far.

    `looked` is true once a file had what the rule needs, even if it needs no rows; `lacking` names
    a column that a file did not have; `partly` says what was left out to bound memory.
    """

    rule: Rule
    nobody: str = NOBODY
    rows: int = 0
    broken: int = 0
    examples: list[Broken] = field(default_factory=list)
    looked: bool = False
    lacking: str = ""
    partly: str = ""

    def add_rows(self, rows: Rows, finding: Finding, column: str, what: str) -> None:
        """The rows of a batch that keep or break the rule."""
        self.looked = True
        concerned = int(np.count_nonzero(finding.concerned))
        self.rows += concerned
        if not concerned:
            return
        places = np.flatnonzero(finding.broken & finding.concerned)
        self.broken += len(places)
        for place in places[: MOST_EXAMPLES - len(self.examples)].tolist():
            self.add_example(rows, place, column, what)

    def add_concerned(self, concerned: Mask) -> None:
        """The rows of a batch that the rule concerns, and about which it decides later."""
        self.looked = True
        self.rows += int(np.count_nonzero(concerned))

    def add_example(self, rows: Rows, place: int, column: str, what: str) -> None:
        """One place as an example, while there are few."""
        if len(self.examples) < MOST_EXAMPLES:
            row, value = rows.first + place + 1, rows.shown(column, place)
            self.examples.append(Broken(rows.layout.file, row, column, value, what))

    def add_file(self, file: str, faults: Sequence[ColumnFault]) -> None:
        """A file that keeps the rule or breaks it in some columns."""
        self.looked = True
        self.rows += 1
        self.broken += bool(faults)
        for column, value, what in faults[: MOST_EXAMPLES - len(self.examples)]:
            self.examples.append(Broken(file, None, column, shown(value), what))

    def add_broken_row(self, rows: Rows, place: int, column: str, what: str) -> None:
        """One row of a batch that breaks the rule and was counted before."""
        self.broken += 1
        self.add_example(rows, place, column, what)

    def add_broken(self, broken: Broken) -> None:
        """A row that breaks the rule and was counted before."""
        self.broken += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(broken)

    def result(self, otherwise: str = "") -> Result:
        """What came of the rule; `otherwise` is why none could apply, empty if one could."""
        if self.broken:
            return self._as(Status.FAILED, self.partly)
        if self.rows:
            return self._as(Status.PASSED, self.partly)
        return self._as(Status.NOT_APPLICABLE, otherwise or self._reason())

    def _as(self, status: Status, reason: str) -> Result:
        return Result(self.rule, status, self.rows, self.broken, [*self.examples], reason)

    def _reason(self) -> str:
        if not self.looked and self.lacking:
            return f"no file has the column {self.lacking}"
        return self.nobody
