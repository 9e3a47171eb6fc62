"""What the classifying columns of one row have to do with each other.

Source: the pages of ServiceSubcategory, ChargeFrequency, PricingCategory and ResourceName.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from exporter.focus.allowed_values import SUBCATEGORIES
from exporter.focus.rules.arithmetic import all_usable
from exporter.focus.rules.row_rule import Finding, RowRule, row_rule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level

_CATEGORY, _SUBCATEGORY = "ServiceCategory", "ServiceSubcategory"
_PARENTS = {name: parent for parent, names in SUBCATEGORIES.items() for name in names}


def category_rules(version: str) -> Iterator[RowRule]:
    """The rules of a FOCUS version."""
    if version != "1.0":
        yield _parent()
    yield row_rule(
        "purchase",
        "ChargeFrequency",
        Level.ERROR,
        "ChargeFrequency of a purchase is not Usage-Based.",
        "is Usage-Based on a purchase",
        lambda rows: Finding(
            rows.among("ChargeCategory", "Purchase") & rows.usable("ChargeFrequency"),
            rows.among("ChargeFrequency", "Usage-Based"),
        ),
        needs=("ChargeCategory",),
        nobody="no row is a purchase",
    )
    yield row_rule(
        "committed",
        "PricingCategory",
        Level.WARNING,
        "PricingCategory is Committed only with a commitment discount.",
        "is Committed, and there is no CommitmentDiscountId",
        lambda rows: Finding(
            rows.among("PricingCategory", "Committed"), rows.null("CommitmentDiscountId")
        ),
        nobody="no row is Committed",
    )
    yield row_rule(
        "no-repetition",
        "ResourceName",
        Level.WARNING,
        "ResourceName is a name, not the ResourceId again.",
        "repeats ResourceId",
        lambda rows: Finding(
            all_usable(rows, ("ResourceName", "ResourceId")),
            rows.equal("ResourceName", "ResourceId"),
        ),
        needs=("ResourceId",),
        nobody="no row has a ResourceName",
    )


def _parent() -> RowRule:
    return row_rule(
        "parent",
        _SUBCATEGORY,
        Level.ERROR,
        "ServiceSubcategory is one of its ServiceCategory.",
        "is of another ServiceCategory",
        _of_another,
        needs=(_CATEGORY,),
        nobody="no row has two known categories",
    )


def _of_another(rows: Rows) -> Finding:
    """Unknown values break the rules about allowed values, not this one."""
    inner, outer = rows.texts(_SUBCATEGORY), rows.texts(_CATEGORY)
    numbers = {name: number for number, name in enumerate(SUBCATEGORIES)}
    wanted = [numbers[_PARENTS[text]] if text in _PARENTS else -1 for text in inner.values]
    found = [numbers.get(text, -1) for text in outer.values]
    parents = np.array([*wanted, -1])[inner.codes]
    categories = np.array([*found, -1])[outer.codes]
    return Finding((parents >= 0) & (categories >= 0), parents != categories)
