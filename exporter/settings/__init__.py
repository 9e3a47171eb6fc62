"""Every environment variable: name, type, unit, default and meaning; read once, checked whole."""

from __future__ import annotations

from exporter.settings.load import Found, find_settings, load_settings
from exporter.settings.model import Settings, settings_table
from exporter.settings.names import unknown_names

__all__ = [
    "Found",
    "Settings",
    "find_settings",
    "load_settings",
    "settings_table",
    "unknown_names",
]
