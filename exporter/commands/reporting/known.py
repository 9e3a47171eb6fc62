"""What there is of every report that must be there: in a period and in the budgets' month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from exporter.chargeback.completeness_figures import Awaited, Gap
from exporter.commands.reporting.coverage import (
    AskSchedule,
    Times,
    as_awaited,
    as_gaps,
    due_until,
    outside,
)
from exporter.commands.reporting.expecting import of_documents, of_objects
from exporter.commands.reporting.gathering import Gathered
from exporter.commands.reporting.objects import Series, Window
from exporter.cost.billing import ReportPlan
from exporter.periods import Schedule


@dataclass(frozen=True, slots=True)
class Expecting:
    """How reports and what is due are known.

    `plans` are those of CONFIG_PATH, `home` is CLUSTER_NAME; `ask` asks objects for their schedule,
    `due` says up to when exports of a window must be there.
    """

    plans: Sequence[ReportPlan]
    home: str | None
    ask: AskSchedule
    due: Callable[[Window], int]


def expecting(
    plans: Sequence[ReportPlan],
    home: str | None,
    ask: AskSchedule,
    now: int,
    settle_minutes: int,
    lookback_hours: int,
) -> Expecting:
    """As of a moment, with the settings of the same names."""
    return Expecting(plans, home, ask, partial(due_until, now, settle_minutes, lookback_hours))


@dataclass(frozen=True, slots=True)
class Known:
    """The reports of a period, whose rows end at `until`, and of the budgets' month.

    `names` are those of the clusters by slug.
    """

    window: Window
    until: int
    times: Mapping[Series, Times]
    of_month: Mapping[Series, Times]
    names: Mapping[str, str]

    @property
    def gaps(self) -> list[Gap]:
        """Time of the period that is due and not there."""
        return as_gaps(self.times, self.names)

    @property
    def awaited(self) -> list[Awaited]:
        """What is not due, although others have their rows."""
        return as_awaited(self.times, self.names, self.until)

    @property
    def budget_gaps(self) -> list[Gap]:
        """Those of the budgets' month that do not lie in the period."""
        return list(outside(as_gaps(self.of_month, self.names), self.window))


def expected_in(found: Gathered, how: Expecting) -> dict[Series, Schedule]:
    """By documents, else by what was there not long before."""
    listed = [*found.earlier, *(one.found for _, held in found.everything for one in held)]
    clusters = {each.name.cluster_slug for each in listed}
    before = of_objects(listed, found.cubes.window[0], how.ask)
    return {**before, **of_documents(how.plans, clusters, how.home)}


def known_of(
    found: Gathered, until: int, how: Expecting, expected: Mapping[Series, Schedule]
) -> Known:
    """What there is of these reports and of all that have objects."""
    window, month = found.cubes.window, found.month
    of_month = {}
    if found.of_month is not None and month is not None:
        due = how.due((month.start, month.end))
        of_month = found.of_month.times(due, how.ask, expected)
    times = found.coverage.times(how.due(window), how.ask, expected)
    return Known(window, until, times, of_month, found.names)
