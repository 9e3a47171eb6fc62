"""The budgets of a run: what their namespaces cost this month, as it is exported."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from exporter.chargeback.budgets import budget_lines, namespaces_of, spend_of
from exporter.chargeback.completeness_figures import Gap
from exporter.chargeback.coverage import Span
from exporter.chargeback.decimals import EXACT
from exporter.chargeback.figures import BudgetLine
from exporter.chargeback.month import MonthSpend, month_columns
from exporter.commands.building import Configuration
from exporter.commands.reporting.budget_month import lack, nothing_exported
from exporter.commands.reporting.coverage import (
    Coverage,
    Held,
    as_gaps,
    due_until,
    is_misplaced,
)
from exporter.commands.reporting.document import plain
from exporter.commands.reporting.expecting import asking, of_documents, reports_by_namespace
from exporter.commands.reporting.gathering import MISPLACED, charge_periods, held_by
from exporter.commands.reporting.objects import (
    DataObject,
    doubled,
    find_objects,
    refuse_doubles,
)
from exporter.commands.reporting.reading import ReadObject, read_objects
from exporter.errors import ExporterError, UnreadableFile
from exporter.log import get_logger
from exporter.periods import last_settled, month_of, rfc3339
from exporter.storage.keys import layout_name, slug
from exporter.storage.store import Store

_DIGITS = Decimal(1).scaleb(-9)


def tell_budgets(
    configuration: Configuration, store: Store, clusters: Sequence[str], now: int
) -> list[BudgetLine] | None:
    """Log each budget, the fullest first, as of what is exported of the clusters.

    Its month is the one in which the last settled period lies, so that the run after midnight
    still shows the whole month before. None, and a warning, if the rows cannot be read; no line,
    and a warning, if nothing of the month is exported: then nobody knows what was spent.
    """
    settings, budgets = configuration.settings, configuration.documents.token_budgets
    if not budgets:
        return []
    try:
        spend = _month_spend(configuration, store, clusters, now)
    except ExporterError as error:
        get_logger().warning("budgets could not be evaluated", reason=str(error))
        return None
    if spend.until is None:
        get_logger().warning("budgets could not be evaluated", reason=nothing_exported(spend))
        return []
    lines = budget_lines(budgets, spend, over=spend.end <= now)
    for line in lines:
        tell_budget(line, settings.focus_billing_currency)
    return lines


def _month_spend(
    configuration: Configuration, store: Store, clusters: Sequence[str], now: int
) -> MonthSpend:
    settings, budgets = configuration.settings, configuration.documents.token_budgets
    if not clusters:
        raise ExporterError("the source names no cluster, so that none can be looked at")
    last = last_settled(settings.collection_granularity, now, settings.collection_settle_minutes)
    month = month_of(last.start)
    reports = reports_by_namespace(configuration.plans, namespaces_of(budgets))
    spend = spend_of(budgets, month, reports)
    names = {slug(cluster): cluster for cluster in clusters}
    window = month[0], min(month[1], now)
    objects = find_objects(
        store,
        settings.s3_prefix,
        window,
        clusters=names,
        layout=layout_name(settings.focus_version),
    )
    coverage = read_month(store, objects, window, spend)
    expected = of_documents(configuration.plans, names, None)
    for series, period in coverage.without_rows(asking(store), expected):
        spend.cover(series.cluster_slug, series.report_slug, period)
    _check_currency(spend, settings.focus_billing_currency)
    due = due_until(
        now, settings.collection_settle_minutes, settings.collection_lookback_hours, month
    )
    lack(spend, coverage, month[1] if month[1] <= now else due, asking(store), expected)
    _tell_gaps(as_gaps(coverage.times(due, asking(store), expected), names))
    return spend


def read_month(
    store: Store, objects: Sequence[DataObject], window: Span, spend: MonthSpend
) -> Coverage:
    """Adds to `spend` what the objects hold of a window; which time they are of.

    Raises ExporterError when one of them cannot be read or holds the time of another: the sum
    would be wrong.
    """
    refuse_doubles(store, objects)
    coverage = Coverage(window)
    for one in read_objects(store, objects, month_columns):
        try:
            coverage.add(*_add(store, spend, one))
        except UnreadableFile as error:
            raise UnreadableFile(f"{store.describe()}{one.found.key}: {error}") from error
    for first, second, moment in coverage.doubled():
        raise doubled(store, first, second, moment)
    return coverage


def _add(store: Store, spend: MonthSpend, one: ReadObject) -> list[Held]:
    if one.batch is None:
        raise UnreadableFile(one.fault or "cannot be read")
    series, periods = one.found.series, charge_periods(one.batch, text=one.text)
    if one.found.end is not None and not periods:
        spend.cover(series.cluster_slug, series.report_slug, (one.found.start, one.found.end))
    spend.add(one.batch, text=one.text, cluster=series.cluster_slug, report=series.report_slug)
    if is_misplaced(one.found, periods):
        get_logger().warning(MISPLACED, object=store.describe() + one.found.key)
    return held_by(store, one.found, periods)


def _tell_gaps(gaps: Sequence[Gap]) -> None:
    """Time that is missing is no spend: the sums are lower than what the month has cost."""
    if gaps:
        first = gaps[0]
        get_logger().info(
            "budgets lack time that is not exported",
            gaps=len(gaps),
            cluster=first.cluster,
            report=first.report,
            start=rfc3339(first.start),
            end=rfc3339(first.end),
        )


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
        "missing_hours": float(line.missing_hours),
    }
    if line.reached_percent is None:
        get_logger().info("budget", **fields)
    else:
        reached = {"reached_percent": line.reached_percent, "severity": line.reached_severity}
        get_logger().warning("budget", **fields, **reached)


def _text(amount: Decimal) -> str:
    """At most nine fractional digits."""
    return plain(EXACT.quantize(amount, _DIGITS))


def _percent(ratio: Decimal | None) -> float | None:
    return None if ratio is None else round(float(ratio) * 100, 2)
