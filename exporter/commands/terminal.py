"""What a terminal on stdout has room for."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator

#: Below so many columns nothing could be read anyway.
_LEAST = 40


def terminal_width() -> int | None:
    """The columns of the terminal that stdout is; None when it is none, as with a pipe."""
    if not sys.stdout.isatty():
        return None
    return max(_LEAST, shutil.get_terminal_size().columns)


def wrapped(text: str, width: int, indent: str = "") -> Iterator[str]:
    """The text in lines of at most `width`, broken between words only.

    A longer word, as a path is, stays whole: the terminal wraps it, and it can be copied.
    """
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def one_line(text: str) -> str:
    """What is not printable as an escape: names and values are those of strangers."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
