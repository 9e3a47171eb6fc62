"""The figures of one chargeback report; every form of it (table, CSV, JSON, HTML) shows these.

Amounts are decimals in the billing currency unless a name says USD, and exact sums of the rows.
Null means that no row said it, that the layout of some of the rows does not know it (infercost-1.0
knows no GPU-hours), or that a ratio has nothing to divide by; it is never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal

_MILLION = 1_000_000
#: Digits of a ratio; sums keep all of theirs.
_RATIO = Decimal(1).scaleb(-9)
#: Wide enough for any amount over the smallest number that a document can say.
_WIDE = Context(prec=400)


@dataclass(frozen=True, slots=True)
class Sums:
    """What some rows add up to.

    `cost` is EffectiveCost. `marginal` is the electricity of active time of rows with tokens.
    `idle` is idle and unobserved cost: of rows of their own, or inside other rows where idle is
    shared. Tokens and requests of pods on no known GPU are in `tokens`, `requests` and, apart, in
    `unpriced_tokens`, `unpriced_requests`: they cost nothing and must not make others cheaper.
    `served_cost` is the cost of rows with tokens or requests, without those unpriced ones, which
    have a cost where contracted prices are billed.
    """

    cost: Decimal
    served_cost: Decimal
    amortization: Decimal | None
    maintenance: Decimal | None
    electricity: Decimal | None
    marginal: Decimal | None
    idle: Decimal | None
    gpu_hours: Decimal | None
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
    def cost_per_million_tokens(self) -> Decimal | None:
        """Of the tokens that have a price."""
        return _per(self.served_cost * _MILLION, self.tokens - self.unpriced_tokens)

    @property
    def marginal_per_million_tokens(self) -> Decimal | None:
        """What another million tokens costs while the hardware is there anyway."""
        tokens = self.tokens - self.unpriced_tokens
        return None if self.marginal is None else _per(self.marginal * _MILLION, tokens)

    @property
    def cost_per_request(self) -> Decimal | None:
        """Of the requests that have a price."""
        if self.requests is None:
            return None
        return _per(self.served_cost, self.requests - self.unpriced_requests)

    @property
    def utilization(self) -> Decimal | None:
        """Active over held or observed GPU-time, 0 to 1, an estimate."""
        if self.gpu_hours is None or self.active_gpu_hours is None:
            return None
        return _per(self.active_gpu_hours, self.gpu_hours)


def _per(amount: Decimal, count: Decimal | int) -> Decimal | None:
    return _WIDE.divide(amount, Decimal(count)).quantize(_RATIO, context=_WIDE) if count else None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about; times are unix seconds, the end excluded.

    `until` is the end of the last charge period that was read, null if there is none; before
    `end`, the report is of a part of its period. `spread` tells rows longer than a day, whose
    amounts are spread evenly over their days in the trend.
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


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The rows with the same values of the keys asked for; null where rows have none.

    `before` is the same of the period before, null unless asked for or if there was nothing.
    """

    values: tuple[str | None, ...]
    sums: Sums
    before: Sums | None
    days: tuple[Decimal, ...]  # cost of each day of the report's days


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model over all clusters and namespaces, with its cost a million tokens by day."""

    model: str
    sums: Sums
    before: Sums | None
    daily_per_million: tuple[Decimal | None, ...]
    gpu_utilization: Decimal | None  # of the GPU-time of this model
    cost_profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One pool: what it cost and how much of it nobody used.

    `observed_gpu_hours` are those of all rows but unobserved ones, `unobserved_gpu_hours` those
    that no sample shows. `idle_cost` and `unobserved_cost` are what no holder pays; where idle is
    shared, `idle_cost` is what holders pay for it. `cost` is that of the pool, whatever is billed.
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
    days_utilization: tuple[Decimal | None, ...]

    @property
    def utilization(self) -> Decimal | None:
        """Active over observed GPU-time, 0 to 1, an estimate."""
        return _per(self.active_gpu_hours, self.observed_gpu_hours)

    @property
    def completeness(self) -> Decimal | None:
        """Observed over all GPU-time, 0 to 1."""
        whole = self.observed_gpu_hours + self.unobserved_gpu_hours
        return _per(self.observed_gpu_hours, whole)


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A TokenBudget in the calendar month that the report ends in.

    `spend` is EffectiveCost of its namespace since the month began. `forecast` is the spend at the
    month's end if the mean of the last seven days with data goes on; null without data.
    `reached` is the highest threshold reached, in percent, with its severity; null if none.
    """

    name: str
    namespace: str
    month: str  # 2026-10
    spend: Decimal
    limit: Decimal
    forecast: Decimal | None
    reached_percent: int | None
    reached_severity: str | None

    @property
    def utilization(self) -> Decimal | None:
        """Spend over limit; null for a limit of zero."""
        return _per(self.spend, self.limit)

    @property
    def forecast_utilization(self) -> Decimal | None:
        """Forecast over limit."""
        return None if self.forecast is None else _per(self.forecast, self.limit)


@dataclass(frozen=True, slots=True)
class CloudLine:
    """One model's own tokens at one cloud entry's prices.

    Costs are of the report's tokens. `own_usd` and `marginal_usd` are the model's EffectiveCost
    and marginal cost at the rate; `savings_usd` is cloud minus own, negative where the cloud is
    cheaper. `break_even_tokens_per_day` is how many tokens a day, in the mix seen, make both cost
    the same: the own cost that does not depend on tokens, by the difference of the prices of one
    token; null where the cloud is cheaper than the own marginal cost, so that no number does.
    `like` says whether the catalog's comparisons name this entry for the model.
    """

    model: str
    provider: str
    cloud_model: str
    tier: str | None
    like: bool
    tokens_per_day: Decimal
    utilization: Decimal | None
    cloud_usd: Decimal
    own_usd: Decimal
    marginal_usd: Decimal | None
    cloud_per_million_usd: Decimal
    own_per_million_usd: Decimal
    marginal_per_million_usd: Decimal | None
    break_even_tokens_per_day: int | None

    @property
    def savings_usd(self) -> Decimal:
        """Negative where the cloud is cheaper."""
        return self.cloud_usd - self.own_usd

    @property
    def savings_ratio(self) -> Decimal | None:
        """Savings over the cloud's cost."""
        return _per(self.savings_usd, self.cloud_usd)


@dataclass(frozen=True, slots=True)
class CloudComparison:
    """Lines by model and by what the cloud would cost; and where and when the prices were read."""

    lines: tuple[CloudLine, ...]
    every_entry: bool  # false: for each model only the entries like it
    last_verified: date
    sources: tuple[str, ...]
    usd_rate: Decimal  # USD per unit of the billing currency


@dataclass(frozen=True, slots=True)
class Gap:
    """Time of a report of a cluster that no object holds, unix seconds, the end excluded."""

    cluster: str
    report: str  # "default" for the implicit one
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """GPU-hours and cost of rows that share a way in which they were measured."""

    kind: str  # "power source" or "allocation"
    value: str  # such as tdp, power-samples, requests
    gpu_hours: Decimal | None
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is missing, what was estimated and what was left out of the figures."""

    gaps: tuple[Gap, ...]
    estimates: tuple[Estimate, ...]
    unobserved_gpu_hours: Decimal | None
    unobserved_cost: Decimal
    unpriced_tokens: int
    straddling: tuple[str, ...]  # objects with rows that reach over the edge of the period


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
