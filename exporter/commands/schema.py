"""`infer-focus schema`: the columns as a table, as FOCUS metadata, or as SQL that reads them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from exporter import __version__, log
from exporter.commands.locations import check_for_athena, location_of
from exporter.commands.terminal import terminal_width, wrapped
from exporter.errors import ConfigurationError, UnusableError
from exporter.focus.column_table import HEADS, column_table
from exporter.focus.columns import columns_for
from exporter.focus.ddl.athena import athena_ddl
from exporter.focus.ddl.dataset import Dataset, FileFormat
from exporter.focus.ddl.duckdb_view import duckdb_view
from exporter.focus.infercost_layout import INFERCOST_LAYOUT, INFERCOST_PREFIX
from exporter.focus.metadata import schema_object
from exporter.settings import Settings, load_settings, unknown_names
from exporter.storage.keys import dataset_prefix, layout_name

Form = Literal["table", "json", "athena", "duckdb"]
_INDENT = " " * 4


@dataclass(frozen=True, slots=True)
class SchemaArguments:
    """What is asked for; None where the settings decide."""

    form: Form
    layout: str | None
    prefix: str | None
    location: str | None
    file_format: FileFormat | None


def schema(environ: Mapping[str, str], arguments: SchemaArguments, now: int) -> int:
    """Print what is asked for; needs no documents, no source and no network.

    `now` is the CreationDate of the FOCUS metadata. Raises ConfigurationError for settings or
    arguments that are wrong, UnusableError when stdout cannot be written.
    """
    settings = _settings(environ)
    version = arguments.layout or settings.focus_version
    prefix = _prefix(arguments.prefix, settings, version)
    try:
        if arguments.form == "table":
            _print_table(column_table(version, prefix))
        else:
            print(_text(settings, arguments, version, prefix, now), end="")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnusableError(f"cannot write to stdout: {error.strerror}; free some space") from error
    return 0


def _settings(environ: Mapping[str, str]) -> Settings:
    settings = load_settings(environ, needs_destination=False, needs_source=False)
    log.configure(settings.log_level, settings.log_format)
    for sentence in unknown_names(environ):
        log.get_logger().warning(sentence)
    return settings


def _prefix(given: str | None, settings: Settings, version: str) -> str:
    if version == INFERCOST_LAYOUT and given not in (None, INFERCOST_PREFIX):
        raise ConfigurationError(
            f"--prefix: got {given}, expected {INFERCOST_PREFIX}, since the layout is {version}"
        )
    return given or settings.focus_extension_prefix


def _text(
    settings: Settings, arguments: SchemaArguments, version: str, prefix: str, now: int
) -> str:
    """Everything but the table, with a line end."""
    if arguments.form == "json":
        described = schema_object(version, prefix, __version__, now, None)
        return f"{json.dumps(described, indent=2, ensure_ascii=False)}\n"
    place = location_of(settings, arguments.location)
    layout = layout_name(version)
    dataset = Dataset(
        layout,
        dataset_prefix(place, layout),
        columns_for(version, prefix),
        arguments.file_format or settings.s3_format,
    )
    if arguments.form == "duckdb":
        return duckdb_view(dataset)
    check_for_athena(place)
    return athena_ddl(dataset)


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """One line for each column, unless the terminal is narrower than the longest one."""
    lines = [HEADS, *rows]
    text = aligned(lines)
    width = terminal_width()
    if width is not None and max(map(len, text.splitlines())) > width:
        text = "\n".join(stacked(lines, width))
    print(text)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Columns of text, two blanks apart."""
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        for cells in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def stacked(lines: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The same for a narrow terminal: note and meaning stand below, and only they are wrapped."""
    firsts = aligned([cells[:-2] for cells in lines]).splitlines()
    for first, (*_, note, meaning) in zip(firsts, lines, strict=True):
        yield first
        yield from wrapped(f"{note}: {meaning}" if note else meaning, width, _INDENT)
