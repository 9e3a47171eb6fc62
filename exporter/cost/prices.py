"""What a RateCard asks for each charge.

A price has at most 9 fractional digits and is rounded before it is multiplied, so that price times
quantity is the amount to its last digit (18 fractional digits).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache

import numpy as np

from exporter.cost.charges import Bools, Charges, Ints, Meter
from exporter.documents.rate_card import Contract, RateCard, RateCardModel
from exporter.integers import NANO


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in 1e-9 of the billing currency per PricingUnit, amounts in 1e-18 of it.

    A PricingUnit is a million tokens, or a GPU-hour. An amount is price times quantity.
    """

    list_nano: Ints
    contracted_nano: Ints
    list_atto: Sequence[int]
    contracted_atto: Sequence[int]


def priced_apart(charges: Charges, card: RateCard) -> Bools:
    """Which charges are tokens of a model whose input and output have prices of their own."""
    entry = cache(lambda model: entry_of(card, model).priced_apart)
    apart = [model is not None and entry(model) for model in charges.model]
    return np.array(apart, np.bool_) & (charges.tokens > 0)


def entry_of(card: RateCard, model: str) -> RateCardModel:
    """The first entry whose glob matches; there is always one for `*`."""
    return next(each for each in card.models if fnmatchcase(model, each.model))


def prices_of(
    charges: Charges,
    in_tokens: Bools,
    with_contracts: Bools,
    quantity_nano: Sequence[int],
    card: RateCard,
) -> Prices:
    """List and contracted prices, and what they make of the quantities (1e-9 PricingUnits).

    Charges not `in_tokens` are sold by the GPU-hour, those not `with_contracts` without discount.
    """
    contracts = {contract.namespace: contract for contract in card.contracts}

    @cache
    def pair(model: str | None, meter: int, namespace: str | None) -> tuple[int, int]:
        listed = card.gpu_hour if model is None else _list_price(entry_of(card, model), meter)
        contract = contracts.get(namespace or "")
        return _nano(listed), _nano(_contracted(listed, contract, in_tokens=model is not None))

    rows = zip(
        charges.model,
        in_tokens.tolist(),
        charges.meter.tolist(),
        charges.namespace,
        with_contracts.tolist(),
        strict=True,
    )
    found = [
        pair(model if counted else None, meter, namespace if bargained else None)
        for model, counted, meter, namespace, bargained in rows
    ]
    table = np.array(found, np.int64).reshape(len(found), 2)
    return Prices(
        table[:, 0],
        table[:, 1],
        [price * quantity for (price, _), quantity in zip(found, quantity_nano, strict=True)],
        [price * quantity for (_, price), quantity in zip(found, quantity_nano, strict=True)],
    )


def _list_price(entry: RateCardModel, meter: int) -> Decimal:
    price = {
        Meter.ALL: entry.list_per_million_tokens,
        Meter.INPUT: entry.input_per_million,
        Meter.OUTPUT: entry.output_per_million,
    }[Meter(meter)]
    if price is None:
        raise ValueError(f"the prices of {entry.model!r} are not those of {Meter(meter).name}")
    return price


def _contracted(listed: Decimal, contract: Contract | None, *, in_tokens: bool) -> Fraction:
    """The list price less the discount; a contract's own price is one of tokens only."""
    if contract is None:
        return Fraction(listed)
    if contract.discount_percent is not None:
        return Fraction(listed) * (100 - Fraction(contract.discount_percent)) / 100
    own = contract.per_million_tokens if in_tokens else None
    return Fraction(listed if own is None else own)


def _nano(price: Decimal | Fraction) -> int:
    """1e-9 of the currency, rounded half to even."""
    return round(Fraction(price) * NANO)
