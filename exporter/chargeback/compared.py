"""A comparison of like with like, where some reports can be held against nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from exporter.chargeback.completeness_figures import ReportOf
from exporter.chargeback.cube import Cube
from exporter.chargeback.figures import Chargeback
from exporter.chargeback.nobodys import group_columns, told_apart
from exporter.chargeback.sums import NOTHING, sums_by


def held_against(found: Chargeback, comparable: Cube, left_out: Sequence[ReportOf]) -> Chargeback:
    """The report with what stands beside the period before: the rows of `comparable` alone.

    The figures themselves stay those of all rows.
    """
    lines = told_apart(comparable.table(), found.keys)
    groups, models = sums_by(lines, group_columns(found.keys)), sums_by(lines, ("model",))
    return replace(
        found,
        total_compared=sums_by(lines, ()).get((), NOTHING),
        groups=tuple(
            replace(line, compared=groups.get((*line.values, line.nobodys), NOTHING))
            for line in found.groups
        ),
        models=tuple(
            replace(line, compared=models.get((line.model,), NOTHING)) for line in found.models
        ),
        completeness=replace(found.completeness, not_compared=tuple(left_out)),
    )
