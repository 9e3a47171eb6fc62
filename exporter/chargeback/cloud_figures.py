"""The figures of a comparison of own tokens with the prices of clouds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from exporter.chargeback.decimals import EXACT, ratio


class BreakEven(StrEnum):
    """What is known of the number of tokens at which own and cloud cost are the same."""

    KNOWN = "known"
    NEVER = "never"  #: no number does: the cloud costs no more than the own electricity
    NOT_KNOWN = "not known"  #: some rows do not say what a token adds to the electricity
    CONTRACTED = "contracted prices"  #: a price for a token does not fall with their number


@dataclass(frozen=True, slots=True)
class CloudLine:
    """One model's own tokens at one cloud entry's prices.

    Costs are of the report's tokens. `own_usd` and `marginal_usd` are the model's EffectiveCost
    and marginal cost at the rate; `savings_usd` is cloud minus own, negative where the cloud is
    cheaper. `break_even_tokens_per_day` is how many tokens a day, in the mix seen, make both cost
    the same: the own cost that does not depend on tokens, by the difference of the prices of one
    token; null where there is no such number or none is known, which `break_even` tells apart.
    `like` says whether the catalog's comparisons name this entry for the model; without any the
    entry is the dearest one. `upper_bound`: of some tokens no row says whether they were cached,
    so that they count as not cached, and the cloud costs `cloud_usd` at most.
    """

    model: str
    provider: str
    cloud_model: str
    tier: str | None
    like: bool
    upper_bound: bool
    tokens_per_day: Decimal
    utilization: Decimal | None
    cloud_usd: Decimal
    own_usd: Decimal
    marginal_usd: Decimal | None
    cloud_per_million_usd: Decimal
    own_per_million_usd: Decimal
    marginal_per_million_usd: Decimal | None
    break_even: BreakEven
    break_even_tokens_per_day: int | None

    @property
    def savings_usd(self) -> Decimal:
        """Negative where the cloud is cheaper."""
        return EXACT.subtract(self.cloud_usd, self.own_usd)

    @property
    def savings_ratio(self) -> Decimal | None:
        """Savings over the cloud's cost."""
        return ratio(self.savings_usd, self.cloud_usd)


@dataclass(frozen=True, slots=True)
class CloudComparison:
    """Lines by model and by what the cloud would cost; and where and when the prices were read."""

    lines: tuple[CloudLine, ...]
    every_entry: bool  # false: for each model only the entries like it
    last_verified: date
    sources: tuple[str, ...]
    usd_rate: Decimal  # USD per unit of the billing currency

    @property
    def upper_bound(self) -> bool:
        """Whether some line costs at most what it says there."""
        return any(line.upper_bound for line in self.lines)

    @property
    def dearest_only(self) -> tuple[str, ...]:
        """Models that no comparison names, in order: shown is what saves most, not what is like."""
        alone = () if self.every_entry else self.lines
        return tuple(dict.fromkeys(line.model for line in alone if not line.like))
