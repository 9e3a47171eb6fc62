"""What the panels of the dashboard are made of: expressions and the three kinds of panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    piechart,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.models.common import BigValueGraphMode, BigValueTextMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from exporter.monitoring.groups import COSTS_INTERVAL_SECONDS

Panel = bargauge.Panel | piechart.Panel | stat.Panel | table.Panel | timeseries.Panel
AnyPanel = TypeVar("AnyPanel", bound=Panel)

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
#: The chosen clusters; `.*` also fits series without the label.
CLUSTERS = '$cluster_label=~"$cluster"'
NAMESPACES = f'{CLUSTERS},namespace=~"$namespace"'
#: A number with the separators of the reader's language; its currency is in the legend.
MONEY = "locale"


@dataclass(frozen=True, slots=True)
class Query:
    """An expression and what its series are called."""

    expression: str
    legend: str


def summed(series: str, where: str, *labels: str) -> str:
    """What was recorded in the time range."""
    return f"sum by ({', '.join(labels)}) (sum_over_time({series}{{{where}}}[$__range]))"


def spent(series: str, where: str, *labels: str) -> str:
    """Money in the time range: each amount per hour holds until the next one."""
    return f"({summed(series, where, *labels)} * {COSTS_INTERVAL_SECONDS} / 3600)"


def hourly(series: str, where: str, *labels: str) -> str:
    """Cost per hour between two points of a line, so that the area under it is what was spent.

    A mean of the samples would count a short-lived series for the whole time between the points.
    """
    total = f"sum by ({', '.join(labels)}) (sum_over_time({series}{{{where}}}[$__interval]))"
    return f"{total} * {COSTS_INTERVAL_SECONDS * 1000} / $__interval_ms"


def stat_panel(
    number: int, title: str, description: str, queries: Sequence[Query], *, width: int = 4
) -> stat.Panel:
    """One number for each series, with its name."""
    panel = stat.Panel().unit(MONEY).decimals(2).graph_mode(BigValueGraphMode.NONE)
    panel.text_mode(BigValueTextMode.VALUE_AND_NAME).reduce_options(last_value())
    return made(panel, number, title, description, queries, (width, 4), instant=True)


def lines_panel(
    number: int, title: str, description: str, queries: Sequence[Query], unit: str, *, width: int
) -> timeseries.Panel:
    """A line for each series."""
    panel = timeseries.Panel().unit(unit).interval("5m")
    return made(panel, number, title, description, queries, (width, 9), instant=False)


def last_value() -> common.ReduceDataOptions:
    """Of a series whatever it ends with."""
    return common.ReduceDataOptions().calcs(["lastNotNull"])


def made(
    panel: AnyPanel,
    number: int,
    title: str,
    description: str,
    queries: Sequence[Query],
    size: tuple[int, int],
    *,
    instant: bool,
    form: PromQueryFormat = PromQueryFormat.TIME_SERIES,
) -> AnyPanel:
    """A panel with a number that stays; its size is in columns of 24 and rows."""
    panel.id(number).title(title).description(description).datasource(DATASOURCE)
    panel.span(size[0]).height(size[1])
    for place, one in enumerate(queries):
        query = prometheus.Dataquery().expr(one.expression).legend_format(one.legend)
        query.ref_id(letter(place)).format(form).datasource(DATASOURCE)
        panel.with_target(query.instant() if instant else query.range())
    return panel


def letter(place: int) -> str:
    """What Grafana calls the queries of a panel."""
    return chr(ord("A") + place)
