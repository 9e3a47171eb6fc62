"""The command line: arguments in, exit code out; the one place that turns errors into lines."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

from exporter.arguments import parser
from exporter.errors import ConfigurationError, ExporterError
from exporter.memory import be_sparing

_SIGNAL_BASE = 128


class _Terminated(BaseException):
    """SIGTERM arrived; no `except Exception` may hold it up."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code of README's table."""
    signal.signal(signal.SIGTERM, _terminate)
    be_sparing()
    try:
        code = _told(sys.argv[1:] if arguments is None else arguments)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _too_late)
    except (_Terminated, KeyboardInterrupt) as stop:
        _leave(signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT)
    return code


def _told(arguments: Sequence[str]) -> int:
    try:
        return _run(arguments, os.environ)
    except ConfigurationError as error:
        for fault in error.faults:
            _say(fault)
        return error.exit_code
    except ExporterError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:
        return _reader_left()


def _say(text: str) -> None:
    """One line on stderr, in one write: a thread may be logging at the same time.

    A name in it, of a file for example, may hold line ends and codes for terminals.
    """
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    sys.stderr.write(f"infer-focus: {line}\n")
    sys.stderr.flush()


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


def _too_late(_number: int, _frame: FrameType | None) -> None:
    """All is done and said: the exit code stands, while Python closes what is open."""


def _leave(number: signal.Signals) -> NoReturn:
    """End at once, whatever threads still wait for: no object is ever half-written."""
    _say(f"interrupted by {number.name}; run again to go on")
    os._exit(_SIGNAL_BASE + number)


def _reader_left() -> int:
    """`… | head` has seen enough; Python must not complain about stdout at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _SIGNAL_BASE + signal.SIGPIPE


def _run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    parsed = parser().parse_args(list(arguments) or ["run"])
    handler = parsed.handler
    return int(handler(parsed, environ, int(time.time())))
