"""The budgets of a run: what their namespaces cost this month, as it is exported."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from exporter.chargeback.budgets import budget_lines, spend_of
from exporter.chargeback.figures import BudgetLine
from exporter.chargeback.month import MonthSpend, Span, month_columns
from exporter.commands.building import Configuration
from exporter.commands.reporting.objects import find_objects
from exporter.commands.reporting.reading import ReadObject, read_objects
from exporter.documents.kinds import TokenBudget
from exporter.errors import ExporterError, UnreadableFile
from exporter.integers import plain_decimal
from exporter.log import get_logger
from exporter.periods import last_settled, month_of
from exporter.settings import Settings
from exporter.storage.keys import layout_name, slug
from exporter.storage.store import Store

_DIGITS = 9


def tell_budgets(
    configuration: Configuration, store: Store, clusters: Sequence[str], now: int
) -> list[BudgetLine] | None:
    """Log each budget, the fullest first, as of what is exported of the clusters.

    Its month is the one in which the last settled period lies, so that the run after midnight
    still shows the whole month before. None, and a warning, if the rows cannot be read.
    """
    settings, budgets = configuration.settings, configuration.documents.token_budgets
    if not budgets:
        return []
    try:
        lines = budget_lines(budgets, _month_spend(settings, budgets, store, clusters, now))
    except ExporterError as error:
        get_logger().warning("budgets could not be evaluated", reason=str(error))
        return None
    for line in lines:
        tell_budget(line, settings.focus_billing_currency)
    return lines


def _month_spend(
    settings: Settings,
    budgets: Sequence[TokenBudget],
    store: Store,
    clusters: Sequence[str],
    now: int,
) -> MonthSpend:
    if not clusters:
        raise ExporterError("the source names no cluster, so that none can be looked at")
    last = last_settled(settings.collection_granularity, now, settings.collection_settle_minutes)
    start, end = month_of(last.start)
    spend = read_month(
        store,
        settings.s3_prefix,
        layout_name(settings.focus_version),
        {slug(cluster) for cluster in clusters},
        (start, min(end, now)),
        spend_of(budgets, (start, end)),
    )
    _check_currency(spend, settings.focus_billing_currency)
    return spend


def read_month(
    store: Store,
    prefix: str,
    layout: str,
    clusters: Collection[str],
    window: Span,
    spend: MonthSpend,
) -> MonthSpend:
    """Adds to `spend` what the objects of these clusters (slugs) hold of a window.

    Raises ExporterError when one of them cannot be read: the sum would be wrong.
    """
    objects = find_objects(store, prefix, window, clusters=clusters, layout=layout)
    for one in read_objects(store, objects, month_columns):
        try:
            _add(spend, one)
        except UnreadableFile as error:
            raise UnreadableFile(f"{store.describe()}{one.found.key}: {error}") from error
    return spend


def _add(spend: MonthSpend, one: ReadObject) -> None:
    if one.batch is None:
        raise UnreadableFile(one.fault or "cannot be read")
    series = one.found.series
    if one.found.end is not None:
        spend.cover(series.cluster_slug, series.report, (one.found.start, one.found.end))
    spend.add(one.batch, text=one.text, cluster=series.cluster_slug, report=series.report)


def _check_currency(spend: MonthSpend, currency: str) -> None:
    if others := [each for each in spend.currencies if each != currency]:
        raise ExporterError(
            f"rows of this month are in {', '.join(others)}, the limits in {currency}"
            " (FOCUS_BILLING_CURRENCY); export the month again in one currency"
        )


def tell_budget(line: BudgetLine, currency: str) -> None:
    """One line; a warning if a threshold is reached, whatever its severity is called."""
    fields: dict[str, object] = {
        "budget": line.name,
        "namespace": line.namespace,
        "month": line.month,
        "spend": _text(line.spend),
        "limit": _text(line.limit),
        "currency": currency,
        "utilization_percent": _percent(line.utilization),
        "forecast": None if line.forecast is None else _text(line.forecast),
        "forecast_percent": _percent(line.forecast_utilization),
    }
    if line.reached_percent is None:
        get_logger().info("budget", **fields)
    else:
        reached = {"reached_percent": line.reached_percent, "severity": line.reached_severity}
        get_logger().warning("budget", **fields, **reached)


def _text(amount: Decimal) -> str:
    """At most nine fractional digits."""
    return plain_decimal(int(amount.scaleb(_DIGITS).to_integral_value()), _DIGITS)


def _percent(ratio: Decimal | None) -> float | None:
    return None if ratio is None else round(float(ratio) * 100, 2)
