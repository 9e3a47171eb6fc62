"""A month's backfill as a Kubernetes Indexed Job runs it: pods side by side, one of them killed."""

from __future__ import annotations

import json
import random
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.periods import Period, Schedule, in_shard, period_at, unix_seconds
from tests.e2e.gate import gate_before
from tests.e2e.job import backfill, begun_backfill, end_of, succeeded
from tests.e2e.prices import report
from tests.e2e.scene import Scene, make_scene
from tests.e2e.small_fleets import team_fleet
from tests.e2e.written import data, in_bucket, in_folder, metadata
from tests.fleets.token_scenarios import T0
from tests.servers import S3Server

DAYS, COMPLETIONS = 30, 4
DAILY = {"COLLECTION_GRANULARITY": "daily"}
KILLED = random.Random(4).randrange(COMPLETIONS)
SECONDS = 120


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Thirty days of a small fleet, scraped every ten minutes, in daily rows of three reports."""
    fleet = team_fleet(T0, DAYS * 24, interval=600)
    reports = [report(f"{name}-daily", "daily", "team", name) for name in ("chat", "code")]
    documents = [*fleet.configuration, *reports]
    return make_scene(fleet, tmp_path_factory.mktemp("month"), documents)


def pod(index: int, settings: dict[str, str]) -> dict[str, str]:
    """The environment of one pod: what the chart sets, and what Kubernetes adds."""
    own = {"JOB_COMPLETIONS": str(COMPLETIONS), "JOB_COMPLETION_INDEX": str(index)}
    return {**settings, **own}


def test_pods_of_a_month_make_what_one_process_makes(
    month: Scene, s3: S3Server, tmp_path: Path
) -> None:
    """Every pod but one ends well; that one is killed in a write, and its index runs again."""
    whole = backfill(*month.span, env=month.settings(OUTPUT_DIR=str(tmp_path), **DAILY))
    assert succeeded(whole).counts == (DAYS * 3, 0, 0, 0)
    bucket, puts = s3.new_bucket(), 0
    settings = month.settings(**s3.settings(bucket), **DAILY)

    def fifth_put(method: str, path: str, _body: bytes) -> bool:
        nonlocal puts
        puts += method == "PUT" and "version" in path
        return puts == 5

    with ExitStack() as stack:
        gate = stack.enter_context(gate_before(s3.endpoint, fifth_put))
        pods = {
            index: stack.enter_context(begun_backfill(*month.span, pod(index, settings)))
            for index in set(range(COMPLETIONS)) - {KILLED}
        }
        through = {**settings, "S3_ENDPOINT_URL": gate.url}
        killed = stack.enter_context(begun_backfill(*month.span, pod(KILLED, through)))
        gate.wait_until_reached()
        killed.kill()
        assert end_of(killed, SECONDS).code == -9
        ended = {index: end_of(process, SECONDS) for index, process in pods.items()}
    assert {index: run.code for index, run in ended.items()} == dict.fromkeys(pods, 0)
    assert 0 < len(data(in_bucket(s3, bucket))) < DAYS * 3

    again = backfill(*month.span, "--missing-only", env=pod(KILLED, settings))
    whole_month = data(in_folder(tmp_path))
    of_shard = [key for key in whole_month if in_shard(day_of(key), KILLED, COMPLETIONS)]
    assert succeeded(again).counts[0] == len(of_shard) - 4
    assert data(in_bucket(s3, bucket)) == data(in_folder(tmp_path))
    assert sectors(in_bucket(s3, bucket)) == sectors(in_folder(tmp_path))


def day_of(key: str) -> Period:
    """The period of a daily object by its name."""
    year, month, day = key.rpartition(".")[0].split("-")[-3:]
    start = unix_seconds(datetime(int(year), int(month), int(day), tzinfo=UTC))
    return period_at(Schedule.DAILY, start)


def sectors(objects: dict[str, bytes]) -> dict[str, set[str]]:
    """The periods that recency knows, by day."""
    return {
        key: {
            sector["TimeSectorStart"] for one in json.loads(body) for sector in one["TimeSectors"]
        }
        for key, body in metadata(objects).items()
        if "/recency/" in key
    }
