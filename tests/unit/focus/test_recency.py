from __future__ import annotations

from typing import Any

import pytest

from exporter.focus.recency import (
    Recency,
    TimeSector,
    parse_recency,
    recency_document,
    renewed,
)

NINE, TEN, ELEVEN = (1_773_100_800 + hour * 3600 for hour in (9, 10, 11))  # 2026-03-10
FIRST, LATER = ELEVEN + 600, ELEVEN + 4200
SECTORS = {
    NINE: TimeSector(NINE, TEN, True, FIRST),
    TEN: TimeSector(TEN, ELEVEN, False, FIRST + 60),
}
KNOWN = Recency("a", FIRST, FIRST + 60, SECTORS)
DOCUMENT: list[dict[str, Any]] = [
    {
        "DatasetInstanceId": "a",
        "RecencyLastUpdated": "2026-03-10T11:10:00Z",
        "DatasetInstanceLastUpdated": "2026-03-10T11:11:00Z",
        "TimeSectors": [
            {
                "TimeSectorStart": "2026-03-10T09:00:00Z",
                "TimeSectorEnd": "2026-03-10T10:00:00Z",
                "TimeSectorComplete": True,
                "TimeSectorLastUpdated": "2026-03-10T11:10:00Z",
            },
            {
                "TimeSectorStart": "2026-03-10T10:00:00Z",
                "TimeSectorEnd": "2026-03-10T11:00:00Z",
                "TimeSectorComplete": False,
                "TimeSectorLastUpdated": "2026-03-10T11:11:00Z",
            },
        ],
    }
]
SECTOR = DOCUMENT[0]["TimeSectors"][0]


def test_recency_has_the_fields_and_times_of_focus() -> None:
    assert recency_document([KNOWN]) == DOCUMENT


def test_recency_is_read_back() -> None:
    other = Recency("b", LATER, LATER, {TEN: TimeSector(TEN, ELEVEN, True, LATER)})
    document = recency_document([other, KNOWN])

    assert parse_recency(document) == {"a": KNOWN, "b": other}
    assert recency_document(parse_recency(document).values()) == document


def test_sectors_lie_in_order_of_time() -> None:
    backwards = Recency("a", FIRST, FIRST + 60, dict(reversed(SECTORS.items())))

    assert recency_document([backwards]) == DOCUMENT


def test_the_same_sectors_change_nothing() -> None:
    assert renewed(KNOWN, "a", dict(SECTORS), LATER) is KNOWN


def test_first_recency_is_as_new_as_its_newest_data() -> None:
    assert renewed(None, "a", SECTORS, LATER) == Recency("a", LATER, FIRST + 60, SECTORS)


@pytest.mark.parametrize(
    ("sectors", "data_updated"),
    [
        ({**SECTORS, ELEVEN: TimeSector(ELEVEN, ELEVEN + 3600, True, LATER)}, LATER),
        ({**SECTORS, TEN: TimeSector(TEN, ELEVEN, True, FIRST + 60)}, FIRST + 60),
        ({TEN: SECTORS[TEN]}, LATER),
    ],
    ids=["one more", "complete now", "one gone"],
)
def test_changed_sectors_make_a_new_recency(
    sectors: dict[int, TimeSector], data_updated: int
) -> None:
    """The data of a removed object has changed too."""
    assert renewed(KNOWN, "a", sectors, LATER) == Recency("a", LATER, data_updated, sectors)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"DatasetInstanceId": None}, "DatasetInstanceId is None, not a text"),
        ({"RecencyLastUpdated": "yesterday"}, "Invalid isoformat string: 'yesterday'"),
        ({"RecencyLastUpdated": "2026-03-10T11:10:00"}, "a time without a zone"),
        ({"TimeSectors": None}, "it is not a list of objects"),
        ({"TimeSectors": []}, "a Recency object has no time sector"),
        ({"TimeSectors": [{}]}, "TimeSectorStart is None, not a text"),
        ({"TimeSectors": [{**SECTOR, "TimeSectorComplete": "yes"}]}, "is 'yes', not true or false"),
        ({"TimeSectors": [{**SECTOR, "TimeSectorEnd": 7}]}, "TimeSectorEnd is 7, not a text"),
    ],
)
def test_damaged_recency_is_told(change: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_recency([{**DOCUMENT[0], **change}])


def test_what_is_no_list_is_no_recency() -> None:
    with pytest.raises(ValueError, match="not a list of objects"):
        parse_recency({"DatasetInstanceId": "a"})
