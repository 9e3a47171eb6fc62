"""What is asked of a report: arguments, settings and documents together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.chargeback.holders import chosen
from exporter.commands.moments import NamedPeriod
from exporter.commands.reporting.expecting import asking
from exporter.commands.reporting.known import Expecting, expecting
from exporter.commands.reporting.objects import Window
from exporter.commands.reporting.places import Place
from exporter.cost.billing import ReportPlan
from exporter.documents.kinds import CloudPricing, TokenBudget
from exporter.periods import month_of


@dataclass(frozen=True, slots=True)
class Terms:
    """What a report is to be of and what it is compared with; `now` is unix seconds.

    `layout` is a FOCUS_VERSION, null for all that are there; `clusters` and `namespaces` are
    patterns, none for all. `plans` are the reports of the documents, `home` is CLUSTER_NAME;
    `documented` says whether there were documents.
    """

    period: NamedPeriod
    keys: tuple[str, ...]
    compare: bool
    every_entry: bool
    layout: str | None
    clusters: tuple[str, ...]
    now: int
    settle_minutes: int
    lookback_hours: int
    currency: str
    usd_rate: Decimal
    budgets: Sequence[TokenBudget]
    pricing: CloudPricing
    plans: Sequence[ReportPlan] = ()
    home: str | None = None
    namespaces: tuple[str, ...] = ()
    documented: bool = True

    @property
    def window(self) -> Window:
        """The period, unix seconds."""
        return self.period.start, self.period.end

    @property
    def month(self) -> Window | None:
        """The calendar month of the budgets that are shown; null without any."""
        return month_of(self.period.end - 1) if any(map(self.shows, self.budgets)) else None

    def shows(self, budget: TokenBudget) -> bool:
        """Whether a budget is of a namespace that the report is about."""
        return not self.namespaces or bool(chosen([budget.spec.scope.namespace], self.namespaces))

    def expecting(self, place: Place) -> Expecting:
        """How reports that must be there are known."""
        ask = asking(place.store)
        limits = self.now, self.settle_minutes, self.lookback_hours
        return expecting(self.plans, self.home, ask, *limits)
