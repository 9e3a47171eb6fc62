"""Which columns a file has to have.

Source: the first sentence of each column page, FOCUS 1.0 to 1.4. Mandatory columns are an error
where they are missing. What is conditional there depends on what the operator offers, which a file
does not say, so that these are a warning. Columns that only those have who sell commitments,
reservations or contracts are not asked for, and neither are the PricingCurrency columns of those
who price in the billing currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.focus.column import Column
from exporter.focus.infercost_layout import INFERCOST_COLUMNS, INFERCOST_LAYOUT
from exporter.focus.rules.layout import FileLayout, focus_columns_of
from exporter.focus.rules.row_rule import NOBODY, ColumnFault, FileRule
from exporter.focus.rules.rule import Level, Rule

#: Mandatory in every version that defines them.
MANDATORY = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "HostProviderName",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
)

_INVOICES = "payable invoices are issued"
_PRICE_LIST = "there is a price list"
_RESOURCES = "resources are what is charged"
_SUB_ACCOUNTS = "there are sub accounts"
#: The others that are asked for, and when an operator has to have them.
CONDITIONS = {
    "AvailabilityZone": "there are zones",
    "BillingAccountType": "there is more than one type of billing account",
    "ChargeFrequency": "",
    "ConsumedQuantity": "usage is measured",
    "ConsumedUnit": "usage is measured",
    "ContractedUnitPrice": "prices are negotiated",
    "InvoiceDetailId": _INVOICES,
    "InvoiceId": _INVOICES,
    "ListUnitPrice": "unit prices are published",
    "PricingCategory": "there is more than one pricing category",
    "RegionId": "there are regions",
    "RegionName": "there are regions",
    "ResourceId": _RESOURCES,
    "ResourceName": _RESOURCES,
    "ResourceType": _RESOURCES,
    "ServiceSubcategory": "",
    "SkuId": _PRICE_LIST,
    "SkuMeter": _PRICE_LIST,
    "SkuPriceDetails": _PRICE_LIST,
    "SkuPriceId": _PRICE_LIST,
    "SubAccountId": _SUB_ACCOUNTS,
    "SubAccountName": _SUB_ACCOUNTS,
    "SubAccountType": "there is more than one type of sub account",
    "Tags": "there are tags",
}
_SPLIT = ("AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags")
_SPLIT_DETAILS = "AllocatedMethodDetails"
_PRICING_CURRENCY = (
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
)


def presence_rules(version: str) -> Iterator[FileRule]:
    """Which columns must and should be there in a version."""
    if version == INFERCOST_LAYOUT:
        yield from (_present(column, Level.ERROR, "") for column in INFERCOST_COLUMNS)
        return
    columns = focus_columns_of(version)
    names = {column.name for column in columns}
    for column in columns:
        if column.name in MANDATORY:
            yield _present(column, Level.ERROR, "")
        elif column.name in CONDITIONS:
            yield _present(column, Level.WARNING, CONDITIONS[column.name])
    yield from _groups(names)


def _groups(names: set[str]) -> Iterator[FileRule]:
    if _SPLIT_DETAILS in names:
        yield _together(
            "split/columns", Level.ERROR, _SPLIT, (*_SPLIT, _SPLIT_DETAILS), "a shared charge"
        )
        yield _together(
            f"{_SPLIT_DETAILS}/present", Level.WARNING, (_SPLIT_DETAILS,), _SPLIT, "a shared charge"
        )
    if "PricingCurrency" in names:
        yield _together(
            "PricingCurrency/complete",
            Level.WARNING,
            _PRICING_CURRENCY,
            _PRICING_CURRENCY,
            "the currency of prices",
        )


def _present(column: Column, level: Level, condition: str) -> FileRule:
    name = column.name
    when = f" if {condition}" if condition else ""
    should = "must" if level is Level.ERROR else "should"

    def look(layout: FileLayout) -> Sequence[ColumnFault]:
        return () if layout.has(name) else (ColumnFault(name, "", _missing(condition)),)

    text = f"The column {name} {should} be there{when}."
    return FileRule(Rule(f"{name}/present", level, text), look, NOBODY)


def _together(
    rule: str, level: Level, wanted: Sequence[str], any_of: Sequence[str], about: str
) -> FileRule:
    """These columns are there where any column of a group is there."""

    def look(layout: FileLayout) -> Sequence[ColumnFault] | None:
        if not any(layout.has(name) for name in any_of):
            return None
        what = f"is missing, and other columns about {about} are there"
        return [ColumnFault(name, "", what) for name in wanted if not layout.has(name)]

    text = f"{', '.join(wanted)}: there if any column about {about} is."
    return FileRule(Rule(rule, level, text), look, f"no file has a column about {about}")


def _missing(condition: str) -> str:
    return f"is missing, which it must not be if {condition}" if condition else "is missing"
