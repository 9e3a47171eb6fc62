"""`infer-focus validate` on what this program writes, in folders and in buckets."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exporter.focus.columns import SELECTABLE_VERSIONS
from tests.e2e.foreign_files import csv_bytes, good
from tests.e2e.gate import gate_before
from tests.e2e.job import Ended, end_of, infer_focus, succeeded
from tests.servers import REPOSITORY, S3Server, clean_environment

DEMO = {
    "SOURCE_FILE": "exporter/data/demo.om.zst",
    "CONFIG_PATH": "exporter/data/demo-config.yaml",
    "CLUSTER_NAME": "demo",
}
DAY = ("--start", "2026-10-01", "--end", "2026-10-02")


def write_demo(**settings: str) -> None:
    """The demo's first day: 24 hours of the default report and a day of another one."""
    succeeded(infer_focus("backfill", *DAY, env={**DEMO, **settings}))


def checked(*arguments: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON that a run without a broken rule prints."""
    run = infer_focus("validate", *arguments, "--format", "json", env=env or {})
    assert (run.code, run.stderr) == (0, ""), run.stdout
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def failed(told: dict[str, Any], level: str) -> set[str]:
    """The ids of the rules of one level that are broken, in all datasets."""
    groups = [told["rules"], *(one["rules"] for one in told["datasets"])]
    rules = [rule for group in groups for rule in group]
    return {r["id"] for r in rules if r["status"] == "failed" and r["level"] == level}


@pytest.fixture(scope="module")
def demo_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's first day as Parquet of FOCUS 1.3."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo(OUTPUT_DIR=str(folder))
    return folder


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_what_is_written_keeps_the_rules_of_its_version(
    version: str, form: str, tmp_path: Path
) -> None:
    write_demo(OUTPUT_DIR=str(tmp_path), FOCUS_VERSION=version, S3_FORMAT=form)
    told = checked(str(tmp_path))
    (dataset,) = told["datasets"]
    assert (told["files"], dataset["files"]) == (25, 25)
    assert dataset["rows"] == told["rows"] > 24
    assert (dataset["root"], dataset["version"]) == ("focus/", version)
    assert dataset["versionKnown"] == ["from the path"]
    assert told["failed"] == 0
    assert told["passed"] > 60
    assert failed(told, "warning") <= {"columns/hyphen", "columns/alphabetical"}
    assert told["bytes"] == sum(file.stat().st_size for file in tmp_path.rglob(f"*.{form}"))


def test_the_strict_prefix_leaves_nothing_to_warn_of(tmp_path: Path) -> None:
    write_demo(OUTPUT_DIR=str(tmp_path), FOCUS_EXTENSION_PREFIX="x_Infer")
    told = checked(str(tmp_path), "--strict")
    assert (told["failed"], told["warnings"]) == (0, 0)


def test_the_hyphen_of_the_prefix_is_an_error_where_it_is_asked_for(demo_day: Path) -> None:
    run = infer_focus("validate", str(demo_day), "--strict", "--format", "json", env={})
    assert run.code == 3
    assert failed(json.loads(run.stdout), "error") == {"columns/hyphen"}


def test_versions_beside_each_other_are_checked_apart(demo_day: Path, tmp_path: Path) -> None:
    """Ternary's copies too: what lies under another root is no duplicate."""
    shutil.copytree(demo_day, tmp_path, dirs_exist_ok=True)
    write_demo(OUTPUT_DIR=str(tmp_path), FOCUS_VERSION="1.2", TERNARY_ENABLED="true")
    told = checked(str(tmp_path))
    assert [(one["root"], one["version"], one["files"]) for one in told["datasets"]] == [
        ("focus/", "1.2", 25),
        ("focus/", "1.3", 25),
        ("ternary/focus/", "1.2", 25),
    ]


def test_without_its_folders_a_parquet_file_is_known_by_its_footer(
    demo_day: Path, tmp_path: Path
) -> None:
    file = next(demo_day.rglob("*-2026-10-01-07.parquet"))
    copied = shutil.copy(file, tmp_path / "rows.parquet")
    (dataset,) = checked(str(copied))["datasets"]
    assert (dataset["version"], dataset["versionKnown"]) == ("1.3", ["from the Parquet footer"])


def test_a_file_in_the_folder_of_another_version_and_a_missing_hour_are_warned_of(
    demo_day: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo_day, tmp_path, dirs_exist_ok=True)
    next(tmp_path.rglob("*-2026-10-01-07.parquet")).unlink()
    told = checked(str(tmp_path))
    assert failed(told, "warning") == {"columns/hyphen", "periods/gaps"}
    (gap,) = (rule for rule in told["rules"] if rule["id"] == "periods/gaps")
    (example,) = gap["examples"]
    assert example["value"] == "2026-10-01T07:00:00Z/2026-10-01T08:00:00Z"
    assert example["file"].endswith("-2026-10-01-08.parquet")
    moved = (tmp_path / "focus/version=focus-1.3").rename(tmp_path / "version=focus-1.2")
    run = infer_focus("validate", str(moved), env={})
    assert run.code == 3
    assert "\nFOCUS 1.2 (from the path): 24 files" in run.stdout
    (line,) = (line for line in run.stdout.splitlines() if "files/version" in line)
    assert '"1.3" the footer says this version, the folder 1.2' in line


def test_a_bucket_is_checked_like_a_folder(demo_day: Path, s3: S3Server) -> None:
    bucket = s3.new_bucket()
    settings = s3.settings(bucket)
    write_demo(**settings)
    in_folder, in_bucket = checked(str(demo_day)), checked(f"s3://{bucket}/", env=settings)
    assert in_bucket == {**in_folder, "path": f"s3://{bucket}/"}
    (key,) = (key for key in s3.keys(bucket) if key.endswith("-2026-10-01-07.parquet"))
    assert checked(f"s3://{bucket}/{key}", env=settings)["files"] == 1


def test_an_object_that_is_there_twice_is_found(demo_day: Path, tmp_path: Path) -> None:
    """As a copy that somebody made under another name."""
    shutil.copytree(demo_day, tmp_path, dirs_exist_ok=True)
    file = next(tmp_path.rglob("*-2026-10-01-07.parquet"))
    shutil.copy(file, file.with_name("zz-copy.parquet"))
    run = infer_focus("validate", str(tmp_path), env={})
    assert run.code == 3
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("  FAILED"))
    assert "extensions/once" in line
    assert "zz-copy.parquet:1 " in line


def says(run: Ended, code: int, line: str) -> None:
    assert (run.code, run.stdout, run.stderr) == (code, "", f"infer-focus: {line}\n")


def test_what_cannot_be_checked_is_said_in_one_line(tmp_path: Path, s3: S3Server) -> None:
    (tmp_path / "readme.txt").touch()
    says(
        infer_focus("validate", str(tmp_path), env={}),
        2,
        f"{tmp_path}: holds no file that ends with .parquet, .csv or .csv.gz",
    )
    nowhere = str(tmp_path / "nowhere")
    says(infer_focus("validate", nowhere, env={}), 2, f"{nowhere}: no such file or folder")
    says(
        infer_focus("validate", "s3://no-such-bucket/focus", env=s3.settings("other")),
        4,
        "s3://no-such-bucket/focus: cannot list: NoSuchBucket (The specified bucket does not"
        " exist); check S3_BUCKET, S3_REGION and S3_ENDPOINT_URL",
    )
    wrong = s3.settings("other") | {"S3_SECRET_ACCESS_KEY": "not-the-right-one"}
    run = infer_focus("validate", f"s3://{s3.new_bucket()}", env=wrong)
    assert run.code == 4
    assert "cannot list: SignatureDoesNotMatch" in run.stderr
    assert "not-the-right-one" not in run.stderr


def test_sigterm_leaves_no_temporary_file(tmp_path: Path, s3: S3Server) -> None:
    """While the second object is on its way."""
    bucket = s3.new_bucket()
    for number in range(2):
        row = good(ResourceId=f"acme/{number}")
        s3.client.put_object(Bucket=bucket, Key=f"{number}.csv", Body=csv_bytes([row]))
    with gate_before(s3.endpoint, lambda _method, path, _body: "1.csv" in path) as gate:
        env = s3.settings(bucket) | {"S3_ENDPOINT_URL": gate.url, "TMPDIR": str(tmp_path)}
        with subprocess.Popen(
            [sys.executable, "-m", "exporter", "validate", f"s3://{bucket}"],
            cwd=REPOSITORY,
            env=clean_environment() | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            try:
                gate.wait_until_reached()
                assert [path.name[:12] for path in tmp_path.iterdir()] == ["infer-focus-"]
                process.send_signal(signal.SIGTERM)
                stopped = end_of(process, 10)
            finally:
                process.kill()
    assert (stopped.code, stopped.stdout) == (143, "")
    assert stopped.stderr == "infer-focus: interrupted by SIGTERM; run again to go on\n"
    assert list(tmp_path.iterdir()) == []
