from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from exporter.arguments import parser


def with_commands(command: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield command
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from with_commands(each)


@pytest.mark.parametrize("command", list(with_commands(parser())), ids=lambda command: command.prog)
def test_help_fits_a_terminal_of_80_columns(
    command: argparse.ArgumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, command.format_help().splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["report", "--foo", "a"], "unrecognized arguments: --foo a; see infer-focus report"),
        (["run", "now"], "unrecognized arguments: now; see infer-focus run"),
        (["backfill", "--start", "x"], "are required: --end; see infer-focus backfill"),
        (["export"], "the following arguments are required: focus; see infer-focus export"),
        (["export", "focus", "-x\ny"], "arguments: -x\\ny; see infer-focus export focus"),
        (["schema", "--layout", "9"], "argument --layout: invalid choice: '9'"),
        (["--foo"], "the following arguments are required: command; see infer-focus"),
        (["nonsense"], "invalid choice: 'nonsense'"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_where_help_is(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments)
    told = capsys.readouterr()
    assert (ended.value.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert told.err.startswith("infer-focus: error: ")
    assert line in told.err
    assert told.err.endswith(" --help\n")


@pytest.mark.parametrize("flag", ["cluster", "namespace"])
def test_a_flag_with_patterns_may_be_repeated(flag: str) -> None:
    parsed = parser().parse_args(["report", f"--{flag}", "a,b", f"--{flag}", "c"])
    assert getattr(parsed, flag) == ["a,b", "c"]
