"""Why there is no report: no rows of what was asked for."""

from __future__ import annotations

from exporter.chargeback.cube import Cube
from exporter.commands.reporting.gathering import Gathered
from exporter.commands.reporting.places import Place
from exporter.commands.reporting.terms import Terms
from exporter.commands.reporting.words import counted
from exporter.errors import ConfigurationError, ExporterError, UnreadableFile

#: More names than a person reads.
_MOST_NAMES = 20


def no_rows(place: Place, terms: Terms, found: Gathered, cube: Cube) -> ExporterError:
    """What to do about it, by what there is instead."""
    named = f"no rows of {terms.period.name} in {place}"
    if found.faults:
        first, reason = found.faults[0]
        count = counted(len(found.faults), "object")
        return UnreadableFile(f"{named}: {count} could not be read, {first.key}: {reason}")
    if found.straddling:
        return ConfigurationError(
            f"{named}: {found.straddling[0].key} reaches over its edge and cannot be divided,"
            " ask for a longer --period, such as the whole month"
        )
    if terms.namespaces and cube.until is not None:
        return ConfigurationError(
            f"--namespace {','.join(terms.namespaces)}: fits none of the namespaces of"
            f" {terms.period.name} found: {_listed(cube.namespaces)}"
        )
    return ConfigurationError(
        f"{named}: name another --period, or with --location the folder or s3://bucket/prefix/"
        " that holds version=…"
    )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_MOST_NAMES]) or "none"
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown
