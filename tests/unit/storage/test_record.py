from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.periods import Schedule, period_at
from exporter.storage.record import NAME_BYTES, ObjectRecord, Totals, recorded_name, total
from tests.unit.storage.objects import hour, totals

COUNTS = st.integers(min_value=0, max_value=2**70)
RECORDS = st.builds(
    ObjectRecord,
    sha256=st.just("ab" * 32),
    cluster=st.text(),
    report=st.text(),
    report_set=st.text(),
    period=st.builds(period_at, st.sampled_from(Schedule), st.integers(0, 4_000_000_000)),
    totals=st.builds(Totals, COUNTS, COUNTS, COUNTS),
    rows=COUNTS,
    schema_id=st.none() | st.uuids().map(str),
    complete=st.sampled_from([None, True, False]),
)
RECORD = ObjectRecord("ab" * 32, "prod", "default", "set-1", hour(), totals(), 7)


def test_metadata_is_readable() -> None:
    assert RECORD.to_metadata() == {
        "sha256": "ab" * 32,
        "cluster": "prod",
        "report": "default",
        "report-set": "set-1",
        "schedule": "hourly",
        "start": "2026-03-10T14:00:00Z",
        "end": "2026-03-10T15:00:00Z",
        "tokens": "100",
        "energy-millijoules": "2000",
        "gpu-nano-hours": "3000",
        "rows": "7",
    }


@given(RECORDS)
def test_a_record_survives_metadata(record: ObjectRecord) -> None:
    assert ObjectRecord.from_metadata(record.to_metadata()) == record


@pytest.mark.parametrize(
    "damage",
    [
        {"tokens": "many"},
        {"start": "yesterday"},
        {"start": "2026-03-10T14:00:01Z"},
        {"start": "2026-03-10T16:00:00Z"},
        {"schedule": "yearly"},
        {"rows": ""},
    ],
)
def test_damaged_metadata_says_nothing(damage: dict[str, str]) -> None:
    assert ObjectRecord.from_metadata(RECORD.to_metadata() | damage) is None


@pytest.mark.parametrize("name", list(RECORD.to_metadata()))
def test_incomplete_metadata_says_nothing(name: str) -> None:
    metadata = RECORD.to_metadata()
    del metadata[name]
    assert ObjectRecord.from_metadata(metadata) is None


def test_the_schema_is_named_where_there_is_one() -> None:
    """Objects of earlier versions name none, and are read all the same."""
    assert replace(RECORD, schema_id="5f0c").to_metadata()["schema-id"] == "5f0c"
    assert ObjectRecord.from_metadata(RECORD.to_metadata()) == RECORD


def test_only_lower_totals_are_a_shortfall() -> None:
    stored = totals(100, 2_000, 3_000)
    assert totals(100, 2_000, 3_000).shortfall(stored) == ""
    assert totals(101, 2_001, 3_001).shortfall(stored) == ""
    assert totals(99, 5_000, 2_999).shortfall(stored) == (
        "tokens 100, now 99, GPU-hours/1e9 3000, now 2999"
    )
    assert totals(100, 0, 3_000).shortfall(stored) == "energy mJ 2000, now 0"


def test_totals_add_up() -> None:
    assert total([]) == Totals(0, 0, 0)
    assert total([totals(1, 2, 3), totals(10, 20, 30)]) == Totals(11, 22, 33)
    assert totals(1, 20, 3).at_least(totals(10, 2, 3)) == Totals(10, 20, 3)


def test_a_name_too_long_for_metadata_stands_as_its_hash() -> None:
    assert recorded_name("ü" * (NAME_BYTES // 6)) == "ü" * (NAME_BYTES // 6)
    long, other = recorded_name("ü" * NAME_BYTES), recorded_name("ü" * NAME_BYTES + "x")
    assert long.startswith("sha256:")
    assert len(long) == 71
    assert long != other
