"""The figures of one chargeback report; every form of it (table, CSV, JSON, HTML) shows these.

Amounts are decimals in the billing currency unless a name says USD, and exact sums of the rows.
Null means that no row said it, that the layout of some of the rows does not know it (infercost-1.0
knows no GPU-hours), or that a ratio has nothing to divide by; it is never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from exporter.chargeback.cloud_figures import CloudComparison
from exporter.chargeback.completeness_figures import Completeness
from exporter.chargeback.decimals import EXACT, ratio

_MILLION = Decimal(1_000_000)


class Nobodys(StrEnum):
    """GPU-time that no holder has."""

    IDLE = "idle"
    UNOBSERVED = "unobserved"


@dataclass(frozen=True, slots=True)
class Sums:
    """What some rows add up to.

    `cost` is EffectiveCost. `marginal` is the electricity of active time of rows with tokens.
    `idle` is idle and unobserved cost: of rows of their own, or inside other rows where idle is
    shared. Tokens and requests of pods on no known GPU are in `tokens`, `requests` and, apart, in
    `unpriced_tokens`, `unpriced_requests`: they cost nothing and must not make others cheaper.
    `served_cost` is the cost of rows with tokens or requests, without those unpriced ones, which
    have a cost where contracted prices are billed. `unobserved_gpu_hours` are those in `gpu_hours`
    that no sample shows.
    """

    cost: Decimal
    served_cost: Decimal
    amortization: Decimal | None
    maintenance: Decimal | None
    electricity: Decimal | None
    marginal: Decimal | None
    idle: Decimal | None
    gpu_hours: Decimal | None
    unobserved_gpu_hours: Decimal | None
    active_gpu_hours: Decimal | None
    energy_kwh: Decimal | None
    tokens_input: int
    tokens_output: int
    tokens_cached: int | None
    requests: int | None
    unpriced_tokens: int
    unpriced_requests: int
    cloud_usd: Decimal | None
    savings_usd: Decimal | None

    @property
    def tokens(self) -> int:
        """Input and output, of all pods."""
        return self.tokens_input + self.tokens_output

    @property
    def priced_tokens(self) -> int:
        """Those of pods on known GPUs."""
        return self.tokens - self.unpriced_tokens

    @property
    def cost_per_million_tokens(self) -> Decimal | None:
        """Of the tokens that have a price."""
        return _per_million(self.served_cost, self.priced_tokens)

    @property
    def full_cost_per_million_tokens(self) -> Decimal | None:
        """All cost, that of idle GPUs included, by the tokens that have a price."""
        return _per_million(self.cost, self.priced_tokens)

    @property
    def marginal_per_million_tokens(self) -> Decimal | None:
        """What another million tokens costs while the hardware is there anyway."""
        return None if self.marginal is None else _per_million(self.marginal, self.priced_tokens)

    @property
    def cost_per_request(self) -> Decimal | None:
        """Of the requests that have a price."""
        if self.requests is None:
            return None
        return ratio(self.served_cost, self.requests - self.unpriced_requests)

    @property
    def utilization(self) -> Decimal | None:
        """Active over held or observed GPU-time, 0 to 1, an estimate."""
        if self.gpu_hours is None or self.active_gpu_hours is None:
            return None
        unobserved = self.unobserved_gpu_hours or Decimal(0)
        return ratio(self.active_gpu_hours, EXACT.subtract(self.gpu_hours, unobserved))


def _per_million(amount: Decimal, tokens: int) -> Decimal | None:
    return ratio(EXACT.multiply(amount, _MILLION), tokens)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about; times are unix seconds, the end excluded.

    `until` is the end of the last charge period that was read, null if there is none; before
    `end`, the report is of a part of its period. `spread` tells rows longer than a day, whose
    amounts are spread evenly over their days in the trend. With `namespaces` (patterns) it is of
    the rows of these only: GPU-time that nobody held, and pools, which others hold too, are left
    out.
    """

    name: str  # as it was asked for: 2026-10, 2026-10-12 or 2026-W42
    start: int
    end: int
    until: int | None
    clusters: tuple[str, ...]
    currency: str
    layouts: tuple[str, ...]  # such as focus-1.3
    contracted: bool  # whether EffectiveCost is a contracted price, not the cost of the pool
    spread: bool
    objects: int
    rows: int
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The rows with the same values of the keys asked for; null where rows have none.

    `before` is the same of the period before, null unless asked for or if there was nothing.
    `compared` is what stands beside it, null where that is all of `sums`: see Chargeback.
    `nobodys` tells a line of nothing but GPU-time that no holder has, null for all others: its
    values are `__idle__` or `__unobserved__` for a namespace and a sub-account, and for a model and
    a tag it has not.
    """

    values: tuple[str | None, ...]
    nobodys: Nobodys | None
    sums: Sums
    before: Sums | None
    days: tuple[Decimal, ...]  # cost of each day of the report's days
    compared: Sums | None = None


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model over all clusters and namespaces, with its cost a million tokens by day."""

    model: str
    sums: Sums
    before: Sums | None
    daily_per_million: tuple[Decimal | None, ...]
    gpu_utilization: Decimal | None  # of the GPU-time of this model
    cost_profiles: tuple[str, ...]
    compared: Sums | None = None


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One pool: what it cost and how much of it nobody used.

    `observed_gpu_hours` are those of all rows but unobserved ones, `unobserved_gpu_hours` those
    that no sample shows. `idle_cost` and `unobserved_cost` are what no holder pays; where idle is
    shared, `idle_cost` is what holders pay for it. `cost` is that of the pool, whatever is billed.
    `undetailed_cost` is what further rows of the pool cost whose layout knows no GPU-hours
    (infercost-1.0): it is in none of the other figures.
    """

    cluster: str
    cost_profile: str
    gpu_model: str | None
    gpu_count: int | None  # the last one declared
    cost: Decimal
    idle_cost: Decimal
    unobserved_cost: Decimal
    observed_gpu_hours: Decimal
    unobserved_gpu_hours: Decimal
    idle_gpu_hours: Decimal
    active_gpu_hours: Decimal
    energy_kwh: Decimal
    undetailed_cost: Decimal
    days_utilization: tuple[Decimal | None, ...]

    @property
    def utilization(self) -> Decimal | None:
        """Active over observed GPU-time, 0 to 1, an estimate."""
        return ratio(self.active_gpu_hours, self.observed_gpu_hours)

    @property
    def completeness(self) -> Decimal | None:
        """Observed over all GPU-time, 0 to 1."""
        whole = EXACT.add(self.observed_gpu_hours, self.unobserved_gpu_hours)
        return ratio(self.observed_gpu_hours, whole)


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A TokenBudget in the calendar month that the report ends in.

    `spend` is EffectiveCost of its namespace since the month began. `forecast` is the spend at the
    month's end if the mean of the last seven days with data goes on; null without data, and of a
    month that is `over`. `missing_hours` are those of the month that are due and not exported of
    some report that may hold the namespace: the true spend is higher.
    `reached` is the highest threshold reached, in percent, with its severity; null if none.
    `clusters` are those in which the namespace has rows in the month: `spend` is their sum.
    """

    name: str
    namespace: str
    month: str  # 2026-10
    spend: Decimal
    limit: Decimal
    forecast: Decimal | None
    reached_percent: int | None
    reached_severity: str | None
    clusters: tuple[str, ...] = ()
    over: bool = False
    missing_hours: Decimal = Decimal(0)

    @property
    def utilization(self) -> Decimal | None:
        """Spend over limit; null for a limit of zero."""
        return ratio(self.spend, self.limit)

    @property
    def forecast_utilization(self) -> Decimal | None:
        """Forecast over limit."""
        return None if self.forecast is None else ratio(self.forecast, self.limit)


@dataclass(frozen=True, slots=True)
class Chargeback:
    """Everything a report says, in the order in which people read it."""

    scope: Scope
    keys: tuple[str, ...]  # what groups go by: sub-account, namespace, model, tag:team, …
    days: tuple[date, ...]  # the days of the period up to `until`
    total: Sums
    total_before: Sums | None
    daily_cost: tuple[Decimal, ...]
    groups: tuple[GroupLine, ...]  # dearest first
    models: tuple[ModelLine, ...]  # dearest first
    pools: tuple[PoolLine, ...]  # by cluster and profile
    budgets: tuple[BudgetLine, ...]  # fullest first
    cloud: CloudComparison | None
    completeness: Completeness
    #: What of `total` stands beside `total_before`; null where that is all of it. Reports that have
    #: no time of the same length in both (completeness.not_compared) are in neither.
    total_compared: Sums | None = None
    #: Whether a comparison with the period before was asked for: without `total_before` there is
    #: then nothing to compare with.
    compare_asked: bool = False
    #: Whether there were documents (CONFIG_PATH): budgets and cloud prices come from there.
    documents_read: bool = True

    @property
    def no_comparison(self) -> str | None:
        """Why there is nothing to compare with although that was asked for; null elsewhere."""
        if not self.compare_asked or self.total_before is not None:
            return None
        if self.completeness.not_compared:
            return "the period before has no time of the same length"
        return "no row of the period before is exported"
