"""The period before, cut so that each report is held against as much time as it has now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.chargeback.completeness_figures import ReportOf
from exporter.chargeback.cube import Cube
from exporter.commands.reporting.gathering import Gathered
from exporter.commands.reporting.known import Known
from exporter.commands.reporting.objects import Series, Window


@dataclass(frozen=True, slots=True)
class Beside:
    """The rows of the period before, and of this one what stands beside them.

    `now` is null where that is everything; else `left_out` are the reports that are in neither.
    """

    before: Cube
    now: Cube | None
    left_out: tuple[ReportOf, ...]


def comparable_ends(known: Known, before: Window) -> dict[Series, int]:
    """Up to where the rows of the period before are read, of reports that have less than others."""
    start = known.window[0]
    return {
        series: min(before[1], before[0] + times.until - start)
        for series, times in known.times.items()
        if times.until < known.until
    }


def compare(found: Gathered, before: Gathered, known: Known) -> Beside:
    """Reports with a row over an edge of either period, or without any due yet, are left out.

    A week cannot be divided, so that nothing of the period before is as long as it.
    """
    over_edges = {each.series for each in (*found.straddling, *before.straddling)}
    start = known.window[0]
    waiting = {
        series for series, times in known.times.items() if times.until == start < known.until
    }
    left_out = over_edges | waiting
    names: Mapping[str, str] = {**before.names, **found.names}
    return Beside(
        before.cubes.together(left_out),
        found.cubes.together(left_out) if left_out else None,
        tuple(
            ReportOf(names[series.cluster_slug], series.report)
            for series in sorted(left_out, key=lambda one: (one.cluster_slug, one.report))
        ),
    )
