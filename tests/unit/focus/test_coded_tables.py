from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.cost.distinct import Texts, texts_of
from exporter.files.parquet import encode_parquet
from exporter.focus.coded_tables import in_full, in_slices, is_text

WORDS = st.lists(st.none() | st.sampled_from(["a", "b", "", "é"]), min_size=1, max_size=6)


@st.composite
def coded_columns(draw: st.DrawFn) -> pa.DictionaryArray:
    """Codes of words that may repeat, be null, or be of no row, and null codes."""
    words = draw(WORDS)
    codes = draw(st.lists(st.none() | st.integers(0, len(words) - 1), max_size=8))
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int64()), pa.array(words, pa.string()))


def table_of(column: pa.Array, *, nullable: bool = True) -> pa.Table:
    return pa.table([column], schema=pa.schema([pa.field("a", column.type, nullable)]))


def texts(column: pa.DictionaryArray) -> list[str | None]:
    """What a column says, read row by row."""
    words = column.dictionary.to_pylist()
    return [None if code is None else words[code] for code in column.indices.to_pylist()]


@given(coded_columns())
def test_texts_are_written_out(column: pa.DictionaryArray) -> None:
    whole = in_full(table_of(column))

    assert whole.schema.field("a").type == pa.string()
    assert whole["a"].to_pylist() == texts(column)


def test_a_table_without_codes_stays_as_it_is() -> None:
    table = table_of(pa.array(["a"]), nullable=False)

    assert in_full(table) is table


def test_whether_a_column_may_be_null_stays_known() -> None:
    column = texts_of(["a"]).coded()

    assert not in_full(table_of(column, nullable=False)).schema.field("a").nullable
    assert not in_slices(table_of(column, nullable=False), 5)[0].field("a").nullable


@given(coded_columns(), st.integers(1, 4))
def test_slices_have_each_word_once_in_the_order_of_the_rows(
    column: pa.DictionaryArray, rows: int
) -> None:
    schema, slices = in_slices(table_of(column), rows)

    assert [text for each in slices for text in each["a"].to_pylist()] == texts(column)
    for number, each in enumerate(slices):
        assert each.schema == schema
        said = [text for text in texts(column)[number * rows :][:rows] if text is not None]
        assert each["a"].chunk(0).dictionary.to_pylist() == list(dict.fromkeys(said))


@given(coded_columns(), st.sampled_from([False, True]))
def test_a_file_is_the_same_whether_texts_have_codes_or_not(
    column: pa.DictionaryArray, has_nulls: bool
) -> None:
    table = table_of(column, nullable=has_nulls or None in texts(column))

    assert encode_parquet(table, "snappy", {}) == encode_parquet(in_full(table), "snappy", {})


def test_a_word_that_first_appears_late_is_found() -> None:
    column = texts_of([*["a"] * 5000, "b"]).coded()

    (found,) = in_slices(table_of(column), 10_000)[1]

    assert found["a"].to_pylist() == [*["a"] * 5000, "b"]
    assert found["a"].chunk(0).dictionary.to_pylist() == ["a", "b"]


def test_many_long_texts_are_plain_and_none_is_lost_between_row_groups() -> None:
    words = [f"{i:0400}" for i in range(2000)]
    schema, slices = in_slices(table_of(texts_of(words).coded()), 1500)

    assert schema.field("a").type == pa.string()
    assert [text for each in slices for text in each["a"].to_pylist()] == words


def test_a_null_in_a_coded_column_that_has_none_is_refused() -> None:
    table = table_of(texts_of(["a", None]).coded(), nullable=False)

    with pytest.raises(pa.ArrowInvalid, match="declared non-nullable"):
        encode_parquet(table, "snappy", {})


@pytest.mark.parametrize(
    ("kind", "holds_texts"),
    [
        (pa.string(), True),
        (pa.dictionary(pa.int64(), pa.string()), True),
        (pa.dictionary(pa.int64(), pa.int64()), False),
        (pa.decimal128(18, 9), False),
    ],
    ids=str,
)
def test_texts_are_known_with_and_without_codes(kind: pa.DataType, holds_texts: bool) -> None:
    assert is_text(kind) is holds_texts


def test_texts_of_some_rows_keep_their_words() -> None:
    column = texts_of(["a", None, "b"])

    some = column.taken(column.codes[[2, 0]])

    assert isinstance(some, Texts)
    assert some == ["b", "a"]
