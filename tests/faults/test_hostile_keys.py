"""Clusters and reports of any name: objects of their own, below the prefix, whatever they say."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from exporter.storage.keys import metadata_key, slug
from tests.e2e.job import backfill, succeeded
from tests.e2e.prices import pool_energy, pool_hour, report
from tests.e2e.scene import Scene, make_scene, write_dump
from tests.e2e.small_fleets import labelled
from tests.e2e.written import Objects, X, data, in_bucket, in_folder, rows, total
from tests.faults.hostile_names import HOSTILE, SHOWABLE, hostile_fleet, told_in_lines
from tests.reference import truth_energy
from tests.servers import S3Server

REPORTS = tuple(name for name in SHOWABLE if name != "default")


def of_clusters(names: Sequence[str], folder: Path) -> Scene:
    """A fleet of two pods in one cluster of each name; the same profile is for all of them."""
    folder.mkdir()
    fleet = hostile_fleet(("chat", "code"), hours=1)
    documents = copy.deepcopy([dict(one) for one in fleet.configuration])
    documents[0]["spec"] = {**documents[0]["spec"], "clusters": ["*"]}  # type: ignore[dict-item]
    scene = make_scene(fleet, folder, documents)
    write_dump([one for name in names for one in labelled(fleet, cluster=name)], scene.dump)
    return scene


def settings_of_clusters(scene: Scene, **destination: str) -> dict[str, str]:
    settings = scene.settings(COLLECTION_CLUSTER_LABEL="cluster", **destination)
    del settings["CLUSTER_NAME"]
    return settings


def keys_are_apart(objects: Objects, count: int) -> None:
    """So many objects of data, each in its folder below the prefix, whoever looks at them."""
    written = data(objects)
    assert len(written) == count
    for key in objects:
        assert re.fullmatch(r"focus/[A-Za-z0-9_.=/-]+", key), key
        assert not {"", ".", ".."} & set(key.split("/"))
        assert max(len(part) for part in key.split("/")) <= 255
    for key in written:
        assert key.startswith("focus/version=focus-1.3/year=2026/month=10/day=01/infer-focus-")
        assert key.count("/") == 5


def clusters_in(objects: Objects) -> set[tuple[str, ...]]:
    """The clusters of each object."""
    return {tuple({row[X + "Cluster"] for row in rows({k: b})}) for k, b in data(objects).items()}


def test_clusters_of_any_name_have_objects_of_their_own(tmp_path: Path) -> None:
    scene, folder = of_clusters(HOSTILE, tmp_path / "scene"), tmp_path / "out"
    settings = settings_of_clusters(scene, OUTPUT_DIR=str(folder))
    told_in_lines(succeeded(backfill(*scene.span, env=settings)))
    written = in_folder(folder)
    keys_are_apart(written, len(HOSTILE))
    assert clusters_in(written) == {(name,) for name in HOSTILE}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "scene"]


def test_a_bucket_knows_clusters_of_any_name_again(tmp_path: Path, moto: S3Server) -> None:
    """By the metadata of their objects, which are then left alone."""
    names = HOSTILE[::6]
    scene, bucket = of_clusters(names, tmp_path / "scene"), moto.new_bucket()
    settings = settings_of_clusters(scene, **moto.settings(bucket))
    first, second = (
        told_in_lines(succeeded(backfill(*scene.span, env=settings))) for _ in range(2)
    )
    assert (first.counts, second.counts) == ((len(names), 0, 0, 0), (0, len(names), 0, 0))
    keys_are_apart(in_bucket(moto, bucket), len(names))
    assert clusters_in(in_bucket(moto, bucket)) == {(name,) for name in names}


def test_reports_of_any_name_have_objects_of_their_own(tmp_path: Path) -> None:
    namespaces = [f"ns-{number}" for number in range(len(REPORTS))]
    fleet = hostile_fleet(namespaces, hours=1)
    pairs = zip(REPORTS, namespaces, strict=True)
    reports = [report(name, "hourly", "pool", namespace) for name, namespace in pairs]
    scene = make_scene(fleet, tmp_path, [*fleet.configuration, *reports])
    folder = tmp_path / "out"
    settings = scene.settings(OUTPUT_DIR=str(folder))
    told_in_lines(succeeded(backfill(*scene.span, env=settings)))
    keys_are_apart(in_folder(folder), len(REPORTS) + 1)
    energy = pool_energy(fleet, truth_energy(fleet))
    found = rows(data(in_folder(folder)))
    assert total(found, "EffectiveCost") == pool_hour(energy[fleet.start, "pool"]).cost


@pytest.mark.parametrize("name", SHOWABLE, ids=lambda name: ascii(name[:20]))
def test_a_cluster_of_any_name_stays_below_the_prefix(name: str) -> None:
    """As CLUSTER_NAME, where blanks at its ends are cut."""
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}", slug(name))
    assert metadata_key("p/", name, "a.json").count("/") == 3
