"""What the same tokens would have cost at cloud providers, and which of them saves the most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction

import numpy as np

from exporter.cost.charges import Charges, Ints
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.parts import totals
from exporter.cost.sale import Sale
from exporter.documents.kinds import CloudPricing, Comparison
from exporter.errors import PeriodError
from exporter.integers import NANO, divide

_MILLION = 1_000_000
#: With the cloud cost beside it the difference stays within 64 bits.
_MOST_NANO = 2**62


@dataclass(frozen=True, slots=True)
class CloudPrice:
    """One catalog entry; prices in 1e-9 USD per million tokens."""

    provider: str
    model: str
    tier: str | None
    input_nano: int
    cached_nano: int
    output_nano: int


def price_list(pricing: CloudPricing) -> list[CloudPrice]:
    """All entries of a catalog in its order; cached tokens without a price cost as input."""
    return [
        CloudPrice(
            provider.provider,
            entry.model,
            entry.tier,
            _nano(entry.input_per_million),
            _nano(
                entry.input_per_million
                if entry.cached_input_per_million is None
                else entry.cached_input_per_million
            ),
            _nano(entry.output_per_million),
        )
        for provider in pricing.providers
        for entry in provider.models
    ]


def _nano(price: Decimal) -> int:
    return round(price * NANO)


def compare(sale: Sale, pricing: CloudPricing, usd_rate: Decimal) -> CloudEquivalents:
    """The entry with the highest savings for each charge, from its own tokens.

    `usd_rate` is USD per unit of the billing currency. Cost = (input - cached) x input price +
    cached x cached price + output x output price, rounded half to even at 1e-9 USD; all entries
    see the same own cost, so the dearest one saves the most. The first of equal ones is taken.
    Input and output that were told apart are compared with the same entry.
    Charges for tokens on unknown GPUs are not compared; those without tokens save minus their cost.
    Raises PeriodError when a cost is too large to be counted.
    """
    charges, prices = sale.charges, price_list(pricing)
    best = np.full(len(charges), -1, np.int64)
    cost, most = np.zeros(len(charges), np.int64), np.zeros(len(charges), np.int64)
    for i, price in enumerate(prices):
        offered = _cost(charges, price)
        together = totals(offered, sale.whole, len(charges))[sale.whole]
        candidate = _compared_with(charges.model, price, pricing) & (charges.tokens > 0)
        better = candidate & ((best < 0) | (together > most))
        best[better], cost[better], most[better] = i, offered[better], together[better]
    compared = ~charges.unpriced & ((best >= 0) | (charges.tokens == 0))
    named = np.where(compared, best, -1).tolist()
    chosen = [prices[i] if i >= 0 else None for i in named]
    return CloudEquivalents(
        compared,
        [None if price is None else price.provider for price in chosen],
        [None if price is None else price.model for price in chosen],
        cost,
        cost - _in_nano_dollars(sale, usd_rate),
    )


def _in_nano_dollars(sale: Sale, usd_rate: Decimal) -> Ints:
    """Effective costs at a rate of any length, rounded half to even."""
    rate = Fraction(usd_rate) * NANO / sale.effective_unit
    own = [round(cost * rate) for cost in sale.effective]
    if max(own, default=0) > _MOST_NANO:
        raise PeriodError(
            f"a row costs {max(own) // NANO} US dollars, more than the {_MOST_NANO // NANO} that"
            " can be counted in 1e-9: export shorter periods, or give all prices in a larger unit"
        )
    return np.array(own, np.int64)


def _cost(charges: Charges, price: CloudPrice) -> Ints:
    cached = np.minimum(charges.tokens_cached, charges.tokens_input)
    terms = (
        (charges.tokens_input - cached, price.input_nano),
        (cached, price.cached_nano),
        (charges.tokens_output, price.output_nano),
    )
    whole, rest = np.zeros(len(charges), np.int64), np.zeros(len(charges), np.int64)
    for tokens, nano in terms:
        quotient, remainder = divide(tokens, nano, _MILLION)
        whole, rest = whole + quotient, rest + remainder
    return _half_even(whole + rest // _MILLION, rest % _MILLION)


def _half_even(whole: Ints, rest: Ints) -> Ints:
    half = _MILLION // 2
    rounded: Ints = whole + ((rest > half) | ((rest == half) & (whole % 2 == 1)))
    return rounded


def _compared_with(
    models: Sequence[str | None], price: CloudPrice, pricing: CloudPricing
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which charges an entry is compared with: the first comparison that names their model."""
    known: dict[str | None, bool] = {}
    for model in set(models):
        known[model] = _allowed(model or "", price, pricing)
    return np.array([known[model] for model in models], bool)


def _allowed(model: str, price: CloudPrice, pricing: CloudPricing) -> bool:
    comparison = comparison_of(model, pricing)
    return comparison is None or names_entry(comparison, price)


def comparison_of(model: str, pricing: CloudPricing) -> Comparison | None:
    """The first comparison that names a model; None if it is compared with every entry."""
    for comparison in pricing.comparisons:
        if fnmatchcase(model, comparison.models):
            return comparison
    return None


def names_entry(comparison: Comparison, price: CloudPrice) -> bool:
    """Whether a comparison is with an entry, by its name or by its tier."""
    names = f"{price.provider}/{price.model}", price.tier
    return any(name in comparison.with_ for name in names)
