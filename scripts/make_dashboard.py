"""Re-makes the Grafana dashboard of the chart: `.venv/bin/python -m scripts.make_dashboard`."""

from __future__ import annotations

import json
import sys

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from exporter.monitoring.cost_rules import NAMESPACE_COST, POOL_COST
from scripts.dashboard_panels import cost_panels, gpu_panels, model_panels, spend_panels
from scripts.dashboard_parts import CLUSTERS, DATASOURCE
from scripts.make_docs import REPOSITORY

DASHBOARD = REPOSITORY / "helm" / "infer-focus" / "dashboards" / "infer-focus.json"
UID = "infer-focus"

_ALL = models.VariableOption(selected=True, text="All", value="$__all")


def main() -> int:
    """Writes the dashboard if it has changed, and names it."""
    made = dashboard()
    if not DASHBOARD.exists() or DASHBOARD.read_text() != made:
        DASHBOARD.parent.mkdir(exist_ok=True)
        DASHBOARD.write_text(made)
        print(DASHBOARD.relative_to(REPOSITORY))
    return 0


def dashboard() -> str:
    """The dashboard as JSON."""
    made = (
        builders.Dashboard("infer-focus: cost of inference GPUs")
        .uid(UID)
        .description(
            "Live costs from the recording rules that `infer-focus rules` prints."
            " What is billed are the exported rows."
        )
        .tags(["infer-focus", "finops", "gpu", "cost"])
        .timezone("utc")
        .time("now/M", "now")
        .refresh("5m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .variables(_variables())
    )
    for number, (title, panels) in enumerate(
        (
            ("Spend", spend_panels()),
            ("Who pays", cost_panels()),
            ("Models", model_panels()),
            ("GPUs", gpu_panels()),
        )
    ):
        made.with_row(builders.Row(title).id(101 + number))
        for panel in panels:
            made.with_panel(panel)
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _variables() -> list[Builder[models.VariableModel]]:
    label = models.VariableOption(selected=True, text="cluster", value="cluster")
    return [
        builders.DatasourceVariable("datasource").label("Prometheus").type("prometheus"),
        builders.TextBoxVariable("cluster_label")
        .label("Cluster label")
        .description(
            "The label that names the cluster (COLLECTION_CLUSTER_LABEL); without one, any name."
        )
        .default_value("cluster")
        .current(label)
        .options([label]),
        _choice("cluster", f"label_values({POOL_COST}, $cluster_label)").label("Cluster"),
        _choice("namespace", f"label_values({NAMESPACE_COST}{{{CLUSTERS}}}, namespace)").label(
            "Namespace"
        ),
    ]


def _choice(name: str, query: str) -> builders.QueryVariable:
    """Several values; all of them are `.*`, which also fits series without the label."""
    return (
        builders.QueryVariable(name)
        .datasource(DATASOURCE)
        .query({"query": query, "refId": "StandardVariableQuery"})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(_ALL)
    )


if __name__ == "__main__":
    sys.exit(main())
