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
