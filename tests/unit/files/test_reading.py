"""What anybody wrote is read as it is, and what cannot be read is named with its row."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporter.errors import UnreadableFile
from exporter.files import csv_reading, reading
from exporter.files.csv import encode_csv
from exporter.files.reading import Rows, open_rows

HEADER = b"ServiceName,ResourceId,Tags\n"


def opened(content: bytes, name: str = "rows.csv") -> Rows:
    return open_rows(io.BytesIO(content), name)


def lines(content: bytes, name: str = "rows.csv") -> list[list[Any]]:
    """The values of every row in the order of the columns."""
    batches = opened(content, name).batches
    columns = [[column.to_pylist() for column in batch.columns] for batch in batches]
    return [list(row) for values in columns for row in zip(*values, strict=True)]


def refused(content: bytes, name: str = "rows.csv") -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        lines(content, name)
    return caught.value


def parquet(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def numbers(count: int) -> pa.Table:
    return pa.table({"ResourceId": [f"r{number}" for number in range(count)]})


def test_an_empty_field_of_a_csv_is_null_and_a_quoted_one_an_empty_text() -> None:
    rows = opened(HEADER + b'a,,""\nnull,NA,"x\ny, ""z"""\n')
    assert rows.text
    assert rows.footer == {}
    assert rows.schema == pa.schema([(n, pa.string()) for n in HEADER.decode().strip().split(",")])
    assert [batch.to_pylist() for batch in rows.batches] == [
        [
            {"ServiceName": "a", "ResourceId": None, "Tags": ""},
            {"ServiceName": "null", "ResourceId": "NA", "Tags": 'x\ny, "z"'},
        ]
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=repr)
def test_every_line_end_is_taken(end: bytes) -> None:
    assert lines(end.join([b"a,b", b"1,2", b"3,4"])) == [["1", "2"], ["3", "4"]]
    assert lines(end.join([b"a,b", b"1,2", b"", b"3,4", b""])) == [["1", "2"], ["3", "4"]]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert opened(b"\xef\xbb\xbf" + HEADER + b"a,b,c\n").schema.names[0] == "ServiceName"


def test_names_of_the_header_may_be_quoted_hold_line_ends_and_repeat() -> None:
    rows = opened(b'"a\nb",a,a\n1,2,3\n')
    assert rows.schema.names == ["a\nb", "a", "a"]
    assert [column.to_pylist() for column in next(rows.batches).columns] == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize("after", [b"", b"\n", b"\n\n\n"], ids=repr)
def test_a_header_alone_is_a_csv_without_rows(after: bytes) -> None:
    rows = opened(b"a,b" + after)
    assert rows.schema.names == ["a", "b"]
    assert list(rows.batches) == []


def test_the_guard_before_a_formula_stays() -> None:
    """The rules take it away, from texts only."""
    table = pa.table({"ResourceId": ["r"], "Tags": ["=1+1"]})
    assert lines(encode_csv(table)) == [["r", "'=1+1"]]


def test_a_gzipped_csv_is_read_by_its_first_bytes() -> None:
    packed = gzip.compress(HEADER + b"a,b,c\n")
    for name in ("rows.csv.gz", "rows.csv", "rows"):
        assert lines(packed, name) == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "is empty, without a header"),
        (b"\xef\xbb\xbf", "is empty, without a header"),
        (b"  \na,b\n", "has no header line"),
        (b'"a\n', "its header is no CSV: unexpected end of data"),
        (b"a\xff,b\n1,2\n", "is no UTF-8 text"),
        ("a,b\n1,2\n".encode("utf-16"), "is no UTF-8 text"),
        (b"x" * (1 << 20) + b"\n", "has no line end within its first megabyte"),
        (
            gzip.compress(HEADER, mtime=0)[:-9],
            "cannot be read to its end: Compressed file ended before",
        ),
        (b"\x1f\x8bnot gzip", "cannot be read to its end: Unknown compression method"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_csv_without_a_header_is_refused(content: bytes, text: str) -> None:
    fault = refused(content)
    assert str(fault).startswith(text)
    assert (fault.row, fault.exit_code) == (None, 3)


@pytest.mark.parametrize(("line", "count"), [(b"a,b", 2), (b"a,b,c,d", 4), (b'"a,b,c"', 1)])
def test_a_row_with_another_number_of_fields_is_named(line: bytes, count: int) -> None:
    fault = refused(HEADER + b'a,b,"c\nd"\n' * 3 + line + b"\na,b,c\n")
    assert str(fault) == f"cannot be read from row 4 on: it has {count} fields, the header 3"
    assert fault.row == 4


def test_rows_before_a_ragged_one_are_read_when_they_are_in_an_earlier_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_reading, "_BLOCK_BYTES", 1000)
    batches = opened(HEADER + b"aaaa,bbbb,cccc\n" * 200 + b"a,b\n").batches
    read: list[int] = []
    with pytest.raises(UnreadableFile) as caught:
        read.extend(batch.num_rows for batch in batches)
    assert caught.value.row == 201
    assert 100 < sum(read) < 201


def test_a_text_that_is_no_utf_8_is_named_with_row_and_column() -> None:
    fault = refused(HEADER + b"a,b,c\n\xc3\xa9,b,c\na,\xe9,c\n")
    assert str(fault) == "cannot be read from row 3 on: it is no UTF-8 text"
    assert (fault.row, fault.column) == (3, "ResourceId")


def test_a_quoted_field_that_does_not_end_is_a_fault() -> None:
    """As of a file that was cut: the reader below would take the rest as one field."""
    fault = refused(HEADER + b'a,b,c\na,b,"c\nd\n')
    assert str(fault) == "ends inside a quoted field, or has a quote in an unquoted one"
    assert fault.row == 2


def test_a_row_longer_than_a_block_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reading, "_BLOCK_BYTES", 1 << 20)
    fault = refused(HEADER + b"a,b,c\n" + b'a,b,"' + b"x" * (3 << 20) + b'"\n')
    assert "a row is longer than 1 MiB, or a quoted field does not end" in str(fault)


def test_a_parquet_file_gives_its_own_types_and_its_footer() -> None:
    table = numbers(3).replace_schema_metadata({"focus": '{"FocusVersion": "1.2"}'})
    rows = opened(parquet(table), "rows.parquet")
    assert not rows.text
    assert rows.footer["focus"] == '{"FocusVersion": "1.2"}'
    assert rows.schema.names == ["ResourceId"]
    assert pa.Table.from_batches(rows.batches).equals(numbers(3))


def test_what_the_writer_noted_about_arrow_types_does_not_matter() -> None:
    values = ["a", None, "b", "a"]
    noted = {
        "dictionary": pa.array(values).dictionary_encode(),
        "large": pa.array(values, pa.large_string()),
        "plain": pa.array(values),
    }
    rows = opened(parquet(pa.table(noted)), "rows.parquet")
    assert set(rows.schema.types) == {pa.string()}
    (batch,) = rows.batches
    assert [column.to_pylist() for column in batch.columns] == [values] * 3


def test_a_big_parquet_file_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_ROWS_PER_BATCH", 100)
    batches = list(opened(parquet(numbers(950), row_group_size=300), "rows.parquet").batches)
    assert max(batch.num_rows for batch in batches) == 100
    assert pa.Table.from_batches(batches).equals(numbers(950))


def test_parquet_is_known_by_its_first_bytes_where_the_name_says_nothing() -> None:
    assert lines(parquet(numbers(1)), "rows") == [["r0"]]
    assert str(refused(parquet(numbers(1)), "a.csv")) == "is a Parquet file under the name of a CSV"


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1", HEADER, parquet(numbers(9))[:-1], parquet(numbers(9))[9:]],
    ids=["empty", "magic", "csv", "cut at the end", "cut at the beginning"],
)
def test_a_broken_parquet_file_is_refused(content: bytes) -> None:
    assert str(refused(content, "rows.parquet")).startswith(("is no whole Parquet", "cannot be"))


def test_a_broken_page_is_named_with_the_first_row_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = bytearray(parquet(numbers(500), row_group_size=250, compression="zstd"))
    group = pq.read_metadata(io.BytesIO(content)).row_group(1).column(0)
    end = group.dictionary_page_offset + group.total_compressed_size
    content[group.dictionary_page_offset + 30 : end] = bytes(
        end - group.dictionary_page_offset - 30
    )
    monkeypatch.setattr(reading, "_ROWS_PER_BATCH", 250)
    fault = refused(bytes(content), "rows.parquet")
    assert str(fault).startswith("cannot be read from row 251 on: ")
    assert fault.row == 251


def test_a_parquet_text_that_is_no_utf_8_is_named_with_row_and_column() -> None:
    """Parquet readers take it as it is, and the rules would fall over it."""
    raw = pa.array([b"a", b"\xe9", None], pa.binary()).view(pa.string())
    fault = refused(parquet(pa.table({"Tags": raw})), "rows.parquet")
    assert (fault.row, fault.column) == (2, "Tags")


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(numbers(2), path)
    with path.open("rb") as file:
        assert sum(batch.num_rows for batch in open_rows(file, str(path)).batches) == 2


def chosen(content: bytes, name: str, *columns: str) -> Rows:
    return open_rows(io.BytesIO(content), name, lambda names: [n for n in names if n in columns])


@pytest.mark.parametrize(("name", "number"), [("rows.csv", "2"), ("rows.parquet", 2)])
def test_only_the_columns_that_are_chosen_are_read(name: str, number: object) -> None:
    """In the order of the file, whatever the order of the choice."""
    table = pa.table({"a": ["x", "y"], "b": [1, 2], "c": ["u,v", ""]})
    content = encode_csv(table) if name.endswith("csv") else parquet(table)
    rows = chosen(content, name, "c", "b")
    assert rows.schema.names == ["b", "c"]
    (batch,) = rows.batches
    assert batch.schema == rows.schema
    assert batch.to_pylist()[1] == {"b": number, "c": ""}


def test_a_parquet_file_is_asked_for_nothing_else() -> None:
    """A column that cannot be decoded is not even looked at."""
    table = pa.table({"a": ["x" * 1000], "b": ["kept"]})
    content = parquet(table, compression="none", use_dictionary=False)
    broken = content.replace(b"x" * 1000, b"\xff" * 1000)
    assert [batch.to_pylist() for batch in chosen(broken, "rows.parquet", "b").batches] == [
        [{"b": "kept"}]
    ]
    with pytest.raises(UnreadableFile):
        list(open_rows(io.BytesIO(broken), "rows.parquet").batches)


def test_a_line_of_another_width_is_refused_whatever_is_chosen() -> None:
    with pytest.raises(UnreadableFile, match="it has 1 fields, the header 3"):
        list(chosen(b"a,b,c\n1,2,3\n4\n", "rows.csv", "a").batches)
