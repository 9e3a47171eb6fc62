"""Series that a run pushed, under the labels that they were pushed with."""

from __future__ import annotations

from exporter.monitoring.promql import Grouping, renamed


def pushed_by(grouping: Grouping, *labels: str) -> str:
    """`by (cluster, …)`: the run's own label, and that of the Prometheus if it is another one."""
    scraped = grouping.cluster_label
    more = () if scraped in (None, "cluster") else (scraped,)
    return Grouping("cluster").by(*more, *labels)


def pushed(series: str, grouping: Grouping, *labels: str) -> str:
    """By its own labels only; a scrape without `honor_labels` renames those that it has too."""
    for name in ("cluster", *labels):
        series = renamed(series, name, f"exported_{name}")
    return f"max {pushed_by(grouping, *labels)} (\n  {series}\n)"
