"""Files as others write them: one good row of FOCUS 1.3, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

#: Values by column; None is null, an unquoted empty field.
Row = Mapping[str, str | None]

GOOD: Row = {
    "AvailabilityZone": None,
    "BilledCost": "2.5",
    "BillingAccountId": "acme",
    "BillingAccountName": "Acme",
    "BillingAccountType": "Company",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "Input tokens of Llama",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2026-10-01T01:00:00Z",
    "ChargePeriodStart": "2026-10-01T00:00:00Z",
    "ConsumedQuantity": "5000000",
    "ConsumedUnit": "Tokens",
    "ContractedCost": "2.5",
    "ContractedUnitPrice": "0.5",
    "EffectiveCost": "2.5",
    "HostProviderName": "Acme",
    "InvoiceId": None,
    "InvoiceIssuerName": "Acme",
    "ListCost": "2.5",
    "ListUnitPrice": "0.5",
    "PricingCategory": "Standard",
    "PricingQuantity": "5",
    "PricingUnit": "1000000 Tokens",
    "ProviderName": "Acme",
    "PublisherName": "Acme",
    "RegionId": "eu-1",
    "RegionName": "Europe 1",
    "ResourceId": "acme/llama",
    "ResourceName": "llama",
    "ResourceType": "AI Inference Endpoint",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceName": "Inference",
    "ServiceProviderName": "Acme",
    "ServiceSubcategory": "Generative AI",
    "SkuId": "llama",
    "SkuMeter": "Input Tokens",
    "SkuPriceDetails": None,
    "SkuPriceId": "llama/input",
    "SubAccountId": "search",
    "SubAccountName": "Search",
    "SubAccountType": "Namespace",
    "Tags": '{"team": "search"}',
}


def good(**changes: str | None) -> Row:
    return {**GOOD, **changes}


def other(number: int, **changes: str | None) -> Row:
    """A good row of another resource, so that it is no duplicate."""
    return good(ResourceId=f"acme/{number}", ResourceName=f"{number}", **changes)


def csv_bytes(rows: Sequence[Row]) -> bytes:
    lines = [",".join(rows[0]), *(",".join(map(_cell, row.values())) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    if value == "" or any(char in value for char in ',"\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def parquet_table(rows: Sequence[Row], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Texts, but for the columns whose type is given."""
    columns = {
        name: pa.array([row[name] for row in rows], pa.string()).cast(types.get(name, pa.string()))
        for name in rows[0]
    }
    return pa.table(columns)


def in_parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def infercost_rows() -> list[Row]:
    """Rows as InferCost's own export has them: of a model, of one with a quote, of a whole report.

    The columns are its 31 and the first of its 13 extensions.
    """
    model: Row = {
        "BilledCost": "1.2345",
        "EffectiveCost": "1.2345",
        "ListCost": "1.2345",
        "ContractedCost": "1.2345",
        "ChargePeriodStart": "2026-04-01T00:00:00Z",
        "ChargePeriodEnd": "2026-04-20T17:00:00Z",
        "BillingPeriodStart": "2026-04-01T00:00:00Z",
        "BillingPeriodEnd": "2026-05-01T00:00:00Z",
        "Currency": "USD",
        "ServiceName": "LLM Inference",
        "ServiceCategory": "AI and Machine Learning",
        "ProviderName": "InferCost",
        "PublisherName": "Self-Hosted",
        "InvoiceIssuerName": "Self-Hosted",
        "ResourceId": "default/monthly/llama",
        "ResourceName": "llama",
        "ResourceType": "LLM Model",
        "Region": None,
        "UsageQuantity": "2500000",
        "UsageUnit": "Tokens",
        "PricingUnit": "1M Tokens",
        "PricingCategory": "Usage-Based",
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeDescription": "On-premises inference: llama",
        "ChargeFrequency": "Usage-Based",
        "SkuId": "H100",
        "SkuPriceId": "llama",
        "SubAccountId": "default",
        "SubAccountName": "default",
        "Tags": '{"report":"monthly","model":"llama"}',
        "x-InferCostProfile": "h100",
    }
    quoted = {"ResourceId": "default/monthly/q", "Tags": '{"report":"monthly","model":"the "q""}'}
    rollup = {"ResourceId": "default/monthly", "Tags": "costProfile=h100"}
    return [model, {**model, **quoted}, {**model, **rollup, "SkuId": None, "SkuPriceId": None}]
