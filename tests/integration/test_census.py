"""A real Prometheus and the reading of its dump count alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from exporter.sources.access import PrometheusAccess
from exporter.sources.census import Census, CountQuery
from exporter.sources.dump_census import DumpCensus
from exporter.sources.prometheus_census import PrometheusCensus
from exporter.sources.series import Matcher
from tests.fleets import openmetrics
from tests.fleets.fleet import HOUR
from tests.fleets.setups import Setup
from tests.servers import RETENTION_FLAG, prometheus_server

NOW = 1_791_439_200  # 2026-10-08T06:00:00Z
POWER = "DCGM_FI_DEV_POWER_USAGE"


@dataclass(frozen=True, slots=True)
class Both:
    prometheus: PrometheusCensus
    dump: DumpCensus


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("census")
    fleet = Setup(held_hours=4, down=("gpu-l40s-01",)).fleet(NOW)
    dump = openmetrics.write_text(fleet.series, folder / "dump.om")
    flags = (f"{RETENTION_FLAG}=3000d",)
    with (
        prometheus_server([dump], folder / "server", flags) as url,
        closing(PrometheusCensus(PrometheusAccess(url=url))) as prometheus,
        closing(DumpCensus(dump)) as from_dump,
    ):
        yield Both(prometheus, from_dump)


def counts(census: Census, query: CountQuery) -> dict[tuple[tuple[str, str], ...], int]:
    (groups,) = census.count([query])
    return {tuple(sorted(group.labels.items())): group.count for group in groups}


@pytest.mark.parametrize(
    "query",
    [
        CountQuery(POWER, NOW, HOUR),
        CountQuery(POWER, NOW, 4 * HOUR, ("Hostname", "hostname", "modelName")),
        CountQuery(POWER, NOW, 4 * HOUR, ("Hostname",), distinct=("UUID", "uuid")),
        CountQuery(POWER, NOW, HOUR, ("exported_namespace",), (Matcher("exported_pod", "!=", ""),)),
        CountQuery(POWER, NOW, HOUR, ("job", "pod"), (Matcher("exported_pod", "=", ""),)),
        CountQuery("up", NOW, 600, ("instance",), (Matcher("job", "=~", ".*[dD]cgm.*"),), (), 0.0),
        CountQuery("up", NOW, 600, ("instance",), latest=1.0),
        CountQuery("kube_node_labels", NOW, HOUR, ("node", "label_gpu_pool")),
        CountQuery("kube_pod_info", NOW, 600, (), (), ("namespace", "pod", "uid")),
        CountQuery("not_there", NOW, HOUR, ("node",)),
    ],
    ids=str,
)
def test_the_same_counts(both: Both, query: CountQuery) -> None:
    found = counts(both.prometheus, query)
    assert found == counts(both.dump, query)
    assert bool(found) is (query.metric != "not_there")


def test_the_same_labels(both: Both) -> None:
    for metric in ("kube_node_labels", POWER):
        ours = both.dump.label_names(metric, NOW, HOUR)
        assert both.prometheus.label_names(metric, NOW, HOUR) == (ours or set()) | {"__name__"}
    here = (Matcher("node", "=", "gpu-h100-01"),)
    assert "label_gpu_pool" in (both.dump.label_names("kube_node_labels", NOW, HOUR, here) or ())


def test_a_server_says_what_it_is(both: Both) -> None:
    assert (both.prometheus.version() or "").split(".")[0] in {"2", "3"}
    assert both.prometheus.retention() in {"3000d", "8y11w"}


def test_nothing_is_held_before_the_first_sample(both: Both) -> None:
    for census in (both.prometheus, both.dump):
        assert census.count([CountQuery(POWER, NOW - 5 * HOUR - 1, HOUR)]) == [[]]
