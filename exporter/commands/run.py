"""`infer-focus run`: the periods that are due, for a CronJob; budgets and metrics besides."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.chargeback.figures import BudgetLine
from exporter.commands.budgeting import tell_budgets
from exporter.commands.building import Configuration
from exporter.commands.running import Ran, WriteFlags, export_to_store
from exporter.pipeline.tasks import Lookback, due


def run(configuration: Configuration, now: int) -> int:
    """Export what is due at `now` (unix seconds); returns the exit code.

    Neither budgets nor the Pushgateway change it. A run that ends with an error pushes that it ran.
    """
    try:
        ran = _export(configuration, now)
    except Exception:
        _push(configuration, now, None, None)
        raise
    lines = None
    if ran.stopped is None:
        lines = tell_budgets(configuration, ran.store, ran.clusters, now)
    ran.tell()
    _push(configuration, now, ran, lines)
    return ran.end()


def _export(configuration: Configuration, now: int) -> Ran:
    settings = configuration.settings
    lookback = Lookback(
        settings.collection_lookback_hours,
        settings.job_backfill_days,
        settings.collection_settle_minutes,
    )
    return export_to_store(
        configuration,
        "run",
        now,
        WriteFlags(),
        lambda exists: due(configuration.plans, now, lookback, exists),
    )


def _push(
    configuration: Configuration, now: int, ran: Ran | None, lines: Sequence[BudgetLine] | None
) -> None:
    if configuration.settings.pushgateway_url is not None:
        # Here, since few need it, and the client takes a while to import.
        from exporter.commands.pushing import push_run

        push_run(configuration.settings, now, ran, lines)
