"""Who spent what, by the keys that a report was asked for, and what models cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from exporter.chargeback.days import Days
from exporter.chargeback.figures import GroupLine, ModelLine, Nobodys
from exporter.chargeback.grouping import added_up, dearest_first
from exporter.chargeback.nobodys import group_columns
from exporter.chargeback.sums import NOTHING, sums_by

_MODEL = ("model",)


def group_lines(
    lines: pa.Table, before: pa.Table | None, keys: Sequence[str], days: Days
) -> tuple[GroupLine, ...]:
    """One line for each combination of values, dearest first; of lines that were `told_apart`.

    Those of the period before that have no row any more come with sums of nothing, so that what
    was spent before adds up too.
    """
    columns = group_columns(keys)
    now, daily = sums_by(lines, columns), days.cost(columns)
    earlier = {} if before is None else sums_by(before, columns)
    nothing = (Decimal(0),) * len(days.dates)
    groups = [
        GroupLine(
            values=tuple(values),
            nobodys=None if nobodys is None else Nobodys(nobodys),
            sums=now.get((*values, nobodys), NOTHING),
            before=earlier.get((*values, nobodys)),
            days=daily.get((*values, nobodys), nothing),
        )
        for *values, nobodys in now | earlier
    ]
    return tuple(sorted(groups, key=_order))


def _order(group: GroupLine) -> tuple[Any, ...]:
    return dearest_first((*group.values, group.nobodys), group.sums.cost)


def model_lines(lines: pa.Table, before: pa.Table | None, days: Days) -> tuple[ModelLine, ...]:
    """One line for each model that has rows, dearest first."""
    earlier = {} if before is None else sums_by(before, _MODEL)
    daily, profiles = days.cost_per_million(_MODEL), _profiles(lines)
    models = [
        ModelLine(
            model=key[0],
            sums=sums,
            before=earlier.get(key),
            daily_per_million=daily[key],
            gpu_utilization=sums.utilization,
            cost_profiles=profiles[key[0]],
        )
        for key, sums in sums_by(lines, _MODEL).items()
        if key[0] is not None
    ]
    return tuple(sorted(models, key=lambda line: dearest_first((line.model,), line.sums.cost)))


def _profiles(lines: pa.Table) -> dict[str | None, tuple[str, ...]]:
    """The cost profiles of each model, sorted."""
    found: defaultdict[str | None, set[str]] = defaultdict(set)
    for (model, profile), _ in added_up(lines, ("model", "cost_profile"), ()):
        found[model].update(() if profile is None else (profile,))
    return {model: tuple(sorted(profiles)) for model, profiles in found.items()}
