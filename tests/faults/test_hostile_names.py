"""Names that others choose, from the engine's label to the spreadsheet: text, and nothing else."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.chromium import QUIET_FLAGS
from tests.browser.visits import visit
from tests.e2e.job import backfill, infer_focus, succeeded
from tests.e2e.prices import pool_energy, pool_hour
from tests.e2e.scene import Scene, make_scene
from tests.e2e.written import Row, X, data, in_folder, moment, rows, total
from tests.faults.hostile_names import CODE, HOSTILE, hostile_fleet, told_in_lines
from tests.reference import truth_energy, truth_tokens
from tests.servers import prometheus_server, require_tool

#: What a spreadsheet takes for the start of a formula.
FORMULA = tuple("=+-@\t\r\n")
SAME = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Exports:
    """The hostile fleet, and the folders it was written to."""

    scene: Scene
    parquet: Path
    csv: Path

    @property
    def rows(self) -> list[Row]:
        return rows(data(in_folder(self.parquet)))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("hostile")
    fleet = hostile_fleet()
    scene = make_scene(fleet, folder, fleet.configuration)
    made = Exports(scene, folder / "parquet", folder / "csv")
    for form in ("parquet", "csv"):
        settings = scene.settings(OUTPUT_DIR=str(folder / form), S3_FORMAT=form)
        told_in_lines(succeeded(backfill(*scene.span, env=settings)))
    return made


def test_a_real_prometheus_gives_the_same_bytes(exports: Exports, tmp_path: Path) -> None:
    """It takes all of these label values; each of them goes into a query and comes back."""
    blocks = exports.scene.fleet.write_blocks(tmp_path / "blocks")
    with prometheus_server(blocks, tmp_path / "server") as url:
        settings = exports.scene.asking(url, OUTPUT_DIR=str(tmp_path / "out"))
        told_in_lines(succeeded(backfill(*exports.scene.span, env=settings)))
        check = infer_focus("check", "--format", "json", env=settings)
    assert data(in_folder(tmp_path / "out")) == data(in_folder(exports.parquet))
    json.loads(check.stdout)
    assert "Traceback" not in check.stderr


def test_nothing_is_lost_or_doubled(exports: Exports) -> None:
    """Tokens of every name to the last one; the rows add up to what the pool cost."""
    counted: dict[tuple[int, str], tuple[int, int]] = {}
    for row in exports.rows:
        if row[X + "TokensInput"]:
            assert row["SkuId"] == row["SubAccountId"] == row[X + "Namespace"]
            key = moment(row["ChargePeriodStart"]), row["SkuId"]
            assert key not in counted
            counted[key] = row[X + "TokensInput"], row[X + "TokensOutput"]
    truth = truth_tokens(exports.scene.fleet)
    assert counted == {
        (hour, model): (tokens[0], tokens[1]) for (hour, _, _, model), tokens in truth.items()
    }
    assert {name for _, name in counted} == set(HOSTILE)
    energy = pool_energy(exports.scene.fleet, truth_energy(exports.scene.fleet))
    costs = [pool_hour(energy[hour, "pool"]).cost for hour in exports.scene.fleet.hour_starts]
    assert total(exports.rows, "EffectiveCost") == sum(costs)


def test_tags_are_objects_of_texts(exports: Exports) -> None:
    found = {row["SkuId"]: json.loads(row["Tags"]) for row in exports.rows}
    for number, name in enumerate(HOSTILE):
        tags = found[name]
        assert tags["infer-focus/model"] == tags["team"] == name
        assert tags[f"label_{number % 3}"] == name


@pytest.fixture(scope="module")
def as_csv(exports: Exports) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for file in sorted(exports.csv.rglob("*.csv")):
        text = file.read_bytes().decode()
        found += csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return found


def test_no_cell_of_a_csv_runs_in_a_spreadsheet(
    exports: Exports, as_csv: list[dict[str, str]]
) -> None:
    """Taking the guard away gives the text back, of those too that look guarded themselves."""
    texts = [name for name, cell in exports.rows[0].items() if isinstance(cell, str)]
    assert len(texts) > 30
    assert len(as_csv) == len(exports.rows)
    for written, meant in zip(as_csv, exports.rows, strict=True):
        assert None not in written
        for name in texts:
            assert not written[name].startswith(FORMULA), (name, written[name])
            guarded = written[name].startswith("'") and written[name].lstrip("'")[:1] in FORMULA
            assert (written[name][1:] if guarded else written[name]) == (meant[name] or "")


def test_duckdb_reads_the_csv_as_the_csv_module_does(
    exports: Exports, as_csv: list[dict[str, str]]
) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            'SELECT SkuId, Tags, "x-InferNamespace" FROM read_csv('
            f"'{exports.csv}/focus/version=*/**/*.csv', all_varchar = true, header = true,"
            """ delim = ',', quote = '"', escape = '"', auto_detect = true)"""
        ).fetchall()
    expected = [(row["SkuId"], row["Tags"], row["x-InferNamespace"]) for row in as_csv]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_validate_finds_no_fault(exports: Exports, form: str) -> None:
    run = infer_focus("validate", str(getattr(exports, form)), env={})
    assert (run.code, "0 failed" in run.stdout) == (0, True), run.stdout
    assert all(line.isprintable() for line in run.stdout.splitlines())


BY = ("--period", "2026-10", "--by", "namespace,model,tag:team")


def reported(folder: Path, form: str, *flags: str) -> str:
    place = ("--location", str(folder / "focus"), "--format", form)
    return told_in_lines(succeeded(infer_focus("report", *BY, *place, *flags, env={}))).stdout


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_reports_hold_every_name_once(exports: Exports, form: str) -> None:
    """Those of idle and unobserved time are among them: no namespace of Kubernetes can be so."""
    groups = json.loads(reported(getattr(exports, form), "json"))["groups"]
    names = [name for name in HOSTILE if not name.startswith("__")]
    found = [group["values"] for group in groups if group["nobodys"] is None]
    assert sorted(found) == sorted([name] * 3 for name in names)
    costs = sum(Decimal(group["sums"]["cost"]) for group in groups)
    assert costs == total(exports.rows, "EffectiveCost")


def test_reports_are_inert_in_a_spreadsheet_and_on_a_terminal(exports: Exports) -> None:
    lines = csv.DictReader(io.StringIO(reported(exports.parquet, "csv"), newline=""), strict=True)
    cells = [line[key] for line in lines for key in ("namespace", "model", "tag:team")]
    assert len(cells) >= 3 * len(HOSTILE)
    assert not [cell for cell in cells if cell.startswith(FORMULA)]
    assert all(line.isprintable() for line in reported(exports.parquet, "table").splitlines())


@dataclass(slots=True)
class Seen(html.parser.HTMLParser):
    """The tags of a page with their attributes, and its text."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        html.parser.HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def page(exports: Exports, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    reported(exports.parquet, "html", "--out", str(file))
    return file


def test_a_page_holds_names_as_text(page: Path) -> None:
    seen = Seen()
    seen.feed(page.read_text("utf-8"))
    seen.close()
    kinds = {tag for tag, _ in seen.tags}
    assert kinds.isdisjoint({"script", "img", "iframe", "object", "embed", "base", "form"})
    for tag, attributes in seen.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("href", "src", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    text = SAME.sub(" ", " ".join(seen.texts))
    for name in (CODE[7], CODE[8], CODE[9], CODE[11]):
        assert name in text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=require_tool("chromium"), args=QUIET_FLAGS, headless=True
        )
        yield chromium
        chromium.close()


def test_no_name_does_anything_in_a_browser(browser: Browser, page: Path) -> None:
    with visit(browser, page, scripts=True) as opened:
        opened.page.wait_for_load_state("networkidle")
        assert opened.requests == [page.as_uri()]
        assert opened.complaints == []
        assert opened.page.title().startswith("Inference cost")
        assert opened.page.locator("script, img, iframe").count() == 0
