"""The panels of the Grafana dashboard, on the series that `infer-focus rules` records."""

from __future__ import annotations

from collections.abc import Iterator

from grafana_foundation_sdk.builders import bargauge, common, piechart, table
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.piechart import PieChartLegendValues, PieChartType
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from exporter.monitoring.budget_rules import PROJECTED_UTILIZATION, UTILIZATION
from exporter.monitoring.cost_rules import (
    IDLE_COST,
    MODEL_COST,
    MONTH_AT_THIS_RATE,
    NAMESPACE_COST,
    POOL_COST,
    PRICED_REQUESTS,
    PRICED_TOKENS,
    UNOBSERVED_COST,
)
from exporter.monitoring.exporter_rules import EXPORTER_SUCCESS
from exporter.monitoring.pool_rules import POOL_UTILIZATION, POOL_WATTS
from exporter.monitoring.request_rules import REQUEST_COST_P95
from exporter.monitoring.run_metrics import (
    BUDGET_FORECAST,
    BUDGET_LIMIT,
    BUDGET_UTILIZATION,
    LAST_SUCCESS,
)
from exporter.monitoring.team_rules import TEAM_COST
from exporter.monitoring.token_rules import MODEL_TOKENS
from scripts.dashboard_parts import (
    CLUSTERS,
    MONEY,
    NAMESPACES,
    Panel,
    Query,
    hourly,
    last_value,
    letter,
    lines_panel,
    made,
    spent,
    stat_panel,
    summed,
)

#: Some series are recorded every five minutes, which is as long as Prometheus looks back.
_LATELY = "[15m]"
_TOTAL = spent(POOL_COST, CLUSTERS, "currency")
_HELD = spent(NAMESPACE_COST, CLUSTERS, "currency")
_NOT_HELD = f"{_TOTAL} - ({_HELD} or 0 * {_TOTAL})"


def spend_panels() -> Iterator[Panel]:
    """The first row: what it costs and how much of that nobody uses."""
    yield stat_panel(
        1,
        "GPU spend",
        "Hardware and electricity of all pools in the time range, idle GPUs included, in the"
        " currency named. Counted since the rules are evaluated and as far back as this Prometheus"
        " keeps samples; the exported rows decide what is billed.",
        [Query(_TOTAL, "{{currency}}")],
    )
    yield stat_panel(
        2,
        "Month at this rate",
        "What the calendar month (UTC) costs if every hour costs what this one does: the present"
        " cost per hour times the hours of the month, in the currency named. A rate, not a sum of"
        " what was spent.",
        [Query(f"sum by (currency) ({MONTH_AT_THIS_RATE}{{{CLUSTERS}}})", "{{currency}}")],
    )
    yield stat_panel(
        3,
        "Idle cost",
        "The part of the spend that no pod pays for: GPUs that nobody holds, and declared GPUs that"
        " no sample shows, in the currency named. Not limited to the chosen namespaces.",
        [Query(_NOT_HELD, "{{currency}}")],
    )
    yield (
        stat_panel(
            4,
            "Idle share",
            "Idle cost as a part of the spend, 0 to 100 %.",
            [Query(f"({_NOT_HELD}) / {_TOTAL}", "{{currency}}")],
        )
        .unit("percentunit")
        .decimals(1)
        .text_mode(BigValueTextMode.VALUE)
    )
    yield stat_panel(
        5,
        "Last successful export",
        "Time since infer-focus last wrote every period that was due, of each exporter.",
        [
            Query(
                f"1000 * ({EXPORTER_SUCCESS} or on () {LAST_SUCCESS})",
                "{{cluster}} {{namespace}} {{cronjob}}",
            )
        ],
        width=8,
    ).unit("dateTimeFromNow")


def cost_panels() -> Iterator[Panel]:
    """The second row: who pays, when, and how much of the budgets that is."""
    teams = Query(spent(TEAM_COST, NAMESPACES, "team", "currency"), "{{team}} ({{currency}})")
    pie = piechart.Panel().pie_type(PieChartType.DONUT).unit(MONEY).decimals(2)
    pie.reduce_options(last_value())
    legend = piechart.PieChartLegendOptions().show_legend(True).as_table(True)
    legend.placement(LegendPlacement.RIGHT).display_mode(LegendDisplayMode.TABLE)
    legend.values([PieChartLegendValues.VALUE, PieChartLegendValues.PERCENT])
    yield made(
        pie.legend(legend),
        6,
        "Cost by team",
        "Spend in the time range, in the currency named: what each team's pods held, and the idle"
        " cost of all pools. The team is the namespace's label; without one it is the namespace.",
        [teams, Query(_NOT_HELD, "idle ({{currency}})")],
        (8, 9),
        instant=True,
    )
    yield (
        lines_panel(
            7,
            "Cost per hour",
            "What each namespace's GPUs cost an hour, in the currency named, and what idle and"
            " unobserved GPUs cost on top. The area is the spend.",
            [
                Query(
                    hourly(NAMESPACE_COST, NAMESPACES, "namespace", "currency"),
                    "{{namespace}} ({{currency}})",
                ),
                Query(hourly(IDLE_COST, CLUSTERS, "currency"), "idle ({{currency}})"),
                Query(hourly(UNOBSERVED_COST, CLUSTERS, "currency"), "unobserved ({{currency}})"),
            ],
            MONEY,
            width=10,
        )
        .stacking(common.StackingConfig().mode(StackingMode.NORMAL))
        .fill_opacity(60)
    )
    yield _budget_use()


def _budget_use() -> Panel:
    use = _either(UTILIZATION, f'{BUDGET_UTILIZATION}{{namespace=~"$namespace"}}')
    limit = f'{BUDGET_LIMIT}{{namespace=~"$namespace"}}'
    forecast = _either(PROJECTED_UTILIZATION, f"{BUDGET_FORECAST} / {limit}")
    steps = [
        models.Threshold(value=value, color=color)
        for value, color in ((None, "green"), (0.8, "orange"), (1.0, "red"))
    ]
    thresholds = builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
    gauge = bargauge.Panel().unit("percentunit").min(0).decimals(0).thresholds(thresholds)
    gauge.display_mode(BarGaugeDisplayMode.BASIC).orientation(VizOrientation.HORIZONTAL)
    gauge.reduce_options(last_value())
    return made(
        gauge,
        8,
        "Budget use",
        "Spend of this calendar month (UTC) as a part of the monthly limit, 0 to 100 % and above,"
        " and the forecast for its end; recorded by the rules or pushed by the runs. Of all"
        " clusters, whatever the time range.",
        [
            Query(use, "{{budget}} {{cluster}}"),
            Query(forecast, "{{budget}} {{cluster}} forecast"),
        ],
        (6, 9),
        instant=True,
    )


def _either(recorded: str, pushed: str) -> str:
    labels = "(cluster, budget, namespace)"
    series = f'{recorded}{{namespace=~"$namespace"}}{_LATELY}'
    return (
        f"max by {labels} (last_over_time({series}))"
        f" or on (budget, namespace) max by {labels} ({pushed})"
    )


def model_panels() -> Iterator[Panel]:
    """The third row: prices and traffic of models."""
    yield _model_table()
    yield lines_panel(
        10,
        "Tokens by model",
        "Input and output tokens per second.",
        [Query(f"sum by (model_name) ({MODEL_TOKENS}{{{NAMESPACES}}})", "{{model_name}}")],
        "short",
        width=10,
    )


def _model_table() -> Panel:
    of = ("model_name", "currency")
    cost = summed(MODEL_COST, NAMESPACES, *of)
    columns = {
        "cost": spent(MODEL_COST, NAMESPACES, *of),
        "per million tokens": f"1e6 * {cost} / {_counted(PRICED_TOKENS)}",
        "per request": f"{cost} / {_counted(PRICED_REQUESTS)}",
        "per long request": f"max by ({', '.join(of)})"
        f" (last_over_time({REQUEST_COST_P95}{{{CLUSTERS}}}{_LATELY}))",
    }
    panel = made(
        table.Panel().unit(MONEY).decimals(2),
        9,
        "Cost by model",
        "In the currency of the line: cost in the time range, of a million input and output tokens,"
        " of a finished request on average, and of one with the 95th percentile of prompt and"
        " answer in the last hour (mostly an upper estimate; needs the histograms of vLLM).",
        [Query(expression, name) for name, expression in columns.items()],
        (14, 9),
        instant=True,
        form=PromQueryFormat.TABLE,
    )
    values = {f"Value #{letter(number)}": name for number, name in enumerate(columns)}
    order = ["model_name", *values, "currency"]
    organized: dict[str, object] = {
        "excludeByName": {"Time": True},
        "indexByName": {name: place for place, name in enumerate(order)},
        "renameByName": {"model_name": "model", **values},
    }
    panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=organized))
    for name, digits in (("per million tokens", 4), ("per request", 6), ("per long request", 6)):
        panel.override_by_name(name, [models.DynamicConfigValue(id_val="decimals", value=digits)])
    return panel


def _counted(series: str) -> str:
    """How many there were of what is recorded per second; none has no cost of one."""
    return f"on (model_name) group_left () (3600 * {summed(series, NAMESPACES, 'model_name')} > 0)"


def gpu_panels() -> Iterator[Panel]:
    """The fourth row: the GPUs themselves."""
    by_pool = "{{cost_profile}}"
    yield (
        lines_panel(
            11,
            "GPU utilization by pool",
            "GPUs that draw more than the idle threshold of their CostProfile, as a part of those"
            " seen, 0 to 100 %; of several clusters the mean.",
            [Query(f"avg by (cost_profile) ({POOL_UTILIZATION}{{{CLUSTERS}}})", by_pool)],
            "percentunit",
            width=12,
        )
        .min(0)
        .max(1)
    )
    yield lines_panel(
        12,
        "Power by pool",
        "Watts that DCGM measures on the boards of a pool, without cooling and the rest of the"
        " server.",
        [Query(f"sum by (cost_profile) ({POOL_WATTS}{{{CLUSTERS}}})", by_pool)],
        "watt",
        width=12,
    ).min(0)
