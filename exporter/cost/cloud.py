"""What the same tokens would have cost at cloud providers, and which of them saves the most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Bools, Charges, Ints
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.distinct import Texts, texts_of
from exporter.cost.parts import totals
from exporter.cost.sale import Sale
from exporter.documents.kinds import CloudPricing, Comparison
from exporter.errors import PeriodError
from exporter.integers import NANO, divide

_MILLION = 1_000_000
#: So much more per million tokens makes more than one 1e-9 per token, and survives rounding.
_SURELY_MORE = 2 * _MILLION
#: With the cloud cost beside it the difference stays within 64 bits.
_MOST_NANO = 2**62
#: A million times the cost of a charge may be so large, and is then exact as a whole.
_MOST_EXACT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CloudPrice:
    """One catalog entry; prices in 1e-9 USD per million tokens."""

    provider: str
    model: str
    tier: str | None
    input_nano: int
    cached_nano: int
    output_nano: int

    @property
    def parts(self) -> tuple[int, int, int]:
        """All three prices."""
        return self.input_nano, self.cached_nano, self.output_nano


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
    best, cost = _dearest(sale, prices, pricing)
    compared = ~charges.unpriced & ((best >= 0) | (charges.tokens == 0))
    chosen = np.where(compared & (best >= 0), best, len(prices))
    providers = pa.array([*(price.provider for price in prices), None], pa.string())
    entries = pa.array([*(price.model for price in prices), None], pa.string())
    return CloudEquivalents(
        compared,
        Texts(chosen, providers),
        Texts(chosen, entries),
        cost,
        cost - _in_nano_dollars(sale, usd_rate),
    )


def _dearest(sale: Sale, prices: Sequence[CloudPrice], pricing: CloudPricing) -> tuple[Ints, Ints]:
    """The entry with the highest cost for each charge, -1 for none, and that cost in 1e-9 USD."""
    charges, size = sale.charges, len(sale)
    models = texts_of(charges.model)
    comparisons = [comparison_of(model or "", pricing) for model in models.values]
    is_split = not np.array_equal(sale.whole, np.arange(size))
    best = np.full(size, -1, np.int64)
    cost, most = np.zeros(size, np.int64), np.zeros(size, np.int64)
    named = [
        np.array([each is None or names_entry(each, price) for each in comparisons], np.bool_)
        for price in prices
    ]
    for i in _unbeaten(prices, named):
        offered = _cost(charges, prices[i])
        together = totals(offered, sale.whole, size)[sale.whole] if is_split else offered
        candidate = named[i][models.codes] & (charges.tokens > 0)
        better = candidate & ((best < 0) | (together > most))
        best = np.where(better, i, best)
        cost, most = np.where(better, offered, cost), np.where(better, together, most)
    return best, cost


def _unbeaten(prices: Sequence[CloudPrice], named: Sequence[Bools]) -> list[int]:
    """The entries that may be the dearest for some tokens, in their order.

    An entry is beaten by one that is named wherever it is itself, and never costs less, rounded;
    of equal ones the first counts, so that a later one has to cost more whatever the tokens.
    """

    def beats(other: int, one: int) -> bool:
        more = 0 if other < one else _SURELY_MORE
        parts = zip(prices[other].parts, prices[one].parts, strict=True)
        dearer = all(high >= low + more for high, low in parts)
        return dearer and other != one and bool((named[other] | ~named[one]).all())

    entries = range(len(prices))
    return [one for one in entries if not any(beats(other, one) for other in entries)]


def _in_nano_dollars(sale: Sale, usd_rate: Decimal) -> Ints:
    """Effective costs at a rate of any length, rounded half to even."""
    rate = Fraction(usd_rate) * NANO / sale.effective_unit
    above, below = rate.as_integer_ratio()
    if sale.effective_unit == NANO and above == below:
        own = sale.charges.cost_nano
        _check_countable(int(own.max(initial=0)))
        return own
    rounded = [_half_even_of(*divmod(cost * above, below), below) for cost in sale.effective]
    _check_countable(max(rounded, default=0))
    return np.array(rounded, np.int64)


def _check_countable(most: int) -> None:
    if most > _MOST_NANO:
        raise PeriodError(
            f"a row costs {most // NANO} US dollars, more than the {_MOST_NANO // NANO} that can"
            " be counted in 1e-9: export shorter periods, or give all prices in a larger unit"
        )


def _half_even_of(whole: int, rest: int, divisor: int) -> int:
    return whole + (2 * rest + whole % 2 > divisor)


def _cost(charges: Charges, price: CloudPrice) -> Ints:
    cached = np.minimum(charges.tokens_cached, charges.tokens_input)
    terms = (
        (charges.tokens_input - cached, price.input_nano),
        (cached, price.cached_nano),
        (charges.tokens_output, price.output_nano),
    )
    whole, rest = np.zeros(len(charges), np.int64), np.zeros(len(charges), np.int64)
    if sum(int(tokens.max(initial=0)) * nano for tokens, nano in terms) <= _MOST_EXACT:
        for tokens, nano in terms:
            rest += tokens * nano
        return _half_even(*_whole_and_rest(rest))
    for tokens, nano in terms:
        quotient, remainder = divide(tokens, nano, _MILLION)
        whole, rest = whole + quotient, rest + remainder
    more, rest = _whole_and_rest(rest)
    return _half_even(whole + more, rest)


def _whole_and_rest(millionths: Ints) -> tuple[Ints, Ints]:
    whole = millionths // _MILLION
    return whole, millionths - whole * _MILLION


def _half_even(whole: Ints, rest: Ints) -> Ints:
    half = _MILLION // 2
    rounded: Ints = whole + ((rest > half) | ((rest == half) & (whole % 2 == 1)))
    return rounded


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
