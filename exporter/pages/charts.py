"""The charts of one report, each with the sentence that stands for it where nobody can see it.

Large ones are drawn twice, for wide and for narrow pages; the style sheet shows one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from markupsafe import Markup

from exporter.chargeback.decimals import EXACT, share
from exporter.chargeback.figures import BudgetLine, ModelLine, PoolLine
from exporter.pages import bars, small, trend
from exporter.pages.bands import Band
from exporter.pages.bars import Bar
from exporter.pages.days import Day, Missing
from exporter.pages.drawing import Spec, drawing, small_drawing
from exporter.pages.names import readable, shortened
from exporter.pages.numbers import percent_text, rounded

_NAME_SIGNS, _NARROW_NAME_SIGNS = 28, 20
#: Models with bars of their own; the table has all.
MOST_MODELS = 12


def cost_chart(bands: Sequence[Band], whole: Decimal, currency: str) -> Markup:
    """What each of them cost, with its share of the whole."""
    first = next((at for at, band in enumerate(bands) if band.nobodys), len(bands))
    names = ", ".join(f"{band.name.full} {rounded(band.cost, 2)}" for band in bands)

    def drawn(signs: int) -> list[Bar]:
        return [
            Bar(
                label=band.name.within(signs),
                size=band.cost,
                shown=_cost_and_share(band.cost, whole),
                said=f"{band.name.full}: {currency} {_cost_and_share(band.cost, whole)}",
                colour=band.colour,
                gap=at == first,
            )
            for at, band in enumerate(bands)
        ]

    return _both(
        "cost-chart",
        "Cost as bars, dearest first",
        f"In {currency}: {names}.",
        bars.bars_spec(drawn(_NAME_SIGNS), bars.WIDE),
        bars.bars_spec(drawn(_NARROW_NAME_SIGNS), bars.NARROW),
    )


def trend_chart(days: Sequence[Day], bands: Sequence[Band], currency: str) -> Markup:
    """Cost by day."""
    dearest = max(days, key=lambda day: day.cost)
    missing = [f"{day.date}: {day.missing.value}" for day in days if day.missing != Missing.NOTHING]
    described = (
        f"One bar for each day from {days[0].date} to {days[-1].date}, in parts."
        f" The dearest day is {dearest.date} with {currency} {rounded(dearest.cost, 2)}."
        + "".join(f" {words}." for words in missing)
    )
    wide, narrow = (
        trend.trend_spec(days, bands, currency, frame) for frame in (trend.WIDE, trend.NARROW)
    )
    return _both("trend-chart", "Cost by day as stacked bars", described, wide, narrow)


def unit_cost_chart(lines: Sequence[ModelLine], currency: str) -> Markup:
    """Amortized above marginal cost of a million tokens, for the dearest models."""
    priced = [line for line in lines if line.sums.cost_per_million_tokens is not None]
    described = ". ".join(f"{readable(line.model)}: {_both_prices(line)}" for line in priced)
    wide, narrow = (
        bars.bars_spec([bar for line in priced[:MOST_MODELS] for bar in _pair(line, signs)], shape)
        for signs, shape in ((36, bars.WIDE_PAIRS), (_NARROW_NAME_SIGNS, bars.NARROW))
    )
    title = "Amortized and marginal cost per million tokens as bars"
    return _both("unit-cost-chart", title, f"In {currency}. {described}.", wide, narrow)


def model_trend(line: ModelLine, days: Sequence[Day]) -> Markup:
    """The cost of a million tokens by day."""
    said = _said_trend(line.daily_per_million, days, "Cost per million tokens", _price_text)
    low, high = small.trend_domain(line.daily_per_million)
    return small_drawing(small.line_spec(line.daily_per_million, low, high), said, "line")


def pool_trend(line: PoolLine, days: Sequence[Day]) -> Markup:
    """Utilization by day, from nothing to all."""
    said = _said_trend(line.days_utilization, days, "Utilization", percent_text)
    return small_drawing(small.line_spec(line.days_utilization, 0, 1), said, "line")


def pool_bar(line: PoolLine) -> Markup:
    """Used, idle and unobserved cost of a pool."""
    used = EXACT.subtract(EXACT.subtract(line.cost, line.idle_cost), line.unobserved_cost)
    said = (
        f"Used {rounded(used, 2)}, idle {rounded(line.idle_cost, 2)},"
        f" unobserved {rounded(line.unobserved_cost, 2)}"
    )
    return small_drawing(small.pool_spec(line), said, "bar")


def budget_bar(line: BudgetLine) -> Markup:
    """Spend and forecast against the limit."""
    said = f"Spend {rounded(line.spend, 2)} of {rounded(line.limit, 2)}, {_said_forecast(line)}"
    return small_drawing(small.budget_spec(line), said, "bar")


def _said_forecast(line: BudgetLine) -> str:
    if line.over:
        return "the month is over"
    forecast = "not known" if line.forecast is None else rounded(line.forecast, 2)
    return f"forecast to the month's end {forecast}"


def has_trend(values: Sequence[Decimal | None]) -> bool:
    """Whether there is a line to draw: two days with a value."""
    return sum(value is not None for value in values) > 1


def _both(name: str, title: str, described: str, wide: Spec, narrow: Spec) -> Markup:
    return drawing(wide, f"{name}-wide", title, described, "wide") + drawing(
        narrow, f"{name}-narrow", title, described, "narrow"
    )


def _cost_and_share(cost: Decimal, whole: Decimal) -> str:
    ratio = share(cost, whole)
    return rounded(cost, 2) + ("" if ratio is None else f" · {percent_text(ratio)}")


def _pair(line: ModelLine, signs: int) -> tuple[Bar, Bar]:
    amortized = line.sums.cost_per_million_tokens or Decimal(0)
    marginal = line.sums.marginal_per_million_tokens
    name = readable(line.model)
    said = f"{name}: {_both_prices(line)}"
    shown = "not known" if marginal is None else _price_text(marginal)
    used = "" if line.gpu_utilization is None else f" at {percent_text(line.gpu_utilization)}"
    first = _price_text(amortized) + used
    return (
        Bar(shortened(name, signs), amortized, first, said, "c1", gap=True),
        Bar("", marginal or Decimal(0), shown, said, "c2"),
    )


def _both_prices(line: ModelLine) -> str:
    amortized, marginal = line.sums.cost_per_million_tokens, line.sums.marginal_per_million_tokens
    first = "not known" if amortized is None else _price_text(amortized)
    second = "not known" if marginal is None else _price_text(marginal)
    return f"amortized {first}, marginal {second}"


def _price_text(price: Decimal) -> str:
    return rounded(price, 2 if abs(price) >= 1 else 4)


def _said_trend(
    values: Sequence[Decimal | None],
    days: Sequence[Day],
    what: str,
    text: Callable[[Decimal], str],
) -> str:
    known = [(v, day.date) for v, day in zip(values, days, strict=True) if v is not None]
    (first, start), (last, end) = known[0], known[-1]
    low, high = min(known)[0], max(known)[0]
    return (
        f"{what} by day: {text(first)} on {start}, {text(last)} on {end},"
        f" lowest {text(low)}, highest {text(high)}"
    )
