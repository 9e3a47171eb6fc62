"""Charges as they are sold: in which unit, how much of it, at which price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exporter.cost.charges import Bools, Charges, Ints
from exporter.cost.metering import meter_apart
from exporter.cost.pool_shares import PoolShares, share_pools
from exporter.cost.prices import Prices, priced_apart, prices_of
from exporter.documents.rate_card import RateCard
from exporter.integers import NANO

#: A million tokens counted in 1e-9 of a million.
_NANO_PER_TOKEN = 1000
_CARD_DIGITS, _COST_DIGITS = 9, 18


@dataclass(frozen=True, slots=True)
class SalesTerms:
    """How charges are sold.

    Without a card at cost. `contracted`: what is billed is the contracted amount, not the cost.
    `by_pool`: a pool is one charge in GPU-hours, which its users share.
    """

    card: RateCard | None = None
    contracted: bool = False
    by_pool: bool = False

    @property
    def by_the_hour(self) -> bool:
        """Whether it matters in which hours there were tokens: the others have another price."""
        return self.card is not None and not self.by_pool


AT_COST = SalesTerms()


@dataclass(frozen=True, slots=True)
class Sale:
    """Charges with units and prices, one entry of each column per charge.

    `whole` is the index of the charge before its input and output were told apart. `in_tokens`
    are counted in millions of tokens, the others in GPU-hours. `prices` is None without a card,
    `shares` None unless pools are shared. `effective` is what EffectiveCost and BilledCost say,
    in units of 1 / `effective_unit` of the billing currency.
    """

    charges: Charges
    whole: Ints
    in_tokens: Bools
    prices: Prices | None
    shares: PoolShares | None
    effective: Sequence[int]
    effective_unit: int

    def __len__(self) -> int:
        return len(self.charges)


def sell(charges: Charges, terms: SalesTerms = AT_COST) -> Sale:
    """Tell input and output apart where the card does, find quantities and prices."""
    card = terms.card
    pooled = ~charges.unpriced & terms.by_pool
    whole: Ints = np.arange(len(charges))
    if card is not None:
        charges, whole = meter_apart(charges, priced_apart(charges, card) & ~pooled)
    in_tokens = (charges.tokens > 0) & ~pooled[whole]
    shares = None
    if terms.by_pool:
        digits = _COST_DIGITS if card is None else _CARD_DIGITS
        shares = share_pools(charges, digits, by_quantity=terms.contracted and card is not None)
    prices = None
    if card is not None:
        prices = prices_of(
            charges, in_tokens, ~pooled[whole], _quantity(charges, in_tokens, shares), card
        )
    if prices is not None and terms.contracted:
        return Sale(charges, whole, in_tokens, prices, shares, prices.contracted_atto, NANO**2)
    return Sale(charges, whole, in_tokens, prices, shares, charges.cost_nano.tolist(), NANO)


def _quantity(charges: Charges, in_tokens: Bools, shares: PoolShares | None) -> Sequence[int]:
    """PricingUnits in 1e-9; those of a shared pool as its cost is divided."""
    own: list[int] = np.where(
        in_tokens, charges.tokens * _NANO_PER_TOKEN, charges.gpu_nano_hours
    ).tolist()
    if shares is None:
        return own
    rows = zip(own, shares.pool.tolist(), shares.quantity_atto, strict=True)
    return [each if pool < 0 else shared // NANO for each, pool, shared in rows]
