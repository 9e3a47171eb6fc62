"""A fleet in a real Prometheus with the rules evaluated there: the same costs as the rows.

And every panel of the dashboard shows something there.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from exporter.documents.load import load_documents
from exporter.monitoring import run_metrics
from exporter.monitoring.exporter_rules import CronJob
from exporter.monitoring.groups import RuleTerms, rule_groups
from exporter.monitoring.rule import RecordingRule
from scripts.make_dashboard import DASHBOARD
from tests.e2e.job import backfill, succeeded
from tests.e2e.written import Row, data, in_folder, moment, rows
from tests.fleets.fleet import Fleet
from tests.fleets.mixed import EMBED, LLAMA, QWEN, mixed_fleet
from tests.integration.recorded import load, record, serving

HOUR = 3600
#: In these hours of the fleet no GPU changes hands, and all of them are seen.
STEADY_HOURS = 3
NAMESPACES = {("assist", "h100"), ("search", "h100"), ("batch", "l40s")}
#: promtool evaluates each stage at its own second of the minute; what one needs must be there.
LEAD_SECONDS = 600
REQUESTS = "kube_pod_container_resource_requests"
#: The models that have a GPU in these hours.
MODELS = {EMBED, LLAMA, QWEN}

#: Cost of an hour (its first second) by series and label values.
Costs = dict[tuple[int, str, tuple[str, ...]], float]
QUERIES = {
    "namespace": ("infer_focus:namespace:cost_per_hour", ("namespace", "cost_profile")),
    "idle": ("infer_focus:pool:idle_cost_per_hour", ("cost_profile",)),
    "pool": ("infer_focus:pool:cost_per_hour", ("cost_profile",)),
    "model": ("infer_focus:model:cost_per_hour", ("namespace", "model_name")),
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A Prometheus with what the rules recorded of the steady hours, and their rows."""

    url: str
    start: int
    rows: list[Row]

    @property
    def end(self) -> int:
        return self.start + STEADY_HOURS * HOUR

    def ask(self, query: str, at: int) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series at a moment."""
        parameters = {"query": query, "time": str(at)}
        answer = httpx.get(f"{self.url}/api/v1/query", params=parameters)
        assert answer.is_success, f"{query}\n{answer.text}"
        result = answer.json()["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in result]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """The rules take no GPU for held because a pod requests one, so there are no requests."""
    folder = tmp_path_factory.mktemp("recorded")
    fleet = mixed_fleet()
    fleet.series = [one for one in fleet.series if one.metric != REQUESTS]
    start, end = fleet.start, fleet.start + STEADY_HOURS * HOUR
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump_all([dict(pool.document) for pool in fleet.pools]))
    succeeded(backfill(start, end, env=_settings(fleet, config, folder)))
    _add_what_only_dashboards_show(fleet, end)
    blocks = folder / "blocks"
    load(fleet.write_blocks(folder / "texts")[:3], blocks)
    record(_rules(config), start - LEAD_SECONDS, end, blocks, folder)
    with serving(blocks, folder) as url:
        yield Recorded(url, start, rows(data(in_folder(folder / "out"))))


def _settings(fleet: Fleet, config: Path, folder: Path) -> dict[str, str]:
    return {
        "SOURCE_FILE": str(fleet.write_text(folder / "dump.om")),
        "CONFIG_PATH": str(config),
        "CLUSTER_NAME": "prod-eu",
        "COLLECTION_GRANULARITY": "hourly",
        "OUTPUT_DIR": str(folder / "out"),
    }


def _rules(config: Path) -> list[RecordingRule]:
    """Without those of budgets, so that the dashboard shows what runs pushed."""
    terms = RuleTerms("USD", cronjob=CronJob("infer-focus"))
    groups = rule_groups(load_documents(config).cost_profiles, [], terms)
    return [rule for group in groups for rule in group.rules if isinstance(rule, RecordingRule)]


def _add_what_only_dashboards_show(fleet: Fleet, end: int) -> None:
    """Histograms of vLLM, the CronJob, and what a run pushed."""
    times = range(fleet.first * 1000, end * 1000 + 1, 60_000)
    for model in MODELS:
        for name, long in (("prompt", 2000), ("generation", 500)):
            for bound in (str(long), "+Inf"):
                labels = {"model_name": model, "le": bound}
                counts = [(ms, place) for place, ms in enumerate(times)]
                fleet.add_series(f"vllm:request_{name}_tokens_bucket", labels, counts)
    cronjob = {"namespace": "finops", "cronjob": "infer-focus"}
    success = [(ms, end - HOUR) for ms in times]
    fleet.add_series("kube_cronjob_status_last_successful_time", cronjob, success)
    pushed = {"job": run_metrics.JOB, "budget": "search", "namespace": "search"}
    for metric, value in (
        (run_metrics.BUDGET_UTILIZATION, 0.5),
        (run_metrics.BUDGET_FORECAST, 3000),
        (run_metrics.BUDGET_LIMIT, 2500),
    ):
        fleet.add_series(metric, pushed, [(ms, value) for ms in times])


def _exported(found: list[Row]) -> Costs:
    costs: Costs = defaultdict(float)
    for row in found:
        hour, profile = moment(row["ChargePeriodStart"]), row["x-InferCostProfile"]
        if profile is None:
            continue
        namespace, model = row["SubAccountId"], row["ResourceName"]
        cost = float(row["EffectiveCost"])
        costs[hour, "pool", (profile,)] += cost
        if namespace == "__idle__":
            costs[hour, "idle", (profile,)] += cost
            continue
        costs[hour, "namespace", (namespace, profile)] += cost
        if model is not None:
            costs[hour, "model", (namespace, model)] += cost
    return dict(costs)


def _live(recorded: Recorded) -> Costs:
    costs: Costs = {}
    for hour in range(recorded.start, recorded.end, HOUR):
        for name, (series, labels) in QUERIES.items():
            query = f"sum by ({', '.join(labels)}) (avg_over_time({series}[1h]))"
            for metric, value in recorded.ask(query, hour + HOUR):
                costs[hour, name, tuple(metric.get(label, "") for label in labels)] = value
    return costs


def test_recorded_costs_are_those_of_the_rows_within_a_percent(recorded: Recorded) -> None:
    expected = _exported(recorded.rows)
    assert {key for _, name, key in expected if name == "namespace"} == NAMESPACES
    found = _live(recorded)
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, rel=0.01)


def test_recorded_prices_of_models_are_nearly_those_of_the_rows(recorded: Recorded) -> None:
    """Of the last hour; rates over five minutes see the tokens of another one at its edges."""
    expected = dict[tuple[str, str], float]()
    last_hour = [
        row
        for row in recorded.rows
        if moment(row["ChargePeriodStart"]) == recorded.end - HOUR
        and row["x-InferCostProfile"] is not None
    ]
    for model in MODELS:
        of_model = [row for row in last_hour if row["ResourceName"] == model]
        cost = sum(float(row["EffectiveCost"]) for row in of_model)
        tokens = sum(row["x-InferTokensInput"] + row["x-InferTokensOutput"] for row in of_model)
        requests = sum(row["x-InferRequests"] for row in of_model)
        expected["million_tokens", model] = 1e6 * cost / tokens
        expected["request", model] = cost / requests
    found = {
        (what, metric["model_name"]): value
        for what in ("million_tokens", "request")
        for metric, value in recorded.ask(f"infer_focus:model:cost_per_{what}", recorded.end)
    }
    assert found == pytest.approx(expected, rel=0.03)


Panel = Mapping[str, Any]


def panels() -> dict[str, Panel]:
    found = json.loads(DASHBOARD.read_text())["panels"]
    return {one["title"]: one for one in found if one["type"] != "row"}


def shown(panel: Panel, recorded: Recorded, **chosen: str) -> list[dict[tuple[str, ...], float]]:
    """What each query of a panel gives, with the variables replaced as Grafana does it.

    The time range is that of the steady hours, and a line has one point, at their end.
    """
    seconds = STEADY_HOURS * HOUR
    values = {
        "__range": f"{seconds}s",
        "__interval": f"{seconds}s",
        "__interval_ms": str(seconds * 1000),
        "cluster_label": "cluster",
        "cluster": ".*",
        "namespace": ".*",
        **chosen,
    }
    found = []
    for target in panel["targets"]:
        query = re.sub(r"\$\{?(\w+)\}?", lambda name: values[name[1]], target["expr"])
        answer = recorded.ask(query, recorded.end)
        found.append({tuple(one.values()): value for one, value in answer})
    return found


@pytest.mark.parametrize("title", panels())
def test_every_query_of_the_dashboard_returns_data(title: str, recorded: Recorded) -> None:
    for found in shown(panels()[title], recorded):
        assert found
        assert all(value == value for value in found.values())


def test_the_dashboard_s_spend_is_the_recorded_cost_whichever_way_it_is_split(
    recorded: Recorded,
) -> None:
    costs = _exported(recorded.rows)
    expected = sum(cost for (_, name, _), cost in costs.items() if name == "pool")
    held = sum(cost for (_, name, _), cost in costs.items() if name == "namespace")
    by_title = panels()

    def total(title: str, parts: int) -> float:
        found = shown(by_title[title], recorded)
        assert len(found) == parts
        return sum(sum(one.values()) for one in found)

    assert total("GPU spend", 1) == pytest.approx(expected, rel=0.01)
    assert total("Cost by team", 2) == pytest.approx(total("GPU spend", 1))
    assert total("Cost per hour", 3) * STEADY_HOURS == pytest.approx(total("GPU spend", 1))
    assert total("Idle cost", 1) == pytest.approx(expected - held, rel=0.01)
    assert total("Idle share", 1) == pytest.approx(1 - held / expected, rel=0.01)
    month = total("Month at this rate", 1) / expected
    assert month == pytest.approx(31 * 24 / STEADY_HOURS, rel=0.01)


def test_teams_pay_for_their_namespaces(recorded: Recorded) -> None:
    """batch and search have the label of the same team."""
    costs: dict[tuple[str, str], float] = defaultdict(float)
    teams = {"assist": "assistants", "batch": "discovery", "search": "discovery"}
    for (_, name, key), cost in _exported(recorded.rows).items():
        if name == "namespace":
            costs["USD", teams[key[0]]] += cost
    teams_only, _ = shown(panels()["Cost by team"], recorded)
    assert teams_only == pytest.approx(dict(costs), rel=0.01)


def test_the_table_of_models_has_every_price(recorded: Recorded) -> None:
    for column in shown(panels()["Cost by model"], recorded):
        assert {model for _, model in column} == MODELS


def test_the_dashboard_can_be_narrowed(recorded: Recorded) -> None:
    panel = panels()["Cost by team"]
    teams_only, _ = shown(panel, recorded, namespace="(assist|lab)")
    assert list(teams_only) == [("USD", "assistants")]
    teams_only, idle = shown(panel, recorded, cluster="(prod-us)")
    assert not teams_only
    assert not idle
