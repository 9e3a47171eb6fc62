"""A rule for files of this program alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from exporter.focus.rules.row_rule import Finding, RowRule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule

NOT_OURS = "no file has these columns of this program"


def own_rule(
    aspect: str,
    column: str,
    prefix: str,
    text: str,
    what: str,
    look: Callable[[Rows], Finding],
    needs: Sequence[str] = (),
    nobody: str = NOT_OURS,
) -> RowRule:
    """A rule `extensions/aspect` for the files with one prefix."""
    rule = Rule(f"extensions/{aspect}", Level.ERROR, text)
    return RowRule(rule, column, what, look, (column, f"{prefix}Cluster", *needs), nobody)
