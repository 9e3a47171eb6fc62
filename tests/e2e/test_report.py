"""`infer-focus report` on what this program writes: every figure is the sum of the rows."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Exported
from tests.e2e.independent_sums import Files, as_decimals
from tests.e2e.job import Ended, backfill, infer_focus, succeeded
from tests.e2e.scene import Scene
from tests.e2e.test_sales_terms import CARD
from tests.e2e.test_validate import DEMO
from tests.servers import S3Server, run_command

DAYS = ("--start", "2026-10-01", "--end", "2026-10-03")
DAY = ("--start", "2026-10-01", "--end", "2026-10-02")
SECRET = "key-9a8b7c"
SUB_ACCOUNT = 'coalesce("SubAccountId", "x-InferNamespace")'


def write_demo(*span: str, **settings: str) -> None:
    succeeded(infer_focus("backfill", *(span or DAYS), env={**DEMO, **settings}))


def reported(
    *arguments: str, env: Mapping[str, str] | None = None, period: str = "2026-10"
) -> dict[str, Any]:
    """The JSON of a report that found everything it looked for."""
    run = succeeded(
        infer_focus("report", "--period", period, "--format", "json", *arguments, env=env or {})
    )
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def costs(told: Mapping[str, Any], of: str = "sums") -> dict[str | None, Decimal]:
    """The cost of each group by its first key."""
    return {one["values"][0]: Decimal(one[of]["cost"]) for one in told["groups"] if one[of]}


def refused(code: int, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """The one line of a report that ends so."""
    run = infer_focus("report", *arguments, env=env or {})
    assert (run.code, run.stdout) == (code, "")
    (line,) = run.stderr.splitlines()
    assert SECRET not in line
    return line.removeprefix("infer-focus: ")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of the demo, hourly but for one daily report."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo(OUTPUT_DIR=str(folder))
    return folder


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo's documents and a rate card."""
    folder = tmp_path_factory.mktemp("config")
    shutil.copy(DEMO["CONFIG_PATH"], folder / "demo.yaml")
    (folder / "card.yaml").write_text(CARD)
    return str(folder)


WAYS = {
    "1.0": {"FOCUS_VERSION": "1.0"},
    "1.2 csv": {"FOCUS_VERSION": "1.2", "S3_FORMAT": "csv"},
    "1.3 strict prefix": {"FOCUS_EXTENSION_PREFIX": "x_Infer"},
    "1.3 shares of pools": {"FOCUS_SPLIT_ALLOCATION": "true"},
    "1.4 idle shared": {"FOCUS_VERSION": "1.4", "COST_IDLE": "share"},
    "infercost": {"FOCUS_VERSION": "infercost-1.0"},
    "infercost csv": {"FOCUS_VERSION": "infercost-1.0", "S3_FORMAT": "csv"},
    "contracted": {"FOCUS_BILLED_COST": "contracted"},
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_written_adds_up(way: str, card: str, tmp_path: Path) -> None:
    """Total, teams and models, to the last digit."""
    settings = WAYS[way]
    if way == "contracted":
        settings = {**settings, "CONFIG_PATH": card}
    write_demo(*DAY, OUTPUT_DIR=str(tmp_path), **settings)
    files = Files(
        tmp_path,
        settings.get("S3_FORMAT", "parquet"),
        settings.get("FOCUS_EXTENSION_PREFIX", "x-Infer"),
    )
    told = reported(env={"OUTPUT_DIR": str(tmp_path)})
    sums = files.sums()
    assert as_decimals(told["total"], list(sums)) == sums
    assert told["scope"]["objects"] == 25
    assert told["scope"]["contracted"] is (way == "contracted")
    key = '"SubAccountId"' if "infercost" in way else SUB_ACCOUNT.replace("x-Infer", files.prefix)
    assert costs(told) == files.cost_by(key)
    by_pool = reported("--by", "cost-profile", env={"OUTPUT_DIR": str(tmp_path)})
    assert costs(by_pool) == files.cost_by(f'"{files.prefix}CostProfile"')


def test_idle_cost_that_is_shared_is_told(tmp_path: Path) -> None:
    write_demo(*DAY, OUTPUT_DIR=str(tmp_path), COST_IDLE="share")
    told = reported(env={"OUTPUT_DIR": str(tmp_path)})
    ((idle,),) = Files(tmp_path).query('sum("x-InferIdleCost"::DECIMAL(38, 18))')
    assert Decimal(told["total"]["idle"]) == Decimal(str(idle)) > 0
    assert "__idle__" not in costs(told)


def test_a_fleet_with_everything_adds_up(from_dump: Exported) -> None:
    """Tokens without a GPU, time that was not observed, estimates, three reports; over 30 hours."""
    files = Files(Path(from_dump.place))
    told = reported("--by", "namespace,model", env={"OUTPUT_DIR": from_dump.place})
    sums = files.sums()
    assert as_decimals(told["total"], list(sums)) == sums
    spent: dict[tuple[str | None, ...], Decimal] = {
        tuple(one["values"]): Decimal(one["sums"]["cost"]) for one in told["groups"]
    }
    assert sum(spent.values()) == sums["cost"]
    idle = files.cost_by('"x-InferNamespace"')
    for nobody in ("__idle__", "__unobserved__"):
        assert spent[nobody, nobody] == idle[nobody]
    ((unpriced,),) = files.query(
        'sum("x-InferTokensInput" + "x-InferTokensOutput")',
        "\"x-InferAllocationMethod\" = 'unpriced'",
    )
    assert told["completeness"]["unpricedTokens"] == int(str(unpriced)) > 0
    assert {one["value"] for one in told["completeness"]["estimates"]} > {"tdp", "gpu-time"}
    assert sum(Decimal(pool["cost"]) for pool in told["pools"]) == sums["cost"]


def test_a_day_is_compared_with_the_day_before(demo: Path) -> None:
    files = Files(demo)
    told = reported("--compare", env={"OUTPUT_DIR": str(demo)}, period="2026-10-02")
    first, second = (f"\"ChargePeriodStart\"::DATE = '2026-10-0{day}'" for day in (1, 2))
    assert costs(told) == files.cost_by(SUB_ACCOUNT, second)
    assert costs(told, "before") == files.cost_by(SUB_ACCOUNT, first)
    assert Decimal(told["totalBefore"]["cost"]) == files.sums(first)["cost"]


def test_tags_are_keys(demo: Path) -> None:
    files = Files(demo)
    told = reported("--by", "tag:infer-focus/report", env={"OUTPUT_DIR": str(demo)})
    assert costs(told) == files.cost_by('"Tags"::JSON ->> \'$."infer-focus/report"\'')


def test_a_tag_that_no_row_has_is_warned_of(demo: Path) -> None:
    env = {"OUTPUT_DIR": str(demo)}
    command = ("report", "--period", "2026-10-01", "--by", "tag:team,tag:taem")
    run = succeeded(infer_focus(*command, env=env))
    assert [warning["tag"] for warning in run.named("no row has the tag")] == ["taem"]


def test_two_clusters_in_a_bucket(demo: Path, s3: S3Server) -> None:
    bucket = s3.new_bucket()
    settings = s3.settings(bucket)
    for name in ("blue", "green eu"):
        write_demo(*DAY, **settings, CLUSTER_NAME=name)
    cost = Files(demo).sums("\"ChargePeriodStart\"::DATE = '2026-10-01'")["cost"]
    for place in ((), ("--location", f"s3://{bucket}/focus")):
        env = settings if not place else {k: v for k, v in settings.items() if k != "S3_BUCKET"}
        told = reported("--by", "cluster", *place, env=env)
        assert costs(told) == {"blue": cost, "green eu": cost}
    told = reported("--cluster", "green*", env=settings)
    assert Decimal(told["total"]["cost"]) == cost
    assert told["scope"]["clusters"] == ["green eu"]
    line = refused(2, "--period", "2026-10", "--cluster", "red", env=settings)
    assert line == "--cluster red: fits none of the clusters found: blue, green eu"


def test_infercost_rows_have_the_cluster_of_their_object(tmp_path: Path) -> None:
    """They do not name one; a name that is no part of a key stands in the metadata."""
    for name in ("blue", "green eu"):
        write_demo(*DAY, OUTPUT_DIR=str(tmp_path), CLUSTER_NAME=name, FOCUS_VERSION="infercost-1.0")
    assert costs(reported("--by", "cluster", env={"OUTPUT_DIR": str(tmp_path)})).keys() == {
        "blue",
        "green eu",
    }


def test_the_page_is_published_once(demo: Path, s3: S3Server) -> None:
    bucket = s3.new_bucket()
    settings = s3.settings(bucket)
    write_demo(*DAY, **settings)
    command = ("report", "--period", "2026-10-01", "--format", "html", "--publish")
    first, second = (succeeded(infer_focus(*command, env=settings)) for _ in range(2))
    assert (first.stdout, second.stdout) == ("", "")
    key = "focus/reports/infer-focus-report-2026-10-01.html"
    assert first.named("report published") == [{"object": f"s3://{bucket}/{key}"}]
    assert second.named("report is published already") == [{"object": f"s3://{bucket}/{key}"}]
    stored = s3.client.get_object(Bucket=bucket, Key=key)
    assert stored["ContentType"].startswith("text/html")
    assert stored["Body"].read().startswith(b"<!DOCTYPE html>")
    assert reported(env=settings)["scope"]["objects"] == 25


@pytest.mark.parametrize("form", ["table", "csv", "json", "html"])
def test_the_same_rows_make_the_same_bytes(demo: Path, tmp_path: Path, form: str) -> None:
    """On stdout and in a file, which appears whole."""
    command = ("report", "--period", "2026-10", "--format", form, "--compare", "--comparison")
    env = {"OUTPUT_DIR": str(demo), "CONFIG_PATH": DEMO["CONFIG_PATH"]}
    printed = succeeded(infer_focus(*command, env=env)).stdout
    out = tmp_path / "report"
    run = succeeded(infer_focus(*command, "--out", str(out), env=env))
    assert run.stdout == ""
    assert out.read_bytes() == printed.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_the_csv_has_the_sums_of_the_json(demo: Path) -> None:
    env = {"OUTPUT_DIR": str(demo)}
    run = succeeded(infer_focus("report", "--period", "2026-10", "--format", "csv", env=env))
    lines = list(csv.DictReader(io.StringIO(run.stdout)))
    assert {line["sub-account"]: Decimal(line["cost"]) for line in lines} == costs(
        reported(env=env)
    )


def test_budgets_and_prices_are_those_of_the_documents(demo: Path) -> None:
    env = {"OUTPUT_DIR": str(demo)}
    assert reported(env=env)["budgets"] == []
    documented = {**env, "CONFIG_PATH": DEMO["CONFIG_PATH"]}
    (budget,) = reported(env=documented, period="2026-10-01")["budgets"]
    spent = Files(demo).cost_by('"x-InferNamespace"')["assistants"]
    assert (budget["month"], Decimal(budget["spend"])) == ("2026-10", spent)
    every = reported("--comparison", env=env)["cloud"]
    assert len(every["lines"]) > len(reported(env=env)["cloud"]["lines"])


def test_without_documents_stderr_says_so_in_every_form(demo: Path) -> None:
    said = "no documents were read, so there are no budgets, and cloud prices are the package's"
    env = {"OUTPUT_DIR": str(demo)}
    command = ("report", "--period", "2026-10-01", "--format", "csv")
    (line,) = succeeded(infer_focus(*command, env=env)).named(said)
    assert line["fix"] == "name their file or folder in CONFIG_PATH"
    documented = {**env, "CONFIG_PATH": DEMO["CONFIG_PATH"]}
    assert succeeded(infer_focus(*command, env=documented)).named(said) == []


def test_a_comparison_with_nothing_is_warned_of(demo: Path) -> None:
    command = ("report", "--period", "2026-10-01", "--format", "csv", "--compare")
    run = succeeded(infer_focus(*command, env={"OUTPUT_DIR": str(demo)}))
    (line,) = run.named("nothing to compare with: no row of the period before is exported")
    assert (line["start"], line["end"]) == ("2026-09-30T00:00:00Z", "2026-10-01T00:00:00Z")


def test_a_report_of_one_team_holds_its_rows_alone(demo: Path) -> None:
    env = {"OUTPUT_DIR": str(demo), "CONFIG_PATH": DEMO["CONFIG_PATH"]}
    told = reported("--namespace", "disc*", env=env)
    spent = Files(demo).cost_by('"x-InferNamespace"')["discovery"]
    assert costs(told) == {"discovery": spent}
    assert (told["pools"], told["budgets"]) == ([], [])
    line = refused(2, "--period", "2026-10", "--namespace", "team-*", env=env)
    assert line.startswith("--namespace team-*: fits none of the namespaces of 2026-10 found: ")


def test_hours_that_are_gone_are_named(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    for file in tmp_path.rglob("*-2026-10-01-0[5-7].parquet"):
        file.unlink()
    told = reported(env={"OUTPUT_DIR": str(tmp_path)}, period="2026-10-01")
    assert told["completeness"]["gaps"][0] == {
        "cluster": "demo",
        "report": "default",
        "start": "2026-10-01T05:00:00Z",
        "end": "2026-10-01T08:00:00Z",
    }


def test_missing_data_is_warned_of_in_every_form(demo: Path, tmp_path: Path) -> None:
    """Also where nobody looks at the report itself, with the command that mends it."""
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    for file in tmp_path.rglob("*-2026-10-01-0[5-7].parquet"):
        file.unlink()
    env = {"OUTPUT_DIR": str(tmp_path)}
    for form in ("table", "csv"):
        run = infer_focus("report", "--period", "2026-10-01", "--format", form, env=env)
        (warning,) = run.named("data is missing, so the true cost is higher")
        span = "--start 2026-10-01T05:00:00Z --end 2026-10-01T08:00:00Z"
        assert warning["fix"] == f"infer-focus backfill {span} --missing-only"
    whole = infer_focus("report", "--period", "2026-10-01", env={"OUTPUT_DIR": str(demo)})
    assert whole.named("data is missing, so the true cost is higher") == []


def test_a_report_of_which_nothing_is_left_is_named(demo: Path, tmp_path: Path) -> None:
    """By what was there the day before, and by the documents if there was nothing."""
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    env = {"OUTPUT_DIR": str(tmp_path)}
    for day in ("02", "01"):
        for file in tmp_path.rglob(f"*--assistants-daily-2026-10-{day}.parquet"):
            file.unlink()
        told = reported(env=env, period=f"2026-10-{day}")
        found = [(gap["report"], gap["start"]) for gap in told["completeness"]["gaps"]]
        documented = reported(
            env={**env, "CONFIG_PATH": DEMO["CONFIG_PATH"]}, period=f"2026-10-{day}"
        )
        expected = [("assistants-daily", f"2026-10-{day}T00:00:00Z")]
        assert found == (expected if day == "02" else [])
        assert [
            (gap["report"], gap["start"]) for gap in documented["completeness"]["gaps"]
        ] == expected


def broken(folder: Path, demo: Path) -> Path:
    """The demo with one hour cut short; that hour's file."""
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    file = next(folder.rglob("*-2026-10-01-07.parquet"))
    file.write_bytes(file.read_bytes()[:-100])
    return file


def test_an_object_that_cannot_be_read_is_named_and_the_rest_reported(
    demo: Path, tmp_path: Path
) -> None:
    file = broken(tmp_path, demo)
    env = {"OUTPUT_DIR": str(tmp_path)}
    run = infer_focus("report", "--period", "2026-10-01", "--format", "json", env=env)
    told = json.loads(run.stdout)
    assert run.code == 3
    (warning,) = run.named("object could not be read, its rows are missing in the report")
    assert warning["object"] == str(file)
    assert "is no whole Parquet file" in warning["reason"]
    (gap,) = told["completeness"]["gaps"]
    assert (gap["start"], gap["end"]) == ("2026-10-01T07:00:00Z", "2026-10-01T08:00:00Z")
    file.unlink()
    assert told["total"]["cost"] == reported(env=env, period="2026-10-01")["total"]["cost"]


def test_a_page_that_lacks_rows_does_not_take_the_place_of_a_whole_one(
    demo: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    env = {"OUTPUT_DIR": str(tmp_path)}
    command = ("report", "--period", "2026-10-01", "--format", "html", "--publish")
    succeeded(infer_focus(*command, env=env))
    (page,) = tmp_path.rglob("*.html")
    whole = page.read_bytes()
    next(tmp_path.rglob("*-2026-10-01-07.parquet")).write_bytes(b"PAR1")
    run = infer_focus(*command, env=env)
    assert run.code == 3
    assert run.named("report not published, since objects could not be read")[0]["objects"] == 1
    assert page.read_bytes() == whole


def test_pages_of_other_selections_stand_beside_the_usual_one(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    command = ("report", "--period", "2026-10-01", "--format", "html", "--publish")
    others = ("--by", "model"), ("--cluster", "d*", "--by", "model"), ("--namespace", "a*")
    for selection in ((), *others):
        succeeded(infer_focus(*command, *selection, env={"OUTPUT_DIR": str(tmp_path)}))
    named = [path.name for path in tmp_path.rglob("*.html")]
    assert sorted(name.partition(".")[0] for name in named) == [
        "infer-focus-report-2026-10-01",
        "infer-focus-report-2026-10-01-by-model",
        "infer-focus-report-2026-10-01-in-a-",
        "infer-focus-report-2026-10-01-of-d-by-model",
    ]


def test_budgets_need_no_profile_to_be_shown(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "budget.yaml").write_text(
        "kind: TokenBudget\nmetadata: {name: chat}\n"
        "spec: {scope: {namespace: assistants}, monthlyLimitUSD: 100}\n"
    )
    env = {"OUTPUT_DIR": str(demo), "CONFIG_PATH": str(tmp_path)}
    (budget,) = reported(env=env, period="2026-10-01")["budgets"]
    assert (budget["name"], budget["limit"]) == ("chat", "100")


def test_the_same_time_in_two_layouts_is_refused(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    write_demo(*DAY, OUTPUT_DIR=str(tmp_path), FOCUS_VERSION="1.2")
    env = {"OUTPUT_DIR": str(tmp_path)}
    line = refused(2, "--period", "2026-10", env=env)
    assert "version=focus-1.2/" in line
    assert "version=focus-1.3/" in line
    assert line.endswith("read one layout with --layout 1.2")
    told = reported("--layout", "1.2", env=env)
    assert told["scope"]["layouts"] == ["focus-1.2"]


def test_a_day_that_its_hours_hold_too_is_refused(team: Scene, tmp_path: Path) -> None:
    """As it is while `backfill --replace-layout` has not finished, or after a copy."""
    start = team.span[0]
    for granularity in ("hourly", "daily"):
        folder = tmp_path / granularity
        env = team.settings(OUTPUT_DIR=str(folder), COLLECTION_GRANULARITY=granularity)
        succeeded(backfill(start, start + 86_400, env=env))
    shutil.copytree(tmp_path / "daily", tmp_path / "hourly", dirs_exist_ok=True)
    line = refused(2, "--period", "2026-10-01", "--location", str(tmp_path / "hourly" / "focus"))
    assert "infer-focus-prod-eu-2026-10-01.parquet" in line
    assert "infer-focus-prod-eu-2026-10-01-00.parquet" in line


def test_without_rows_period_and_place_are_named(demo: Path, tmp_path: Path) -> None:
    assert refused(2, "--period", "2025-01", env={"OUTPUT_DIR": str(demo)}).startswith(
        f"no rows of 2025-01 in {demo}/focus/: "
    )
    place = ("--location", str(tmp_path / "none"))
    assert refused(2, *place) == f"--location: {tmp_path}/none: there is no such folder"
    assert refused(2).startswith("--location: is required, since neither of S3_BUCKET")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--by", "team"), 'a report cannot go by "team", expected some of namespace'),
        (("--period", "october"), "--period 'october' is no period: expected a month"),
        (("--publish",), "--publish: publishes a page, not table; add --format html"),
        (("--cluster", "a,,b"), "--cluster: got 'a,,b', expected names or patterns"),
    ],
)
def test_arguments_that_are_wrong(demo: Path, arguments: tuple[str, ...], line: str) -> None:
    assert refused(2, *arguments, env={"OUTPUT_DIR": str(demo)}).startswith(line)


def test_another_currency_than_that_of_the_rows(demo: Path) -> None:
    env = {
        "OUTPUT_DIR": str(demo),
        "FOCUS_BILLING_CURRENCY": "EUR",
        "FOCUS_USD_RATE": "1.1",
    }
    assert refused(2, "--period", "2026-10", env=env).startswith(
        "rows are in USD, FOCUS_BILLING_CURRENCY is EUR"
    )


def test_a_configuration_that_is_named_must_be_there(demo: Path) -> None:
    env = {"OUTPUT_DIR": str(demo), "CONFIG_PATH": "/none"}
    assert refused(2, "--period", "2026-10", env=env).startswith("/none: no such file or folder")


def test_a_bucket_that_cannot_be_used(s3: S3Server) -> None:
    missing = s3.settings("no-such-bucket")
    assert "NoSuchBucket" in refused(4, "--period", "2026-10", env=missing)
    wrong = {**s3.settings(s3.new_bucket()), "S3_SECRET_ACCESS_KEY": SECRET}
    assert "SignatureDoesNotMatch" in refused(4, "--period", "2026-10", env=wrong)


def test_a_file_that_cannot_be_written(demo: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "none" / "report.csv")
    env = {"OUTPUT_DIR": str(demo), "CONFIG_PATH": DEMO["CONFIG_PATH"]}
    line = refused(4, "--period", "2026-10-01", "--out", out, env=env)
    assert line == f"cannot write {out}: No such file or directory; choose another --out"


def test_the_demo_ends_with_a_report(tmp_path: Path) -> None:
    """The page and the table; both of what was written."""
    done = run_command(["demo"], cwd=tmp_path)
    run = succeeded(Ended(done.returncode, done.stdout, done.stderr))
    page = tmp_path / "infer-focus-demo" / "report.html"
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "Wrote infer-focus-demo/report.html, a page for a browser." in run.stdout
    cost = Files(tmp_path / "infer-focus-demo" / "focus").sums()["cost"]
    assert f"\nGPU cost of 2026-10: {cost:.2f} USD\n" in run.stdout
    assert "\nNothing is missing or estimated.\n" in run.stdout
    assert run.stderr == ""
