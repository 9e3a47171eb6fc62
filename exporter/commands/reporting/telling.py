"""What `report` says on stderr besides: it must be seen in every form, also where nobody looks."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.chargeback.completeness_figures import Completeness
from exporter.chargeback.figures import Chargeback
from exporter.chargeback.keys import TAG
from exporter.commands.reporting.gathering import MISPLACED
from exporter.commands.reporting.making import Made
from exporter.commands.reporting.places import Place
from exporter.commands.reporting.terms import Terms
from exporter.log import get_logger
from exporter.periods import rfc3339

#: More lines than a person reads; the report lists every one.
_MOST_WARNINGS = 20


def tell(place: Place, terms: Terms, made: Made) -> None:
    """Log what is missing, not comparable, misspelt or not where it should be."""
    report = made.chargeback
    if not report.documents_read:
        get_logger().info(
            "no documents were read, so there are no budgets, and cloud prices are the package's",
            fix="name their file or folder in CONFIG_PATH",
        )
    _tell_faults(place, made)
    _tell_misplaced(place, report.completeness.misplaced)
    _tell_gaps(report.completeness)
    _tell_comparison(report, terms)
    _tell_tags(report)


def _tell_faults(place: Place, made: Made) -> None:
    logger = get_logger()
    for found, reason in made.faults[:_MOST_WARNINGS]:
        logger.warning(
            "object could not be read, its rows are missing in the report",
            object=place.store.describe() + found.key,
            reason=reason,
        )
    if more := made.faults[_MOST_WARNINGS:]:
        logger.warning("more objects could not be read", objects=len(more))


def _tell_misplaced(place: Place, keys: Sequence[str]) -> None:
    logger = get_logger()
    for key in keys[:_MOST_WARNINGS]:
        logger.warning(MISPLACED, object=place.store.describe() + key)
    if more := keys[_MOST_WARNINGS:]:
        logger.warning("more objects hold such rows", objects=len(more))


def _tell_gaps(found: Completeness) -> None:
    if gaps := found.gaps:
        begin, end = min(gap.start for gap in gaps), max(gap.end for gap in gaps)
        get_logger().warning(
            "data is missing, so the true cost is higher",
            gaps=len(gaps),
            first=rfc3339(begin),
            last=rfc3339(end),
            fix=_backfill(begin, end),
        )


def _tell_comparison(report: Chargeback, terms: Terms) -> None:
    """Whoever asked for it and finds no change must not take that for none."""
    if report.no_comparison is not None:
        start, end = terms.period.before
        get_logger().warning(
            f"nothing to compare with: {report.no_comparison}",
            start=rfc3339(start),
            end=rfc3339(end),
        )


def _tell_tags(report: Chargeback) -> None:
    """A tag that no row has is rather misspelt, or not shown by kube-state-metrics."""
    held = [line for line in report.groups if line.nobodys is None]
    for place, key in enumerate(report.keys):
        if key.startswith(TAG) and all(line.values[place] is None for line in held):
            get_logger().warning(
                "no row has the tag",
                tag=key.removeprefix(TAG),
                fix="correct --by, or let kube-state-metrics show the label: `infer-focus check`"
                " says which labels it shows",
            )


def _backfill(start: int, end: int) -> str:
    return f"infer-focus backfill --start {rfc3339(start)} --end {rfc3339(end)} --missing-only"
