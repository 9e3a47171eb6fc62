from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.periods import HourRange
from exporter.sources.faults import Fault, Final, Passing, TooMuch
from exporter.sources.replies import checked, hourly_of, instant_values, raw_of
from tests.unit.sources.answers import HOUR, NOON, failure, matrix, success, vector

HOURS = HourRange(NOON, NOON + 3 * HOUR)


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (
            matrix({}, warnings=["store a is away", "b too"]).content,
            Passing,
            "answered with a warning: store a is away; b too",
        ),
        (matrix({}, isPartial=True).content, Passing, "answered only in part (isPartial)"),
        (
            matrix({"a": [(NOON, "1")]}).content[:-9],
            Passing,
            "the answer is broken JSON (Input data was truncated; 119 bytes)",
        ),
        (
            b'{"message":"no route to host"}',
            Passing,
            'the answer is not JSON of a Prometheus API: {"message":"no route to host"}',
        ),
        (
            b"<html>\n<title>Log in</title>",
            Passing,
            "the answer is not JSON of a Prometheus API: <html> <title>Log in</title>",
        ),
        (b"\xff\xfe", Passing, "the answer is not JSON of a Prometheus API: \ufffd\ufffd"),
        (b"", Passing, "the answer is not JSON of a Prometheus API: an empty answer"),
        (
            failure(200, "too many samples").content,
            TooMuch,
            "status error execution: too many samples",
        ),
        (failure(200, "odd").content, Final, "status error execution: odd"),
        (b'{"status":"success"}', Final, "the answer has no data"),
    ],
)
def test_an_answer_that_may_lack_something_is_not_believed(
    body: bytes, kind: type[Fault], text: str
) -> None:
    with pytest.raises(Fault) as raised:
        checked(body)
    assert (type(raised.value), str(raised.value)) == (kind, text)


@pytest.mark.parametrize("more", [{"infos": ["a note"]}, {"warnings": []}, {"isPartial": False}])
def test_a_complete_answer_with_remarks_is_believed(more: dict[str, Any]) -> None:
    assert checked(matrix({}, **more).content).resultType == "matrix"


def test_points_land_in_the_hour_that_they_end() -> None:
    answer = matrix(
        {
            "a": [(NOON + HOUR, "1"), (NOON + 3 * HOUR, "3")],
            "b": [],
            "c": [(NOON + 2 * HOUR, "2.5")],
        }
    )
    series = hourly_of(checked(answer.content), HOURS)
    assert series.labels == [{"pod": "a"}, {"pod": "b"}, {"pod": "c"}]
    none = math.nan
    np.testing.assert_array_equal(
        series.values, [[1, none, 3], [none, none, none], [none, 2.5, none]]
    )


def test_an_answer_without_series_has_no_row() -> None:
    assert hourly_of(checked(matrix({}).content), HOURS).values.shape == (0, 3)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3))
@example([0, 2**63, 0x7FF << 52])
def test_values_are_exactly_those_written(patterns: list[int]) -> None:
    wanted = [struct.unpack("d", struct.pack("Q", pattern))[0] for pattern in patterns]
    # Prometheus writes no exponents: strconv.FormatFloat(v, 'f', -1, 64).
    points = [
        (NOON + HOUR * (hour + 1), as_prometheus_writes(value)) for hour, value in enumerate(wanted)
    ]
    values = hourly_of(checked(matrix({"a": points}).content), HOURS).values[0, : len(wanted)]
    np.testing.assert_array_equal(values, wanted)
    real = ~np.isnan(values)
    np.testing.assert_array_equal(np.signbit(values[real]), np.signbit(np.array(wanted)[real]))


def as_prometheus_writes(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return format(Decimal(repr(value)), "f")


@pytest.mark.parametrize("moment", [NOON, NOON + 4 * HOUR, NOON + HOUR + 1, NOON + HOUR + 0.5])
def test_a_server_that_moved_the_range_is_not_believed(moment: float) -> None:
    with pytest.raises(Final, match="points at other times than the ends of hours"):
        hourly_of(checked(matrix({"a": [(moment, "1")]}).content), HOURS)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([[NOON + HOUR, "abc"]], "the answer's values cannot be read"),
        ([[NOON + HOUR, 1]], "the answer's points are not pairs"),
        ([[NOON + HOUR, "1", 2]], "the answer's points are not pairs"),
    ],
)
def test_points_of_another_form_are_refused(values: Any, text: str) -> None:
    data = checked(success("matrix", [{"metric": {}, "values": values}]).content)
    with pytest.raises(Final, match=text):
        hourly_of(data, HOURS)


def test_series_of_another_form_are_refused() -> None:
    with pytest.raises(Final, match="series cannot be read"):
        hourly_of(checked(success("matrix", [{"metric": 3}]).content), HOURS)
    body = b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"\xff":"x"}}]}}'
    with pytest.raises(Final, match="series cannot be read"):
        hourly_of(checked(body), HOURS)


@pytest.mark.parametrize("answer", [vector("1"), success("scalar", [NOON, "1"])])
def test_another_kind_of_answer_than_a_matrix_is_refused(answer: httpx.Response) -> None:
    with pytest.raises(Final, match=r"the answer is a (vector|scalar), expected a matrix"):
        raw_of(checked(answer.content), NOON, NOON + HOUR)


def test_whitespace_between_the_points_does_not_matter() -> None:
    body = b"""{"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": {"pod": "a"}, "values": [\n [ 1773147600 , "7" ],\r\n\t[1773151200, "8"] ]}]}}"""
    np.testing.assert_array_equal(hourly_of(checked(body), HOURS).values[0, :2], [7, 8])


def test_raw_samples_are_those_after_the_start_up_to_the_end() -> None:
    answer = matrix(
        {
            "edge only": [(NOON, "1")],
            "both": [(NOON, "1"), (NOON + 0.001, "2"), (NOON + 9.5, "3"), (NOON + 60, "4")],
            "late": [(NOON + 59.999, "5"), (NOON + 60.001, "6")],
            "nothing": [],
        }
    )
    series = raw_of(checked(answer.content), NOON, NOON + 60)
    assert series.labels == [{"pod": "both"}, {"pod": "late"}]
    start = NOON * 1000
    assert [times.tolist() for times in series.times_ms] == [
        [start + 1, start + 9500, start + 60_000],
        [start + 59_999],
    ]
    assert [values.tolist() for values in series.values] == [[2, 3, 4], [5]]


def test_a_raw_sample_that_is_no_number_is_no_sample() -> None:
    answer = matrix({"a": [(NOON + 1, "NaN"), (NOON + 2, "+Inf")], "b": [(NOON + 1, "NaN")]})
    series = raw_of(checked(answer.content), NOON, NOON + 60)
    assert series.labels == [{"pod": "a"}]
    assert series.values[0].tolist() == [math.inf]


def test_times_are_rounded_to_milliseconds() -> None:
    assert int(1.001 * 1000) == 1000
    series = raw_of(checked(matrix({"a": [(1.001, "1")]}).content), 0, 60)
    assert series.times_ms[0].tolist() == [1001]


def test_an_instant_answer_is_its_values() -> None:
    assert instant_values(checked(vector("2", "1.5").content)) == [2.0, 1.5]
    assert instant_values(checked(vector().content)) == []


def test_an_instant_answer_of_another_form_is_refused() -> None:
    with pytest.raises(Final, match="the answer is a matrix, expected a vector"):
        instant_values(checked(matrix({}).content))
    with pytest.raises(Final, match="values cannot be read"):
        instant_values(checked(vector("many").content))
    with pytest.raises(Final, match="values cannot be read"):
        instant_values(checked(success("vector", [{"metric": {}}]).content))
