"""The columns that this program adds, in files that it wrote.

A file is known as its own by the column Cluster behind one of the two prefixes, and each rule is
stated for both. Facts are those of the table of extension columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from exporter.focus.column import Column, ColumnType
from exporter.focus.columns import columns_for
from exporter.focus.extensions import PREFIXES
from exporter.focus.rules.arithmetic import all_usable, sum_unlike, unlike
from exporter.focus.rules.extension_relations import relation_rules
from exporter.focus.rules.layout import FileLayout, focus_columns_of
from exporter.focus.rules.own_rule import NOT_OURS, own_rule
from exporter.focus.rules.periods import BILLING, not_a_month
from exporter.focus.rules.row_rule import ColumnFault, FileRule, Finding, RowRule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule
from exporter.focus.rules.types import malformed, wrong_type

_PARTS = ("AmortizationCost", "MaintenanceCost", "ElectricityCost")
_COUNTS = ("TokensInput", "TokensOutput", "TokensCached", "Requests")
#: Nullable in FOCUS, and always set by this program.
_OWN_FILLED = (
    "ChargeDescription",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "SkuMeter",
    "Tags",
)


def extension_file_rules(version: str) -> Iterator[FileRule]:
    """The types of extension columns, in Parquet."""
    columns = {each.name: each for prefix in PREFIXES for each in _extensions(version, prefix)}

    def look(layout: FileLayout) -> Sequence[ColumnFault] | None:
        if layout.prefix is None or layout.text:
            return None
        found = [
            ColumnFault(name, str(layout.types[name]), wrong_type(column, layout.types[name]))
            for name, column in columns.items()
            if layout.has(name)
        ]
        return [fault for fault in found if fault.what]

    yield FileRule(_type_rule(), look, NOT_OURS)


def extension_row_rules(version: str) -> Iterator[RowRule]:
    """The rules of rows, once for each prefix; those of one id are counted together."""
    for prefix in PREFIXES:
        for column in _extensions(version, prefix):
            yield from _cell_rules(column, prefix)
        yield _costs_add_up(prefix)
        for name in _COUNTS:
            yield _never_negative(prefix + name, prefix)
        yield _share(prefix)
        for name in _OWN_FILLED:
            yield _filled(name, prefix)
        yield own_rule(
            "calendar-month",
            BILLING[0],
            prefix,
            "The billing period is one whole calendar month, in files of this program.",
            "does not begin a calendar month that BillingPeriodEnd ends",
            not_a_month,
            BILLING,
        )
        yield from relation_rules(focus_columns_of(version), prefix)


def _extensions(version: str, prefix: str) -> list[Column]:
    return [each for each in columns_for(version, prefix) if each.name.startswith(prefix)]


def _type_rule() -> Rule:
    return Rule(
        "extensions/type", Level.ERROR, "The columns of this program hold what their table says."
    )


def _cell_rules(column: Column, prefix: str) -> Iterator[RowRule]:
    if not column.is_text:
        needs = (column.name, f"{prefix}Cluster")
        what = "is no number as FOCUS writes it"
        yield RowRule(_type_rule(), column.name, what, malformed(column), needs, NOT_OURS)
    if not column.nullable:
        yield own_rule(
            "not-null",
            column.name,
            prefix,
            "Columns of this program are not null where their table says never.",
            "is null",
            lambda rows: Finding(rows.all(), rows.null(column.name)),
        )
    elif column.type is ColumnType.STRING:
        yield own_rule(
            "not-empty",
            column.name,
            prefix,
            "Texts of this program are null where there is no value, not empty.",
            "is an empty text, not null",
            lambda rows: Finding(rows.usable(column.name), rows.among(column.name, "")),
        )


def _costs_add_up(prefix: str) -> RowRule:
    """A price list states the cost whatever the parts are, so that only other rows add up."""
    parts = [prefix + part for part in _PARTS]
    total = "EffectiveCost"

    def look(rows: Rows) -> Finding:
        amounts = all_usable(rows, (*parts, total))
        priced = ~rows.among("PricingCategory", "Dynamic") & ~unlike(rows, total, "ContractedCost")
        return Finding(amounts & ~priced, sum_unlike(rows, parts, total))

    return own_rule(
        "costs-add-up",
        total,
        prefix,
        "AmortizationCost, MaintenanceCost and ElectricityCost add up to EffectiveCost unless a "
        "price list states it.",
        "is not the sum of AmortizationCost, MaintenanceCost and ElectricityCost",
        look,
        (*parts, "ContractedCost"),
    )


def _never_negative(name: str, prefix: str) -> RowRule:
    return own_rule(
        "counts",
        name,
        prefix,
        "Tokens and requests are never negative.",
        "is negative",
        lambda rows: Finding(rows.usable(name), rows.numbers(name) < 0),
    )


def _filled(name: str, prefix: str) -> RowRule:
    return own_rule(
        "filled",
        name,
        prefix,
        "What a row is for is told by every row of this program: resource, meter and tags.",
        "is null",
        lambda rows: Finding(rows.all(), rows.null(name)),
    )


def _share(prefix: str) -> RowRule:
    name = f"{prefix}Completeness"

    def look(rows: Rows) -> Finding:
        share = rows.numbers(name)
        return Finding(rows.usable(name), ~np.logical_and(share >= 0, share <= 1))

    return own_rule("completeness", name, prefix, "Completeness is 0 to 1.", "is not 0 to 1", look)
