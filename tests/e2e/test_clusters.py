"""One global store with several clusters: each is written by itself, and paid for once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Exported
from tests.e2e.job import Ended, backfill, succeeded
from tests.e2e.prices import pool_energy, pool_hour, priced, write_config
from tests.e2e.written import Row, X, data, in_folder, manifests, metadata, moment, rows, total
from tests.fleets.fleet import Fleet
from tests.reference import truth_energy, truth_tokens


def profile_of(clusters: Mapping[str, Fleet], *globs: str, name: str) -> dict[str, Any]:
    """The profile of both fleets' pool, for some clusters."""
    (document,) = priced(next(iter(clusters.values())).configuration)
    spec = {**document["spec"], **({"clusters": list(globs)} if globs else {})}
    return {**document, "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def config(clusters: Mapping[str, Fleet], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile for each cluster, since their nodes have the same name."""
    profiles = [profile_of(clusters, name, name=f"{name}-pool") for name in clusters]
    return write_config(profiles, tmp_path_factory.mktemp("clusters") / "config.yaml")


def export(
    clusters: Mapping[str, Fleet], url: str, config: Path, folder: Path, **settings: str
) -> Ended:
    fleet = clusters["blue"]
    asked = {"PROMETHEUS_URL": url, "COLLECTION_CLUSTER_LABEL": "cluster", **settings}
    asked |= {"CONFIG_PATH": str(config), "OUTPUT_DIR": str(folder)}
    return backfill(fleet.start, fleet.end, env=asked)


@pytest.fixture(scope="module")
def exported(
    clusters: Mapping[str, Fleet],
    prometheus: str,
    config: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Exported:
    """Both clusters in a folder."""
    folder = tmp_path_factory.mktemp("both")
    run = succeeded(export(clusters, prometheus, config, folder))
    return Exported(run, str(folder), in_folder(folder))


def by_cluster(found: list[Row]) -> Mapping[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        groups[row[X + "Cluster"]].append(row)
    return groups


def test_each_cluster_has_objects_and_a_manifest_of_its_own(
    clusters: Mapping[str, Fleet], exported: Exported
) -> None:
    names = [key.rpartition("/")[2] for key in data(exported.objects)]
    assert names == sorted(
        f"infer-focus-{name}-2026-10-21-{hour:02}.parquet" for name in clusters for hour in range(4)
    )
    assert {key.split("/")[2] for key in manifests(exported.objects)} == set(clusters)


def test_each_cluster_has_metadata_of_its_own(
    clusters: Mapping[str, Fleet], exported: Exported
) -> None:
    """Its recency names its own instance, with its four hours."""
    recency = {
        key.split("/")[2]: json.loads(body)
        for key, body in metadata(exported.objects).items()
        if "/recency/" in key
    }
    assert recency.keys() == clusters.keys()
    assert all(len(one["TimeSectors"]) == 4 for (one,) in recency.values())
    assert len({one["DatasetInstanceId"] for (one,) in recency.values()}) == len(clusters)


def test_each_cluster_pays_its_pool_once_and_has_all_of_its_tokens(
    clusters: Mapping[str, Fleet], exported: Exported
) -> None:
    """In every hour, although nodes, GPUs and pods have the same names in both."""
    found = by_cluster(rows(data(exported.objects)))
    assert set(found) == set(clusters)
    for name, own in found.items():
        assert_whole(clusters[name], own)


def test_series_of_no_cluster_are_warned_about(exported: Exported) -> None:
    """Nobody can be billed for the pod beside the two."""
    (warning,) = exported.run.named("series without the cluster label are left out")
    assert (warning["label"], warning["start"]) == ("cluster", "2026-10-21T00:00:00Z")
    assert "vllm:prompt_tokens_total last" in warning["queries"]


def assert_whole(fleet: Fleet, own: list[Row]) -> None:
    energy = pool_energy(fleet, truth_energy(fleet))
    tokens = truth_tokens(fleet)
    for hour in fleet.hour_starts:
        here = [row for row in own if moment(row["ChargePeriodStart"]) == hour]
        assert total(here, "BilledCost") == pool_hour(energy[hour, "team"]).cost
        written = total(here, X + "TokensInput") + total(here, X + "TokensOutput")
        assert written == sum(sum(count[:2]) for key, count in tokens.items() if key[0] == hour)


def test_clusters_can_be_left_out(
    clusters: Mapping[str, Fleet],
    prometheus: str,
    config: Path,
    exported: Exported,
    tmp_path: Path,
) -> None:
    """Nothing of them is written, and the others have the bytes they have together."""
    settings = {"COLLECTION_EXCLUDE_CLUSTERS": "gr*"}
    succeeded(export(clusters, prometheus, config, tmp_path, **settings))
    both = data(exported.objects)
    blue = {key: body for key, body in both.items() if "infer-focus-blue" in key}
    assert data(in_folder(tmp_path)) == blue


def test_a_profile_that_would_pay_for_two_clusters_is_refused(
    clusters: Mapping[str, Fleet], prometheus: str, tmp_path: Path
) -> None:
    """One purchase price, nodes in both: every period fails and says what to name."""
    config = write_config([profile_of(clusters, name="team")], tmp_path / "config.yaml")
    run = export(clusters, prometheus, config, tmp_path / "out")
    assert (run.code, run.counts) == (3, (0, 0, 0, 8))
    (reason,) = set(run.reasons)
    assert reason == (
        "CostProfile team matches nodes in blue, green: name its clusters in spec.clusters"
    )
    assert data(in_folder(tmp_path / "out")) == {}


def test_a_label_that_no_series_has_is_not_an_empty_fleet(
    clusters: Mapping[str, Fleet], prometheus: str, config: Path, tmp_path: Path
) -> None:
    """A slip in its name fails every period, and nothing is written."""
    label = {"COLLECTION_CLUSTER_LABEL": "clutser"}
    run = export(clusters, prometheus, config, tmp_path / "out", **label)
    assert (run.code, run.counts) == (3, (0, 0, 0, 4))
    assert run.reasons == [
        "the source holds no series with the label 'clutser' for this period (retention or"
        " outage): check COLLECTION_CLUSTER_LABEL"
    ]
    assert in_folder(tmp_path / "out") == {}
