"""The CronJob of the monthly report: what it runs, when, and that it is a pod like the export's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exporter.arguments import parser
from exporter.chargeback.keys import KEYS
from scripts.make_chart_docs import SCHEMA, schema_of
from tests.helm.given import given, merged
from tests.helm.rendering import (
    CHART,
    CI_FILES,
    MINIMAL,
    Manifest,
    container_of,
    name_of,
    pod_of,
    render,
)

REPORT = CHART / "ci" / "report-values.yaml"
ENABLED = given(report__enabled=True)
PUBLISH = ["report", "--period", "last-month", "--format", "html", "--publish"]


def cron_jobs(file: Path = MINIMAL, **values: Any) -> tuple[Manifest, Manifest]:
    """That of the export and that of the report."""
    manifests = render(file, merged(ENABLED, given(**values)))
    found = {one["metadata"]["name"]: one for one in manifests if one["kind"] == "CronJob"}
    assert len(found) == 2
    (report,) = (name for name in found if name.endswith("-report"))
    return found.pop(report), found.popitem()[1]


def report(**values: Any) -> Manifest:
    return cron_jobs(**values)[0]


def arguments(**values: Any) -> list[str]:
    found: list[str] = container_of(report(**values))["args"]
    return found


def test_the_page_of_last_month_goes_into_the_destination() -> None:
    assert arguments() == [*PUBLISH, "--by", "sub-account"]


@pytest.mark.parametrize(
    ("values", "more"),
    [
        ({"by": []}, []),
        ({"by": ["namespace", "tag:cost-center"]}, ["--by", "namespace,tag:cost-center"]),
        ({"by": [], "compare": True}, ["--compare"]),
        ({"by": [], "comparison": True}, ["--comparison"]),
        ({"by": [], "compare": False, "comparison": False}, []),
    ],
)
def test_a_flag_is_given_when_its_value_is(values: Any, more: list[str]) -> None:
    assert arguments(report=values) == [*PUBLISH, *more]


def test_the_program_understands_these_arguments() -> None:
    """Every flag at once, and whatever the schema lets through as a key."""
    schema = json.loads(SCHEMA.read_text())
    allowed = schema_of(schema, ("report", "by"))["items"]["pattern"]
    keys = allowed.removeprefix("^(").partition("|tag:")[0].split("|")
    by = [*keys, "tag:infer-focus/cluster"]
    given = arguments(report={"by": by, "compare": True, "comparison": True})
    parsed = vars(parser().parse_args(given))
    assert parsed["by"].split(",") == by
    assert (parsed["period"], parsed["format"]) == ("last-month", "html")
    assert {parsed[flag] for flag in ("publish", "compare", "comparison")} == {True}
    assert keys == [*KEYS]


@pytest.mark.parametrize("file", CI_FILES, ids=name_of)
def test_its_pod_is_that_of_the_export(file: Path) -> None:
    """The same hardening, documents, credentials and destination."""
    made, export = cron_jobs(file)
    assert {**container_of(export), "args": []} == {**container_of(made), "args": []}
    assert {**pod_of(export), "containers": []} == {**pod_of(made), "containers": []}
    jobs = [one["spec"]["jobTemplate"]["spec"] for one in (export, made)]
    assert jobs[0].keys() == jobs[1].keys()
    for key in jobs[0].keys() - {"activeDeadlineSeconds", "template"}:
        assert jobs[0][key] == jobs[1][key]
    labels = [one["template"]["metadata"]["labels"] for one in jobs]
    names = [one.pop("app.kubernetes.io/component") for one in map(dict, labels)]
    assert names == ["export", "report"]


def test_months_are_those_of_utc_wherever_the_schedule_is() -> None:
    """At half past six in Tokyo, on the first, last month is still this one in UTC."""
    made, export = cron_jobs(timeZone="Asia/Tokyo")
    assert (export["spec"]["timeZone"], made["spec"]["timeZone"]) == ("Asia/Tokyo", "Etc/UTC")


def test_it_starts_after_the_run_that_ends_the_month() -> None:
    """By the defaults: the run of a quarter past six, if not that of a quarter past midnight."""
    made, export = cron_jobs()
    minute, hour, *days = made["spec"]["schedule"].split()
    assert days == ["1", "*", "*"]
    late, hours = export["spec"]["schedule"].split()[:2]
    assert int(hour) % int(hours.removeprefix("*/")) == 0
    assert int(minute) > int(late)


def test_a_month_is_not_missed_because_nothing_could_start_for_a_while() -> None:
    spec = report()["spec"]
    assert spec["startingDeadlineSeconds"] == 86_400
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 7_200


def test_zero_stays_zero_and_null_is_left_to_kubernetes() -> None:
    spec = cron_jobs(REPORT)[0]["spec"]
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["ttlSecondsAfterFinished"]) == (0, 0)
    assert (spec["startingDeadlineSeconds"], job["activeDeadlineSeconds"]) == (600_000, 600)
    spec = report(report__startingDeadlineSeconds=None, report__activeDeadlineSeconds=None)["spec"]
    assert "startingDeadlineSeconds" not in spec
    assert "activeDeadlineSeconds" not in spec["jobTemplate"]["spec"]


def test_a_suspended_release_makes_no_report() -> None:
    assert report(suspend=True)["spec"]["suspend"] is True
    assert report()["spec"]["suspend"] is False


def test_there_is_no_report_that_is_not_wanted() -> None:
    assert [one["kind"] for one in render()].count("CronJob") == 1
