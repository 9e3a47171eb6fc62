"""Which clusters and namespaces a report is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from exporter.commands.reporting.objects import DataObject
from exporter.errors import ConfigurationError


def globs_of(text: str | None, flag: str) -> tuple[str, ...]:
    """The patterns of a comma list; none means every cluster. Raises ConfigurationError."""
    if text is None:
        return ()
    globs = tuple(part.strip() for part in text.split(","))
    if not all(globs):
        raise ConfigurationError(
            f"{flag}: got {text!r}, expected names or patterns such as prod-*, with commas"
            " between them"
        )
    return globs


def of_clusters(
    objects: Sequence[DataObject], names: Mapping[str, str], globs: Sequence[str]
) -> list[DataObject]:
    """The objects of clusters that a pattern fits."""
    return [
        each
        for each in objects
        if not globs
        or any(fnmatchcase(names[each.name.cluster_slug], pattern) for pattern in globs)
    ]


def refuse_strangers(
    chosen: Sequence[DataObject], names: Mapping[str, str], globs: Sequence[str]
) -> None:
    """Raises ConfigurationError if no pattern fits a cluster although there are some."""
    if names and not chosen:
        raise ConfigurationError(
            f"--cluster {','.join(globs)}: fits none of the clusters found: "
            f"{', '.join(sorted(names.values()))}"
        )
