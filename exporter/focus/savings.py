"""What every row's savings must be, checked once more before rows are made."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.sale import Sale
from exporter.integers import NANO, divide

#: Amounts up to this add and subtract within 64 bits.
_MOST = 2**60


def check_savings(sale: Sale, cloud: CloudEquivalents, usd_rate: Decimal) -> None:
    """Raises ValueError where savings are not cloud cost minus effective cost in US dollars."""
    above, below = usd_rate.as_integer_ratio()
    above, below = above * NANO, below * sale.effective_unit
    for row in _doubtful(sale, cloud, usd_rate):
        savings, cloud_cost = int(cloud.savings_nano_usd[row]), int(cloud.cost_nano_usd[row])
        cost = sale.effective[row]
        if abs((savings - cloud_cost) * below + cost * above) > below:
            raise ValueError(
                f"savings of charge {row} are {savings}e-9, which is not its cloud cost "
                f"{cloud_cost}e-9 minus its cost {cost}/{sale.effective_unit} at {usd_rate} US "
                "dollars"
            )


def _doubtful(sale: Sale, cloud: CloudEquivalents, usd_rate: Decimal) -> Sequence[int]:
    """The compared charges without those that 64 bits show to be right, rounded up or down."""
    own, rate = sale.charges.cost_nano, usd_rate.as_integer_ratio()
    amounts = (own, cloud.cost_nano_usd, cloud.savings_nano_usd)
    most = max(int(np.abs(each).max(initial=0)) for each in amounts)
    doubtful = cloud.compared
    if sale.effective_unit == NANO and max(most, *rate, most * rate[0] // rate[1]) <= _MOST:
        dollars, rest = divide(own, *rate)
        charged = cloud.cost_nano_usd - cloud.savings_nano_usd
        doubtful = doubtful & ((charged < dollars) | (charged > dollars + (rest > 0)))
    rows: list[int] = np.flatnonzero(doubtful).tolist()
    return rows
