"""What the chart renders really starts the program: against a real Prometheus and a real S3.

Variables, files and arguments are those of the rendered container; only the paths of its mounts
are elsewhere (see kubelet.py). The addresses and names are values of the chart.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.periods import rfc3339
from tests.e2e.job import Ended, backfill, infer_focus, succeeded
from tests.e2e.prices import priced, write_config
from tests.e2e.small_fleets import team_fleet
from tests.e2e.written import Objects, data, in_bucket, in_folder
from tests.fleets.fleet import HOUR, Fleet
from tests.helm.kubelet import Container, started
from tests.helm.rendering import Manifest, only, render
from tests.servers import S3Server, prometheus_server

HELD_HOURS = 80
LOOKBACK_HOURS = 4
PARTS = 3


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    """Of more than three days until now: the clock of a run is real."""
    start = int(time.time()) // HOUR * HOUR - HELD_HOURS * HOUR
    return team_fleet(start, HELD_HOURS + 2)


@pytest.fixture(scope="module")
def prometheus(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    with prometheus_server([fleet.write_text(folder / "dump.om")], folder / "server") as url:
        yield url


@pytest.fixture
def values(fleet: Fleet, prometheus: str, s3: S3Server) -> dict[str, Any]:
    """An installation that uses the servers; every secret is in the chart's Secret."""
    return {
        "image": {"repository": "registry.example.com/finops/infer-focus"},
        "clusterName": "prod-eu",
        "collection": {"lookbackHours": LOOKBACK_HOURS},
        "prometheus": {
            "url": prometheus,
            "headers": {"X-Team": "ml"},
            "auth": {"bearerToken": "not-a-real-token", "allowPlaintext": True},
        },
        "s3": {
            "bucket": s3.new_bucket(),
            "region": "us-east-1",
            "endpointUrl": s3.endpoint,
            "addressingStyle": "path",
            "auth": {"accessKeyId": s3.access_key, "secretAccessKey": s3.secret_key},
        },
        "config": {"documents": {"team.yaml": priced(fleet.configuration)}},
    }


@pytest.fixture
def directly(fleet: Fleet, prometheus: str, tmp_path: Path) -> dict[str, str]:
    """The same by variables, into a folder."""
    config = write_config(priced(fleet.configuration), tmp_path / "directly.yaml")
    return {
        "PROMETHEUS_URL": prometheus,
        "CONFIG_PATH": str(config),
        "CLUSTER_NAME": "prod-eu",
        "COLLECTION_LOOKBACK_HOURS": f"{LOOKBACK_HOURS}",
        "OUTPUT_DIR": str(tmp_path / "directly"),
    }


def container(values: Mapping[str, Any], kind: str, folder: Path) -> Container:
    manifests = render(None, values)
    return started(only(manifests, kind), manifests, folder / kind, {})


def bucket(s3: S3Server, values: Mapping[str, Any]) -> Objects:
    return data(in_bucket(s3, values["s3"]["bucket"]))


def agree(one: Objects, other: Objects, least: int) -> None:
    """The same bytes; a run that was later may have an hour more and another one less."""
    common = one.keys() & other.keys()
    assert len(common) >= least
    assert len(one.keys() ^ other.keys()) <= 2
    assert {key: one[key] for key in common} == {key: other[key] for key in common}


def test_the_job_of_the_schedule_writes_what_the_program_writes(
    values: dict[str, Any], directly: dict[str, str], s3: S3Server, tmp_path: Path
) -> None:
    job = container(values, "CronJob", tmp_path)
    assert job.arguments == ["run"]
    first = succeeded(job.run())
    assert first.counts[3] == 0
    written = bucket(s3, values)
    succeeded(infer_focus("run", env=directly))
    agree(written, data(in_folder(Path(directly["OUTPUT_DIR"]))), LOOKBACK_HOURS - 2)
    # A manual run beside it is the same Job: nothing changes.
    again = succeeded(job.run())
    agree(bucket(s3, values), written, LOOKBACK_HOURS - 2)
    assert again.counts[1] >= LOOKBACK_HOURS - 2


def test_the_secrets_are_the_ones_of_the_chart(
    values: dict[str, Any], s3: S3Server, tmp_path: Path
) -> None:
    """With a wrong one in the Secret the server refuses: the mounted file is what is used."""
    values["s3"]["auth"]["secretAccessKey"] = "wrong"
    job = container(values, "CronJob", tmp_path)
    assert not any("wrong" in value for value in job.env.values())
    run = job.run()
    assert run.code == 4
    assert "SignatureDoesNotMatch" in run.stderr
    assert bucket(s3, values) == {}


def test_the_pods_of_a_backfill_share_its_days(
    fleet: Fleet, values: dict[str, Any], directly: dict[str, str], s3: S3Server, tmp_path: Path
) -> None:
    """All at once, and together as the program alone."""
    start = -(-fleet.start // (24 * HOUR)) * 24 * HOUR
    end = start + 2 * 24 * HOUR + 3 * HOUR
    span = {"start": rfc3339(start), "end": rfc3339(end)}
    values["backfill"] = {"enabled": True, "completions": PARTS, **span}
    pods = container(values, "Job", tmp_path)

    def pod(index: int) -> Ended:
        """As Kubernetes starts it: with its number, which is not in the manifest."""
        return succeeded(pods.run(JOB_COMPLETION_INDEX=f"{index}"))

    with ThreadPoolExecutor(PARTS) as pool:
        runs = list(pool.map(pod, range(PARTS)))
    succeeded(backfill(start, end, env=directly))
    assert sorted(run.counts for run in runs) == [(3, 0, 0, 0), (24, 0, 0, 0), (24, 0, 0, 0)]
    assert bucket(s3, values) == data(in_folder(Path(directly["OUTPUT_DIR"])))


def test_a_wrong_configuration_ends_with_the_code_that_is_not_retried(
    values: dict[str, Any], tmp_path: Path
) -> None:
    """What the chart cannot see: a field of a document."""
    (profile,) = (
        d for d in values["config"]["documents"]["team.yaml"] if d["kind"] == "CostProfile"
    )
    del profile["spec"]["hardware"]["gpuCount"]
    run = container(values, "CronJob", tmp_path).run()
    rules = only(render(None, values), "CronJob")["spec"]["jobTemplate"]["spec"]
    assert run.code in rules["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"]
    assert "spec.hardware.gpuCount: is required" in run.stderr


def test_the_check_looks_at_what_the_job_would_use(
    values: dict[str, Any], s3: S3Server, tmp_path: Path
) -> None:
    """As `helm test` starts it: it ends well, and leaves nothing in the bucket."""
    pod = container(values, "Pod", tmp_path)
    run = succeeded(pod.run())
    assert f"s3://{values['s3']['bucket']}/focus/ can be read and written" in run.stdout
    assert f"1 CostProfile from {pod.env['CONFIG_PATH']}" in run.stdout
    assert f"{values['prometheus']['url']} answers" in run.stdout
    assert in_bucket(s3, values["s3"]["bucket"]) == {}


def test_the_report_is_published_beside_the_rows(
    values: dict[str, Any], s3: S3Server, tmp_path: Path
) -> None:
    """Without asking Prometheus. A month without rows is a wrong configuration."""
    away = {"prometheus": {**values["prometheus"], "url": "http://127.0.0.1:9"}}
    manifests = render(None, {**values, **away, "report": {"enabled": True}})
    (job,) = (one for one in manifests if one["metadata"]["name"].endswith("-report"))
    pod = started(job, manifests, tmp_path / "report", {})
    assert pod.run().code == 2
    succeeded(container(values, "CronJob", tmp_path).run())
    (key, *_) = sorted(bucket(s3, values), reverse=True)
    month = "-".join(re.findall(r"(?:year|month)=(\d+)", key))
    made = replace(pod, arguments=[month if w == "last-month" else w for w in pod.arguments])
    run = succeeded(made.run())
    page = in_bucket(s3, values["s3"]["bucket"])[f"focus/reports/infer-focus-report-{month}.html"]
    assert page.decode().lower().startswith("<!doctype html>")
    assert all(namespace in page.decode() for namespace in ("chat", "code", "lab"))
    assert "<html" not in run.stdout


def test_a_volume_takes_the_place_of_the_bucket(values: dict[str, Any], tmp_path: Path) -> None:
    values["s3"] = {}
    values["outputDir"] = {"existingClaim": "focus-files"}
    job = container(values, "CronJob", tmp_path)
    folder = Path(job.env["OUTPUT_DIR"])
    assert folder.is_relative_to(tmp_path)
    succeeded(job.run())
    assert len(data(in_folder(folder))) >= LOOKBACK_HOURS - 2


def test_the_documents_of_the_values_are_the_ones_of_the_configmap(
    fleet: Fleet, values: dict[str, Any]
) -> None:
    """Every one, in a file of the same name."""
    manifest: Manifest = only(render(None, values), "ConfigMap")
    (text,) = manifest["data"].values()
    assert [*manifest["data"]] == ["team.yaml"]
    assert list(yaml.safe_load_all(text)) == priced(fleet.configuration)
