"""Each pool as one charge that its users share, by two examples worked out by hand and by laws.

Example 1. A pool of 8 GPU-hours costs 10.00: chat held 4 hours for 4.00 of hardware and 1.00 of
electricity, search 2 hours for 2.00 and 0.50, and 2 hours were idle for 2.00 and 0.50. Of the
pool's charge chat has 0.4 by hardware and 0.1 by electricity, search and the idle time 0.2 and
0.05 each. An hour of the pool costs 10.00 / 8 = 1.25, so of its 8 hours 4, 2 and 2 are charged.

Example 2. The same with all of the electricity, 2.00, used by search: chat 4.00, search 2.00 and
2.00, idle 2.00 and nothing. The ratios are 0.4 + 0, 0.2 + 0.2, 0.2 + 0, and of the 8 hours 3.2,
3.2 and 1.6 are charged, although chat held 4: 3.2 x 1.25 = 4.00.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.cost.charges import Charges, Kind, Method
from exporter.cost.pool_shares import PoolShares, share_pools
from exporter.documents.kinds import CostProfile
from tests.builders import NANO, make_charges, make_charges_of, make_profile

ATTO = 10**18
RATIO = 10**15
DIGITS = 18


def shared(hours: list[int], hardware: list[int], electricity: list[int], **more: Any) -> Charges:
    """Charges of one pool; whole GPU-hours and 1e-9 of money."""
    return make_charges(
        kind=[Kind.MODEL] * (len(hours) - 1) + [Kind.IDLE],
        gpu_nano_hours=[each * NANO for each in hours],
        amortization_nano=hardware,
        maintenance_nano=0,
        electricity_nano=electricity,
        **more,
    )


def ratios(shares: PoolShares) -> list[tuple[float, float]]:
    pairs = zip(shares.hardware.tolist(), shares.electricity.tolist(), strict=True)
    return [(one / RATIO, other / RATIO) for one, other in pairs]


def test_example_1_cost_and_time_go_together() -> None:
    charges = shared([4, 2, 2], [4 * NANO, 2 * NANO, 2 * NANO], [NANO, NANO // 2, NANO // 2])
    shares = share_pools(charges, DIGITS)

    assert ratios(shares) == [(0.4, 0.1), (0.2, 0.05), (0.2, 0.05)]
    assert [each / ATTO for each in shares.quantity_atto] == [4, 2, 2]
    assert shares.pool_cost_nano.tolist() == [10 * NANO] * 3
    assert shares.pool_nano_hours.tolist() == [8 * NANO] * 3


def test_example_2_the_energy_moves_the_hours_that_are_charged() -> None:
    charges = shared([4, 2, 2], [4 * NANO, 2 * NANO, 2 * NANO], [0, 2 * NANO, 0])
    shares = share_pools(charges, DIGITS)

    assert ratios(shares) == [(0.4, 0), (0.2, 0.2), (0.2, 0)]
    assert [each / ATTO for each in shares.quantity_atto] == [3.2, 3.2, 1.6]


def test_a_pool_that_costs_nothing_is_divided_by_time() -> None:
    shares = share_pools(shared([5, 3], [0, 0], [0, 0]), DIGITS)

    assert ratios(shares) == [(0.625, 0), (0.375, 0)]
    assert shares.by_time.tolist() == [True, True]
    assert [each / ATTO for each in shares.quantity_atto] == [5, 3]


def test_a_pool_of_neither_cost_nor_time_is_divided_equally() -> None:
    shares = share_pools(shared([0, 0], [0, 0], [0, 0]), DIGITS)

    assert ratios(shares) == [(0.5, 0), (0.5, 0)]
    assert shares.quantity_atto == [0, 0]


def test_each_pool_is_a_charge_of_its_own() -> None:
    other = make_profile("l40s-pool")
    charges = shared([1, 1, 2], [NANO, 3 * NANO, NANO], [0, 0, 0])
    charges = make_charges(
        **{name: list(getattr(charges, name)) for name in ("kind", "gpu_nano_hours")},
        amortization_nano=charges.amortization_nano.tolist(),
        maintenance_nano=0,
        electricity_nano=0,
        profile=[make_profile(), other, make_profile()],
    )
    shares = share_pools(charges, DIGITS)

    assert shares.pool.tolist() == [0, 1, 0]
    assert ratios(shares) == [(0.5, 0), (1, 0), (0.5, 0)]


def test_tokens_without_a_pool_stay_by_themselves() -> None:
    shares = share_pools(make_charges_of("model", "unpriced"), DIGITS)

    assert shares.pool.tolist() == [0, -1]
    assert shares.profile[1] is None
    assert shares.hardware[1] == shares.electricity[1] == shares.quantity_atto[1] == 0


def test_a_pool_is_described_by_its_latest_version() -> None:
    def since(moment: str, gpu_model: str) -> CostProfile:
        content = make_profile(gpu_model=gpu_model).model_dump(by_alias=True)
        content["spec"]["validFrom"] = moment
        return CostProfile.model_validate(content)

    old, new = since("2026-01-01", "A100"), since("2026-03-10", "H200")
    for profiles in ([old, new, old], [new, old, old]):
        shares = share_pools(shared([1, 1, 1], [1, 1, 1], [0, 0, 0], profile=profiles), DIGITS)
        assert {each.spec.hardware.gpu_model for each in shares.profile if each} == {"H200"}


def test_a_version_from_always_is_older_than_one_with_a_date() -> None:
    content = make_profile(gpu_model="H200").model_dump(by_alias=True)
    content["spec"]["validFrom"] = "2026-03-10"
    profiles = [CostProfile.model_validate(content), make_profile(gpu_model="A100")]
    shares = share_pools(shared([1, 1], [1, 1], [0, 0], profile=profiles), DIGITS)

    assert {each.spec.hardware.gpu_model for each in shares.profile if each} == {"H200"}


def test_maintenance_is_hardware() -> None:
    charges = make_charges(amortization_nano=0, maintenance_nano=[3, 1], electricity_nano=0)

    assert ratios(share_pools(charges, DIGITS)) == [(0.75, 0), (0.25, 0)]


AMOUNT = st.just(0) | st.integers(1, 10**6) | st.integers(1, 10**16)
ROW = st.tuples(st.integers(0, 2), AMOUNT, AMOUNT, AMOUNT)


@given(st.lists(ROW, min_size=1, max_size=12), st.sampled_from([9, 18]))
def test_shares_add_up_to_the_pool_whatever_it_cost(
    rows: list[tuple[int, int, int, int]], digits: int
) -> None:
    names, hours, hardware, electricity = (list(column) for column in zip(*rows, strict=True))
    charges = make_charges(
        profile=[make_profile(f"pool-{name}") for name in names],
        gpu_nano_hours=hours,
        amortization_nano=hardware,
        maintenance_nano=0,
        electricity_nano=electricity,
    )
    shares = share_pools(charges, digits)

    for pool in set(shares.pool.tolist()):
        of_pool = shares.pool == pool
        together = shares.hardware[of_pool].sum() + shares.electricity[of_pool].sum()
        assert together == RATIO
        quantities = [q for q, inside in zip(shares.quantity_atto, of_pool, strict=True) if inside]
        assert sum(quantities) == int(charges.gpu_nano_hours[of_pool].sum()) * NANO
        assert min(quantities) >= 0
    assert all(each % 10 ** (18 - digits) == 0 for each in shares.quantity_atto)


@pytest.mark.parametrize("digits", [9, 18])
def test_an_hour_of_a_pool_has_one_price(digits: int) -> None:
    """Cost ÷ quantity is the same for all who share, to the digits that quantities have."""
    charges = shared([4, 2, 1], [4 * NANO, 2 * NANO, NANO], [7, 2 * NANO, NANO // 3])
    shares = share_pools(charges, digits)

    price = int(shares.pool_cost_nano[0]) / int(shares.pool_nano_hours[0])
    for cost, quantity in zip(charges.cost_nano.tolist(), shares.quantity_atto, strict=True):
        assert quantity / ATTO * price == pytest.approx(cost / NANO, rel=1e-8)


def test_unpriced_charges_alone_have_no_pool() -> None:
    shares = share_pools(make_charges(method=Method.UNPRICED, profile=None), DIGITS)

    assert np.array_equal(shares.pool, [-1])
