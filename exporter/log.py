"""How log lines look: JSON for machines, a readable form on a terminal; one event, one line.

Lines go to stderr, data goes to stdout. Other libraries' warnings come in the same form. structlog
brings rich along, so it is imported for the first line: a run asks its first questions before.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, TextIO, cast

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["json", "console"]

#: What is still to be set up before the first line.
_pending: list[Callable[[], None]] = []
_setting_up = threading.RLock()


def configure(
    level: Level = "info", format: Format | None = None, stream: TextIO | None = None
) -> None:
    """Sets logging up; call it once. Without a format: `console` on a terminal, else `json`."""
    stream = sys.stderr if stream is None else stream
    if format is None:
        format = "console" if stream.isatty() else "json"
    least = logging.getLevelNamesMapping()[level.upper()]
    _pending[:] = [partial(_configure, least, format, stream)]
    _take_over_standard_logging(stream, format, max(least, logging.WARNING))


def get_logger() -> FilteringBoundLogger:
    """The logger of the program: `get_logger().info("event", key=value)`."""
    import structlog

    with _setting_up:
        while _pending:
            _pending.pop()()
    return cast("FilteringBoundLogger", structlog.get_logger())


def _configure(least: int, format: Format, stream: TextIO) -> None:
    import structlog

    structlog.configure(
        processors=[*_first(), *_last(format, stream)],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        # One write for text and line end: lines of several threads stay whole.
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,  # a cached logger would escape capture_logs in tests
    )


def _last(format: Format, stream: TextIO) -> list[Processor]:
    return _console(stream) if format == "console" else _json()


def _first() -> list[Processor]:
    import structlog

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _json() -> list[Processor]:
    import structlog

    # Tracebacks are texts without the values of local variables: those could be secrets.
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str),
    ]


def _console(stream: TextIO) -> list[Processor]:
    import structlog

    renderer = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [_escape, renderer]


def _escape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Texts without line ends and terminal codes, which a label's value could bring along."""
    return {key: _printable(value) for key, value in event.items()}


def _printable(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)


def _take_over_standard_logging(stream: TextIO, format: Format, least: int) -> None:
    """Only warnings and worse: what libraries log below that may hold headers."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines(format, stream))
    logging.basicConfig(handlers=[handler], level=least, force=True)
    logging.captureWarnings(capture=True)


class _Lines(logging.Formatter):
    """The lines of other libraries in the form of ours."""

    def __init__(self, format: Format, stream: TextIO) -> None:
        super().__init__()
        self._form, self._stream = format, stream

    def format(self, record: logging.LogRecord) -> str:
        return self._formatter.format(record)

    @cached_property
    def _formatter(self) -> logging.Formatter:
        import structlog

        get_logger()  # whoever says the first line sets everything up
        plain = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_first(), processors=[plain, *_last(self._form, self._stream)]
        )
