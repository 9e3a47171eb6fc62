"""Which version of FOCUS a file is to be checked against, and to which dataset it belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from exporter.errors import UnreadableFile
from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.extensions import PREFIXES
from exporter.focus.infercost_layout import INFERCOST_LAYOUT
from exporter.focus.rules.rule import shown
from exporter.focus.schema_identity import FOOTER_KEY
from exporter.storage.keys import layout_name

_VERSIONS = {layout_name(version): version for version in SELECTABLE_VERSIONS}
_PATH_PART = re.compile(r".*/version=((?:focus|infercost)-[^/]+)/", re.DOTALL)
_CUSTOM = ("x_", "x-")
#: What the footer of a file in InferCost's layout says, as FOCUS has no name for that layout.
_BASE_OF_INFERCOST = "1.0"


class Origin(StrEnum):
    """How the version of a file is known."""

    LAYOUT = "as --layout says"
    PATH = "from the path"
    FOOTER = "from the Parquet footer"
    COLUMNS = "guessed from the columns"


@dataclass(frozen=True, slots=True)
class Known:
    """A version, how it is known, and what the footer says beside the path (None: nothing).

    `root` is the path of the dataset: what stands before the part `version=…`, empty without one.
    """

    version: str
    origin: Origin
    root: str
    in_footer: str | None


def version_of(
    place: str, footer: Mapping[str, str], columns: Sequence[str], layout: str | None
) -> Known:
    """The layout asked for, else what the path says, else the footer, else the best match.

    Raises UnreadableFile for a version that does not exist, and for a file without any column of
    any version: then its first line is no header.
    """
    if not _all_names().intersection(columns):
        first = f', its first column is "{shown(columns[0])}"' if columns else ""
        raise UnreadableFile(f"has no column of FOCUS{first}")
    folder = _PATH_PART.match(place)
    root = "" if folder is None else place[: folder.start(1) - len("version=")]
    if layout is not None:
        return Known(layout, Origin.LAYOUT, root, None)
    written = _version_in(footer, columns)
    if folder is None:
        if written is not None:
            return Known(_existing(written), Origin.FOOTER, root, None)
        return Known(_best_match(columns, SELECTABLE_VERSIONS), Origin.COLUMNS, root, None)
    version = _existing(_VERSIONS.get(folder[1], folder[1]))
    return Known(version, Origin.PATH, root, written)


def _existing(version: str) -> str:
    if version not in SELECTABLE_VERSIONS:
        known = ", ".join(SELECTABLE_VERSIONS)
        raise UnreadableFile(f"is of version {version}, not one of {known}; try --layout")
    return version


def _version_in(footer: Mapping[str, str], columns: Sequence[str]) -> str | None:
    """FocusVersion of the FOCUS metadata; None without any that can be read."""
    try:
        metadata = json.loads(footer[FOOTER_KEY])
    except (KeyError, ValueError, RecursionError):
        return None
    version = metadata.get("FocusVersion") if isinstance(metadata, dict) else None
    if not isinstance(version, str):
        return None
    if version == _BASE_OF_INFERCOST:
        return _best_match(columns, (version, INFERCOST_LAYOUT))
    return version


def _best_match(columns: Sequence[str], versions: Sequence[str]) -> str:
    """Fewest foreign columns, custom ones apart, then fewest missing.

    Foreign ones count more: many columns may be left out, and those of later versions first.
    """
    names = {name for name in columns if not name.startswith(_CUSTOM)}

    def distance(version: str) -> tuple[int, int]:
        return len(names - _names(version)), len(_names(version) - names)

    return min(versions, key=distance)


@cache
def _names(version: str) -> frozenset[str]:
    columns = columns_for(version, PREFIXES[0])
    return frozenset(one.name for one in columns if not one.name.startswith(_CUSTOM))


@cache
def _all_names() -> frozenset[str]:
    return frozenset[str]().union(*map(_names, SELECTABLE_VERSIONS))
