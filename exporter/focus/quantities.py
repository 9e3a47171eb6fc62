"""What was used, in which unit, and what one unit cost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Meter
from exporter.cost.distinct import Texts
from exporter.cost.sale import Sale
from exporter.focus.cells import Cell
from exporter.focus.decimals import (
    PRICE_DIGITS,
    from_nano,
    from_nano_at_price_digits,
    from_python_integers,
)
from exporter.focus.ratios import Ratio
from exporter.focus.texts import texts_by
from exporter.integers import NANO

TOKENS = "Tokens"
GPU_HOURS = "GPU-Hours"
MILLION_TOKENS = "1000000 Tokens"

MILLION = 10**6
_MOST = 2**63 - 1
_METERS = (TOKENS, "Input Tokens", "Output Tokens", GPU_HOURS)  #: by Meter, then those by time


def consumed(sale: Sale) -> pa.Array:
    """Tokens, or GPU-hours of charges that are not counted in tokens."""
    return _tokens_or_hours(sale, NANO)


def quantity_cells(sale: Sale) -> dict[str, Cell]:
    """Quantities with their units, costs and unit prices."""
    return {
        **priced_cells(sale),
        "ConsumedQuantity": consumed(sale),
        "ConsumedUnit": units(sale, TOKENS),
        "PricingQuantity": _tokens_or_hours(sale, NANO // MILLION),
        "PricingUnit": units(sale, MILLION_TOKENS),
        "SkuMeter": _meters(sale),
    }


def priced_cells(sale: Sale) -> dict[str, Cell]:
    """Costs and unit prices: those of the price list, else all costs agree."""
    effective = effective_cost(sale)
    listed, contracted = effective, effective
    list_price = contracted_price = None
    if sale.prices is None:
        list_price = contracted_price = unit_prices(sale)
    else:
        listed, contracted = (
            from_python_integers(amounts, PRICE_DIGITS)
            for amounts in (sale.prices.list_atto, sale.prices.contracted_atto)
        )
        list_price = from_nano(sale.prices.list_nano)
        contracted_price = from_nano(sale.prices.contracted_nano)
    return {
        "BilledCost": effective,
        "EffectiveCost": effective,
        "ListCost": listed,
        "ContractedCost": contracted,
        "ListUnitPrice": list_price,
        "ContractedUnitPrice": contracted_price,
        "PricingCategory": "Dynamic" if sale.prices is None else "Standard",
        # FOCUS has no null for these, although they only repeat the billing currency's.
        "PricingCurrencyContractedUnitPrice": contracted_price,
        "PricingCurrencyEffectiveCost": effective,
        "PricingCurrencyListUnitPrice": list_price,
    }


def effective_cost(sale: Sale) -> pa.Array:
    """What the charge costs whoever it is billed to."""
    if sale.effective_unit == NANO:
        return from_nano_at_price_digits(sale.charges.cost_nano)
    return from_python_integers(sale.effective, PRICE_DIGITS)


def units(sale: Sale, of_tokens: str) -> Texts:
    """The unit of each charge, given the one of charges in tokens."""
    return texts_by(sale.in_tokens, GPU_HOURS, of_tokens)


def _meters(sale: Sale) -> Texts:
    return texts_by(np.where(sale.in_tokens, sale.charges.meter, len(Meter)), *_METERS)


def unit_prices(sale: Sale) -> pa.Array:
    """Cost ÷ PricingQuantity at 18 digits, so that price × quantity at 9 digits is the cost.

    Null where the quantity is 0 although there is a cost: no price can be stated for nothing.
    """
    charges, counted = sale.charges, sale.in_tokens
    quantities = np.where(counted, charges.tokens, charges.gpu_nano_hours)
    # A million tokens, or 1e9 of the 1e-9 GPU-hours; in both cases the cost is in 1e-9.
    first = np.where(counted, MILLION, NANO)
    return Ratio(charges.cost_nano, quantities, first, NANO).decimals(PRICE_DIGITS)


def _tokens_or_hours(sale: Sale, nano_of_token: int) -> pa.Array:
    """Quantities at 18 digits, of which a token is so many 1e-9."""
    tokens, hours = sale.charges.tokens, sale.charges.gpu_nano_hours
    if int(tokens.max(initial=0)) <= _MOST // nano_of_token:
        nano = np.where(sale.in_tokens, tokens * nano_of_token, hours)
        return from_nano_at_price_digits(nano)
    pairs = zip(sale.in_tokens.tolist(), tokens.tolist(), hours.tolist(), strict=True)
    nano_each = [one * nano_of_token if counted else hour for counted, one, hour in pairs]
    return from_python_integers([each * NANO for each in nano_each], PRICE_DIGITS)
