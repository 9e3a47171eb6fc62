"""What every row's savings must be, checked once more before rows are made."""

from __future__ import annotations

from decimal import Decimal

from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.sale import Sale
from exporter.integers import NANO


def check_savings(sale: Sale, cloud: CloudEquivalents, usd_rate: Decimal) -> None:
    """Raises ValueError where savings are not cloud cost minus effective cost in US dollars."""
    above, below = usd_rate.as_integer_ratio()
    above, below = above * NANO, below * sale.effective_unit
    amounts = zip(
        cloud.compared.tolist(),
        cloud.savings_nano_usd.tolist(),
        cloud.cost_nano_usd.tolist(),
        sale.effective,
        strict=True,
    )
    for row, (compared, savings, cloud_cost, cost) in enumerate(amounts):
        if compared and abs((savings - cloud_cost) * below + cost * above) > below:
            raise ValueError(
                f"savings of charge {row} are {savings}e-9, which is not its cloud cost "
                f"{cloud_cost}e-9 minus its cost {cost}/{sale.effective_unit} at {usd_rate} US "
                "dollars"
            )
