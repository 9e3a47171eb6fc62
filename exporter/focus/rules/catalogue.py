"""All rules of a version, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

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
    """Rules that have seen nothing yet; only those about all files remember what they see."""
    return Catalogue(
        of_files=_file_rules(version, strict=strict),
        of_rows=_row_rules(version),
        of_datasets=tuple(_dataset_rules(version, keys)),
    )


@cache
def _file_rules(version: str, *, strict: bool) -> tuple[FileRule, ...]:
    naming, presence = naming_rules(version, strict=strict), presence_rules(version)
    if version == INFERCOST_LAYOUT:
        return (*naming, *presence, *file_type_rules(INFERCOST_COLUMNS))
    types = file_type_rules(focus_columns_of(version))
    return (*naming, *presence, *types, *extension_file_rules(version))


@cache
def _row_rules(version: str) -> tuple[RowRule, ...]:
    return tuple(_of_infercost() if version == INFERCOST_LAYOUT else _of_focus(version))


def _of_focus(version: str) -> Iterator[RowRule]:
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
    if version == INFERCOST_LAYOUT:
        return
    yield from parent_rules(version)
    if version in ("1.3", "1.4"):
        yield SplitCharges(version)
        yield NoOriginBeside(keys())
    yield from identity_rules(version, keys)


def _of_infercost() -> Iterator[RowRule]:
    """InferCost's export is no FOCUS: its own columns, their values, and what any cost keeps."""
    yield from cell_type_rules(INFERCOST_COLUMNS)
    yield from value_rules(INFERCOST_COLUMNS)
    yield currency_rule("Currency")
    yield key_value_rule("Tags")
    yield together("SubAccountName", "SubAccountId")
    yield effective_is_billed(INFERCOST_LAYOUT)
    yield from period_rules()
