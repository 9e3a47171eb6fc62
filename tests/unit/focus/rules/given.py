"""Files of somebody else that keep every rule, to be broken one cell at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from exporter.focus.column import Column
from exporter.focus.columns import columns_for
from exporter.focus.focus_columns import FOCUS_VERSIONS
from exporter.focus.infercost_layout import INFERCOST_LAYOUT
from exporter.focus.rules.conformance import Conformance
from exporter.focus.rules.layout import focus_columns_of
from exporter.focus.rules.rule import Result

Cells = Mapping[str, Any]

VERSIONS = (*FOCUS_VERSIONS, INFERCOST_LAYOUT)


def day(number: int, month: int = 3) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


_ROW: dict[str, Any] = {
    "AvailabilityZone": "eu-1a",
    "BilledCost": Decimal(6),
    "BillingAccountId": "acme",
    "BillingAccountName": "Acme Ltd",
    "BillingAccountType": "Company",
    "BillingCurrency": "EUR",
    "BillingPeriodEnd": day(1, month=4),
    "BillingPeriodStart": day(1),
    "ChargeCategory": "Usage",
    "ChargeDescription": "Tokens of llama",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": day(11),
    "ChargePeriodStart": day(10),
    "ConsumedQuantity": Decimal(2_500_000),
    "ConsumedUnit": "Tokens",
    "ContractedCost": Decimal(6),
    "ContractedUnitPrice": Decimal("2.4"),
    "EffectiveCost": Decimal(6),
    "HostProviderName": "Acme AI",
    "InvoiceDetailId": "7",
    "InvoiceId": "2026-03",
    "InvoiceIssuerName": "Acme AI",
    "ListCost": Decimal("7.5"),
    "ListUnitPrice": Decimal(3),
    "PricingCategory": "Standard",
    "PricingCurrency": "EUR",
    "PricingCurrencyContractedUnitPrice": Decimal("2.4"),
    "PricingCurrencyEffectiveCost": Decimal(6),
    "PricingCurrencyListUnitPrice": Decimal(3),
    "PricingQuantity": Decimal("2.5"),
    "PricingUnit": "1000000 Tokens",
    "ProviderName": "Acme AI",
    "PublisherName": "Acme AI",
    "RegionId": "eu-1",
    "RegionName": "Europe 1",
    "ResourceId": "prod/chat/llama",
    "ResourceName": "llama",
    "ResourceType": "Endpoint",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceName": "Acme AI",
    "ServiceProviderName": "Acme AI",
    "ServiceSubcategory": "Generative AI",
    "SkuId": "llama",
    "SkuMeter": "Tokens",
    "SkuPriceDetails": '{"GpuCount": 8}',
    "SkuPriceId": "llama/tokens",
    "SubAccountId": "chat",
    "SubAccountName": "Chat",
    "SubAccountType": "Namespace",
    "Tags": '{"team": "a"}',
}
_INFERCOST_ROW: dict[str, Any] = {
    **_ROW,
    "Currency": "EUR",
    "ListCost": Decimal(6),
    "PricingCategory": "Usage-Based",
    "PricingUnit": "1M Tokens",
    "Region": "eu-1",
    "UsageQuantity": Decimal(2_500_000),
    "UsageUnit": "Tokens",
    "x-InferTokensInput": 1_500_000,
    "x-InferTokensOutput": 1_000_000,
}


def row(version: str, **changes: Any) -> dict[str, Any]:
    """A valid row of all columns of a version, with changes."""
    values = _INFERCOST_ROW if version == INFERCOST_LAYOUT else _ROW
    names = [column.name for column in _columns(version)]
    return {name: values.get(name) for name in names} | changes


def _columns(version: str) -> Sequence[Column]:
    """Without extensions of this program, which InferCost's export has some of."""
    if version == INFERCOST_LAYOUT:
        return columns_for(version, "x-Infer")
    return focus_columns_of(version)


def _extensions(version: str) -> Iterable[Column]:
    return (column for prefix in ("x-Infer", "x_Infer") for column in columns_for(version, prefix))


def parquet(version: str, rows: Sequence[Cells], **types: pa.DataType) -> pa.Table:
    """A table with the types of the version; other columns, if no type is given, are texts."""
    known = {
        column.name: column.arrow_type for column in (*_extensions(version), *_columns(version))
    }
    names = {name: None for cells in rows for name in cells}
    wanted = {name: types.get(name, known.get(name, pa.string())) for name in names}
    columns = {
        name: pa.array([cells.get(name) for cells in rows], kind) for name, kind in wanted.items()
    }
    return pa.table(columns)


def csv(rows: Sequence[Cells]) -> pa.Table:
    """A table as a CSV is read: texts, null for an empty field."""
    names = {name: None for cells in rows for name in cells}
    return pa.table(
        {
            name: pa.array([written(cells.get(name)) for cells in rows], pa.string())
            for name in names
        }
    )


def written(value: Any) -> str | None:
    """A value as FOCUS writes it in a CSV."""
    match value:
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case Decimal():
            return f"{value:f}"
        case None:
            return None
        case _:
            return str(value)


def results(
    version: str, *tables: pa.Table, text: bool = False, strict: bool = False, batch_rows: int = 2
) -> dict[str, Result]:
    """What comes of each rule, by id; the files are called a, b and so on."""
    conformance = Conformance(version, strict=strict)
    for number, table in enumerate(tables):
        conformance.begin(chr(ord("a") + number), table.schema, text=text)
        for batch in table.combine_chunks().to_batches(max_chunksize=batch_rows):
            conformance.check(batch)
    return {result.rule.id: result for result in conformance.results()}
