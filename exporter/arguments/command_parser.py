"""What every command has in common: its help, and errors of one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

Environ: TypeAlias = Mapping[str, str]
#: FOCUS_VERSION's values, here too so that `--help` imports no stage.
LAYOUTS = ("1.0", "1.1", "1.2", "1.3", "1.4", "infercost-1.0")

_PROGRAM = "infer-focus"
_USAGE_EXIT_CODE = 2


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are one line that says where the help is."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """What a command does not know it refuses itself, so that its own help is named."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """One line on stderr, whatever was given; exit code 2."""
        line = "".join(char if char.isprintable() else repr(char)[1:-1] for char in message)
        sys.stderr.write(f"{_PROGRAM}: error: {line}; see {self.prog} --help\n")
        raise SystemExit(_USAGE_EXIT_CODE)


Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"


def add(commands: Commands, name: str, short: str, text: str) -> CommandParser:
    """A command with its help."""
    return commands.add_parser(
        name,
        help=short,
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
