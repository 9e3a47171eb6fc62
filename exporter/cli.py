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
#: After a signal whose exception got lost the process ends anyway.
_PATIENCE_SECONDS = 2


class _Stopped(BaseException):
    """SIGTERM or SIGINT arrived; no `except Exception` may hold it up."""


class _Stop:
    """The signal that asks to stop, whatever becomes of the exception that it raises.

    A signal arrives anywhere: a finalizer drops what is raised in it, and numpy makes a TypeError
    of it where it asks whether two types can be compared.
    """

    def __init__(self) -> None:
        self._received: signal.Signals | None = None
        self._hook = sys.unraisablehook

    def listen(self) -> None:
        signal.signal(signal.SIGALRM, self._lost)
        sys.unraisablehook = self._dropped
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._raise)

    def ignore(self) -> None:
        """All is done and said: the exit code stands, while Python closes what is open."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)

    def leave_if_asked(self) -> None:
        """Also when the exception has become another one, or none."""
        sys.unraisablehook = self._hook
        if self._received is not None:
            _leave(self._received)

    def _raise(self, number: int, _frame: FrameType | None) -> None:
        self._received = self._received or signal.Signals(number)
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_SECONDS)
        raise _Stopped

    def _lost(self, _number: int, _frame: FrameType | None) -> None:
        self.leave_if_asked()

    def _dropped(self, what: sys.UnraisableHookArgs) -> None:
        if issubclass(what.exc_type, _Stopped):
            self.leave_if_asked()
        self._hook(what)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code of README's table."""
    stop = _Stop()
    try:
        stop.listen()
        be_sparing()
        code = _told(sys.argv[1:] if arguments is None else arguments)
        stop.ignore()
    finally:
        stop.leave_if_asked()
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
