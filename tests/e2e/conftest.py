"""Fleets, sources and finished runs that many tests look at; no test changes what they wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.e2e.job import Ended, backfill, succeeded
from tests.e2e.prices import report
from tests.e2e.scene import Scene, make_scene
from tests.e2e.small_fleets import labelled, nameless, team_fleet
from tests.e2e.written import Objects, data, in_bucket, in_folder
from tests.fleets import openmetrics
from tests.fleets.fleet import HOUR, Fleet
from tests.fleets.mixed import mixed_fleet
from tests.fleets.token_scenarios import T0
from tests.servers import S3Server, prometheus_server

DAYS = 4


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished run: how it ended, where it wrote, and the data objects it left."""

    run: Ended
    place: str
    objects: Objects


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Thirty hours of everything, search and the l40s pool in reports of their own, all hourly."""
    fleet = mixed_fleet()
    reports = [
        report("search-hourly", "hourly", "h100", "search"),
        report("l40s-hourly", "hourly", "l40s"),
    ]
    documents = [one for one in fleet.configuration if one["kind"] != "UsageReport"]
    return make_scene(fleet, tmp_path_factory.mktemp("mixed"), [*documents, *reports])


@pytest.fixture(scope="session")
def clusters() -> dict[str, Fleet]:
    """Two fleets of the same names, three weeks after the mixed one, by their cluster."""
    start = T0 + 20 * 24 * HOUR
    return {name: team_fleet(start, 4, seed=seed) for seed, name in enumerate(("blue", "green"))}


@pytest.fixture(scope="session")
def prometheus(
    mixed: Scene, clusters: Mapping[str, Fleet], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a real Prometheus that holds the mixed fleet and those with a cluster label."""
    folder = tmp_path_factory.mktemp("prometheus")
    global_store = [one for name in clusters for one in labelled(clusters[name], cluster=name)]
    global_store += nameless(clusters["blue"]).series
    files = [
        mixed.dump,
        openmetrics.write_text(global_store, folder / "clusters.om"),
    ]
    with prometheus_server(files, folder / "server") as url:
        yield url


@pytest.fixture(scope="session")
def from_prometheus(mixed: Scene, prometheus: str, s3: S3Server) -> Exported:
    """The mixed fleet, read from Prometheus and written to S3."""
    bucket = s3.new_bucket()
    settings = mixed.asking(prometheus, **s3.settings(bucket))
    run = succeeded(backfill(*mixed.span, env=settings))
    return Exported(run, bucket, data(in_bucket(s3, bucket)))


@pytest.fixture(scope="session")
def from_dump(mixed: Scene, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The mixed fleet, read from a dump and written to a folder."""
    folder = tmp_path_factory.mktemp("from-dump")
    run = succeeded(backfill(*mixed.span, env=mixed.settings(OUTPUT_DIR=str(folder))))
    return Exported(run, str(folder), data(in_folder(folder)))


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Four days of a small fleet, Thursday to Sunday: the rest of October's first week."""
    fleet = team_fleet(T0, DAYS * 24)
    return make_scene(fleet, tmp_path_factory.mktemp("team"), fleet.configuration)


@pytest.fixture(scope="session")
def team_hourly(team: Scene, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The small fleet hour by hour in a folder."""
    folder = tmp_path_factory.mktemp("team-hourly")
    run = succeeded(backfill(*team.span, env=team.settings(OUTPUT_DIR=str(folder))))
    return Exported(run, str(folder), data(in_folder(folder)))
