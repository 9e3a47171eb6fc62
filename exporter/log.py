"""How log lines look: JSON for machines, a readable form on a terminal; one event, one line.

Lines go to stderr, data goes to stdout. Other libraries' warnings come in the same form.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal, TextIO, cast

from exporter.imports import without

with without("rich"):  # for tracebacks that are never shown
    import structlog
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["json", "console"]


def configure(
    level: Level = "info", format: Format | None = None, stream: TextIO | None = None
) -> None:
    """Sets logging up; call it once. Without a format: `console` on a terminal, else `json`."""
    stream = sys.stderr if stream is None else stream
    if format is None:
        format = "console" if stream.isatty() else "json"
    last = _console(stream) if format == "console" else _json()
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_first(), *last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        # One write for text and line end: lines of several threads stay whole.
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,  # a cached logger would escape capture_logs in tests
    )
    _take_over_standard_logging(stream, last, max(least, logging.WARNING))


def get_logger() -> FilteringBoundLogger:
    """The logger of the program: `get_logger().info("event", key=value)`."""
    return cast(FilteringBoundLogger, structlog.get_logger())


def _first() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _json() -> list[Processor]:
    # Tracebacks are texts without the values of local variables: those could be secrets.
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str),
    ]


def _console(stream: TextIO) -> list[Processor]:
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


def _take_over_standard_logging(stream: TextIO, last: list[Processor], least: int) -> None:
    """Only warnings and worse: what libraries log below that may hold headers."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_first(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=least, force=True)
    logging.captureWarnings(capture=True)
