"""All rules of a version, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from exporter.focus.infercost_layout import INFERCOST_COLUMNS, INFERCOST_LAYOUT
from exporter.focus.rules.amounts import amount_rules, effective_is_billed
from exporter.focus.rules.categories import category_rules
from exporter.focus.rules.dataset_rule import DatasetRule
from exporter.focus.rules.extension_rules import extension_file_rules, extension_row_rules
from exporter.focus.rules.identity import identity_rules
from exporter.focus.rules.json_rules import json_rules, key_value_rule
from exporter.focus.rules.keys import KeyStore
from exporter.focus.rules.layout import focus_columns_of
from exporter.focus.rules.naming import naming_rules
from exporter.focus.rules.nullness import nullness_rules, together
from exporter.focus.rules.origins import NoOriginBeside
from exporter.focus.rules.parents import parent_rules
from exporter.focus.rules.periods import calendar_month_rule, period_rules
from exporter.focus.rules.presence import presence_rules
from exporter.focus.rules.row_rule import FileRule, RowRule
from exporter.focus.rules.rule import Rule
from exporter.focus.rules.splits import SplitCharges
from exporter.focus.rules.types import cell_type_rules, file_type_rules
from exporter.focus.rules.units import unit_rules
from exporter.focus.rules.values import currency_rule, value_rules


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The rules of a version by what they look at; an id may be in several places."""

    of_files: tuple[FileRule, ...]
    of_rows: tuple[RowRule, ...]
    of_datasets: tuple[DatasetRule, ...]

    def nobodies(self) -> Iterator[tuple[Rule, str]]:
        """Every rule with the reason why it would concern nobody."""
        yield from ((each.rule, each.nobody) for each in self.of_files)
        yield from ((each.rule, each.nobody) for each in self.of_rows)
        for several in self.of_datasets:
            yield from ((rule, several.nobody) for rule in several.rules)


def catalogue_of(version: str, *, strict: bool, keys: Callable[[], KeyStore]) -> Catalogue:
    """New rules that have seen nothing yet."""
    if version == INFERCOST_LAYOUT:
        return _of_infercost(strict=strict)
    columns = focus_columns_of(version)
    return Catalogue(
        of_files=(
            *naming_rules(version, strict=strict),
            *presence_rules(version),
            *file_type_rules(columns),
            *extension_file_rules(version),
        ),
        of_rows=tuple(_row_rules(version)),
        of_datasets=tuple(_dataset_rules(version, keys)),
    )


def _row_rules(version: str) -> Iterator[RowRule]:
    columns = focus_columns_of(version)
    names = tuple(column.name for column in columns)
    yield from cell_type_rules(columns)
    yield from value_rules(columns)
    yield from nullness_rules(version, names)
    yield currency_rule("BillingCurrency")
    if version == "1.4":  # before, a currency of prices may be a virtual one with any name
        yield currency_rule("PricingCurrency")
    yield from unit_rules(version, names)
    yield from json_rules(version, names)
    yield from category_rules(version)
    yield from amount_rules(version, names)
    yield from period_rules()
    yield calendar_month_rule()
    yield from extension_row_rules(version)


def _dataset_rules(version: str, keys: Callable[[], KeyStore]) -> Iterator[DatasetRule]:
    yield from parent_rules(version)
    if version in ("1.3", "1.4"):
        yield SplitCharges(version)
        yield NoOriginBeside(keys())
    yield from identity_rules(version, keys)


def _of_infercost(*, strict: bool) -> Catalogue:
    """InferCost's export is no FOCUS: its own columns, their values, and what any cost keeps."""
    return Catalogue(
        of_files=(
            *naming_rules(INFERCOST_LAYOUT, strict=strict),
            *presence_rules(INFERCOST_LAYOUT),
            *file_type_rules(INFERCOST_COLUMNS),
        ),
        of_rows=(
            *cell_type_rules(INFERCOST_COLUMNS),
            *value_rules(INFERCOST_COLUMNS),
            currency_rule("Currency"),
            key_value_rule("Tags"),
            together("SubAccountName", "SubAccountId"),
            effective_is_billed(INFERCOST_LAYOUT),
            *period_rules(),
        ),
        of_datasets=(),
    )
