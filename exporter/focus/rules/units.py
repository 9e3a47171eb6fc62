"""How units are written.

Source: UnitFormat, FOCUS 1.0 to 1.4. Up to 1.3 there are five shapes; 1.4 lets a count stand in
front of all of them. The words are those of the attribute; a noun of one's own is one capitalised
word, in the plural where it is counted. Columns SHOULD keep the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from exporter.focus.rules.row_rule import Finding, RowRule, row_rule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level

UNIT_COLUMNS = ("CommitmentDiscountUnit", "ConsumedUnit", "PricingUnit")

_TIMES = ("Year", "Month", "Day", "Hour", "Minute", "Second")
_ONE_TIME = f"(?:{'|'.join(_TIMES)})"
_TIMES_PLURAL = f"{_ONE_TIME}s"
_SIZE = "(?:[KMGTPE]i?[bB]|[bB])"  #: the same in singular and plural
_NOUN = "[A-Z][A-Za-z0-9]*"
_NOUNS = f"(?:{_NOUN}s|{_SIZE})"
_ONE = f"(?:{_NOUN}|{_SIZE})"
_COUNT = "[1-9][0-9]*"

_SIMPLE = f"(?:{_NOUNS}|{_ONE}-{_TIMES_PLURAL})"
_PER_TIME = f"/(?:{_ONE_TIME}|{_COUNT} {_TIMES_PLURAL})"
_SHAPES = re.compile(f"{_SIMPLE}|{_NOUNS}{_PER_TIME}|{_COUNT} {_NOUNS}")
_PER_ONE = f"(?!{_TIMES_PLURAL}$){_ONE}(?:-{_ONE_TIME})?"
_SHAPES_1_4 = re.compile(f"(?:{_COUNT} )?{_SIMPLE}(?:/(?:{_PER_ONE}|{_COUNT} {_SIMPLE}))?")
_TOKENS = re.compile(f"(?:({_COUNT}) )?Tokens")


def is_unit(text: str, version: str) -> bool:
    """Whether a unit is written as FOCUS recommends in a version."""
    shapes = _SHAPES_1_4 if version == "1.4" else _SHAPES
    return shapes.fullmatch(text) is not None


def tokens_in(unit: str) -> int | None:
    """How many tokens one of a unit is; None for units of something else."""
    match = _TOKENS.fullmatch(unit)
    return None if match is None else int(match[1] or 1)


def unit_rules(version: str, names: Iterable[str]) -> Iterator[RowRule]:
    """The unit columns of a version."""
    for name in names:
        if name in UNIT_COLUMNS:
            yield _unit_rule(version, name)


def _unit_rule(version: str, name: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        return Finding(rows.usable(name), rows.where(name, lambda text: not is_unit(text, version)))

    return row_rule(
        "unit",
        name,
        Level.WARNING,
        f"{name} is written as GPU-Hours, GiB/Second or 1000000 Tokens are.",
        "is not written in UnitFormat",
        look,
        nobody="no row has a unit",
    )
