"""Between the first and the last object of a series no time may be missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from exporter.commands.validating.gaps import Seen, Timeline

DAY = "infer-focus-prod-2026-10-{:02d}.parquet"
HOUR = "infer-focus-prod-2026-10-01-{:02d}.parquet"


def seen(*ends: Any, name: str = "ChargePeriodEnd", kind: Any = None) -> Seen:
    found = Seen()
    found.look_at(pa.RecordBatch.from_arrays([pa.array(ends, kind)], [name]))
    return found


def gaps(*objects: tuple[str, Seen]) -> list[tuple[str, str]]:
    timeline = Timeline()
    for name, rows in objects:
        timeline.add(f"year=2026/{name}", "focus/", "1.3", rows)
    return [(gap.file.removeprefix("year=2026/"), gap.value) for gap in timeline.gaps()]


def hours(*of_day: int) -> list[tuple[str, Seen]]:
    return [(HOUR.format(hour), Seen()) for hour in of_day]


def day(number: int, last: int | None = None) -> tuple[str, Seen]:
    """An object that begins on a day and holds rows up to the end of another; None: no rows."""
    end = None if last is None else f"2026-10-{last + 1:02d}T00:00:00Z"
    return DAY.format(number), seen(end, kind=pa.string())


def test_hours_that_follow_one_another_have_no_gap_whether_they_have_rows_or_not() -> None:
    assert gaps(*hours(3, 1, 2)) == []


def test_missing_hours_are_one_gap_before_the_next_object() -> None:
    assert gaps(*hours(0, 1, 4, 5, 7)) == [
        (HOUR.format(4), "2026-10-01T02:00:00Z/2026-10-01T04:00:00Z"),
        (HOUR.format(7), "2026-10-01T06:00:00Z/2026-10-01T07:00:00Z"),
    ]


def test_the_rows_say_how_long_an_object_without_an_hour_is() -> None:
    assert gaps(day(1, 4), day(5, 11), day(12, 18)) == []
    assert gaps(day(1, 1), day(3, 3)) == [
        (DAY.format(3), "2026-10-02T00:00:00Z/2026-10-03T00:00:00Z")
    ]


def test_after_an_object_without_rows_nobody_knows_where_it_ends() -> None:
    assert gaps(day(1, 1), day(2), day(5, 5)) == []


def test_a_day_and_its_hours_leave_no_gap() -> None:
    assert gaps(day(1, 1), *hours(0, 5), day(2, 2)) == []


def test_series_are_apart() -> None:
    """By report, cluster, version and root."""
    timeline = Timeline()
    for root, version, name in (
        ("", "1.3", "infer-focus-a-2026-10-01-00.csv"),
        ("", "1.3", "infer-focus-a--b-2026-10-01-05.csv"),
        ("", "1.3", "infer-focus-b-2026-10-01-07.csv"),
        ("", "1.2", "infer-focus-a-2026-10-01-09.csv"),
        ("x/", "1.3", "infer-focus-a-2026-10-01-11.csv"),
    ):
        timeline.add(name, root, version, Seen())
    assert timeline.objects == 5
    assert list(timeline.gaps()) == []


def test_files_of_other_names_are_passed_over() -> None:
    timeline = Timeline()
    for name in ("2026-10-01-00.csv", "infer-focus-a-2026-13-01-02.csv", "rows.parquet"):
        timeline.add(name, "", "1.3", Seen())
    assert timeline.objects == 0


@pytest.mark.parametrize(
    ("ends", "kind", "expected"),
    [
        ([None, "2026-10-01T00:00:00Z", "2026-09-30T00:00:00Z"], None, 1_790_812_800),
        (["2026-10-01T02:00:00+02:00"], None, 1_790_812_800),
        (["2026-10-01"], None, 1_790_812_800),
        (["yesterday"], None, None),
        (["0001-01-01T00:00:00Z"], None, None),
        ([datetime(2026, 10, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC"), 1_790_812_800),
        ([1_790_812_800_000_000_001], pa.timestamp("ns"), 1_790_812_800),
        ([1 << 60], pa.timestamp("s"), None),
        ([None], pa.timestamp("ms"), None),
        ([1_790_812_800], None, None),
    ],
)
def test_the_last_end_of_rows_is_read_from_times_and_texts(
    ends: list[Any], kind: Any, expected: int | None
) -> None:
    assert seen(*ends, kind=kind).end == expected


def test_without_one_column_of_ends_nothing_is_known() -> None:
    assert seen("2026-10-01T00:00:00Z", name="End").end is None
    twice = pa.RecordBatch.from_arrays([pa.array(["2026-10-01"])] * 2, ["ChargePeriodEnd"] * 2)
    found = Seen()
    found.look_at(twice)
    assert found.end is None
