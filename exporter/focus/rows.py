"""Charges as FOCUS rows: one Arrow table per (cluster, report, period)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.cost.charges import Charges, Kind, Meter
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.distinct import Coded, objects_of, pairs_of, texts_of
from exporter.cost.pool_shares import PoolShares
from exporter.cost.sale import Sale
from exporter.documents.kinds import CostProfile
from exporter.focus.cells import Cell, as_table
from exporter.focus.checks import check_rows
from exporter.focus.coded_tables import in_full
from exporter.focus.columns import columns_for
from exporter.focus.context import RowContext
from exporter.focus.extension_cells import extension_cells
from exporter.focus.infercost_layout import INFERCOST_LAYOUT, INFERCOST_PREFIX
from exporter.focus.infercost_rows import infercost_cells, without_commas
from exporter.focus.names import descriptions, resource_ids, resource_names, sub_accounts
from exporter.focus.pool_rows import share_cells
from exporter.focus.quantities import quantity_cells
from exporter.focus.savings import check_savings
from exporter.focus.tags import tags
from exporter.focus.texts import chosen, texts_by, with_codes

SERVICE_NAME = "On-Prem AI Inference"
SERVICE_CATEGORY = "AI and Machine Learning"
SERVICE_SUBCATEGORY = "Generative AI"

_PRICE_ENDINGS = {Meter.INPUT: "/input", Meter.OUTPUT: "/output", Meter.ALL: "/tokens"}


def build_rows(sale: Sale, cloud: CloudEquivalents, context: RowContext) -> pa.Table:
    """One row per charge sold, in their order; texts have codes where they repeat.

    Raises PeriodError when a number does not fit its column, and ValueError when the rows break
    a rule, which is an error of this program.
    """
    check_savings(sale, cloud, context.usd_rate)
    sale = replace(sale, charges=with_codes(sale.charges))
    table = _table(sale, cloud, context)
    if sale.shares is not None:
        table = _shared(in_full(table), sale, sale.shares, context)
    check_rows(table, context.version)
    return table


def _table(sale: Sale, cloud: CloudEquivalents, context: RowContext) -> pa.Table:
    columns = columns_for(context.version, context.prefix)
    if context.version != INFERCOST_LAYOUT:
        return as_table(columns, _cells(sale, cloud, context, context.prefix), len(sale))
    cells = _cells(sale, cloud, context, INFERCOST_PREFIX)
    cells = infercost_cells(cells, sale, cloud, context)
    return without_commas(as_table(columns, cells, len(sale)))


def _shared(table: pa.Table, sale: Sale, shares: PoolShares, context: RowContext) -> pa.Table:
    """The same rows, those of a pool as shares of its charge."""
    cells = share_cells(sale, shares, context)
    columns = [c for c in columns_for(context.version, context.prefix) if c.name in cells]
    of_pool = pa.array(shares.pool >= 0)
    shared = in_full(as_table(columns, cells, len(sale)))
    for name, values in zip(shared.column_names, shared.columns, strict=True):
        place = table.schema.get_field_index(name)
        either = pc.if_else(of_pool, values, table.column(place))
        table = table.set_column(place, table.schema.field(place), either)
    return table


def _cells(
    sale: Sale, cloud: CloudEquivalents, context: RowContext, prefix: str
) -> dict[str, Cell]:
    charges = sale.charges
    extensions = extension_cells(sale, cloud, context)
    return {
        **_period_cells(context),
        **_party_cells(context),
        **_service_cells(),
        **quantity_cells(sale),
        **_sku_cells(sale),
        **_resource_cells(charges, context),
        **_region_cells(charges, context),
        **_sub_account_cells(charges, context),
        "Tags": tags(charges, context),
        **{prefix + name: cell for name, cell in extensions.items()},
    }


def _period_cells(context: RowContext) -> dict[str, Cell]:
    billing_start, billing_end = context.period.billing_month
    return {
        "ChargePeriodStart": _moment(context.period.start),
        "ChargePeriodEnd": _moment(context.period.end),
        "BillingPeriodStart": _moment(billing_start),
        "BillingPeriodEnd": _moment(billing_end),
    }


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _party_cells(context: RowContext) -> dict[str, Cell]:
    own_account = context.billing_account_id == context.cluster
    return {
        "BillingAccountId": context.billing_account_id,
        "BillingAccountName": context.billing_account_name,
        "BillingAccountType": "Cluster" if own_account else "Billing Account",
        "BillingCurrency": context.currency,
        "PricingCurrency": context.currency,
        "HostProviderName": context.host_provider_name,
        "InvoiceIssuerName": context.invoice_issuer_name,
        "ProviderName": context.service_provider_name,
        "PublisherName": context.publisher_name,
        "ServiceProviderName": context.service_provider_name,
    }


def _service_cells() -> dict[str, Cell]:
    return {
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ServiceCategory": SERVICE_CATEGORY,
        "ServiceName": SERVICE_NAME,
        "ServiceSubcategory": SERVICE_SUBCATEGORY,
    }


def _sku_cells(sale: Sale) -> dict[str, Cell]:
    """The model, or the GPU model of what is sold by the hour; its price has a name of its own

    where the input and the output of a model have one each.
    """
    charges = sale.charges
    models = texts_of(charges.model)
    profiles = objects_of(charges.profile)
    unpriced = np.array([profile is None for profile in profiles.values], np.bool_)
    by_model = sale.in_tokens | unpriced[profiles.codes]
    skus = chosen(by_model, models, profiles.texts(_gpu_model))
    if sale.prices is None:
        return {"SkuId": skus, "SkuPriceId": skus}
    meters = Coded(charges.meter, list(Meter))
    return {"SkuId": skus, "SkuPriceId": pairs_of(skus, meters, _price_id)}


def _gpu_model(profile: CostProfile | None) -> str | None:
    return None if profile is None else profile.spec.hardware.gpu_model


def _price_id(sku: str | None, meter: Meter) -> str | None:
    """The SKU and which of its prices; also where a model is called as another one's price."""
    if sku is None:
        return None
    named_alike = sku.endswith(tuple(_PRICE_ENDINGS.values()))
    return sku if meter is Meter.ALL and not named_alike else sku + _PRICE_ENDINGS[meter]


def _resource_cells(charges: Charges, context: RowContext) -> dict[str, Cell]:
    of_pool = charges.kind >= Kind.IDLE
    return {
        "ChargeDescription": descriptions(charges, context),
        "ResourceId": resource_ids(charges, context),
        "ResourceName": resource_names(charges),
        "ResourceType": texts_by(of_pool, "AI Inference Endpoint", "GPU Pool"),
    }


def _region_cells(charges: Charges, context: RowContext) -> dict[str, Cell]:
    """What is configured, else what the row's nodes say; a region without a name has its id."""
    zone = charges.zone if context.availability_zone is None else context.availability_zone
    if context.region_id is None:
        return {
            "RegionId": charges.region,
            "RegionName": charges.region,
            "AvailabilityZone": zone,
        }
    return {
        "RegionId": context.region_id,
        "RegionName": context.region_name or context.region_id,
        "AvailabilityZone": zone,
    }


def _sub_account_cells(charges: Charges, context: RowContext) -> dict[str, Cell]:
    ids, types = sub_accounts(charges, context.sub_account_label)
    return {"SubAccountId": ids, "SubAccountName": ids, "SubAccountType": types}
