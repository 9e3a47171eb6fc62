"""docs/consumers/ and docs/labels.md: what can be tried here is tried on the demo's rows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from exporter.focus.column_table import type_text
from exporter.focus.columns import columns_for
from exporter.settings import settings_table
from exporter.settings.model import ALIASES, FILES_OF_SECRETS
from tests.servers import REPOSITORY, run_command
from tests.shown_settings import (
    LABELS,
    blocks,
    database,
    environment,
    export_demo,
    exportable,
    leaves,
    values,
)
from tests.test_docs import _FORBIDDEN, _LINK, _VARIABLE, anchors, prose
from tests.test_query_page import TERNARY

CONSUMERS = tuple(sorted((REPOSITORY / "docs" / "consumers").glob("*.md")))
CHART = REPOSITORY / "helm" / "infer-focus"
#: What a reader of files may be allowed, and what Athena needs besides.
READING = {"s3:GetObject", "s3:ListBucket"}
ATHENA = READING | {
    *("athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution"),
    *("athena:GetQueryResults", "athena:GetWorkGroup", "glue:GetDatabase", "glue:GetTable"),
    *("glue:GetPartitions", "s3:GetBucketLocation", "s3:PutObject", "s3:AbortMultipartUpload"),
}
ALLOWED = {"athena": ATHENA, "duckdb": READING, "ternary": READING}
#: What https://docs.ternary.app/docs/focus lists as recommended and as conditional.
TERNARY_OTHERS = [
    *("AvailabilityZone", "ChargeFrequency", "CommitmentDiscountCategory", "CommitmentDiscountId"),
    *("CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType"),
    *("ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice"),
    *("ListUnitPrice", "PricingCategory", "RegionId", "RegionName", "ResourceId", "ResourceName"),
    *("ResourceType", "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags"),
]

_PLACE = re.compile(r"^ {4}s3://finops-focus/(\S+)$", re.MULTILINE)

each_page = pytest.mark.parametrize("page", [*CONSUMERS, LABELS], ids=lambda page: page.stem)
each_consumer = pytest.mark.parametrize("page", CONSUMERS, ids=lambda page: page.stem)

Export = Callable[[Path], Path]


def consumer(name: str) -> Path:
    return REPOSITORY / "docs" / "consumers" / f"{name}.md"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Exports the demo's source with the settings of a page; a folder stands for the bucket."""
    done: dict[frozenset[tuple[str, str]], Path] = {}

    def made(page: Path) -> Path:
        settings = exportable(page)
        key = frozenset(settings.items())
        if key not in done:
            done[key] = tmp_path_factory.mktemp("bucket")
            export_demo(done[key], settings)
        return done[key]

    return made


def test_there_is_a_page_for_each_consumer() -> None:
    assert [page.stem for page in CONSUMERS] == [
        *("athena", "duckdb", "kubecost", "power-bi", "ternary")
    ]


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page.read_text())):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_page
def test_nothing_of_this_machine_is_in_a_page(page: Path) -> None:
    assert _FORBIDDEN.findall(page.read_text()) == []


@each_page
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {name for name, _, _ in settings_table()} | {*ALIASES.values(), *FILES_OF_SECRETS}
    named = set(_VARIABLE.findall(page.read_text()))
    assert named
    assert named - known == set()


@each_page
def test_chart_values_exist_and_say_what_the_variables_say(page: Path) -> None:
    """By the column of variables in the chart's table."""
    rows = re.findall(
        r"^\| `([\w.]+)` \|.*\| `([A-Z0-9_]+)` \|$", (CHART / "README.md").read_text(), re.MULTILINE
    )
    known = dict(leaves_of_values())
    told = dict(leaves(values(page)))
    assert told.keys() <= known.keys()
    assert {dict(rows)[path]: value for path, value in told.items()} == environment(page)


def leaves_of_values() -> Iterator[tuple[str, str]]:
    yield from leaves(yaml.safe_load((CHART / "values.yaml").read_text()))


@each_consumer
def test_a_page_tells_what_every_page_tells(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
    told = ["Settings", "Access", "Where to point it", "Check", "When a period is written again"]
    assert [heading for heading in headings if heading in told] == told
    assert headings[-1] == "Not tried"


@each_consumer
def test_the_folder_to_point_at_holds_rows_and_nothing_else(page: Path, export: Export) -> None:
    (place,) = _PLACE.findall(page.read_text())
    files = [path for path in (export(page) / place).rglob("*") if path.is_file()]
    assert len(files) == 50
    assert {path.suffix for path in files} == {".parquet"}


def statements(page: Path) -> list[dict[str, Any]]:
    (text,) = blocks(page, "json")
    policy = json.loads(text)
    assert policy["Version"] == "2012-10-17"
    return list(policy["Statement"])


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("name", ALLOWED)
def test_a_policy_allows_what_is_needed_and_no_more(name: str) -> None:
    told = statements(consumer(name))
    assert {statement["Effect"] for statement in told} == {"Allow"}
    assert {action for each in told for action in listed(each["Action"])} == ALLOWED[name]
    assert len({statement["Sid"] for statement in told}) == len(told)
    assert all(statement["Sid"].isalnum() for statement in told)


@pytest.mark.parametrize("name", ALLOWED)
def test_a_policy_reads_the_folder_that_the_tool_is_pointed_at(name: str) -> None:
    """And lists it only: s3:ListBucket is of the bucket, so a condition must limit it."""
    (place,) = _PLACE.findall(consumer(name).read_text())
    told = statements(consumer(name))
    read = [
        r for each in told if "s3:GetObject" in each["Action"] for r in listed(each["Resource"])
    ]
    (listing,) = (each for each in told if each["Action"] == "s3:ListBucket")
    prefixes = listed(listing["Condition"]["StringLike"]["s3:prefix"])

    assert f"arn:aws:s3:::finops-focus/{place}*" in read
    assert listing["Resource"] == "arn:aws:s3:::finops-focus"
    assert f"{place}*" in prefixes
    assert all(len(prefix.rstrip("/*").split("/")) > 1 for prefix in prefixes)
    for resource in (r for each in told for r in listed(each["Resource"])):
        assert re.fullmatch(r"arn:aws:(s3|glue|athena):[^*]+(/\*)?", resource), resource


def test_a_policy_of_a_bucket_names_one_principal() -> None:
    for statement in statements(consumer("ternary")):
        assert re.fullmatch(r"arn:aws:iam::\d{12}:role/[\w-]+", statement["Principal"]["AWS"])
    for name in ("athena", "duckdb"):
        assert not any("Principal" in statement for statement in statements(consumer(name)))


def test_ternary_s_columns_are_those_of_the_layout() -> None:
    """The table of the page: all that are required, their types and whether they may be null."""
    text = consumer("ternary").read_text()
    told = re.findall(r"^\| `(\w+)` \| ([\w(),]+) \| (no|always) \|$", text, re.MULTILINE)
    types = {column.name: type_text(column) for column in columns_for("1.3", "x_Infer")}
    assert {name for name, _, _ in told} == set(TERNARY)
    assert len(told) == len(TERNARY)
    assert {name: kind for name, kind, _ in told} == {name: types[name] for name in TERNARY}
    assert [name for name, _, null in told if null == "always"] == ["ChargeClass"]


def test_ternary_s_check_finds_all_columns_typed_and_filled(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(export(consumer("ternary")))
    check, _ = blocks(consumer("ternary"), "sql")
    with duckdb.connect() as connection:
        found = {name: (kind, null) for name, kind, null in connection.sql(check).fetchall()}
    assert found.keys() == set(TERNARY)
    assert [name for name, (_, null) in found.items() if null != 0] == ["ChargeClass"]
    times = {name for name in TERNARY if name.endswith(("Start", "End"))}
    amounts = {name for name in TERNARY if name.endswith("Cost")} | {"PricingQuantity"}
    assert {found[name][0] for name in times} == {"TIMESTAMP WITH TIME ZONE"}
    assert {found[name][0] for name in amounts} == {"DECIMAL(38,18)"}
    assert {found[name][0] for name in set(TERNARY) - times - amounts} == {"VARCHAR"}


def test_ternary_s_other_columns_are_in_the_layout_too() -> None:
    """Those that its page calls recommended and conditional."""
    text = consumer("ternary").read_text()
    told = re.findall(r"\b[A-Z]\w+", "".join(re.findall(r"^ {4}[A-Z].*\n", text, re.MULTILINE)))
    assert sorted(told) == sorted(TERNARY_OTHERS)
    layout = {column.name: column for column in columns_for("1.3", "x_Infer")}
    assert set(told) <= layout.keys()
    assert layout["CommitmentDiscountId"].nullable


def test_charge_period_start_is_a_date_and_that_of_the_folder(export: Export) -> None:
    """In the files themselves, whatever a reader makes of them: a timestamp, in UTC, never null."""
    folder = export(consumer("ternary")) / "ternary" / "focus" / "version=focus-1.3"
    files = [*folder.rglob("*.parquet")]
    for file in files:
        field = pq.read_schema(file).field("ChargePeriodStart")
        assert (field.type, field.nullable) == (pa.timestamp("us", tz="UTC"), False)
        year, month, day = (int(part.name.partition("=")[2]) for part in file.parents[2::-1])
        starts = pq.read_table(file, columns=["ChargePeriodStart"], partitioning=None)
        assert {start.date() for start in starts.column(0).to_pylist()} == {date(year, month, day)}
    assert len(files) == 50


def test_ternary_s_sum_is_that_of_the_rows(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy holds what the dataset holds."""
    monkeypatch.chdir(export(consumer("ternary")))
    _, monthly = blocks(consumer("ternary"), "sql")
    rows = "SELECT sum(EffectiveCost), count(*) FROM infer_focus_1_3"
    with database(export(consumer("ternary")), consumer("ternary")) as connection:
        ((month, *total),) = connection.sql(monthly).fetchall()
        assert [tuple(total)] == connection.sql(rows).fetchall()
    assert month == "2026-10"


def test_athena_s_table_is_the_one_that_the_policy_names() -> None:
    """What `schema` prints for the settings of the page: its name, its place, its partitions."""
    page = consumer("athena")
    arguments = ["schema", "--format", "athena"]
    printed = run_command(arguments, environment(page)).stdout
    (place,) = _PLACE.findall(page.read_text())
    (table,) = re.findall(r"^CREATE EXTERNAL TABLE IF NOT EXISTS `(\w+)`", printed, re.MULTILINE)
    assert f"LOCATION 's3://finops-focus/{place}'" in printed
    assert "PARTITIONED BY (`year` int, `month` int, `day` int)" in printed
    assert "parquet.column.index.access" not in printed  # columns are found by name
    resources = [r for each in statements(page) for r in listed(each["Resource"])]
    assert [r for r in resources if ":table/" in r] == [
        f"arn:aws:glue:eu-central-1:123456789012:table/finops/{table}"
    ]


def test_athena_s_check_counts_the_same_in_every_column(export: Export) -> None:
    (check,) = blocks(consumer("athena"), "sql")
    with database(export(consumer("athena")), consumer("athena")) as connection:
        counts = f"SELECT COLUMNS(*)::VARCHAR FROM ({check.strip().rstrip(';')})"
        assert connection.sql(counts).fetchall() == [(*["161"] * 4, "2026-10-01 00:00:00+00")]


def test_duckdb_s_check_names_periods_that_are_not_complete(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None in the demo; one after a Recency object says so."""
    shutil.copytree(export(consumer("duckdb")) / "focus", tmp_path / "focus")
    monkeypatch.chdir(tmp_path)
    check = f"SELECT count(*) FROM ({blocks(consumer('duckdb'), 'sql')[0].strip().rstrip(';')})"
    day = tmp_path / "focus" / "metadata" / "demo" / "recency" / "2026-10-01.json"
    with duckdb.connect() as connection:
        assert connection.sql(check).fetchall() == [(0,)]
        recency = json.loads(day.read_text())
        recency[0]["TimeSectors"][0]["TimeSectorComplete"] = False
        day.write_text(json.dumps(recency))
        assert connection.sql(check).fetchall() == [(1,)]


def test_duckdb_s_table_does_not_double_when_it_is_filled_again(export: Export) -> None:
    fill = blocks(consumer("duckdb"), "sql")[1]
    total = "SELECT sum(EffectiveCost), count(*) FROM {} WHERE day = 1"
    with database(export(consumer("duckdb")), consumer("duckdb")) as connection:
        for _ in range(2):
            connection.execute(fill)
        filled = connection.sql(total.format("costs")).fetchall()
        assert filled == connection.sql(total.format("infer_focus_1_3")).fetchall()
        assert connection.sql("SELECT DISTINCT day FROM costs").fetchall() == [(1,)]


def test_the_price_of_a_gpu_hour_is_a_pool_s_whole_cost(export: Export) -> None:
    """Cost of the pool over its GPU-hours: idle ones too."""
    price = blocks(consumer("kubecost"), "sql")[0]
    by_pool = """
        SELECT x_InferCostProfile, sum(EffectiveCost), sum(x_InferGpuHours)
        FROM infer_focus_1_3 GROUP BY ALL ORDER BY ALL"""
    with database(export(consumer("kubecost")), consumer("kubecost")) as connection:
        found = connection.sql(price).fetchall()
        pools = connection.sql(by_pool).fetchall()
    assert [(pool, gpu) for pool, gpu, _ in found] == [
        ("h100-pool", "NVIDIA H100 SXM5"),
        ("l40s-pool", "NVIDIA L40S"),
    ]
    for (_, _, price), (_, cost, hours) in zip(found, pools, strict=True):
        assert Decimal(price) == pytest.approx(cost / hours)


def test_a_plugin_s_query_gives_the_rows_of_one_hour(export: Export) -> None:
    hour = blocks(consumer("kubecost"), "sql")[1]
    with database(export(consumer("kubecost")), consumer("kubecost")) as connection:
        answer = connection.sql(hour)
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
    assert {row["resource_name"] for row in rows} == {
        *("Qwen/Qwen2.5-32B-Instruct", "BAAI/bge-m3", "h100-pool")
    }
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["charge_category"] for row in rows} == {"Usage"}
    assert all(row["billed_cost"] > 0 and json.loads(row["labels"]) for row in rows)
