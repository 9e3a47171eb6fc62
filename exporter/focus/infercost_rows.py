"""The cells in which the InferCost layout differs from the FOCUS rows.

Values follow InferCost's own export, except that numbers keep their digits, rows without tokens
are counted in GPU-hours, no SKU is empty, and a comma or line break inside the first thirty
columns is replaced, so that `awk -F,` still finds the sub-account in column 29.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.sale import Sale
from exporter.focus.cells import Cell
from exporter.focus.context import SELF_HOSTED, RowContext
from exporter.focus.decimals import blank, from_python_integers, quotients
from exporter.focus.infercost_layout import INFERCOST_PREFIX, INFERCOST_STANDARD_COLUMNS
from exporter.focus.names import infercost_resource_ids, infercost_resource_names
from exporter.focus.quantities import TOKENS, consumed, units
from exporter.focus.tags import infercost_tags

INFERCOST_PROVIDER = "InferCost"
_PERCENT_DIGITS = 2  # as in InferCost's file


def infercost_cells(
    cells: Mapping[str, Cell], sale: Sale, cloud: CloudEquivalents, context: RowContext
) -> dict[str, Cell]:
    """The FOCUS cells with InferCost's names and values put over them."""
    charges = sale.charges
    return {
        **cells,
        "Currency": context.currency,
        "ProviderName": _provider(context),
        "ResourceId": infercost_resource_ids(charges, context),
        "ResourceName": infercost_resource_names(charges, context),
        "Region": cells["RegionId"],
        "UsageQuantity": consumed(sale),
        "UsageUnit": units(sale, TOKENS),
        "PricingUnit": units(sale, "1M Tokens"),
        "PricingCategory": "Usage-Based",
        "Tags": infercost_tags(charges, context),
        f"{INFERCOST_PREFIX}SavingsPercent": _savings_percent(cloud),
    }


def _provider(context: RowContext) -> str:
    """InferCost's own name, unless a service provider is configured."""
    configured = context.service_provider_name
    return INFERCOST_PROVIDER if configured == SELF_HOSTED else configured


def _savings_percent(cloud: CloudEquivalents) -> pa.Array:
    scale = 10**_PERCENT_DIGITS
    percent = quotients(cloud.savings_nano_usd, cloud.cost_nano_usd, 100 * scale, 10**9 * scale)
    return blank(from_python_integers(percent, _PERCENT_DIGITS), ~cloud.compared)


def without_commas(table: pa.Table) -> pa.Table:
    """The same table, texts before Tags with `;` for a comma and a space for a line break."""
    for place, column in enumerate(INFERCOST_STANDARD_COLUMNS):
        if column.is_text and column.name != "Tags":
            texts = table.column(place).chunk(0)
            clean = pc.replace_substring(texts.dictionary, ",", ";")
            clean = pc.replace_substring_regex(clean, r"[\r\n]+", " ")
            coded = pa.DictionaryArray.from_arrays(texts.indices, clean)
            table = table.set_column(place, table.schema.field(place), coded)
    return table
