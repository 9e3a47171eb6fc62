"""The tables of a report: who spent, what models cost, what pools idle, budgets, the cloud."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.chargeback.cloud_figures import BreakEven, CloudLine
from exporter.chargeback.figures import (
    BudgetLine,
    Chargeback,
    GroupLine,
    ModelLine,
    PoolLine,
    Sums,
)
from exporter.commands.reporting.columns import Column
from exporter.commands.reporting.words import (
    NOTHING,
    change,
    count,
    hours,
    money,
    name,
    percent,
    price,
    share,
)


def groups(report: Chargeback) -> list[Column]:
    """The cost by the keys asked for, with a total."""
    lines, total, currency = report.groups, report.total, report.scope.currency
    keys = [
        Column(key, [name(line.values[place]) for line in lines], name=True)
        for place, key in enumerate(report.keys)
    ]
    keys[0] = Column(keys[0].head, keys[0].cells, "total", name=True)
    return [
        *keys,
        Column("tokens", [count(line.sums.tokens) for line in lines], count(total.tokens)),
        Column("GPU-hours", [hours(line.sums.gpu_hours) for line in lines], hours(total.gpu_hours)),
        Column(currency, [money(line.sums.cost) for line in lines], money(total.cost)),
        Column("share", [share(line.sums.cost, total.cost) for line in lines], spare=2),
        *_changes(lines, report.total_compared or total, report.total_before),
        Column(
            "per 1M tokens",
            [price(line.sums.cost_per_million_tokens) for line in lines],
            spare=1,
        ),
    ]


def _changes(
    lines: Sequence[GroupLine | ModelLine], total: Sums, before: Sums | None
) -> list[Column]:
    """Against the period before, if there is anything of it."""
    if before is None:
        return []
    cells = [_change(line) for line in lines]
    return [Column("change", cells, change(total.cost, before.cost))]


def _change(line: GroupLine | ModelLine) -> str:
    """A line of which nothing is compared is not new."""
    if line.compared is not None and line.before is None and not line.compared.cost:
        return NOTHING
    before = None if line.before is None else line.before.cost
    return change((line.compared or line.sums).cost, before)


def models(report: Chargeback) -> list[Column]:
    """What a model's tokens and requests cost, beside how busy its GPUs were."""
    sums = [line.sums for line in report.models]
    return [
        Column("model", [name(line.model) for line in report.models], name=True),
        Column(report.scope.currency, [money(one.cost) for one in sums]),
        Column("per 1M tokens", [price(one.cost_per_million_tokens) for one in sums]),
        Column("marginal", [price(one.marginal_per_million_tokens) for one in sums], spare=1),
        Column("per request", [price(one.cost_per_request) for one in sums], spare=2),
        Column("utilization", [percent(line.gpu_utilization) for line in report.models]),
    ]


def pools(report: Chargeback) -> list[Column]:
    """What pools cost, and how much of that nobody used."""
    lines: Sequence[PoolLine] = report.pools
    clusters = Column("cluster", [name(line.cluster) for line in lines], name=True)
    others = Column("other rows", [money(line.undetailed_cost or None) for line in lines])
    return [
        *([clusters] if len(report.scope.clusters) > 1 else []),
        Column("pool", [name(line.cost_profile) for line in lines], name=True),
        Column("GPUs", [count(line.gpu_count) for line in lines], spare=2),
        Column(report.scope.currency, [money(line.cost) for line in lines]),
        *([others] if any(line.undetailed_cost for line in lines) else []),
        Column("idle", [money(line.idle_cost) for line in lines]),
        Column("of it", [share(line.idle_cost, line.cost) for line in lines]),
        Column("unobserved", [money(line.unobserved_cost) for line in lines], spare=1),
        Column("utilization", [percent(line.utilization) for line in lines]),
    ]


def budgets(report: Chargeback) -> list[Column]:
    """Month to date against the limit, and what the month may come to."""
    lines: Sequence[BudgetLine] = report.budgets
    return [
        Column("budget", [name(line.name) for line in lines], name=True),
        Column("namespace", [name(line.namespace) for line in lines], name=True, spare=2),
        Column("spend", [money(line.spend) for line in lines]),
        Column("limit", [money(line.limit) for line in lines]),
        Column("used", [percent(line.utilization) for line in lines]),
        Column("forecast", [money(line.forecast) for line in lines]),
        Column("of limit", [percent(line.forecast_utilization) for line in lines]),
        Column("reached", [_reached(line) for line in lines], spare=1),
    ]


def _reached(line: BudgetLine) -> str:
    if line.reached_percent is None:
        return NOTHING
    return f"{line.reached_percent} % {line.reached_severity}"


def cloud(lines: Sequence[CloudLine]) -> list[Column]:
    """Own tokens at the prices of others, in US dollars of a million."""
    return [
        Column("model", [name(line.model) for line in lines], name=True),
        Column("cloud", [name(line.cloud_model) for line in lines], name=True),
        Column("own", [price(line.own_per_million_usd) for line in lines]),
        Column("marginal", [price(line.marginal_per_million_usd) for line in lines], spare=2),
        Column("there", [price(line.cloud_per_million_usd) for line in lines]),
        Column("savings", [money(line.savings_usd) for line in lines]),
        Column("used", [percent(line.utilization) for line in lines], spare=1),
        Column("break-even/day", [_break_even(line) for line in lines]),
    ]


def _break_even(line: CloudLine) -> str:
    """No number of tokens makes up for a cloud that is cheaper than the own electricity."""
    if line.break_even is BreakEven.NEVER:
        return "never"
    tokens = line.break_even_tokens_per_day
    return NOTHING if tokens is None else f"{tokens:,}"
