"""How charges are sold, by two examples worked out by hand and by the laws of prices.

Example 1. Namespace chat used 1,500,000 input and 1,000,000 output tokens, which cost 5.00 of
hardware, 0.75 of maintenance and 0.250000001 of electricity. The card asks 0.50 for a million
input and 1.50 for a million output tokens, chat has 10 % off. Both kinds weigh the same, so the
input has 1.5 of 2.5 parts of the cost: 3.00, 0.45, and of the electricity 0.1500000006, rounded
down to 0.150000000; the output has 2.00, 0.30 and 0.1000000004, rounded down; the residue of
0.000000001 goes to the larger one, the input.

    input:  1.5 x 0.50 = 0.75    1.5 x 0.45 = 0.675    cost 3.600000001
    output: 1.0 x 1.50 = 1.50    1.0 x 1.35 = 1.35     cost 2.40

Example 2. A price of 0.123456789 with 12.5 % off is 0.108024690375, rounded half to even at nine
digits 0.108024690; 7 tokens cost 0.000007 x 0.108024690 = 0.00000075617283 to the last digit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.cost.charges import Charges, Meter
from exporter.cost.sale import Sale, SalesTerms, sell
from exporter.documents.kinds import CostProfile
from exporter.documents.rate_card import RateCard
from tests.builders import KINDS, NANO, make_charges, make_charges_of, make_profile

ATTO = 10**18
APART = {"model": "llama*", "inputPerMillion": 0.5, "outputPerMillion": 1.5}
FLAT = {"model": "*", "listPerMillionTokens": 1.25}


def make_card(*models: dict[str, Any], **changes: Any) -> RateCard:
    values = {"currency": "USD", "gpuHour": 2.5, "models": [*models, FLAT], **changes}
    return RateCard.model_validate(values)


def weighing(given_tokens: float, produced: float) -> CostProfile:
    profile = make_profile()
    weights = {"tokenWeights": {"input": given_tokens, "output": produced}}
    content = profile.model_dump(by_alias=True)
    content["spec"]["allocation"] = weights
    return CostProfile.model_validate(content)


def sold(charges: Charges, *models: dict[str, Any], **changes: Any) -> Sale:
    return sell(charges, SalesTerms(make_card(*models, **changes)))


def amounts(sale: Sale) -> list[tuple[Decimal, Decimal]]:
    """List and contracted amounts."""
    assert sale.prices is not None
    pairs = zip(sale.prices.list_atto, sale.prices.contracted_atto, strict=True)
    return [(Decimal(a).scaleb(-18), Decimal(b).scaleb(-18)) for a, b in pairs]


def test_example_1_input_and_output_are_sold_apart() -> None:
    sale = sold(make_charges(), APART, contracts=[{"namespace": "chat", "discountPercent": 10}])

    assert sale.charges.meter.tolist() == [Meter.INPUT, Meter.OUTPUT]
    assert amounts(sale) == [
        (Decimal("0.75"), Decimal("0.675")),
        (Decimal("1.5"), Decimal("1.35")),
    ]
    assert sale.charges.cost_nano.tolist() == [3_600_000_001, 2_400_000_000]
    assert sale.charges.tokens_input.tolist() == [1_500_000, 0]
    assert sale.charges.tokens_output.tolist() == [0, 1_000_000]
    assert sale.charges.tokens_cached.tolist() == [300_000, 0]
    assert sale.charges.requests.tolist() == [0, 1_600]


def test_example_2_a_discounted_price_is_rounded_before_it_is_multiplied() -> None:
    charges = make_charges(tokens_input=7, tokens_output=0, tokens_cached=0)
    price = {"model": "llama*", "listPerMillionTokens": Decimal("0.123456789")}
    sale = sold(charges, price, contracts=[{"namespace": "chat", "discountPercent": 12.5}])

    assert sale.prices is not None
    assert sale.prices.contracted_nano.tolist() == [108_024_690]
    assert amounts(sale)[0][1] == Decimal("0.00000075617283")


@pytest.mark.parametrize(
    ("discount", "nano"), [("50", 2), ("100", 0), ("0", 5), ("30", 4), ("10", 4), ("70", 2)]
)
def test_a_half_is_rounded_to_the_even_digit(discount: str, nano: int) -> None:
    """5e-9 less 50 % is 2.5e-9 and becomes 2e-9; less 30 % it is 3.5e-9 and becomes 4e-9."""
    price = {"model": "llama*", "listPerMillionTokens": Decimal("5e-9")}
    contract = {"namespace": "chat", "discountPercent": Decimal(discount)}
    sale = sold(make_charges(), price, contracts=[contract])

    assert sale.prices is not None
    assert sale.prices.contracted_nano.tolist() == [nano]


def test_the_first_entry_that_matches_a_model_counts() -> None:
    dear = {"model": "llama-3.1*", "listPerMillionTokens": 9}
    assert amounts(sold(make_charges(), dear, APART))[0][0] == Decimal("22.5")
    assert len(sold(make_charges(), APART, dear)) == 2


def test_a_model_of_no_other_entry_has_the_price_of_all() -> None:
    assert amounts(sold(make_charges(model="qwen"), APART))[0][0] == Decimal("3.125")


def test_rows_without_tokens_are_sold_by_the_gpu_hour() -> None:
    contracts = [{"namespace": "chat", "discountPercent": 20}]
    sale = sold(make_charges_of("rollup", "idle", "unobserved"), APART, contracts=contracts)

    assert amounts(sale) == [
        (Decimal(10), Decimal(8)),  # 4 hours of 2.50, chat has 20 % off
        (Decimal(10), Decimal(10)),
        (Decimal(10), Decimal(10)),
    ]


def test_a_contracted_price_of_tokens_is_that_of_input_and_output_and_of_no_gpu_hour() -> None:
    contracts = [{"namespace": "chat", "perMillionTokens": 0.2}]
    sale = sold(make_charges_of("model", "rollup"), APART, contracts=contracts)

    assert [contracted for _, contracted in amounts(sale)] == [
        Decimal("0.3"),
        Decimal("0.2"),
        Decimal(10),
    ]


def test_another_namespace_has_no_contract() -> None:
    contracts = [{"namespace": "search", "discountPercent": 90}]
    sale = sold(make_charges(), contracts=contracts)

    assert amounts(sale) == [(Decimal("3.125"), Decimal("3.125"))]


def test_tokens_on_unknown_gpus_have_a_price_and_no_cost() -> None:
    sale = sold(make_charges_of("unpriced"), APART)

    assert [listed for listed, _ in amounts(sale)] == [Decimal("0.75"), Decimal("1.5")]
    assert list(sale.effective) == [0, 0]


@pytest.mark.parametrize(("given_tokens", "produced"), [(1_500_000, 0), (0, 1_000_000)])
def test_tokens_of_one_kind_make_one_row_with_everything(given_tokens: int, produced: int) -> None:
    charges = make_charges(tokens_input=given_tokens, tokens_output=produced, tokens_cached=0)
    sale = sold(charges, APART)

    assert len(sale) == 1
    assert sale.charges.cost_nano.tolist() == charges.cost_nano.tolist()
    assert sale.charges.requests.tolist() == [1_600]


def test_token_weights_split_the_cost_of_input_and_output() -> None:
    """1,500,000 x 1 and 1,000,000 x 3 are 1.5 and 3 parts of 4.5."""
    sale = sold(make_charges(profile=weighing(1, 3), electricity_nano=0), APART)

    assert sale.charges.amortization_nano.tolist() == [1_666_666_666, 3_333_333_334]
    assert sale.charges.maintenance_nano.tolist() == [250_000_000, 500_000_000]


@pytest.mark.parametrize(
    ("weights", "tokens_output", "cost"),
    [((0, 0), 500_000, [4_500_000_001, 1_500_000_000]), ((0, 5), 0, [6_000_000_001])],
)
def test_weights_that_leave_nothing_count_plain_tokens(
    weights: tuple[int, int], tokens_output: int, cost: list[int]
) -> None:
    charges = make_charges(profile=weighing(*weights), tokens_output=tokens_output)

    assert sold(charges, APART).charges.cost_nano.tolist() == cost


def test_output_alone_keeps_the_cached_tokens_of_its_charge() -> None:
    """Counters of one hour may show the hit and not yet the prompt."""
    sale = sold(make_charges(tokens_input=0, tokens_cached=1_800), APART)

    assert sale.charges.tokens_cached.tolist() == [1_800]


def test_capitals_of_a_glob_count() -> None:
    assert amounts(sold(make_charges(model="Llama"), APART))[0][0] == Decimal("3.125")


def test_shares_of_a_pool_are_not_cut_into_input_and_output() -> None:
    charges = make_charges_of("model", "idle")
    sale = sell(charges, SalesTerms(make_card(APART), by_pool=True))

    assert sale.charges.meter.tolist() == [Meter.ALL, Meter.ALL]
    assert not sale.in_tokens.any()


@pytest.mark.parametrize("contracted", [False, True])
def test_quantities_of_shares_have_the_digits_that_keep_products_whole(contracted: bool) -> None:
    charges = make_charges(amortization_nano=[1, 1, 1], gpu_nano_hours=[NANO, 0, 0])
    card = SalesTerms(make_card(), contracted=contracted, by_pool=True)
    with_card, at_cost = sell(charges, card).shares, sell(charges, SalesTerms(by_pool=True)).shares

    assert with_card is not None
    assert at_cost is not None
    assert all(each % NANO == 0 for each in with_card.quantity_atto)
    assert any(each % NANO for each in at_cost.quantity_atto)


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=12), st.integers(1, 3 * NANO))
def test_billed_shares_are_what_their_ratios_say(costs: list[int], hours: int) -> None:
    """Whatever is rounded to the nine digits of a quantity is in the ratios, too."""
    charges = make_charges(
        amortization_nano=costs,
        maintenance_nano=0,
        electricity_nano=costs[::-1],
        gpu_nano_hours=[hours, *[0] * (len(costs) - 1)],
        active_nano_hours=0,
    )
    sale = sell(charges, SalesTerms(make_card(), contracted=True, by_pool=True))

    assert sale.shares is not None
    whole = sum(sale.effective)
    ratios = (sale.shares.hardware + sale.shares.electricity).tolist()
    for billed, ratio in zip(sale.effective, ratios, strict=True):
        assert abs(billed * 10**15 - whole * ratio) <= 16 * whole


def test_what_is_billed_is_the_cost_unless_contracted_prices_are() -> None:
    charges, card = make_charges(model="qwen"), make_card()
    at_cost, at_price = (sell(charges, SalesTerms(card, contracted=c)) for c in (False, True))

    assert Decimal(at_cost.effective[0]) / at_cost.effective_unit == Decimal("6.000000001")
    assert Decimal(at_price.effective[0]) / at_price.effective_unit == Decimal("3.125")
    assert sell(charges).effective == at_cost.effective


COUNTS = st.integers(0, 10**12)
AMOUNTS = st.integers(0, 10**15)


@given(
    st.lists(st.tuples(COUNTS, COUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=6),
    st.sampled_from([(1, 1), (1, 4), (0, 0), (0.3, 0.7)]),
)
def test_telling_input_and_output_apart_loses_nothing(
    rows: list[tuple[int, int, int, int]], weights: tuple[float, float]
) -> None:
    given_tokens, produced, money, hours = (list(column) for column in zip(*rows, strict=True))
    charges = make_charges(
        profile=weighing(*weights),
        tokens_input=given_tokens,
        tokens_output=produced,
        tokens_cached=[0] * len(rows),
        amortization_nano=money,
        gpu_nano_hours=hours,
        active_nano_hours=[0] * len(rows),
    )
    sale = sold(charges, APART)

    for name in ("cost_nano", "tokens_input", "tokens_output", "requests", "gpu_nano_hours"):
        parts = np.zeros(len(charges), np.int64)
        np.add.at(parts, sale.whole, getattr(sale.charges, name))
        assert parts.tolist() == getattr(charges, name).tolist(), name
    assert (sale.charges.cost_nano >= 0).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("by_pool", [False, True])
def test_price_times_quantity_is_the_amount_to_the_last_digit(kind: str, by_pool: bool) -> None:
    card = make_card(APART, contracts=[{"namespace": "chat", "discountPercent": 33.3}])
    sale = sell(make_charges_of(kind, "idle"), SalesTerms(card, by_pool=by_pool))

    assert sale.prices is not None
    for row in range(len(sale)):
        if sale.shares is not None and sale.shares.pool[row] >= 0:
            quantity = sale.shares.quantity_atto[row] // NANO
        elif sale.in_tokens[row]:
            quantity = int(sale.charges.tokens[row]) * 1000
        else:
            quantity = int(sale.charges.gpu_nano_hours[row])
        assert sale.prices.list_atto[row] == int(sale.prices.list_nano[row]) * quantity
        assert sale.prices.contracted_atto[row] == int(sale.prices.contracted_nano[row]) * quantity
