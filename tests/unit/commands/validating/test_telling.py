"""What is told of a report: every broken rule in one line, whatever its values hold."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from exporter.commands.validating import telling
from exporter.commands.validating.checking import Checked, Report
from exporter.commands.validating.telling import tell_as_json, tell_as_table
from exporter.commands.validating.versions import Origin
from exporter.focus.rules.rule import Broken, Level, Result, Rule, Status

READABLE = Result(Rule("files/readable", Level.ERROR, "Every file can be read."), Status.PASSED, 3)
KEPT = Result(Rule("A/type", Level.ERROR, "A holds text."), Status.PASSED, 8)
APART = Result(Rule("B/type", Level.ERROR, "B."), Status.NOT_APPLICABLE, reason="no file has B")
FAILED = Result(
    Rule("Tags/json", Level.ERROR, "Tags is JSON."),
    Status.FAILED,
    rows=5000,
    broken=1200,
    examples=[
        Broken("day=01/a.csv", 17, "Tags", "team=[red]x[/red]", "is no JSON"),
        Broken("day=02/b.csv", 1, "Tags", "", "is no JSON"),
    ],
)
WARNED = Result(
    Rule("columns/hyphen", Level.WARNING, "The prefix is x_."),
    Status.FAILED,
    rows=3,
    broken=3,
    examples=[Broken("day=01/a.csv", None, "x-Foo", "", "starts with x-")],
)


def report(*results: Result, **changes: Any) -> Report:
    dataset = Checked("focus/", "1.3", (Origin.PATH,), 3, 5000, list(results))
    return replace(Report(3, 5000, 1_234_567, [READABLE], [dataset]), **changes)


def table(
    capsys: pytest.CaptureFixture[str], found: Report, *, every_rule: bool = False
) -> list[str]:
    """What is printed, without blank lines."""
    tell_as_table(found, "out", every_rule=every_rule)
    return [line for line in capsys.readouterr().out.splitlines() if line.strip()]


def words(line: str) -> str:
    return " ".join(line.split())


def test_broken_rules_are_told_with_their_first_place(capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings last."""
    first, second, heads, rule, failed, warned, summary = table(
        capsys, report(WARNED, KEPT, FAILED, APART)
    )
    assert first == "out: 3 files, 5,000 rows, 1.2 MB"
    assert second == "focus/ FOCUS 1.3 (from the path): 3 files, 5,000 rows"
    assert words(heads) == "result rule count what it says first place"
    assert set(rule.strip()) == {"─"}
    assert words(failed) == (
        "FAILED Tags/json 1,200 of 5,000 Tags is JSON."
        ' day=01/a.csv:17 Tags "team=[red]x[/red]" is no JSON'
    )
    assert words(warned) == (
        "WARNING columns/hyphen 3 of 3 The prefix is x_. day=01/a.csv x-Foo starts with x-"
    )
    assert summary == "5 rules checked: 2 passed, 1 failed, 1 warning, 1 not applicable"


def test_on_a_terminal_words_are_wrapped_and_long_ones_left_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "terminal_width", lambda: 40)
    path = f"day=01/{'long-' * 10}name.parquet"
    rule = Rule("Tags/json", Level.ERROR, "Tags is a flat JSON object with unique keys.")
    places = [Broken(path, 17, "Tags", "team=[red]x[/red]", "is no JSON")]
    told = table(capsys, report(replace(FAILED, rule=rule, examples=places), WARNED))
    assert told[2:-1] == [
        "FAILED   Tags/json  1,200 of 5,000",
        "    Tags is a flat JSON object with",
        "    unique keys.",
        f"    {path}:17",
        '    Tags "team=[red]x[/red]" is no JSON',
        "WARNING  columns/hyphen  3 of 3",
        "    The prefix is x_.",
        "    day=01/a.csv x-Foo starts with x-",
    ]


def test_where_no_file_could_be_read_no_count_of_rules_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unreadable = replace(READABLE, status=Status.FAILED, broken=3)
    told = table(capsys, report(of_files=[unreadable, APART], datasets=[], rows=0))
    assert told[-1] == "no file could be read, so no rule of FOCUS was checked"


def test_without_a_broken_rule_there_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert table(capsys, report(KEPT, APART)) == [
        "out: 3 files, 5,000 rows, 1.2 MB",
        "focus/ FOCUS 1.3 (from the path): 3 files, 5,000 rows",
        "3 rules checked: 2 passed, 0 failed, 0 warnings, 1 not applicable",
    ]


def test_every_rule_can_be_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    told = table(capsys, report(KEPT, APART, FAILED), every_rule=True)
    lines = [words(line) for line in told]
    assert "passed files/readable 3 Every file can be read." in lines
    assert "passed A/type 8 A holds text." in lines
    assert "not applicable B/type 0 B. no file has B" in lines
    assert sum(line.startswith("FAILED Tags/json ") for line in lines) == 1


def test_what_strangers_wrote_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Line ends, control characters, names that are no UTF-8, and marks of the library."""
    evil = Broken("a\nb\x1b[31m\udcff[bold].csv", 1, "[/]\r", ":smile: [link=x]\u2028", "is\todd")
    (line,) = (
        line for line in table(capsys, report(replace(FAILED, examples=[evil]))) if "FAILED" in line
    )
    assert line.endswith(r'a\nb\x1b[31m\udcff[bold].csv:1 [/]\r ":smile: [link=x]\u2028" is\todd')


def test_infercost_s_layout_is_no_version_of_focus(capsys: pytest.CaptureFixture[str]) -> None:
    origins = (Origin.COLUMNS, Origin.FOOTER)
    dataset = Checked("", "infercost-1.0", origins, 1, 1, [])
    told = table(capsys, report(datasets=[dataset], bytes=999, files=1, rows=1))
    assert told[0] == "out: 1 file, 1 row, 999 bytes"
    assert told[1] == (
        "infercost-1.0 (guessed from the columns, from the Parquet footer): 1 file, 1 row"
    )


def test_json_holds_every_rule_and_every_example(capsys: pytest.CaptureFixture[str]) -> None:
    tell_as_json(report(KEPT, FAILED, APART, WARNED), "out")
    told = json.loads(capsys.readouterr().out)
    (dataset,) = told.pop("datasets")
    assert [rule["id"] for rule in told.pop("rules")] == ["files/readable"]
    assert told == {
        "path": "out",
        "files": 3,
        "rows": 5000,
        "bytes": 1_234_567,
        "passed": 2,
        "failed": 1,
        "warnings": 1,
        "notApplicable": 1,
    }
    rules = {rule.pop("id"): rule for rule in dataset.pop("rules")}
    assert dataset == {
        "root": "focus/",
        "version": "1.3",
        "versionKnown": ["from the path"],
        "files": 3,
        "rows": 5000,
    }
    assert list(rules) == ["A/type", "Tags/json", "B/type", "columns/hyphen"]
    assert rules["B/type"]["status"] == "not applicable"
    assert rules["Tags/json"] == {
        "level": "error",
        "text": "Tags is JSON.",
        "status": "failed",
        "rows": 5000,
        "broken": 1200,
        "reason": "",
        "examples": [
            {
                "file": "day=01/a.csv",
                "row": 17,
                "column": "Tags",
                "value": "team=[red]x[/red]",
                "what": "is no JSON",
            },
            {"file": "day=02/b.csv", "row": 1, "column": "Tags", "value": "", "what": "is no JSON"},
        ],
    }
