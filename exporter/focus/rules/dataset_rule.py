"""A rule about the rows of all files together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from exporter.focus.rules.digests import Digests
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Rule
from exporter.focus.rules.tally import Tally

Tallies = Mapping[str, Tally]  #: by the id of the rule


class DatasetRule(Protocol):
    """One rule, or several that need the same records; it remembers what it needs of each file.

    `needs` are the columns without which a file says nothing about these rules, `nobody` is why
    they do not apply where no row concerns them.
    """

    @property
    def rules(self) -> tuple[Rule, ...]: ...

    @property
    def needs(self) -> tuple[str, ...]: ...

    @property
    def nobody(self) -> str: ...

    def check(self, rows: Rows, digests: Digests, tallies: Tallies) -> None:
        """The next rows of a file that has the columns needed."""

    def end_file(self, tallies: Tallies) -> None:
        """The rows that follow are of another file, or there are none."""

    def finish(self, files: Sequence[str], tallies: Tallies) -> None:
        """All files are read; `files` are their names by number."""
