from __future__ import annotations

import json

import pytest

from exporter.commands.checking.findings import Finding, Result, fail, listed, ok, skip, warn
from exporter.commands.checking.telling import tell_as_json, tell_as_text

FINDINGS = (
    ok("a", "is there"),
    warn("b", "is less", "add one"),
    fail("c", "is missing", "add it"),
    fail("d", "is closed", "open it", 4),
    skip("e", "is behind d"),
    Finding(Result.OK, "f", "there too", cluster="eu"),
)


def test_a_line_each_and_the_fix_below(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_as_text(FINDINGS) == list(FINDINGS)
    assert capsys.readouterr().out == (
        "ok    a: is there\n"
        "warn  b: is less\n"
        "      fix: add one\n"
        "FAIL  c: is missing\n"
        "      fix: add it\n"
        "FAIL  d: is closed\n"
        "      fix: open it\n"
        "skip  e: is behind d\n"
        "ok    [eu] f: there too\n"
        "\n"
        "6 checks: 2 ok, 1 warning, 2 failures, 1 not looked at; exit code 4\n"
    )


def test_a_name_cannot_move_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tell_as_text([ok("node \x1b[2J", "in\ntwo")])
    assert capsys.readouterr().out.startswith("ok    node \\x1b[2J: in\\ntwo\n")


def test_the_same_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    tell_as_json(FINDINGS)
    told = json.loads(capsys.readouterr().out)
    assert told["exitCode"] == 4
    assert told["checks"][2] == {
        "result": "fail",
        "check": "c",
        "cluster": None,
        "detail": "is missing",
        "fix": "add it",
        "exitCode": 3,
    }
    assert told["checks"][0]["fix"] is None
    assert told["checks"][-1]["cluster"] == "eu"


def test_many_names_are_cut() -> None:
    assert listed({"b", "a"}) == "a, b"
    assert listed([f"n{number}" for number in range(7)]) == "n0, n1, n2, n3, n4 and 2 more"
