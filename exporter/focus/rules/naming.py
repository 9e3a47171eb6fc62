"""How columns are called and in which order they stand.

Source: ColumnNamingAndOrdering (1.0, 1.1), ColumnHandling (1.2, 1.3), FocusColumnHandling and
CustomColumnHandling (1.4); the older names are those of FOCUS 0.5 and 1.0-preview.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from exporter.focus.focus_columns import FOCUS_COLUMNS, FOCUS_VERSIONS
from exporter.focus.infercost_layout import INFERCOST_COLUMNS, INFERCOST_LAYOUT
from exporter.focus.rules.layout import FileLayout
from exporter.focus.rules.row_rule import NOBODY, ColumnFault, FileRule
from exporter.focus.rules.rule import Level, Rule

_OLDER_NAMES = {
    "AmortizedCost": "EffectiveCost",
    "ChargeSubcategory": "ChargeCategory and ChargeClass",
    "ChargeType": "ChargeCategory",
    "Currency": "BillingCurrency",
    "Region": "RegionId and RegionName",
    "UsageQuantity": "ConsumedQuantity",
    "UsageUnit": "ConsumedUnit",
}
_PREFIX, _HYPHENATED = "x_", "x-"
_MOST_CHARACTERS = 50
_PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")
_VERSIONS: dict[str, list[str]] = {}
for _column in FOCUS_COLUMNS:
    _VERSIONS.setdefault(_column.name, []).extend(_column.versions)
_SPELLINGS = {name.lower(): name for name in _VERSIONS}

Faults = Iterator[ColumnFault]


def naming_rules(version: str, *, strict: bool) -> Iterator[FileRule]:
    """How columns of a version are called; with `strict`, `x-` is an error."""
    yield _rule("columns/once", Level.ERROR, "Every column name is there once.", _repeated)
    if version == INFERCOST_LAYOUT:
        yield from _infercost_rules()
        return
    yield _rule(
        "columns/older-name",
        Level.ERROR,
        "No column has a name of a draft of FOCUS before 1.0.",
        _older_names,
    )
    yield _rule(
        "columns/version",
        Level.ERROR,
        "Every FOCUS column is one of this version.",
        _other_versions,
    )
    yield _rule(
        "columns/prefix",
        Level.ERROR,
        "Every column that FOCUS does not define starts with x_.",
        _without_prefix,
    )
    yield from _custom_rules(strict=strict)
    yield _rule(
        "columns/order", Level.WARNING, "FOCUS columns come first, custom columns last.", _mixed
    )
    if version == "1.4":
        yield _rule(
            "columns/alphabetical",
            Level.WARNING,
            "FOCUS columns and custom columns stand in alphabetical order among themselves.",
            _unsorted,
        )


def _custom_rules(*, strict: bool) -> Iterator[FileRule]:
    nobody = "no file has a custom column"
    yield _rule(
        "columns/hyphen",
        Level.ERROR if strict else Level.WARNING,
        "The prefix of custom columns is x_ with an underscore, not x-.",
        _hyphenated,
        nobody,
    )
    yield _rule(
        "columns/custom-name",
        Level.WARNING,
        f"Custom columns are PascalCase after the prefix, at most {_MOST_CHARACTERS} characters.",
        _custom_names,
        nobody,
    )


def _infercost_rules() -> Iterator[FileRule]:
    yield _rule(
        "columns/known", Level.ERROR, "There are only the columns of InferCost's export.", _unknown
    )
    yield _rule(
        "columns/order", Level.ERROR, "Columns stand in the order of InferCost's export.", _moved
    )


def _rule(
    rule: str,
    level: Level,
    text: str,
    find: Callable[[FileLayout], Iterable[ColumnFault] | None],
    nobody: str = NOBODY,
) -> FileRule:
    def look(layout: FileLayout) -> Sequence[ColumnFault] | None:
        faults = find(layout)
        return None if faults is None else list(faults)

    return FileRule(Rule(rule, level, text), look, nobody)


def _repeated(layout: FileLayout) -> Faults:
    for name, count in Counter(layout.names).items():
        if count > 1:
            yield ColumnFault(name, "", f"is there {count} times")


def _older_names(layout: FileLayout) -> Faults:
    for name in layout.types:
        if name in _OLDER_NAMES:
            yield ColumnFault(name, "", f"is a name of an older draft; it is {_OLDER_NAMES[name]}")


def _other_versions(layout: FileLayout) -> Faults:
    for name in layout.types:
        versions = _VERSIONS.get(name, ())
        if versions and layout.version not in versions:
            yield ColumnFault(name, "", f"is no column of {layout.version}: {_span(versions)}")


def _span(versions: Sequence[str]) -> str:
    first, last = versions[0], versions[-1]
    return f"it came with {first}" if last == FOCUS_VERSIONS[-1] else f"it went after {last}"


def _is_custom(name: str) -> bool:
    return name not in _VERSIONS and name not in _OLDER_NAMES


def _without_prefix(layout: FileLayout) -> Faults:
    for name in filter(_is_custom, layout.types):
        if not name.startswith((_PREFIX, _HYPHENATED)):
            known = _SPELLINGS.get(name.lower())
            hint = f"; FOCUS spells it {known}" if known else ""
            yield ColumnFault(name, "", f"is no FOCUS column and does not start with x_{hint}")


def _custom(layout: FileLayout) -> list[str]:
    return [name for name in layout.types if name.startswith((_PREFIX, _HYPHENATED))]


def _hyphenated(layout: FileLayout) -> Sequence[ColumnFault] | None:
    custom = _custom(layout)
    if not custom:
        return None
    return [
        ColumnFault(name, "", "starts with x-, and the prefix of FOCUS is x_")
        for name in custom
        if name.startswith(_HYPHENATED)
    ]


def _custom_names(layout: FileLayout) -> Sequence[ColumnFault] | None:
    custom = _custom(layout)
    if not custom:
        return None
    return [
        ColumnFault(name, "", "is not in PascalCase after its prefix, or too long")
        for name in custom
        if len(name) > _MOST_CHARACTERS or not _PASCAL_CASE.fullmatch(name[len(_PREFIX) :])
    ]


def _mixed(layout: FileLayout) -> Faults:
    custom = [_is_custom(name) for name in layout.types]
    for name, is_custom, before in zip(layout.types, custom, [False, *custom], strict=False):
        if before and not is_custom:
            yield ColumnFault(name, "", "stands after a custom column")


def _unsorted(layout: FileLayout) -> Faults:
    for group in (True, False):
        names = [name for name in layout.types if _is_custom(name) is group]
        for before, name in pairwise(names):
            if name < before:
                yield ColumnFault(name, "", f"stands after {before}")
                break


def _unknown(layout: FileLayout) -> Faults:
    for name in layout.types:
        if name not in layout.columns:
            yield ColumnFault(name, "", "is no column of InferCost's export")


def _moved(layout: FileLayout) -> Faults:
    expected = [column.name for column in INFERCOST_COLUMNS if column.name in layout.types]
    found = [name for name in layout.types if name in layout.columns]
    for name, right in zip(found, expected, strict=True):
        if name != right:
            yield ColumnFault(name, "", f"stands where {right} belongs")
            return
