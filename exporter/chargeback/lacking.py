"""How much time a report lacks: hours in which some report of a cluster is without its rows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from exporter.chargeback.completeness_figures import Awaited, Gap
from exporter.chargeback.coverage import Coverage, Span
from exporter.chargeback.decimals import EXACT
from exporter.periods import HOUR_SECONDS


def hours_lacking(
    spans: Iterable[Gap | Awaited], window: Span, cluster: str | None = None
) -> Decimal:
    """Of a window, unix seconds; each hour once, however many reports lack it.

    With `cluster` of that one alone.
    """
    lacking = Coverage()
    start, end = window
    lacking.add(
        (max(each.start, start), min(each.end, end))
        for each in spans
        if cluster in (None, each.cluster) and each.start < end and start < each.end
    )
    return EXACT.divide(Decimal(lacking.seconds), Decimal(HOUR_SECONDS))
