"""What came of the rules, as lines for people and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from exporter.commands.terminal import one_line, terminal_width, wrapped
from exporter.commands.validating.checking import MOST_FILES, Checked, Report
from exporter.focus.infercost_layout import INFERCOST_LAYOUT
from exporter.focus.rules.rule import Broken, Level, Result, Status

#: Off a terminal no line is broken, so that `grep` finds whole ones.
_ENDLESS = 10_000
_INDENT = " " * 4
_KILO = 1000


def tell_as_table(report: Report, path: str, *, every_rule: bool) -> None:
    """Print the rules that are broken, or every rule, and the sums."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    print(one_line(f"{path}: {_size(report)}"))
    _tell_results(report.of_files, every_rule, places=MOST_FILES)
    for dataset in report.datasets:
        print(f"\n{one_line(_headline(dataset))}")
        _tell_results(dataset.results, every_rule)
    print(f"\n{_summary(report)}")


def tell_as_json(report: Report, path: str) -> None:
    """Print one JSON object with every rule and its examples."""
    print(json.dumps(_document(report, path), indent=2))


def _tell_results(results: Iterable[Result], every_rule: bool, places: int = 1) -> None:
    shown = list(results) if every_rule else _worst_first(results)
    if not shown:
        return
    width = terminal_width()
    if width is None:
        print("\n".join(_table(shown, places)))
    else:
        print("\n".join(_stacked(shown, places, width)))


def _stacked(results: Sequence[Result], places: int, width: int) -> Iterator[str]:
    """For a terminal: result, rule and count; below them what the rule says, and the places."""
    longest = max(len(_outcome(one)) for one in results)
    for one in results:
        yield ""
        yield f"{_outcome(one):<{longest}}  {one.rule.id}  {_count(one)}"
        for text in (one.rule.text, *_places(one, places)):
            yield from wrapped(one_line(text), width, _INDENT)


def _table(results: Sequence[Result], places: int) -> Iterator[str]:
    """For a pipe or a file: a table with one line for each rule, however long."""
    table = Table(box=box.SIMPLE_HEAD)
    for head in ("result", "rule", "count", "what it says", "first place"):
        table.add_column(head, no_wrap=True, justify="right" if head == "count" else "left")
    for one in results:
        for cells in _lines(one, places):
            table.add_row(*(Text(one_line(cell)) for cell in cells))
    console = Console(width=_ENDLESS, highlight=False, markup=False, emoji=False)
    with console.capture() as lines:
        console.print(table)
    yield from (line.rstrip() for line in lines.get().rstrip().splitlines())


def _worst_first(results: Iterable[Result]) -> list[Result]:
    """The broken rules, warnings last."""
    broken = [one for one in results if one.status is Status.FAILED]
    return sorted(broken, key=lambda one: one.rule.level is Level.WARNING)


def _lines(result: Result, places: int) -> Iterator[tuple[str, ...]]:
    """The rule with its first place, then as many more places as are wanted."""
    first, *others = _places(result, places)
    yield _outcome(result), result.rule.id, _count(result), result.rule.text, first
    for other in others:
        yield "", "", "", "", other


def _count(result: Result) -> str:
    """How many rows or files break the rule of how many; only the latter without a broken one."""
    return f"{result.broken:,} of {result.rows:,}" if result.broken else f"{result.rows:,}"


def _places(result: Result, places: int) -> list[str]:
    """The first places where the rule is broken; without one the reason, empty where kept."""
    return [_place(one) for one in result.examples[:places]] or [result.reason]


def _outcome(result: Result) -> str:
    if result.status is Status.FAILED:
        return "WARNING" if result.rule.level is Level.WARNING else "FAILED"
    return str(result.status)


def _place(broken: Broken) -> str:
    row = "" if broken.row is None else f":{broken.row}"
    column = f" {broken.column}" if broken.column else ""
    value = f' "{broken.value}"' if broken.value else ""
    return f"{broken.file}{row}{column}{value} {broken.what}"


def _size(report: Report) -> str:
    return f"{_counted(report.files, 'file')}, {_counted(report.rows, 'row')}, {_bytes(report)}"


def _bytes(report: Report) -> str:
    size, unit = float(report.bytes), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < _KILO:
            break
        size, unit = size / _KILO, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _headline(dataset: Checked) -> str:
    version = dataset.version
    name = version if version == INFERCOST_LAYOUT else f"FOCUS {version}"
    origins = ", ".join(dataset.origins)
    size = f"{_counted(dataset.files, 'file')}, {_counted(dataset.rows, 'row')}"
    place = f"{dataset.root} " if dataset.root else ""
    return f"{place}{name} ({origins}): {size}"


def _summary(report: Report) -> str:
    if not report.datasets:
        return "no file could be read, so no rule of FOCUS was checked"
    rules = sum(1 for _ in report.results)
    return (
        f"{_counted(rules, 'rule')} checked:"
        f" {report.count(Status.PASSED)} passed,"
        f" {report.count(Status.FAILED, Level.ERROR)} failed,"
        f" {_counted(report.count(Status.FAILED, Level.WARNING), 'warning')},"
        f" {report.count(Status.NOT_APPLICABLE)} not applicable"
    )


def _document(report: Report, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "files": report.files,
        "rows": report.rows,
        "bytes": report.bytes,
        "passed": report.count(Status.PASSED),
        "failed": report.count(Status.FAILED, Level.ERROR),
        "warnings": report.count(Status.FAILED, Level.WARNING),
        "notApplicable": report.count(Status.NOT_APPLICABLE),
        "rules": _rules(report.of_files),
        "datasets": [_dataset(one) for one in report.datasets],
    }


def _dataset(dataset: Checked) -> dict[str, Any]:
    return {
        "root": dataset.root,
        "version": dataset.version,
        "versionKnown": list(dataset.origins),
        "files": dataset.files,
        "rows": dataset.rows,
        "rules": _rules(dataset.results),
    }


def _rules(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.rule.id,
            "level": one.rule.level,
            "text": one.rule.text,
            "status": one.status,
            "rows": one.rows,
            "broken": one.broken,
            "reason": one.reason,
            "examples": [_example(broken) for broken in one.examples],
        }
        for one in results
    ]


def _example(broken: Broken) -> dict[str, Any]:
    return {
        "file": broken.file,
        "row": broken.row,
        "column": broken.column,
        "value": broken.value,
        "what": broken.what,
    }
