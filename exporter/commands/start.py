"""The first thing every command does: the whole configuration, logging, a word about typos."""

from __future__ import annotations

from collections.abc import Mapping

from exporter import log
from exporter.commands.building import Configuration, configure, documents_of
from exporter.errors import ConfigurationError
from exporter.settings import Found, find_settings, unknown_names


def start(
    environ: Mapping[str, str], *, needs_destination: bool, layout: str | None = None
) -> Configuration:
    """Settings and documents; a layout takes the place of FOCUS_VERSION.

    Raises ConfigurationError with the faults of both at once.
    """
    found = find_settings(environ, needs_destination=needs_destination, layout=layout)
    if found.faults:
        raise ConfigurationError([*found.faults, *unknown_names(environ), *_document_faults(found)])
    settings = found.settings
    log.configure(settings.log_level, settings.log_format)
    for sentence in unknown_names(environ):
        log.get_logger().warning(sentence)
    return configure(settings)


def _document_faults(found: Found) -> tuple[str, ...]:
    """What is wrong with the documents besides, as far as they can be found."""
    if "CONFIG_PATH" in found.faulty:
        return ()
    try:
        documents_of(found.settings, found.faulty)
    except ConfigurationError as error:
        return error.faults
    return ()
