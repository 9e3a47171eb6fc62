from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from exporter.cost.charges import Charges
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.sale import Sale, sell
from exporter.focus.savings import check_savings
from tests.builders import make_charges, make_cloud


def sale_and_cloud(rate: str) -> tuple[Sale, CloudEquivalents]:
    """Costs in and around whole cents, at a rate; nothing of it would cost anything in a cloud."""
    amounts = [0, 1, 3, 7_000_000_007]
    charges: Charges = make_charges(
        amortization_nano=amounts, maintenance_nano=0, electricity_nano=0
    )
    sale = sell(charges)
    own = [round(cost * Decimal(rate)) for cost in amounts]
    nothing = np.zeros(len(own), np.int64)
    return sale, make_cloud(sale, cost_nano_usd=nothing, savings_nano_usd=-np.array(own))


RATES = ["1", "1.0837", "0.000000000000000000001", "123456789"]


@pytest.mark.parametrize("rate", RATES)
def test_savings_are_minus_the_cost_in_dollars_where_a_cloud_costs_nothing(rate: str) -> None:
    check_savings(*sale_and_cloud(rate), Decimal(rate))


@pytest.mark.parametrize("wrong_by", [2, -2, 10**15])
@pytest.mark.parametrize("rate", RATES)
def test_savings_that_are_wrong_are_named(rate: str, wrong_by: int) -> None:
    sale, cloud = sale_and_cloud(rate)
    wrong = replace(cloud, savings_nano_usd=cloud.savings_nano_usd + np.array([0, 0, wrong_by, 0]))

    with pytest.raises(ValueError, match=r"^savings of charge 2 are "):
        check_savings(sale, wrong, Decimal(rate))


def test_nobody_asks_for_the_savings_of_charges_that_are_not_compared() -> None:
    sale, cloud = sale_and_cloud("1")
    nothing = np.zeros(len(sale), np.bool_)

    check_savings(sale, replace(cloud, savings_nano_usd=nothing + 5, compared=nothing), Decimal(1))
