"""The Grafana dashboard of the chart: made from the rules' names, and whole in itself.

That its expressions return data is shown in tests/integration/test_recorded_costs.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest

from exporter.monitoring import run_metrics
from exporter.monitoring.rule import RecordingRule
from scripts.make_dashboard import DASHBOARD, dashboard
from tests.test_rules_page import EVERYTHING

Node = Mapping[str, Any]
FOUND: Node = json.loads(DASHBOARD.read_text())
PANELS: list[Node] = [one for one in FOUND["panels"] if one["type"] != "row"]
#: Grafana's own variables.
GLOBAL = {"__range", "__interval", "__interval_ms", "__all"}
each_panel = pytest.mark.parametrize("panel", PANELS, ids=[one["title"] for one in PANELS])


def texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def test_it_is_as_it_would_be_made_now() -> None:
    """If not: `.venv/bin/python -m scripts.make_dashboard`."""
    assert DASHBOARD.read_text() == dashboard()


def test_every_variable_that_is_named_exists() -> None:
    defined = {one["name"] for one in FOUND["templating"]["list"]}
    named = {name for text in texts(FOUND) for name in re.findall(r"\$\{?(\w+)\}?", text)}
    assert named == defined | GLOBAL


def test_a_variable_names_only_those_before_it() -> None:
    """Grafana fills them in in this order."""
    known: set[str] = set()
    for one in FOUND["templating"]["list"]:
        named = {name for text in texts(one) for name in re.findall(r"\$\{?(\w+)\}?", text)}
        assert named - {"__all"} <= known
        known.add(one["name"])


def test_everything_chosen_also_fits_series_without_the_label() -> None:
    chosen = [one for one in FOUND["templating"]["list"] if one["type"] == "query"]
    assert [one["name"] for one in chosen] == ["cluster", "namespace"]
    for one in chosen:
        assert (one["includeAll"], one["multi"], one["allValue"]) == (True, True, ".*")
        assert one["current"]["value"] == "$__all"


def test_numbers_of_panels_are_those_they_had_and_all_different() -> None:
    """Links and alerts name panels by their number: give a new panel a new one."""
    numbers = {one["title"]: one["id"] for one in FOUND["panels"]}
    assert len(set(numbers.values())) == len(FOUND["panels"])
    assert FOUND["uid"] == "infer-focus"
    assert {number: title for title, number in numbers.items()} == {
        1: "GPU spend",
        2: "Month at this rate",
        3: "Idle cost",
        4: "Idle share",
        5: "Last successful export",
        6: "Cost by team",
        7: "Cost per hour",
        8: "Budget use",
        9: "Cost by model",
        10: "Tokens by model",
        11: "GPU utilization by pool",
        12: "Power by pool",
        101: "Spend",
        102: "Who pays",
        103: "Models",
        104: "GPUs",
    }


def test_it_opens_with_this_month_in_utc() -> None:
    assert FOUND["time"] == {"from": "now/M", "to": "now"}
    assert FOUND["timezone"] == "utc"
    assert FOUND["schemaVersion"] >= 36
    assert FOUND.get("id") is None


@each_panel
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: Node) -> None:
    assert panel["description"].endswith(".")
    unit = panel["fieldConfig"]["defaults"]["unit"]
    assert unit
    assert "currency" in panel["description"] or unit != "locale"


@each_panel
def test_a_panel_asks_the_chosen_server_only_what_the_rules_record_or_runs_push(
    panel: Node,
) -> None:
    recorded = {rule.record for rule in EVERYTHING if isinstance(rule, RecordingRule)}
    pushed = {value for value in vars(run_metrics).values() if isinstance(value, str)}
    letters = [target["refId"] for target in panel["targets"]]
    assert len(set(letters)) == len(letters)
    for target in (panel, *panel["targets"]):
        assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        named = set(re.findall(r"infer_focus[\w:]+", target["expr"]))
        assert named
        assert named <= recorded | pushed


@each_panel
def test_money_is_named_by_its_currency(panel: Node) -> None:
    if panel["fieldConfig"]["defaults"]["unit"] == "locale" and panel["type"] != "table":
        for target in panel["targets"]:
            assert "{{currency}}" in target["legendFormat"]
            assert re.search(r"by \((\w+, )*currency\)", target["expr"])


def test_no_two_panels_overlap_and_none_leaves_the_grid() -> None:
    for one in FOUND["panels"]:
        place = one["gridPos"]
        assert place["x"] + place["w"] <= 24
    for one, other in combinations([panel["gridPos"] for panel in FOUND["panels"]], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above
