from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.files.csv import check_row_count, encode_csv

AMOUNT, FOCUS_AMOUNT = pa.decimal128(18, 9), pa.decimal128(38, 18)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def cell(value: Any, kind: pa.DataType) -> str:
    """The text of one value between two others, so that nothing stands at the end of a line."""
    table = pa.table({"a": [1], "b": pa.array([value], kind), "c": [2]})
    line = encode_csv(table, header=False).decode()
    assert line.startswith("1,")
    assert line.endswith(",2\n")
    return line[2:-3]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("12", "12"),
        ("12.5", "12.5"),
        ("-0.25", "-0.25"),
        ("100", "100"),
        ("0.000000001", "0.000000001"),
        ("-0.000000001", "-0.000000001"),
        ("999999999.999999999", "999999999.999999999"),
        ("-0.0", "0"),
    ],
)
def test_decimals_are_plain_and_trimmed(value: str, text: str) -> None:
    assert cell(Decimal(value), AMOUNT) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0.0"),
        ("2500000", "2500000.0"),
        ("-3", "-3.0"),
        ("1E-18", "0.000000000000000001"),
        ("99999999999999999999.5", "99999999999999999999.5"),
    ],
)
def test_focus_amounts_never_look_like_integers(value: str, text: str) -> None:
    assert cell(Decimal(value), FOCUS_AMOUNT) == text


def test_times_are_rfc_3339_in_utc() -> None:
    moment = datetime(2026, 3, 10, 12, tzinfo=UTC)

    assert cell(moment, pa.timestamp("us", tz="UTC")) == "2026-03-10T12:00:00Z"


@pytest.mark.parametrize("kind", [pa.string(), pa.int64(), AMOUNT, pa.timestamp("us", tz="UTC")])
def test_null_is_an_empty_field(kind: pa.DataType) -> None:
    assert cell(None, kind) == ""


def test_an_empty_text_is_not_null() -> None:
    assert cell("", pa.string()) == '""'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain text", "plain text"),
        ("a,b", '"a,b"'),
        ('say "hi"', '"say ""hi"""'),
        ("two\nlines", '"two\nlines"'),
        ("two\rlines", '"two\rlines"'),
        ("Zürich €", "Zürich €"),
        ("'quoted'", "'quoted'"),
    ],
)
def test_texts_are_quoted_only_when_they_must(value: str, text: str) -> None:
    assert cell(value, pa.string()) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
        ("\n=1", '"\'\n=1"'),
        ("'=1", "''=1"),
        ("'a", "'a"),
        ('=cmd|"x",y', '"\'=cmd|""x"",y"'),
        ("a=b", "a=b"),
        ("a\n=b", '"a\n=b"'),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_disarmed(value: str, text: str) -> None:
    assert cell(value, pa.string()) == text


def test_a_negative_number_is_no_formula() -> None:
    assert cell(-5, pa.int64()) == "-5"


def test_the_header_comes_first_and_can_be_left_out() -> None:
    table = pa.table({"Name": ["a", "b"], "x,y": [1, 2]})

    assert encode_csv(table) == b'Name,"x,y"\na,1\nb,2\n'
    assert encode_csv(table, header=False) == b"a,1\nb,2\n"


def test_a_table_without_rows_is_a_header() -> None:
    table = pa.table({"a": pa.array([], pa.string())})

    assert encode_csv(table) == b"a\n"
    assert encode_csv(table, header=False) == b""


def test_columns_in_several_chunks_and_slices_are_written_whole() -> None:
    amounts = pa.chunked_array([pa.array([Decimal(1), Decimal(2)], AMOUNT)[1:], [Decimal(3)]])
    table = pa.table({"a": amounts, "b": pa.chunked_array([["x"], ["y"]])})

    assert encode_csv(table, header=False) == b"2,x\n3,y\n"


def test_a_sliced_column_is_written_from_its_own_start() -> None:
    table = pa.table({"a": pa.array([Decimal(1), Decimal(2), None], AMOUNT)}).slice(1, 1)

    assert encode_csv(table, header=False) == b"2\n"


@pytest.mark.parametrize("kind", [pa.bool_(), pa.decimal128(9, 0), pa.float64()])
def test_a_type_without_a_csv_form_is_refused(kind: pa.DataType) -> None:
    with pytest.raises(
        ValueError, match=rf"^no CSV form for a column of type {kind}".split("(")[0]
    ):
        encode_csv(pa.table({"a": pa.array([None], kind)}))


def test_text_with_another_number_of_rows_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the CSV text reads back 2 rows of 1$"):
        check_row_count(b"1,a\n2,b\n", ["x", "y"], 1)


def test_a_line_with_another_number_of_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected 2 columns, got 3"):
        check_row_count(b"1,a,b\n", ["x", "y"], 1)


@given(st.lists(st.tuples(st.none() | TEXT, st.none() | TEXT)))
def test_any_text_survives_except_for_the_mark_before_formulas(
    rows: list[tuple[str | None, str | None]],
) -> None:
    table = pa.table(
        {
            name: pa.array([row[place] for row in rows], pa.string())
            for place, name in enumerate("ab")
        }
    )

    read = list(csv.reader(io.StringIO(encode_csv(table, header=False).decode(), newline="")))

    assert [tuple(row) for row in read] == [(disarmed(a), disarmed(b)) for a, b in rows]


def disarmed(value: str | None) -> str:
    if value is None:
        return ""
    formula = value.lstrip("'").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    return f"'{value}" if formula else value


@given(st.lists(st.none() | st.decimals(-(10**9) + 1, 10**9 - 1, places=9)))
def test_any_amount_survives(amounts: list[Decimal | None]) -> None:
    table = pa.table({"a": pa.array(amounts, AMOUNT), "b": [0] * len(amounts)})

    lines = encode_csv(table, header=False).decode().splitlines()

    texts = [line.split(",")[0] for line in lines]
    assert [Decimal(text) if text else None for text in texts] == amounts
    assert not any("E" in text or text.startswith("-0,") or text == "-0" for text in texts)
