from __future__ import annotations

import json

import pytest

import exporter
from exporter.commands.schema import Form, SchemaArguments, aligned, schema, stacked
from exporter.errors import ConfigurationError
from exporter.focus.column_table import HEADS, column_table
from exporter.focus.schema_identity import schema_id
from tests.builders import NOON

LINES = [HEADS, *column_table("1.3", "x-Infer")]


def test_cells_of_a_pipe_stand_below_each_other() -> None:
    assert aligned([("a", "b", "c"), ("long", "", "x"), ("", "22", "")]) == (
        "a     b   c\nlong      x\n      22"
    )


def test_a_pipe_gets_one_line_for_each_column_with_every_cell_whole() -> None:
    lines = aligned(LINES).splitlines()

    assert len(lines) == len(LINES)
    for line, cells in zip(lines, LINES, strict=True):
        assert line.split() == " ".join(cells).split()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_of_any_width_shows_every_cell_whole(width: int) -> None:
    """Only note and meaning are wrapped, at words; nothing is cut and replaced by dots."""
    lines = list(stacked(LINES, width))
    indented = [line for line in lines if line.startswith("    ")]
    firsts = [line for line in lines if line not in indented]

    assert [line.split() for line in firsts] == [list(cells[:4]) for cells in LINES]
    assert max(map(len, indented)) <= width
    told = [f"{note}: {meaning}" if note else meaning for *_, note, meaning in LINES]
    assert " ".join(" ".join(indented).split()) == " ".join(told)


def arguments(form: Form, **changes: str) -> SchemaArguments:
    nothing = {"layout": None, "prefix": None, "location": None, "file_format": None}
    return SchemaArguments(form=form, **{**nothing, **changes})  # type: ignore[arg-type]


def test_the_metadata_is_of_the_moment_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """The same columns have the same SchemaId at any time; no dataset instance is named."""
    assert schema({}, arguments("json", layout="1.3"), NOON) == 0
    now = json.loads(capsys.readouterr().out)
    assert schema({}, arguments("json", layout="1.3"), NOON + 1) == 0
    later = json.loads(capsys.readouterr().out)

    assert now["CreationDate"] == "2026-03-10T12:00:00Z"
    assert later == now | {"CreationDate": "2026-03-10T12:00:01Z"}
    assert now["SchemaId"] == schema_id("1.3", "x-Infer", exporter.__version__)
    assert now["FocusVersion"] == "1.3"
    assert "DatasetInstanceId" not in now


def test_infercost_s_layout_has_one_prefix() -> None:
    with pytest.raises(ConfigurationError) as raised:
        schema({}, arguments("table", layout="infercost-1.0", prefix="x_Infer"), NOON)

    assert str(raised.value) == (
        "--prefix: got x_Infer, expected x-Infer, since the layout is infercost-1.0"
    )


def test_a_bucket_needs_no_cluster_for_a_table_over_it(capsys: pytest.CaptureFixture[str]) -> None:
    """One folder holds the rows of all clusters, and the reader may know none of them."""
    assert schema({"S3_BUCKET": "finops-focus"}, arguments("athena"), NOON) == 0
    assert "LOCATION 's3://finops-focus/focus/version=focus-1.3/'" in capsys.readouterr().out
