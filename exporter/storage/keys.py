"""Every object name this program reads or writes, and nothing else knows one.

`{prefix}version=focus-1.3/year=2026/month=03/day=10/infer-focus-{cluster}[--{report}]-2026-03-10-14.parquet`
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from exporter.periods import HOUR_SECONDS, Period, Schedule, day_of

#: The report that holds what no other names; objects of it carry no report in their name.
DEFAULT_REPORT = "default"
#: With two slugs of this length an object name stays below the 255 bytes of a file name.
SLUG_LENGTH = 100

_HASH_DIGITS = 8
_OTHER = re.compile(r"^[^A-Za-z0-9_]+|[^A-Za-z0-9_.]+")
_ENDS_LIKE_A_CHANGED_NAME = re.compile(rf"\.[0-9a-f]{{{_HASH_DIGITS}}}\Z")
_OBJECT_NAME = re.compile(
    r"infer-focus-(?P<cluster>[A-Za-z0-9_.-]+?)(?:--(?P<report>[A-Za-z0-9_.-]+))?"
    r"-(?P<day>\d{4}-\d{2}-\d{2})(?:-(?P<hour>[01]\d|2[0-3]))?\.(?P<extension>[a-z0-9]+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ObjectName:
    """What the last part of a key says; `report_slug` is None for the default report.

    `hour` is None for daily and longer periods, which names cannot tell apart.
    """

    cluster_slug: str
    report_slug: str | None
    day: date
    hour: int | None
    extension: str


def slug(name: str) -> str:
    """The name as it stands in keys: [A-Za-z0-9_.-], no leading dot, at most 100 characters.

    Runs of other characters and of hyphens become one `-`. A name so changed gets `.` and 8 hex
    digits of its SHA-256. So do names that end like a changed one, or begin or end with a hyphen:
    otherwise `a b` and the literal `a-b.<digits>` would share a key, and `a-` + `--` + `b` would
    read as `a` + `--` + `-b`.
    """
    base = _OTHER.sub("-", name)
    if base == name and _stands_for_itself(name):
        return name
    kept = base[: SLUG_LENGTH - _HASH_DIGITS - 1] or "-"
    return f"{kept}.{hashlib.sha256(name.encode()).hexdigest()[:_HASH_DIGITS]}"


def _stands_for_itself(name: str) -> bool:
    return (
        0 < len(name) <= SLUG_LENGTH
        and name.strip("-") == name
        and not _ENDS_LIKE_A_CHANGED_NAME.search(name)
    )


def report_slug(report: str) -> str | None:
    """The report as ObjectName has it."""
    return None if report == DEFAULT_REPORT else slug(report)


def layout_name(focus_version: str) -> str:
    """The layout that a FOCUS_VERSION is written as: `1.3` is `focus-1.3`."""
    return focus_version if focus_version.startswith("infercost-") else f"focus-{focus_version}"


def side_prefix(prefix: str, report: str) -> str:
    """Where a report outside the billing dataset lives; below it names are the same."""
    return f"{prefix}reports/{slug(report)}/"


def report_page_key(prefix: str, period: str, selection: str = "") -> str:
    """The key of the page for people about a period such as 2026-10.

    `selection` says what tells the page from the usual one of the period, such as `by model`.
    """
    named = f"-{slug(selection)}" if selection else ""
    return f"{prefix}reports/infer-focus-report-{period}{named}.html"


def dataset_prefix(prefix: str, layout: str) -> str:
    """The folder of everything in one layout, which readers are given."""
    return f"{prefix}version={layout}/"


def day_prefix(prefix: str, layout: str, day: date) -> str:
    """The folder of everything whose period starts on that day."""
    return f"{dataset_prefix(prefix, layout)}year={day:%Y}/month={day:%m}/day={day:%d}/"


def cluster_prefix(prefix: str, layout: str, day: date, cluster: str) -> str:
    """What every object of a cluster and day begins with; so may those of clusters named longer."""
    return f"{day_prefix(prefix, layout, day)}infer-focus-{slug(cluster)}-"


def object_key(
    prefix: str, layout: str, cluster: str, report: str, period: Period, extension: str
) -> str:
    """The key of one report's object for one period; `extension` is without the dot."""
    day = day_of(period.start)
    hour = ""
    if period.schedule is Schedule.HOURLY:
        hour = f"-{period.start // HOUR_SECONDS % 24:02d}"
    named = "" if report == DEFAULT_REPORT else f"--{slug(report)}"
    folder = day_prefix(prefix, layout, day)
    return f"{folder}infer-focus-{slug(cluster)}{named}-{day:%Y-%m-%d}{hour}.{extension}"


def parse_object_name(name: str) -> ObjectName | None:
    """What a key's last part says; None for a name this program did not give."""
    match = _OBJECT_NAME.fullmatch(name)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    hour = None if match["hour"] is None else int(match["hour"])
    return ObjectName(match["cluster"], match["report"], day, hour, match["extension"])


def metadata_key(prefix: str, cluster: str, name: str) -> str:
    """The key of a document about the data; `name` may have folders: `runs/20260310.json`."""
    return f"{prefix}metadata/{slug(cluster)}/{name}"


def ternary_key(ternary_prefix: str, key: str) -> str:
    """Where Ternary's copy of an object lies."""
    return f"{ternary_prefix}{key}"
