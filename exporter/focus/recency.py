"""FOCUS Recency: up to when a dataset instance has data, and whether that is all of it.

Fields are those of the FOCUS 1.3 text. One Recency object here covers the time sectors of one
file, which is a day, not all the time of its instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exporter.focus.metadata_values import Fields, flag_of, moment_of, objects_of, text_of
from exporter.periods import rfc3339


@dataclass(frozen=True, slots=True)
class TimeSector:
    """One charge period [start, end) and whether its data is complete; unix seconds.

    `updated` is when its data last changed.
    """

    start: int
    end: int
    complete: bool
    updated: int


@dataclass(frozen=True, slots=True)
class Recency:
    """The time sectors of one dataset instance by their start, at least one.

    `updated` is when this object was written, `data_updated` when the data last changed.
    """

    instance_id: str
    updated: int
    data_updated: int
    sectors: Mapping[int, TimeSector]


def renewed(
    known: Recency | None, instance_id: str, sectors: Mapping[int, TimeSector], now: int
) -> Recency:
    """The Recency with these sectors: the known one as it is if they are the same."""
    if known is None:
        return Recency(instance_id, now, max(s.updated for s in sectors.values()), sectors)
    if known.sectors == sectors:
        return known
    # A sector that is gone is a change of the data too, without a sector that says when.
    gone = known.sectors.keys() - sectors.keys()
    changes = [known.data_updated, *(sector.updated for sector in sectors.values())]
    return Recency(instance_id, now, now if gone else max(changes), sectors)


def recency_document(found: Iterable[Recency]) -> list[object]:
    """All of one file, in the order of instances and of time."""
    return [_object(recency) for recency in sorted(found, key=lambda r: r.instance_id)]


def _object(recency: Recency) -> dict[str, object]:
    return {
        "DatasetInstanceId": recency.instance_id,
        "RecencyLastUpdated": rfc3339(recency.updated),
        "DatasetInstanceLastUpdated": rfc3339(recency.data_updated),
        "TimeSectors": [
            {
                "TimeSectorStart": rfc3339(sector.start),
                "TimeSectorEnd": rfc3339(sector.end),
                "TimeSectorComplete": sector.complete,
                "TimeSectorLastUpdated": rfc3339(sector.updated),
            }
            for _, sector in sorted(recency.sectors.items())
        ],
    }


def parse_recency(document: object) -> dict[str, Recency]:
    """The inverse of recency_document, by instance. Raises ValueError for anything else."""
    found = [_recency(each) for each in objects_of(document)]
    return {recency.instance_id: recency for recency in found}


def _recency(fields: Fields) -> Recency:
    sectors = [_sector(each) for each in objects_of(fields.get("TimeSectors"))]
    if not sectors:
        raise ValueError("a Recency object has no time sector")
    return Recency(
        text_of(fields, "DatasetInstanceId"),
        moment_of(fields, "RecencyLastUpdated"),
        moment_of(fields, "DatasetInstanceLastUpdated"),
        {sector.start: sector for sector in sectors},
    )


def _sector(fields: Fields) -> TimeSector:
    return TimeSector(
        moment_of(fields, "TimeSectorStart"),
        moment_of(fields, "TimeSectorEnd"),
        flag_of(fields, "TimeSectorComplete"),
        moment_of(fields, "TimeSectorLastUpdated"),
    )
