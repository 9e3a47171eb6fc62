"""Faults of the source, made to happen: a real Prometheus behind a bad road.

The fault's run is the command as a process, forked from one that has imported it where that many
are made. One day of two is spoiled where the other can be written. The undisturbed run afterwards
is the same command inside this process, to save time.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from exporter.periods import rfc3339
from tests.certificates import self_signed
from tests.e2e.job import Ended, backfill, succeeded
from tests.e2e.scene import Scene, make_scene
from tests.e2e.small_fleets import team_fleet
from tests.e2e.written import Objects, data, in_folder, manifests
from tests.faults.fault import Fault
from tests.faults.forking import Run, forked_commands
from tests.faults.proxy import Proxy, proxy_before
from tests.faults.roads import END, MIDNIGHT, ROADS, START, Road
from tests.faults.running import TOKEN, Environment, assert_told_well, each, here, span
from tests.faults.source_faults import (
    FAILING,
    FAULTS,
    ODD_SAMPLES,
    OVERCOME,
    POORER,
    STOPPING,
    UNUSABLE,
)
from tests.fleets.fleet import HOUR
from tests.servers import prometheus_server


@dataclass(frozen=True, slots=True)
class Stage:
    """A real Prometheus with a small fleet, and what an undisturbed run writes of it."""

    scene: Scene
    url: str
    forked: Run
    undisturbed: Objects

    @property
    def first_day(self) -> Objects:
        return {key: body for key, body in self.undisturbed.items() if "/day=01/" in key}

    def run(self, url: str, folder: Path, **settings: str) -> Ended:
        """The command as a process, with a token that nobody may see."""
        return backfill(START, END, env=self.settings(url, folder, settings))

    def settings(self, url: str, folder: Path, more: Environment) -> Environment:
        told = {"PROMETHEUS_BEARER_TOKEN": TOKEN, "PROMETHEUS_MAX_RETRIES": "1", **more}
        return self.scene.asking(url, OUTPUT_DIR=str(folder), **told)

    def on(self, road: Road, folder: Path) -> tuple[Ended, Proxy]:
        """The command on a bad road, which must have spoiled something."""
        with proxy_before(self.url, *road.rules) as proxy:
            settings = self.settings(proxy.url, folder, road.settings)
            ended = self.forked(["backfill", *span(START, END)], settings)
        assert proxy.spoiled
        return ended, proxy

    def mended(self, folder: Path) -> Objects:
        """What is there after one more run, undisturbed."""
        here(self.scene.asking(self.url, OUTPUT_DIR=str(folder)), START, END)
        return data(in_folder(folder))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    fleet = team_fleet(START, (END - START) // HOUR)
    scene = make_scene(fleet, folder, fleet.configuration)
    with (
        prometheus_server(fleet.write_blocks(folder / "blocks"), folder / "server") as url,
        forked_commands() as forked,
    ):
        stage = Stage(scene, url, forked, {})
        succeeded(stage.run(url, folder / "undisturbed"))
        yield replace(stage, undisturbed=data(in_folder(folder / "undisturbed")))


def test_every_fault_of_the_source_is_made_to_happen() -> None:
    names = [fault.name for fault in FAULTS]
    assert sorted(names) == sorted(
        {*ROADS, "refused", "name-unknown", "certificate-unknown", "no-tls"}
        | {fault.name for fault in ODD_SAMPLES}
    )


@contextmanager
def address_of(fault: Fault, stage: Stage, folder: Path) -> Iterator[str]:
    """Where the command is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(folder))
    match fault.name:
        case "refused":
            with closing(socket.create_server(("127.0.0.1", 0))) as taken:
                port = taken.getsockname()[1]
            yield f"http://127.0.0.1:{port}"
        case "name-unknown":
            yield "https://absent.invalid:9090"
        case "no-tls":
            yield stage.url.replace("http:", "https:")
        case "certificate-unknown":
            with proxy_before(stage.url, tls=context) as proxy:
                yield proxy.url
            assert proxy.seen == []
        case _:
            with proxy_before(stage.url, *ROADS[fault.name].rules) as proxy:
                yield proxy.url
            assert proxy.spoiled


@each(UNUSABLE)
def test_a_source_that_cannot_be_used_ends_the_run(
    fault: Fault, stage: Stage, tmp_path: Path
) -> None:
    """In one last line; what was there is not touched, not even by a manifest."""
    folder = tmp_path / "out"
    for key, body in stage.first_day.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(body)
    with address_of(fault, stage, tmp_path) as url:
        ended = stage.run(url, folder)
    assert ended.code == fault.code
    told = {one["event"] for one in ended.events}
    sentences = [one for one in ended.stderr.splitlines() if not one.startswith("{")]
    assert len(sentences) == 1
    assert fault.message in sentences[0]
    assert {"periods failed", "backfill finished"} >= told - {"prometheus_retry"}
    assert ended.counts == (0, 0, 0, 4)
    assert "secret" not in ended.stderr
    assert_told_well(ended, folder)
    assert in_folder(folder) == stage.first_day
    assert stage.mended(folder) == stage.undisturbed


@each(STOPPING)
def test_a_source_that_refuses_from_some_moment_on_ends_the_run(
    fault: Fault, stage: Stage, tmp_path: Path
) -> None:
    """With what was written until then, and the rest named."""
    ended, _ = stage.on(ROADS[fault.name], tmp_path)
    assert (ended.code, ended.counts) == (fault.code, (2, 0, 0, 2))
    (failed,) = ended.named("periods failed")
    sentence = ended.stderr.splitlines()[-1].removeprefix("infer-focus: ")
    assert failed["reason"] == f"{fault.message}{sentence}"
    (manifest,) = map(json.loads, manifests(in_folder(tmp_path)).values())
    assert manifest["Failed"] == [failed]
    assert_told_well(ended, tmp_path)
    assert data(in_folder(tmp_path)) == stage.first_day
    assert stage.mended(tmp_path) == stage.undisturbed


@each(FAILING)
def test_a_day_that_is_not_answered_fails_and_the_other_is_written(
    fault: Fault, stage: Stage, tmp_path: Path
) -> None:
    """The failed periods and why stand in the last events and in the manifest."""
    ended, proxy = stage.on(ROADS[fault.name], tmp_path)
    assert (ended.code, ended.counts) == (fault.code, (2, 0, 0, 2))
    (failed,) = ended.named("periods failed")
    assert fault.message in failed["reason"]
    assert (failed["start"], failed["end"]) == (rfc3339(MIDNIGHT), rfc3339(END))
    (manifest,) = map(json.loads, manifests(in_folder(tmp_path)).values())
    assert manifest["Failed"] == [failed]
    assert_told_well(ended, tmp_path)
    if fault.name == "large-answer":
        assert proxy.sent < proxy.spoiled * 16 * 2**20
    assert data(in_folder(tmp_path)) == stage.first_day
    assert stage.mended(tmp_path) == stage.undisturbed


@each(POORER)
def test_what_the_source_has_forgotten_is_not_overwritten(
    fault: Fault, stage: Stage, tmp_path: Path
) -> None:
    written = [*stage.undisturbed.items()]
    folder = tmp_path / "out"
    assert stage.mended(folder) == stage.undisturbed
    ended, _ = stage.on(ROADS[fault.name], folder)
    assert ended.code == fault.code
    assert fault.message in " ".join(ended.reasons)
    assert_told_well(ended, folder)
    assert [*data(in_folder(folder)).items()] == written
    assert stage.mended(folder) == stage.undisturbed


@each(OVERCOME)
def test_a_fault_that_passes_is_overcome(fault: Fault, stage: Stage, tmp_path: Path) -> None:
    ended, proxy = stage.on(ROADS[fault.name], tmp_path)
    assert (ended.code, ended.counts) == (fault.code, (4, 0, 0, 0))
    told = [f"{one['event']}: {one.get('reason')}" for one in ended.events]
    assert any(fault.message in one for one in told)
    if fault.name != "halved":
        retries = [one for one in told if one.startswith("prometheus_retry")]
        assert len(retries) == proxy.spoiled
    assert_told_well(ended, tmp_path)
    assert data(in_folder(tmp_path)) == stage.undisturbed
