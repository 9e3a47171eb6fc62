"""What the same tokens would have cost elsewhere; prices are dollars per million tokens."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.cost.charges import Charges, Method
from exporter.cost.cloud import compare
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.sale import SalesTerms, sell
from exporter.documents.kinds import CloudPricing
from exporter.documents.rate_card import RateCard
from exporter.errors import PeriodError
from exporter.focus.savings import check_savings
from tests.builders import make_charges, make_charges_of

NANO = 10**9
ONE = Decimal(1)
Entry = tuple[str, float, float, float | None]


def make_pricing(
    *entries: Entry, tiers: dict[str, str] | None = None, comparisons: Any = ()
) -> CloudPricing:
    """Entries are (`provider/model`, input, output, cached price or None)."""
    providers: dict[str, list[dict[str, Any]]] = {}
    for name, prompt, answer, cached in entries:
        provider, model = name.split("/")
        entry = {"model": model, "inputPerMillion": prompt, "outputPerMillion": answer}
        entry["cachedInputPerMillion"] = cached
        entry["tier"] = (tiers or {}).get(name)
        providers.setdefault(provider, []).append(entry)
    return CloudPricing.model_validate(
        {
            "lastVerified": "2026-03-01",
            "providers": [{"provider": p, "models": models} for p, models in providers.items()],
            "comparisons": [{"models": glob, "with": with_} for glob, with_ in comparisons],
        }
    )


MINI: Entry = ("openai/mini", 0.15, 0.6, 0.075)
LARGE: Entry = ("openai/large", 2.5, 10.0, None)


def served(tokens: tuple[int, int, int] = (1_500_000, 500_000, 300_000), **changes: Any) -> Charges:
    """Input, output and cached tokens of a charge that costs 0.50."""
    values = {
        "tokens_input": tokens[0],
        "tokens_output": tokens[1],
        "tokens_cached": tokens[2],
        "amortization_nano": NANO // 2,
        "maintenance_nano": 0,
        "electricity_nano": 0,
    }
    return make_charges(**(values | changes))


def only(found: CloudEquivalents) -> tuple[str | None, str | None, int, int]:
    assert found.compared.tolist() == [True]
    return (
        found.provider[0],
        found.model[0],
        int(found.cost_nano_usd[0]),
        int(found.savings_nano_usd[0]),
    )


def test_cached_tokens_have_their_own_price() -> None:
    """1.2 M x 0.15 + 0.3 M x 0.075 + 0.5 M x 0.60 = 0.18 + 0.0225 + 0.30 = 0.5025; saves 0.0025."""
    found = only(compare(sell(served()), make_pricing(MINI), ONE))
    assert found == ("openai", "mini", 502_500_000, 2_500_000)


def test_cached_tokens_without_a_price_cost_as_input() -> None:
    """1.5 M x 2.50 + 0.5 M x 10 = 3.75 + 5 = 8.75."""
    found = only(compare(sell(served()), make_pricing(LARGE), ONE))
    assert found == ("openai", "large", 8_750_000_000, 8_250_000_000)


def test_a_cached_price_of_nothing_is_a_price() -> None:
    """1.2 M x 2.50 + 0 + 0.5 M x 10 = 8."""
    found = only(compare(sell(served()), make_pricing(("a/b", 2.5, 10, 0)), ONE))
    assert found[2] == 8_000_000_000


def test_never_more_tokens_are_cached_than_came_in() -> None:
    """100 in and 900 cached, which an hour's edge can show: 100 x 0.075 per million."""
    found = only(compare(sell(served((100, 0, 900))), make_pricing(MINI), ONE))
    assert found[2] == 7_500


def test_the_entry_with_the_highest_savings_stands_for_all() -> None:
    """0.5025 against 8.75: the dearer one saves more."""
    assert only(compare(sell(served()), make_pricing(MINI, LARGE), ONE))[1] == "large"
    assert only(compare(sell(served()), make_pricing(LARGE, MINI), ONE))[1] == "large"


def test_which_entry_is_best_depends_on_the_tokens() -> None:
    """Much input: 3 M x 1 = 3 against 2; much output: 3 M x 0.5 = 1.5 against 6."""
    pricing = make_pricing(("a/reader", 1, 0.5, None), ("a/writer", 0.6, 2, None))
    charges = make_charges(
        tokens_input=[3_000_000, 0], tokens_output=[0, 3_000_000], tokens_cached=[0, 0]
    )
    found = compare(sell(charges), pricing, ONE)
    assert found.model == ["reader", "writer"]
    assert found.cost_nano_usd.tolist() == [3 * NANO, 6 * NANO]


def test_the_first_of_equal_entries_is_taken() -> None:
    pricing = make_pricing(("b/same", 1, 1, None), ("a/same", 1, 1, None))
    assert only(compare(sell(served()), pricing, ONE))[0] == "b"


@given(
    st.lists(
        st.tuples(*[st.sampled_from([0, 0.001, 0.002, 0.0020001, 1, 2.5])] * 3),
        min_size=1,
        max_size=5,
    ),
    st.tuples(*[st.integers(0, 3)] * 3),
)
def test_the_best_entry_is_the_first_of_the_dearest_after_rounding(
    entries: list[tuple[float, float, float]], tokens: tuple[int, int, int]
) -> None:
    """Also where prices of few tokens differ by less than rounding shows."""
    names = [(f"p/{i}", *prices) for i, prices in enumerate(entries)]
    given, produced, stored = tokens
    reused = min(stored, given)
    costs = [
        round(
            (
                (given - reused) * Fraction(str(fresh))
                + reused * Fraction(str(cached))
                + produced * Fraction(str(answer))
            )
            * 1000
        )
        for fresh, answer, cached in entries
    ]

    found = compare(sell(served(tokens)), make_pricing(*names), ONE)

    assert found.cost_nano_usd.tolist() == [max(costs) if given + produced else 0]
    best = str(costs.index(max(costs))) if given + produced else None
    assert list(found.model) == [best]


def test_a_free_entry_is_an_entry() -> None:
    """It costs 0 and saves minus the own cost of 0.50."""
    found = only(compare(sell(served()), make_pricing(("a/free", 0, 0, None)), ONE))
    assert found == ("a", "free", 0, -500_000_000)


def test_costs_are_rounded_once_half_to_even() -> None:
    """At 0.0005 per million a token costs 0.5e-9: 1 is 0, 3 is 2, and 1 + 1 + 1 are 2, not 0."""
    pricing = make_pricing(("a/b", 0.0005, 0.0005, 0.0005))
    tokens = [(1, 0, 0), (3, 0, 0), (2, 1, 1), (5, 0, 0)]
    costs = [only(compare(sell(served(one)), pricing, ONE))[2] for one in tokens]
    assert costs == [0, 2, 2, 2]


def test_own_cost_is_changed_into_dollars() -> None:
    """0.50 at 1.08 dollars: 0.54; 8.75 - 0.54 = 8.21. A third of a nano at 0.9 is rounded."""
    assert only(compare(sell(served()), make_pricing(LARGE), Decimal("1.08")))[3] == 8_210_000_000
    odd = served(amortization_nano=7)
    assert only(compare(sell(odd), make_pricing(("a/free", 0, 0, None)), Decimal("0.9")))[3] == -6


@pytest.mark.parametrize("rate", ["0.0000393701", "0.92123456789", "0.000000000012345678901234567"])
def test_the_rate_keeps_all_its_digits(rate: str) -> None:
    """A dong at 0.0000393701 dollars: 2 x 10**9 of them cost 78 740.20, not 78 740.00."""
    charges = served(amortization_nano=2 * 10**18)
    found = compare(sell(charges), make_pricing(MINI), Decimal(rate))
    own = round(2 * 10**18 * Fraction(rate))
    assert found.savings_nano_usd.tolist() == [502_500_000 - own]
    check_savings(sell(charges), found, Decimal(rate))


def test_charges_without_tokens_save_minus_their_cost() -> None:
    """Idle, unobserved and rollup: compared with nobody, cloud cost 0, so that sums stay true."""
    charges = make_charges_of("rollup", "idle", "unobserved", amortization_nano=2 * NANO)
    found = compare(sell(charges), make_pricing(MINI), ONE)
    assert found.compared.all()
    assert found.provider == [None] * 3
    assert found.cost_nano_usd.tolist() == [0] * 3
    assert (found.savings_nano_usd == -charges.cost_nano).all()


def test_unpriced_tokens_are_not_compared() -> None:
    """Their own cost is not known to be 0: a saving would be invented."""
    charges = make_charges_of("model", "unpriced")
    found = compare(sell(charges), make_pricing(MINI), ONE)
    assert found.compared.tolist() == [True, False]
    assert charges.method.tolist() == [Method.GPU_TIME, Method.UNPRICED]


@pytest.mark.parametrize(
    ("model", "best"),
    [
        pytest.param("llama-8b", "mini", id="named entry"),
        pytest.param("llama-70b", "large", id="first comparison that fits"),
        pytest.param("qwen-7b", "mini", id="tier"),
        pytest.param("Qwen-7b", "huge", id="globs tell case apart"),
        pytest.param("phi", "huge", id="no comparison: every entry"),
    ],
)
def test_comparisons_say_what_is_compared_with_what(model: str, best: str) -> None:
    huge: Entry = ("anthropic/huge", 15.0, 75.0, None)
    pricing = make_pricing(
        *(MINI, LARGE, huge),
        tiers={"openai/mini": "small", "openai/large": "mid"},
        comparisons=[
            ("llama-8b", ["openai/mini"]),
            ("llama-*", ["mid"]),
            ("llama-70b", ["anthropic/huge"]),
            ("qwen-*", ["small", "openai/mini"]),
        ],
    )
    assert only(compare(sell(served(model=model)), pricing, ONE))[1] == best


def test_tiers_are_not_mistaken_for_one_another() -> None:
    """An entry without a tier is in no comparison by tier."""
    comparisons = [("*", ["small"])]
    pricing = make_pricing(MINI, LARGE, tiers={MINI[0]: "small"}, comparisons=comparisons)
    assert only(compare(sell(served()), pricing, ONE))[1] == "mini"


def test_a_comparison_without_entries_compares_with_nothing() -> None:
    """No cloud and no savings; without a comparison of its own the model had the dearest entry."""
    pricing = make_pricing(MINI, LARGE, comparisons=[("bge-*", [])])
    found = compare(sell(served(model="bge-m3")), pricing, ONE)
    assert (found.compared.tolist(), found.provider, found.model) == ([False], [None], [None])
    assert only(compare(sell(served(model="llama")), pricing, ONE))[1] == "large"


PRICES = st.decimals(0, 1000, places=6).map(float)
TOKENS = st.integers(0, 10**13)


@given(PRICES, PRICES, st.one_of(st.none(), PRICES), TOKENS, TOKENS, TOKENS, st.integers(0, 10**15))
def test_the_cloud_cost_is_the_exact_sum_rounded(
    given: float, produced: float, cached: float | None, n: int, m: int, k: int, own: int
) -> None:
    charges = served((n, m, k), amortization_nano=own)
    found = compare(
        sell(charges), make_pricing(("a/b", given, produced, cached)), Decimal("1.0835")
    )
    price = [Fraction(Decimal(repr(p))) for p in (given, given if cached is None else cached)]
    k = min(k, n)
    exact = (n - k) * price[0] + k * price[1] + m * Fraction(Decimal(repr(produced)))
    cost = round(exact * NANO / 10**6)
    assert found.cost_nano_usd.tolist() == [cost]
    assert found.savings_nano_usd.tolist() == [cost - round(own * Fraction("1.0835"))]


def test_input_and_output_priced_apart_are_compared_with_one_entry() -> None:
    """The dearest one for both together: 1.5 x 9 + 0.5 x 1 = 14, against 1.5 x 1 + 0.5 x 9 = 6."""
    apart = [{"model": "*", "inputPerMillion": 1, "outputPerMillion": 1}]
    card = RateCard.model_validate({"currency": "USD", "gpuHour": 1, "models": apart})
    sale = sell(served(), SalesTerms(card))

    found = compare(sale, make_pricing(("a/reader", 9, 1, None), ("b/writer", 1, 9, None)), ONE)

    assert list(found.model) == ["reader", "reader"]
    assert found.cost_nano_usd.tolist() == [13_500_000_000, 500_000_000]


def test_savings_are_against_what_is_billed_in_dollars() -> None:
    """2 x 0.75 of the billing currency at 1.1 dollars is 1.65 dollars."""
    flat = [{"model": "*", "listPerMillionTokens": 0.75}]
    card = RateCard.model_validate({"currency": "EUR", "gpuHour": 1, "models": flat})
    sale = sell(served(), SalesTerms(card, contracted=True))

    found = compare(sale, make_pricing(("a/b", 2, 2, None)), Decimal("1.1"))

    assert found.savings_nano_usd.tolist() == [4_000_000_000 - 1_650_000_000]


def test_a_cost_that_cannot_be_counted_fails_its_period() -> None:
    flat = [{"model": "*", "listPerMillionTokens": 10**9}]
    card = RateCard.model_validate({"currency": "USD", "gpuHour": 1, "models": flat})
    charges = served((10**13, 0, 0))

    with pytest.raises(PeriodError, match="more than the 4611686018 that can be counted"):
        compare(sell(charges, SalesTerms(card, contracted=True)), make_pricing(MINI), ONE)
