"""What costs, prices and quantities of one row have to do with each other.

Source: the pages of the cost, price and quantity columns, FOCUS 1.0 to 1.4, and the origination
of cost data. A cost that a third party is paid is not billed; a usage that a purchase covers costs
something else than what is billed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from exporter.focus.rules.arithmetic import TOLERANCE, all_usable, product_unlike, unlike
from exporter.focus.rules.coded import Mask
from exporter.focus.rules.nullness import UNIT_PRICES
from exporter.focus.rules.row_rule import Finding, RowRule, row_rule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level
from exporter.focus.rules.typed import Floats
from exporter.focus.rules.units import tokens_in

_PRICED = {"ListUnitPrice": "ListCost", "ContractedUnitPrice": "ContractedCost"}
_OF_CORRECTIONS = ("1.0", "1.1", "1.2")  #: corrections may break price × quantity
#: Who offers the service, where the version says that what a third party is paid is not billed.
_PROVIDER = {"1.2": "ProviderName", "1.3": "ServiceProviderName"}
_ISSUER = "InvoiceIssuerName"
_QUANTITIES = ("PricingQuantity", "ConsumedQuantity")
_IN_PRICING_CURRENCY = {
    "PricingCurrencyContractedUnitPrice": "ContractedUnitPrice",
    "PricingCurrencyEffectiveCost": "EffectiveCost",
    "PricingCurrencyListUnitPrice": "ListUnitPrice",
}
_COVERED_BY = ("CommitmentDiscountId", "CapacityReservationId", "ContractApplied")


def amount_rules(version: str, names: tuple[str, ...]) -> Iterator[RowRule]:
    """The rules of a version; `names` are the columns that it defines."""
    for price, cost in _PRICED.items():
        yield _product(version, price, cost)
        yield _without_price(version, price, cost)
    for name in filter(names.__contains__, UNIT_PRICES):
        yield _not_negative("not-negative", name, f"{name} is never negative.", Rows.all)
    yield effective_is_billed(version)
    if version in _PROVIDER:
        yield _third_party(_PROVIDER[version])
    yield from _sign_rules(version)
    yield from _token_rules()
    for name in filter(names.__contains__, _IN_PRICING_CURRENCY):
        yield _same_currency(name, _IN_PRICING_CURRENCY[name])


def _product(version: str, price: str, cost: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        concerned = all_usable(rows, (price, "PricingQuantity", cost))
        if version in _OF_CORRECTIONS:
            concerned &= rows.normal
        return Finding(concerned, product_unlike(rows, price, "PricingQuantity", cost))

    return row_rule(
        "product",
        price,
        Level.ERROR,
        f"{price} times PricingQuantity is {cost}.",
        f"times PricingQuantity is not {cost}",
        look,
        needs=("PricingQuantity", cost),
        nobody="no row has both price and quantity",
    )


def _without_price(version: str, price: str, cost: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        concerned = _plain_usage(rows, version) & rows.null(price)
        concerned &= all_usable(rows, (cost, "BilledCost"))
        return Finding(concerned, unlike(rows, cost, "BilledCost"))

    return row_rule(
        "without-price",
        cost,
        Level.ERROR,
        f"{cost} is BilledCost where usage has no {price}.",
        f"is not BilledCost, and there is no {price}",
        look,
        needs=("BilledCost", "ChargeCategory"),
        nobody="every row of usage has a price",
    )


def effective_is_billed(version: str) -> RowRule:
    """Only 1.4 says it outright; before, it follows from what the two columns mean."""

    def look(rows: Rows) -> Finding:
        concerned = _plain_usage(rows, version) & rows.normal
        concerned &= all_usable(rows, ("BilledCost", "EffectiveCost"))
        return Finding(concerned, unlike(rows, "EffectiveCost", "BilledCost"))

    return row_rule(
        "billed",
        "EffectiveCost",
        Level.ERROR if version == "1.4" else Level.WARNING,
        "EffectiveCost is BilledCost on usage that no purchase covers.",
        "is not BilledCost, and no purchase covers it",
        look,
        needs=("BilledCost", "ChargeCategory"),
        nobody="no row is usage that no purchase covers",
    )


def _plain_usage(rows: Rows, version: str) -> Mask:
    """Usage that no purchase covers and for which the issuer of the invoice is paid."""
    plain = rows.usage
    for name in _COVERED_BY:
        plain = plain & rows.null(name)
    if version in _PROVIDER:
        plain = plain & ~_other_party(rows, _PROVIDER[version])
    return plain


def _other_party(rows: Rows, provider: str) -> Mask:
    """The rows with two names, of which the one who offers does not write the invoice."""
    return all_usable(rows, (provider, _ISSUER)) & ~rows.equal(provider, _ISSUER)


def _third_party(provider: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        concerned = _other_party(rows, provider) & rows.usable("BilledCost")
        return Finding(concerned, rows.numbers("BilledCost") != 0)

    return row_rule(
        "third-party",
        "BilledCost",
        Level.ERROR,
        f"BilledCost is 0 where {provider} is not {_ISSUER}.",
        f"is not 0, and {provider} is not {_ISSUER}",
        look,
        needs=(provider, _ISSUER),
        nobody="all rows have one name for both",
    )


def _not_negative(aspect: str, name: str, text: str, concerned: Callable[[Rows], Mask]) -> RowRule:
    def look(rows: Rows) -> Finding:
        return Finding(concerned(rows) & rows.usable(name), rows.numbers(name) < 0)

    return row_rule(
        aspect, name, Level.ERROR, text, "is negative", look, nobody="no row has a value"
    )


def _sign_rules(version: str) -> Iterator[RowRule]:
    """Before 1.2 quantities below 0 are for corrections only; 1.1 wants consumption above 0."""
    if version not in ("1.0", "1.1"):
        return
    for name in _QUANTITIES:
        text = f"{name} is negative in corrections only."
        yield _not_negative("sign", name, text, lambda rows: rows.normal)
    if version == "1.1":
        yield row_rule(
            "positive",
            "ConsumedQuantity",
            Level.WARNING,
            "ConsumedQuantity is above 0.",
            "is 0",
            lambda rows: Finding(
                rows.usable("ConsumedQuantity"), rows.numbers("ConsumedQuantity") == 0
            ),
            nobody="no row has a value",
        )


def _token_rules() -> Iterator[RowRule]:
    needs = ("PricingUnit", "ConsumedQuantity", "ConsumedUnit")
    nobody = "no row counts tokens in both units"
    yield row_rule(
        "counts-units",
        "PricingQuantity",
        Level.ERROR,
        "PricingQuantity counts PricingUnits: it is not the number of tokens where these are "
        "counted by the million.",
        "is the number of tokens, and PricingUnit is another number of them",
        _raw_tokens,
        needs=needs,
        nobody=nobody,
    )
    yield row_rule(
        "tokens",
        "PricingQuantity",
        Level.WARNING,
        "PricingQuantity in tokens is ConsumedQuantity in tokens.",
        "and ConsumedQuantity are not the same number of tokens",
        _other_tokens,
        needs=needs,
        nobody=nobody,
    )


def _raw_tokens(rows: Rows) -> Finding:
    concerned, pricing, consumed = _tokens(rows)
    priced, used = rows.numbers("PricingQuantity"), rows.numbers("ConsumedQuantity")
    return Finding(concerned, (pricing != consumed) & (priced == used) & (priced != 0))


def _other_tokens(rows: Rows) -> Finding:
    concerned, pricing, consumed = _tokens(rows)
    with np.errstate(over="ignore", invalid="ignore"):
        priced = rows.numbers("PricingQuantity") * pricing
        used = rows.numbers("ConsumedQuantity") * consumed
        differ = np.abs(priced - used) > float(TOLERANCE) * np.maximum(np.abs(used), 1)
    return Finding(concerned, differ)


def _tokens(rows: Rows) -> tuple[Mask, Floats, Floats]:
    """The rows that count tokens, and how many of them one unit is, NaN for other units."""
    units = []
    for name in ("PricingUnit", "ConsumedUnit"):
        texts = rows.texts(name)
        sizes = [tokens_in(unit) or np.nan for unit in texts.values]
        units.append(np.array([*sizes, np.nan])[texts.codes])
    pricing, consumed = units
    counted = ~np.isnan(pricing) & ~np.isnan(consumed)
    return counted & all_usable(rows, _QUANTITIES), pricing, consumed


def _same_currency(name: str, billed: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        same = rows.equal("PricingCurrency", "BillingCurrency")
        return Finding(same & all_usable(rows, (name, billed)), unlike(rows, name, billed))

    return row_rule(
        "same-currency",
        name,
        Level.ERROR,
        f"{name} is {billed} where PricingCurrency is BillingCurrency.",
        f"is not {billed}, in the same currency",
        look,
        needs=(billed, "PricingCurrency", "BillingCurrency"),
        nobody="no row is priced in the currency that is billed",
    )
