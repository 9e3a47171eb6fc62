"""Development beside production on the GPUs of one pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fleets.kube import KubePod, KubeState
from tests.fleets.openmetrics import Series
from tests.fleets.setups import H100, L40S, SCRAPES, Setup
from tests.unit.commands.checking.looks import (
    NOW,
    SHORT,
    look,
    named,
    relabelled,
    with_spec,
    without,
)

#: Both nodes are of one pool.
EVERYWHERE = [with_spec(H100, nodeSelector={})]


def environments(
    chat: str, search: str, key: str = "environment"
) -> Mapping[str, Mapping[str, str]]:
    return {"chat": {"team": "a", key: chat}, "search": {"team": "b", key: search}}


def shared(
    folder: Path, setup: Setup, documents: Sequence[Mapping[str, object]] = EVERYWHERE
) -> list[tuple[str, str, str]]:
    return look(setup.fleet(NOW).series, folder, documents).lines("environment")


@pytest.mark.parametrize(
    ("production", "development"),
    [("production", "dev"), ("prod", "development"), ("Production", "test"), ("live", "staging")],
)
def test_a_pool_that_both_hold(production: str, development: str, tmp_path: Path) -> None:
    """A fact: nothing is to be mended."""
    setup = SHORT.but(namespaces=environments(production, development))
    assert shared(tmp_path, setup) == [
        (
            "ok",
            f"h100-pool is held by production (chat) and by search ({development})",
            "",
        )
    ]


def test_however_the_key_is_spelled(tmp_path: Path) -> None:
    setup = SHORT.but(namespaces=environments("prod", "dev", "env"))
    assert len(shared(tmp_path, setup)) == 1


def test_pools_of_their_own(tmp_path: Path) -> None:
    setup = SHORT.but(namespaces=environments("prod", "dev"))
    assert shared(tmp_path, setup, [H100, L40S]) == []


@pytest.mark.parametrize(("chat", "search"), [("prod", "prod"), ("dev", "test"), ("prod", "lab")])
def test_nobody_shares_a_pool(chat: str, search: str, tmp_path: Path) -> None:
    assert shared(tmp_path, SHORT.but(namespaces=environments(chat, search))) == []


@pytest.mark.parametrize("form", ["plain", "node by the scrape"])
def test_holders_in_other_forms_of_labels(form: str, tmp_path: Path) -> None:
    """With honor_labels the holder is in `pod`; the scrape may be all that names the node."""
    series = SHORT.but(namespaces=environments("prod", "dev")).fleet(NOW).series
    if form == "plain":
        series = [_plain(one) if one.metric.startswith("DCGM_") else one for one in series]
    else:
        series = relabelled(series, "DCGM_", Hostname="", node="gpu-h100-01")
    series = without(series, "kube_pod_container_resource_requests")
    (line,) = look(series, tmp_path, EVERYWHERE).lines("environment")
    assert line[1] == "h100-pool is held by production (chat) and by search (dev)"


def _plain(one: Series) -> Series:
    labels = {key: value for key, value in one.labels.items() if not key.startswith("exported_")}
    for key in ("namespace", "pod", "container"):
        if holder := one.labels.get(f"exported_{key}"):
            labels[key] = holder
    return replace(one, labels=labels)


def test_by_the_requests_of_pods_where_dcgm_names_nobody(tmp_path: Path) -> None:
    setup = SHORT.but(namespaces=environments("prod", "dev"), pod_labels=False)
    assert len(shared(tmp_path, setup)) == 1
    assert shared(tmp_path, setup, [H100, L40S]) == []
    assert len(shared(tmp_path, setup.but(dcgm=False))) == 1


def test_many_pools_are_one_line(tmp_path: Path) -> None:
    fleet = SHORT.but(dcgm=False, namespaces=environments("prod", "dev")).fleet(NOW)
    nodes = [f"n-{number}" for number in range(5)]
    both = [(name, node) for node in nodes for name in ("chat", "search")]
    pods = [KubePod(name, f"{name}-{node}", node, 1) for name, node in both]
    fleet.add(KubeState(pods, {node: {"rack": node} for node in nodes}, scrapes=SCRAPES))
    profiles = [
        named(with_spec(H100, nodeSelector={"rack": node}), f"pool-{node}") for node in nodes
    ]
    ((_, detail, _),) = look(fleet.series, tmp_path, profiles).lines("environment")
    assert detail.count("is held by") == 3
    assert detail.endswith("; and 2 more")
