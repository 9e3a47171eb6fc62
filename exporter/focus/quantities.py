"""What was used, in which unit, and what one unit cost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.cost.charges import Meter
from exporter.cost.sale import Sale
from exporter.focus.cells import Cell
from exporter.focus.decimals import (
    PRICE_DIGITS,
    Ints,
    Mask,
    from_integers,
    from_nano,
    from_python_integers,
    quotients,
)
from exporter.integers import NANO

TOKENS = "Tokens"
GPU_HOURS = "GPU-Hours"
MILLION_TOKENS = "1000000 Tokens"

_QUANTITY = pa.decimal128(38, PRICE_DIGITS)
_MILLION_DIGITS = 6
_METERS = {Meter.ALL: TOKENS, Meter.INPUT: "Input Tokens", Meter.OUTPUT: "Output Tokens"}


def consumed(sale: Sale) -> pa.Array:
    """Tokens, or GPU-hours of charges that are not counted in tokens."""
    return _tokens_or_hours(sale, token_digits=0)


def quantity_cells(sale: Sale) -> dict[str, Cell]:
    """Quantities with their units, costs and unit prices."""
    return {
        **priced_cells(sale),
        "ConsumedQuantity": consumed(sale),
        "ConsumedUnit": units(sale, TOKENS),
        "PricingQuantity": _tokens_or_hours(sale, token_digits=_MILLION_DIGITS),
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
        return from_nano(sale.charges.cost_nano)
    return from_python_integers(sale.effective, PRICE_DIGITS)


def units(sale: Sale, of_tokens: str) -> list[str]:
    """The unit of each charge, given the one of charges in tokens."""
    return [of_tokens if counted else GPU_HOURS for counted in sale.in_tokens.tolist()]


def _meters(sale: Sale) -> list[str]:
    pairs = zip(sale.in_tokens.tolist(), sale.charges.meter.tolist(), strict=True)
    return [_METERS[Meter(meter)] if counted else GPU_HOURS for counted, meter in pairs]


def unit_prices(sale: Sale) -> pa.Array:
    """Cost ÷ PricingQuantity at 18 digits, so that price × quantity at 9 digits is the cost.

    Null where the quantity is 0 although there is a cost: no price can be stated for nothing.
    """
    charges, counted = sale.charges, sale.in_tokens
    per_million = quotients(charges.cost_nano, _where(counted, charges.tokens), 10**15)
    per_hour = quotients(
        charges.cost_nano, _where(~counted, charges.gpu_nano_hours), 10**PRICE_DIGITS
    )
    prices = [
        hour if million is None else million
        for million, hour in zip(per_million, per_hour, strict=True)
    ]
    return from_python_integers(prices, PRICE_DIGITS)


def _where(mask: Mask, values: Ints) -> Ints:
    return np.where(mask, values, 0)


def _tokens_or_hours(sale: Sale, token_digits: int) -> pa.Array:
    tokens = from_integers(sale.charges.tokens, token_digits).cast(_QUANTITY)
    hours = from_nano(sale.charges.gpu_nano_hours).cast(_QUANTITY)
    return pc.if_else(pa.array(sale.in_tokens), tokens, hours)
