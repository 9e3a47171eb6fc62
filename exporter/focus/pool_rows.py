"""The cells of rows that are shares of their pool's charge (FOCUS split cost allocation, 1.3+).

The charge that is split is the pool's: resource, SKU, sub-account and tags are those of the pool,
and whoever had a share stands in the Allocated* columns alone. Idle and unobserved time is the
remainder, without AllocatedResourceId.
"""

from __future__ import annotations

from collections.abc import Sequence

from exporter.cost.charges import Charges, Kind
from exporter.cost.pool_shares import RATIO_DIGITS, PoolShares
from exporter.cost.sale import Sale
from exporter.documents.kinds import CostProfile
from exporter.focus.cells import Cell
from exporter.focus.context import RowContext
from exporter.focus.decimals import NANO_DIGITS, PRICE_DIGITS, from_python_integers, quotients
from exporter.focus.names import allocated_ids, kinds, period_text, resource_names
from exporter.focus.quantities import GPU_HOURS
from exporter.focus.tags import allocated_tags, pool_tags
from exporter.integers import plain_decimal

#: AllocatedMethodId by whether the pool cost nothing and whether idle cost was spread.
METHODS = {
    (False, False): "cost-by-gpu-time-and-energy",
    (False, True): "cost-by-gpu-time-and-energy-idle-shared",
    (True, False): "gpu-time",
    (True, True): "gpu-time-idle-shared",
}
POOL = "__pool__"  #: no namespace can be called so

_REMAINDER = (Kind.IDLE, Kind.UNOBSERVED)


def share_cells(sale: Sale, shares: PoolShares, context: RowContext) -> dict[str, Cell]:
    """What is different from ordinary rows; null at charges that have no pool."""
    charges, profiles = sale.charges, shares.profile
    remainder = [kind in _REMAINDER for kind in kinds(charges)]
    return {
        **_pool_cells(charges, shares, context),
        **_quantity_cells(sale, shares),
        "AllocatedMethodId": _methods(shares, context),
        "AllocatedMethodDetails": _details(charges, shares),
        "AllocatedResourceId": _unless(remainder, profiles, allocated_ids(charges, context)),
        "AllocatedResourceName": _unless(remainder, profiles, resource_names(charges)),
        "AllocatedTags": _unless(remainder, profiles, allocated_tags(charges, context)),
    }


def _unless(
    remainder: Sequence[bool], profiles: Sequence[CostProfile | None], texts: Sequence[str | None]
) -> list[str | None]:
    """The texts of charges that somebody had; null for the remainder and outside pools."""
    rows = zip(remainder, profiles, texts, strict=True)
    return [None if left or profile is None else text for left, profile, text in rows]


def _pool_cells(charges: Charges, shares: PoolShares, context: RowContext) -> dict[str, Cell]:
    profiles = shares.profile
    skus = [None if each is None else each.spec.hardware.gpu_model for each in profiles]
    period = period_text(context.period)
    return {
        "ResourceId": [_pool_id(each, context) for each in profiles],
        "ResourceName": [None if each is None else each.name for each in profiles],
        "ResourceType": "GPU Pool",
        "ChargeDescription": [
            None if each is None else f"GPU pool {each.name} for period {period}"
            for each in profiles
        ],
        "SkuId": skus,
        "SkuPriceId": skus,
        "SubAccountId": None,
        "SubAccountName": None,
        "SubAccountType": None,
        "Tags": [None if each is None else pool_tags(each, context) for each in profiles],
        **_places(charges, shares, context),
    }


def _pool_id(profile: CostProfile | None, context: RowContext) -> str | None:
    if profile is None:
        return None
    names = (context.cluster, POOL, profile.namespace, profile.name)
    return "/".join(name for name in names if name)


def _places(charges: Charges, shares: PoolShares, context: RowContext) -> dict[str, Cell]:
    """Region and zone that all charges of the pool agree in, unless they are configured."""
    cells: dict[str, Cell] = {}
    if context.region_id is None:
        region = _agreed(charges.region, shares)
        cells |= {"RegionId": region, "RegionName": region}
    if context.availability_zone is None:
        cells["AvailabilityZone"] = _agreed(charges.zone, shares)
    return cells


def _agreed(places: Sequence[str | None], shares: PoolShares) -> list[str | None]:
    pools = shares.pool.tolist()
    known: dict[int, set[str | None]] = {}
    for pool, place in zip(pools, places, strict=True):
        known.setdefault(pool, set()).add(place)
    return [next(iter(known[pool])) if len(known[pool]) == 1 else None for pool in pools]


def _quantity_cells(sale: Sale, shares: PoolShares) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        "PricingQuantity": from_python_integers(shares.quantity_atto, PRICE_DIGITS)
    }
    if sale.prices is None:
        price = from_python_integers(
            quotients(shares.pool_cost_nano, shares.pool_nano_hours, 10**PRICE_DIGITS),
            PRICE_DIGITS,
        )
        names = ("ListUnitPrice", "ContractedUnitPrice")
        cells |= {f"{start}{name}": price for name in names for start in ("", "PricingCurrency")}
    return cells


def _methods(shares: PoolShares, context: RowContext) -> list[str | None]:
    rows = zip(shares.profile, shares.by_time.tolist(), strict=True)
    return [
        None if profile is None else METHODS[by_time, context.idle_shared]
        for profile, by_time in rows
    ]


def _details(charges: Charges, shares: PoolShares) -> list[str | None]:
    """One element for the hardware, by GPU-time, and one for the electricity, by energy."""
    rows = zip(
        shares.profile,
        shares.hardware.tolist(),
        charges.gpu_nano_hours.tolist(),
        shares.electricity.tolist(),
        charges.energy_nano_kwh.tolist(),
        strict=True,
    )
    return [
        None
        if profile is None
        else '{"Elements":['
        + _element("hardware", hardware, GPU_HOURS, hours)
        + ","
        + _element("electricity", electricity, "Kilowatt-Hours", energy)
        + "]}"
        for profile, hardware, hours, electricity, energy in rows
    ]


def _element(component: str, ratio: int, unit: str, nano: int) -> str:
    """JSON with numbers of all their digits, which a float would not keep."""
    share, quantity = plain_decimal(ratio, RATIO_DIGITS), plain_decimal(nano, NANO_DIGITS)
    return (
        f'{{"AllocatedRatio":{share},"UsageQuantity":{quantity},"UsageUnit":"{unit}",'
        f'"x_Component":"{component}"}}'
    )
