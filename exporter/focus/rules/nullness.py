"""Where a column must be null and where it must not, by what else the row says.

Source: the nullability of each column page, FOCUS 1.0 to 1.4; the rules about rows without a
SkuPriceId came with 1.3. "Normal" rows are those that correct nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from exporter.focus.focus_columns import FOCUS_VERSIONS
from exporter.focus.rules.coded import Mask
from exporter.focus.rules.row_rule import Finding, RowRule, row_rule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level

UNIT_PRICES = (
    "ContractedUnitPrice",
    "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyListUnitPrice",
)
_BY_SKU_PRICE = ("PricingCategory", "PricingQuantity", *UNIT_PRICES)

# column, the one it goes by, versions; null exactly when the other is
_TOGETHER = """
AllocatedResourceName      AllocatedResourceId        1.3-1.4
CommitmentDiscountCategory CommitmentDiscountId       1.0-1.4
CommitmentDiscountType     CommitmentDiscountId       1.0-1.4
CommitmentDiscountUnit     CommitmentDiscountQuantity 1.1-1.4
ConsumedUnit               ConsumedQuantity           1.2-1.4
InvoiceDetailId            InvoiceId                  1.4-1.4
PricingUnit                PricingQuantity            1.2-1.4
RegionName                 RegionId                   1.0-1.4
ResourceType               ResourceId                 1.0-1.4
SubAccountName             SubAccountId               1.2-1.4
SubAccountType             SubAccountId               1.2-1.4
"""
# null when the other is
_ONLY_WITH = """
AllocatedMethodDetails     AllocatedMethodId          1.3-1.4
AllocatedResourceId        AllocatedMethodId          1.3-1.4
AllocatedTags              AllocatedMethodId          1.3-1.4
CapacityReservationStatus  CapacityReservationId      1.1-1.4
CommitmentDiscountName     CommitmentDiscountId       1.0-1.4
CommitmentDiscountQuantity CommitmentDiscountId       1.1-1.4
CommitmentDiscountStatus   CommitmentDiscountId       1.0-1.4
ResourceName               ResourceId                 1.0-1.4
SkuMeter                   SkuId                      1.1-1.4
SkuPriceDetails            SkuPriceId                 1.1-1.4
SubAccountName             SubAccountId               1.0-1.1
"""
# should be set where the other is
_SHOULD_GO_WITH = """
AllocatedMethodDetails     AllocatedMethodId          1.3-1.4
SkuMeter                   SkuId                      1.1-1.4
SubAccountName             SubAccountId               1.0-1.1
"""


def _of_usage(rows: Rows) -> Mask:
    return rows.usage & rows.normal


def _of_sku(rows: Rows) -> Mask:
    return rows.among("ChargeCategory", "Usage", "Purchase") & rows.normal


def _metered(rows: Rows) -> Mask:
    return _of_usage(rows) & ~rows.among("CommitmentDiscountStatus", "Unused")


def _committed_usage(rows: Rows) -> Mask:
    return rows.usage & rows.filled("CommitmentDiscountId")


def _reserved_usage(rows: Rows) -> Mask:
    return rows.usage & rows.filled("CapacityReservationId")


def _committed(rows: Rows) -> Mask:
    return _of_sku(rows) & rows.filled("CommitmentDiscountId")


def _tax(rows: Rows) -> Mask:
    return rows.among("ChargeCategory", "Tax")


def _not_metered(rows: Rows) -> Mask:
    unused = rows.among("CommitmentDiscountStatus", "Unused")
    return rows.usable("ChargeCategory") & (~rows.usage | unused)


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of which a rule speaks, and the columns they are told by."""

    words: str
    rows: Callable[[Rows], Mask]
    needs: tuple[str, ...] = ("ChargeCategory",)


_USAGE = _Group("normal usage", _of_usage)
_METERED = _Group("normal usage that is no unused commitment", _metered)
_PRICED = _Group("normal usage and purchases", _of_sku)
_TAX = _Group("taxes", _tax)
_NOT_METERED = _Group("unused commitments and charges other than usage", _not_metered)
_EVERYWHERE = _Group("every row", Rows.all, ())

_FILLED = (
    ("CapacityReservationStatus", "1.1-1.4", _Group("usage of a reservation", _reserved_usage)),
    ("CommitmentDiscountQuantity", "1.1-1.4", _Group("charges of a commitment", _committed)),
    ("CommitmentDiscountStatus", "1.0-1.4", _Group("usage of a commitment", _committed_usage)),
    ("ConsumedQuantity", "1.0-1.4", _METERED),
    ("ConsumedUnit", "1.0-1.1", _METERED),
    ("HostProviderName", "1.3-1.4", _USAGE),
    ("PricingCategory", "1.0-1.4", _PRICED),
    ("PricingQuantity", "1.0-1.4", _PRICED),
    ("PricingUnit", "1.0-1.1", _PRICED),
    ("SkuId", "1.0-1.4", _PRICED),
    ("SkuPriceId", "1.0-1.4", _PRICED),
)
_SHOULD_BE_FILLED = ("BillingAccountName", "ChargeDescription")
_NULL_ON_TAX = ("SkuId", "SkuPriceId", *_BY_SKU_PRICE)
_NULL_WITHOUT_SKU_PRICE = ("CommitmentDiscountQuantity", "ConsumedQuantity", *_BY_SKU_PRICE)


def nullness_rules(version: str, names: Sequence[str]) -> Iterator[RowRule]:
    """The rules of a version; `names` are the columns that it defines."""
    yield from _pair_rules(version)
    for name, span, group in _FILLED:
        if _in_span(version, span):
            yield _filled("filled", name, Level.ERROR, group)
    for name in _SHOULD_BE_FILLED:
        yield _filled("filled", name, Level.WARNING, _EVERYWHERE)
    for name in filter(names.__contains__, UNIT_PRICES):
        yield from _unit_price_rules(version, name)
    for name in filter(names.__contains__, _NULL_ON_TAX):
        yield _null("tax", name, _TAX)
    if version != "1.0":
        yield _null("usage-only", "ConsumedQuantity", _NOT_METERED)
    if _in_span(version, "1.3-1.4"):
        for name in _NULL_WITHOUT_SKU_PRICE:
            yield _only_with(name, "SkuPriceId", "no-price")


def _in_span(version: str, span: str) -> bool:
    first, last = span.split("-")
    return version in FOCUS_VERSIONS[FOCUS_VERSIONS.index(first) : FOCUS_VERSIONS.index(last) + 1]


def _pairs(table: str, version: str) -> Iterator[tuple[str, str]]:
    for line in table.strip().splitlines():
        column, other, span = line.split()
        if _in_span(version, span):
            yield column, other


def _pair_rules(version: str) -> Iterator[RowRule]:
    for column, other in _pairs(_TOGETHER, version):
        yield together(column, other)
    for column, other in _pairs(_ONLY_WITH, version):
        yield _only_with(column, other, "only-with")
    for column, other in _pairs(_SHOULD_GO_WITH, version):
        yield _filled("filled", column, Level.WARNING, _with(other))


def _with(other: str) -> _Group:
    return _Group(f"rows with {other}", lambda rows: rows.filled(other), (other,))


def together(column: str, other: str) -> RowRule:
    """Two columns are null in the same rows."""

    def look(rows: Rows) -> Finding:
        first, second = rows.filled(column), rows.filled(other)
        return Finding(first | second, first ^ second)

    return row_rule(
        "together",
        column,
        Level.ERROR,
        f"{column} is null exactly where {other} is.",
        f"and {other} are not null together",
        look,
        needs=(other,),
        nobody=f"no row has {other}",
    )


def _only_with(column: str, other: str, aspect: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        filled = rows.filled(column)
        return Finding(filled | rows.null(other), filled & rows.null(other))

    return row_rule(
        aspect,
        column,
        Level.ERROR,
        f"{column} is null where {other} is.",
        f"is set although {other} is null",
        look,
        needs=(other,),
        nobody=f"every row has {other}, and none has {column}",
    )


def _filled(aspect: str, column: str, level: Level, group: _Group) -> RowRule:
    def look(rows: Rows) -> Finding:
        return Finding(group.rows(rows), rows.null(column))

    verb = "is" if level is Level.ERROR else "should be"
    return row_rule(
        aspect,
        column,
        level,
        f"{column} {verb} set in {group.words}.",
        "is null",
        look,
        needs=group.needs,
        nobody=f"no row is of this kind: {group.words}",
    )


def _null(aspect: str, column: str, group: _Group) -> RowRule:
    def look(rows: Rows) -> Finding:
        return Finding(group.rows(rows), rows.filled(column))

    return row_rule(
        aspect,
        column,
        Level.ERROR,
        f"{column} is null in {group.words}.",
        "is set where it must be null",
        look,
        needs=group.needs,
        nobody=f"no row is of this kind: {group.words}",
    )


def _unit_price_rules(version: str, name: str) -> Iterator[RowRule]:
    """No price can be stated for nothing, so that this has a rule of its own.

    FOCUS knows no exception for it: a cost without a quantity breaks the rule either way.
    """

    def priced(rows: Rows) -> Mask:
        by_sku = rows.filled("SkuPriceId") if _in_span(version, "1.3-1.4") else rows.none()
        return _of_sku(rows) | by_sku

    def of_something(rows: Rows) -> Mask:
        return priced(rows) & ~_nothing(rows)

    def of_nothing(rows: Rows) -> Mask:
        return priced(rows) & _nothing(rows)

    needs = ("ChargeCategory", "PricingQuantity")
    words = "normal usage and purchases"
    yield _filled("filled", name, Level.ERROR, _Group(words, of_something, needs))
    yield _filled(
        "filled-of-nothing",
        name,
        Level.ERROR,
        _Group(f"{words} with a PricingQuantity of 0", of_nothing, needs),
    )


def _nothing(rows: Rows) -> Mask:
    nothing: Mask = rows.numbers("PricingQuantity") == 0
    return nothing
