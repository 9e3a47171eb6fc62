"""`infer-focus schema` as a process; its view reads what `infer-focus backfill` has written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from exporter.focus.column import Column, ColumnType
from exporter.focus.column_table import HEADS
from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.ddl.athena import athena_ddl
from exporter.focus.ddl.dataset import Dataset, FileFormat
from tests.e2e.job import Ended, Settings, backfill, infer_focus, succeeded
from tests.e2e.written import data, in_folder, table
from tests.servers import REPOSITORY, clean_environment

DEMO = REPOSITORY / "exporter" / "data"
START = 1_790_812_800 + 10 * 3600  # 2026-10-01T10:00:00Z
HOURS = 3
WRITTEN = [*((version, "x-Infer") for version in SELECTABLE_VERSIONS), ("1.3", "x_Infer")]

each_version = pytest.mark.parametrize("version", SELECTABLE_VERSIONS)


def said(output: str, *flags: str, env: Settings | None = None) -> str:
    """What is printed on stdout; nothing else is said."""
    run = succeeded(infer_focus("schema", "--format", output, *flags, env=env or {}))
    assert run.stderr == ""
    return run.stdout


def refused(*flags: str, env: Settings | None = None) -> str:
    run = infer_focus("schema", *flags, env=env or {})
    assert (run.code, run.stdout) == (2, "")
    return run.stderr


@each_version
def test_the_table_has_a_line_for_each_column(version: str) -> None:
    """Without settings, documents and a source."""
    head, *lines = said("table", "--layout", version).splitlines()

    assert head.split() == list(HEADS)
    columns = columns_for(version, "x-Infer")
    assert [line.split()[0] for line in lines] == [column.name for column in columns]
    for line, column in zip(lines, columns, strict=True):
        assert line.endswith(f"  {column.meaning}")


def test_the_table_is_what_is_printed_unless_another_form_is_asked_for() -> None:
    assert succeeded(infer_focus("schema", env={})).stdout == said("table", "--layout", "1.3")


@each_version
def test_the_metadata_defines_each_column(version: str) -> None:
    described = json.loads(said("json", "--layout", version, "--prefix", "x-Infer"))

    names = [each["ColumnName"] for each in described["ColumnDefinition"]]
    assert names == [column.name for column in columns_for(version, "x-Infer")]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", described["CreationDate"])
    assert "DatasetInstanceId" not in described


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@each_version
def test_athena_gets_the_tables_of_the_place(version: str, file_format: FileFormat) -> None:
    place = ("--location", "s3://finops/gpu")
    text = said("athena", "--layout", version, "--file-format", file_format, *place)

    layout = version if version == "infercost-1.0" else f"focus-{version}"
    root = f"s3://finops/gpu/version={layout}/"
    expected = Dataset(layout, root, columns_for(version, "x-Infer"), file_format)
    assert text == athena_ddl(expected)


def test_what_no_flag_says_is_taken_from_the_settings() -> None:
    """The CronJob's own environment gives the table of what it writes."""
    env = {
        "FOCUS_VERSION": "1.1",
        "FOCUS_EXTENSION_PREFIX": "x_Infer",
        "S3_BUCKET": "finops",
        "S3_PREFIX": "gpu",
        "S3_FORMAT": "csv",
        "CLUSTER_NAME": "prod",
        "CONFIG_PATH": "/nonexistent",
    }
    flags = ("--layout", "1.1", "--prefix", "x_Infer", "--file-format", "csv")

    assert said("athena", env=env) == said("athena", *flags, "--location", "s3://finops/gpu/")
    other = ("--layout", "1.2", "--prefix", "x-Infer", "--file-format", "parquet")
    elsewhere = ("--location", "s3://other/focus")
    assert said("athena", *other, *elsewhere, env=env) == said("athena", *other, *elsewhere)


@pytest.fixture(scope="module", params=WRITTEN, ids="-".join)
def layout(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(scope="module")
def written(
    layout: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, str]]:
    """Three hours of the demo as Parquet and as CSV: the settings of each, by form."""
    version, prefix = layout
    found = {}
    for file_format in ("parquet", "csv"):
        found[file_format] = {
            "SOURCE_FILE": str(DEMO / "demo.om.zst"),
            "CONFIG_PATH": str(DEMO / "demo-config.yaml"),
            "OUTPUT_DIR": str(tmp_path_factory.mktemp("it's written")),
            "FOCUS_VERSION": version,
            "FOCUS_EXTENSION_PREFIX": prefix,
            "S3_FORMAT": file_format,
        }
        succeeded(backfill(START, START + HOURS * 3600, env=found[file_format]))
    return found


def sql_type(column: Column) -> str:
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return "VARCHAR"
        case ColumnType.DECIMAL:
            return f"DECIMAL({column.precision},{column.scale})"
        case ColumnType.INTEGER:
            return "BIGINT"
        case ColumnType.DATETIME:
            return "TIMESTAMP WITH TIME ZONE"


def read_back(settings: Settings, columns: tuple[Column, ...]) -> pa.Table:
    """Makes the view that the command prints, and selects every column, checking its type."""
    name = re.sub(r"[-.]", "_", settings["FOCUS_VERSION"])
    view = name if name.startswith("infer") else f"infer_focus_{name}"
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(said("duckdb", env=settings))
        described = database.execute(f"DESCRIBE {view}").fetchall()
        selected = ", ".join(f'"{column.name}"' for column in columns)
        kinds = ", ".join(f'typeof("{column.name}")' for column in columns)
        typed = database.execute(f"SELECT DISTINCT {kinds} FROM {view}").fetchall()
        found = database.sql(f"SELECT {selected} FROM {view}").to_arrow_table()
    expected = [sql_type(column) for column in columns]
    assert [kind for _, kind, *_ in described] == [*expected, "INTEGER", "INTEGER", "INTEGER"]
    assert typed == [tuple(expected)]
    return found


def in_order(found: pa.Table) -> list[dict[str, Any]]:
    return sorted(found.to_pylist(), key=repr)


def test_duckdb_reads_every_column_of_what_was_written(
    layout: tuple[str, str], written: dict[str, dict[str, str]]
) -> None:
    """With its type, and the same rows from both forms of file."""
    columns = columns_for(*layout)
    from_parquet = read_back(written["parquet"], columns)
    from_csv = read_back(written["csv"], columns)

    objects = data(in_folder(Path(written["parquet"]["OUTPUT_DIR"])))
    files = pa.concat_tables([table(body) for body in objects.values()])
    assert len(objects) == HOURS
    assert in_order(from_parquet.cast(files.schema)) == in_order(files)
    assert in_order(from_csv) == in_order(from_parquet)


def test_a_missing_place_names_the_flag() -> None:
    for form in ("athena", "duckdb"):
        assert refused("--format", form) == (
            "infer-focus: --location: is required, since neither of S3_BUCKET and OUTPUT_DIR is"
            " set, give the place of the files such as --location s3://bucket/focus/\n"
        )


def test_athena_cannot_read_a_folder() -> None:
    assert refused("--format", "athena", env={"OUTPUT_DIR": "out"}) == (
        'infer-focus: --format athena: the files lie in "out/focus/", Athena reads S3 only,'
        " give --location s3://bucket/focus/\n"
    )


def test_wrong_settings_are_refused() -> None:
    assert refused(env={"FOCUS_VERSION": "2.0"}) == (
        'infer-focus: FOCUS_VERSION: got "2.0", expected 1.0 or 1.1 or 1.2 or 1.3 or 1.4 or'
        " infercost-1.0\n"
    )


def test_a_misspelt_setting_is_noticed() -> None:
    """It may be why the table is not the expected one."""
    run = succeeded(infer_focus("schema", env={"FOCUS_VERSON": "1.0"}))
    assert run.events[0]["event"] == ("FOCUS_VERSON is not a setting, did you mean FOCUS_VERSION?")


@pytest.mark.parametrize("flag", [("--layout", "2.0"), ("--prefix", "x-"), ("--format", "xml")])
def test_an_unknown_choice_is_refused(flag: tuple[str, str]) -> None:
    assert f"argument {flag[0]}: invalid choice: '{flag[1]}'" in refused(*flag)


def shell(line: str) -> Ended:
    """A line of bash in which `infer-focus` is the command."""
    command = f'infer-focus() {{ {sys.executable} -m exporter "$@"; }}; {line}'
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_a_full_disk_is_one_line() -> None:
    run = shell("infer-focus schema > /dev/full")
    assert run.code == 4
    assert run.stderr == (
        "infer-focus: cannot write to stdout: No space left on device; free some space\n"
    )


def test_a_reader_that_leaves_early_is_no_error() -> None:
    run = shell("infer-focus schema --format json | head -1")
    assert (run.stdout, run.stderr) == ("{\n", "")
