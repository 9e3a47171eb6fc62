"""What the tokens of a report would have cost at cloud providers, beside what they did cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.cloud_figures import BreakEven, CloudComparison, CloudLine
from exporter.chargeback.decimals import EXACT, quotient
from exporter.chargeback.figures import Sums
from exporter.chargeback.grouping import (
    Key,
    added_up,
    dearest_first,
    of_kind,
    where,
    with_columns,
)
from exporter.chargeback.holders import RowKind
from exporter.chargeback.sums import sums_by
from exporter.cost.cloud import CloudPrice, comparison_of, names_entry, price_list
from exporter.documents.kinds import CloudPricing
from exporter.periods import DAY_SECONDS

_MILLION = Decimal(1_000_000)
#: Prices are in 1e-9 USD for a million tokens.
_PRICE_DIGITS = 15


@dataclass(frozen=True, slots=True)
class _Model:
    """A model's tokens that have a price, and what they cost in USD.

    `cached` are those of which it is known that they were; `all_known` unless rows do not say it.
    """

    name: str
    sums: Sums
    cached: int
    all_known: bool
    own_usd: Decimal
    marginal_usd: Decimal | None
    days: Decimal


def compare_with_cloud(
    lines: pa.Table,
    pricing: CloudPricing,
    usd_rate: Decimal,
    covered_seconds: int,
    *,
    every_entry: bool,
    contracted: bool,
) -> CloudComparison | None:
    """Each model beside the entries that the catalog's comparisons name for it.

    A model of which there is no comparison stands beside the dearest entry for its tokens, which
    saves the most, as in rows; with `every_entry` each stands beside all. Models come dearest
    first, their entries too. Tokens without a price are left out, with what a price list bills
    for them. Where rows do not say how many prompt tokens were cached, none are taken to be.
    `contracted` tells that own costs are prices. Null if no model has tokens.
    """
    models = _models(lines, usd_rate, covered_seconds)
    if not models:
        return None
    return CloudComparison(
        lines=tuple(
            line for model in models for line in _lines(model, pricing, every_entry, contracted)
        ),
        every_entry=every_entry,
        last_verified=pricing.last_verified,
        sources=pricing.sources,
        usd_rate=usd_rate,
    )


def _models(lines: pa.Table, usd_rate: Decimal, covered_seconds: int) -> list[_Model]:
    priced = lines.filter(pc.invert(of_kind(lines, RowKind.UNPRICED)))
    days = EXACT.divide(Decimal(covered_seconds), Decimal(DAY_SECONDS))
    cached = _cached(priced)
    found = [
        _Model(
            key[0],
            sums,
            *cached[key],
            own_usd=EXACT.multiply(sums.cost, usd_rate),
            marginal_usd=_times(sums.marginal, usd_rate),
            days=days,
        )
        for key, sums in sums_by(priced, ("model",)).items()
        if key[0] is not None and sums.tokens > 0
    ]
    return sorted(found, key=lambda model: dearest_first((model.name,), model.sums.cost))


def _cached(lines: pa.Table) -> dict[Key, tuple[int, bool]]:
    """By model, how many prompt tokens were cached, and whether that is known of all of them."""
    unknown = where(pc.is_null(lines["tokens_cached"]), lines["tokens_input"])
    counted = with_columns(lines, {"not_told": unknown})
    return {
        key: (int(sums["tokens_cached"] or 0), not sums["not_told"])
        for key, sums in added_up(counted, ("model",), ("tokens_cached", "not_told"))
    }


def _times(amount: Decimal | None, rate: Decimal) -> Decimal | None:
    return None if amount is None else EXACT.multiply(amount, rate)


def _lines(
    model: _Model, pricing: CloudPricing, every_entry: bool, contracted: bool
) -> list[CloudLine]:
    comparison = comparison_of(model.name, pricing)
    lines = [
        _line(
            model,
            price,
            like=comparison is not None and names_entry(comparison, price),
            contracted=contracted,
        )
        for price in price_list(pricing)
    ]
    # Sorting is stable: of equally dear ones the first of the catalog is the first.
    lines.sort(key=lambda line: line.cloud_usd, reverse=True)
    if every_entry:
        return lines
    return lines[:1] if comparison is None else [line for line in lines if line.like]


def _line(model: _Model, price: CloudPrice, *, like: bool, contracted: bool) -> CloudLine:
    tokens, cloud_usd = model.sums.tokens, _cloud_usd(model, price)
    known, even = _break_even(model, cloud_usd, contracted)
    return CloudLine(
        model=model.name,
        provider=price.provider,
        cloud_model=price.model,
        tier=price.tier,
        like=like,
        upper_bound=not model.all_known,
        tokens_per_day=quotient(Decimal(tokens), model.days),
        utilization=model.sums.utilization,
        cloud_usd=cloud_usd,
        own_usd=model.own_usd,
        marginal_usd=model.marginal_usd,
        cloud_per_million_usd=_per_million(cloud_usd, tokens),
        own_per_million_usd=_per_million(model.own_usd, tokens),
        marginal_per_million_usd=None
        if model.marginal_usd is None
        else _per_million(model.marginal_usd, tokens),
        break_even=known,
        break_even_tokens_per_day=even,
    )


def _cloud_usd(model: _Model, price: CloudPrice) -> Decimal:
    """Exact, at prices for cached tokens where the catalog has them."""
    sums, cached = model.sums, min(model.cached, model.sums.tokens_input)
    nano = (
        (sums.tokens_input - cached) * price.input_nano
        + cached * price.cached_nano
        + sums.tokens_output * price.output_nano
    )
    return EXACT.scaleb(Decimal(nano), -_PRICE_DIGITS)


def _per_million(usd: Decimal, tokens: int) -> Decimal:
    return quotient(EXACT.multiply(usd, _MILLION), tokens)


def _break_even(
    model: _Model, cloud_usd: Decimal, contracted: bool
) -> tuple[BreakEven, int | None]:
    """Tokens a day, rounded up, that pay for what does not depend on them; 0 if it is nothing.

    With tokens t a day: own cost without its marginal part + t × marginal = t × cloud. A contracted
    price is one of a token, so that it has no part that does not depend on them.
    """
    marginal = model.marginal_usd
    if contracted:
        return BreakEven.CONTRACTED, None
    if marginal is None:
        return BreakEven.NOT_KNOWN, None
    if cloud_usd <= marginal:
        return BreakEven.NEVER, None
    fixed = max(EXACT.subtract(model.own_usd, marginal), Decimal(0))
    above = EXACT.multiply(fixed, Decimal(model.sums.tokens))
    below = EXACT.multiply(EXACT.subtract(cloud_usd, marginal), model.days)
    tokens = EXACT.divide(above, below).to_integral_value(ROUND_CEILING, EXACT)
    return BreakEven.KNOWN, int(tokens)
