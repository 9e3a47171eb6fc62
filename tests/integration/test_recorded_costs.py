"""A fleet in a real Prometheus with the rules evaluated there: the same costs as the rows."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import httpx
import pytest
import yaml

from exporter.documents.load import load_documents
from exporter.monitoring.groups import RuleTerms, rule_groups
from exporter.monitoring.rule import RecordingRule
from tests.e2e.job import backfill, succeeded
from tests.e2e.written import Row, data, in_folder, moment, rows
from tests.fleets.mixed import mixed_fleet
from tests.integration.recorded import load, record, serving

HOUR = 3600
#: In these hours of the fleet no GPU changes hands, and all of them are seen.
STEADY_HOURS = 3
NAMESPACES = {("assist", "h100"), ("search", "h100"), ("batch", "l40s")}
#: promtool evaluates each stage at its own second of the minute; what one needs must be there.
LEAD_SECONDS = 600
REQUESTS = "kube_pod_container_resource_requests"

#: Cost of an hour (its first second) by series and label values.
Costs = dict[tuple[int, str, tuple[str, ...]], float]
QUERIES = {
    "namespace": ("infer_focus:namespace:cost_per_hour", ("namespace", "cost_profile")),
    "idle": ("infer_focus:pool:idle_cost_per_hour", ("cost_profile",)),
    "pool": ("infer_focus:pool:cost_per_hour", ("cost_profile",)),
    "model": ("infer_focus:model:cost_per_hour", ("namespace", "model_name")),
}


def exported(found: list[Row]) -> Costs:
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


def recorded(url: str, start: int) -> Costs:
    costs: Costs = {}
    for hour in range(start, start + STEADY_HOURS * HOUR, HOUR):
        for name, (series, labels) in QUERIES.items():
            query = f"sum by ({', '.join(labels)}) (avg_over_time({series}[1h]))"
            parameters = {"query": query, "time": str(hour + HOUR)}
            answer = httpx.get(f"{url}/api/v1/query", params=parameters).raise_for_status()
            for one in answer.json()["data"]["result"]:
                key = tuple(one["metric"].get(label, "") for label in labels)
                costs[hour, name, key] = float(one["value"][1])
    return costs


def test_recorded_costs_are_those_of_the_rows_within_a_percent(tmp_path: Path) -> None:
    """The rules take no GPU for held because a pod requests one, so there are no requests."""
    fleet = mixed_fleet()
    fleet.series = [one for one in fleet.series if one.metric != REQUESTS]
    start, end = fleet.start, fleet.start + STEADY_HOURS * HOUR
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump_all([dict(pool.document) for pool in fleet.pools]))
    settings = {
        "SOURCE_FILE": str(fleet.write_text(tmp_path / "dump.om")),
        "CONFIG_PATH": str(config),
        "CLUSTER_NAME": "prod-eu",
        "COLLECTION_GRANULARITY": "hourly",
        "OUTPUT_DIR": str(tmp_path / "out"),
    }
    succeeded(backfill(start, end, env=settings))
    documents = load_documents(config)
    (group,) = (
        one
        for one in rule_groups(documents.cost_profiles, [], RuleTerms("USD"))
        if one.name == "infer-focus-costs"
    )
    blocks = tmp_path / "blocks"
    load(fleet.write_blocks(tmp_path / "texts")[:3], blocks)
    rules = [rule for rule in group.rules if isinstance(rule, RecordingRule)]
    record(rules, start - LEAD_SECONDS, end, blocks, tmp_path)
    with serving(blocks, tmp_path) as url:
        found = recorded(url, start)
    expected = exported(rows(data(in_folder(tmp_path / "out"))))
    assert {key for _, name, key in expected if name == "namespace"} == NAMESPACES
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, rel=0.01)
