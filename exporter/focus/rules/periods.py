"""How the periods of one row lie.

Source: the pages of the period columns, FOCUS 1.0 to 1.4: starts are inclusive, ends exclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from exporter.focus.rules.arithmetic import all_usable
from exporter.focus.rules.coded import Mask
from exporter.focus.rules.row_rule import Finding, RowRule, row_rule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level
from exporter.focus.rules.typed import Ints

CHARGE = ("ChargePeriodStart", "ChargePeriodEnd")
BILLING = ("BillingPeriodStart", "BillingPeriodEnd")
_NO_TIMES = "no row has both times"


def period_rules() -> Iterator[RowRule]:
    """The rules of all versions and of InferCost's export."""
    for start, end in (CHARGE, BILLING):
        yield _after(start, end)
    yield _inside("ChargePeriodStart", "BillingPeriodStart", "before", np.less)
    yield _inside("ChargePeriodEnd", "BillingPeriodEnd", "after", np.greater)


def calendar_month_rule() -> RowRule:
    """FOCUS leaves the length of a billing period open; a month is what invoices are for.

    Files of this program have a stricter rule of their own.
    """

    def look(rows: Rows) -> Finding:
        concerned, broken = not_a_month(rows)
        return Finding(concerned if rows.layout.prefix is None else rows.none(), broken)

    return row_rule(
        "calendar-month",
        "BillingPeriodStart",
        Level.WARNING,
        "The billing period is one whole calendar month in UTC.",
        "does not begin a calendar month that BillingPeriodEnd ends",
        look,
        needs=("BillingPeriodEnd",),
        nobody="no row of another program has both times",
    )


def not_a_month(rows: Rows) -> Finding:
    """The rows whose billing period is no calendar month."""
    (start, starts_month), (end, ends_month) = (_month(rows.times(name)) for name in BILLING)
    is_month = starts_month & ends_month & (end - start == 1)
    return Finding(all_usable(rows, BILLING), ~is_month)


def _month(times: Ints) -> tuple[Ints, Mask]:
    """The calendar month of each time, counted from 1970, and whether the time begins it."""
    moments = times.astype("M8[s]")
    months = moments.astype("M8[M]")
    return months.astype(np.int64), months.astype("M8[s]") == moments


def _after(start: str, end: str) -> RowRule:
    def look(rows: Rows) -> Finding:
        return Finding(all_usable(rows, (start, end)), rows.times(end) <= rows.times(start))

    return row_rule(
        "after-start",
        end,
        Level.ERROR,
        f"{end} is after {start}.",
        f"is not after {start}",
        look,
        needs=(start,),
        nobody=_NO_TIMES,
    )


def _inside(name: str, bound: str, words: str, beyond: Callable[[Ints, Ints], Mask]) -> RowRule:
    """The charge period lies inside the billing period, for usage that corrects nothing."""

    def look(rows: Rows) -> Finding:
        concerned = rows.usage & rows.normal & all_usable(rows, (name, bound))
        return Finding(concerned, beyond(rows.times(name), rows.times(bound)))

    return row_rule(
        "in-billing-period",
        name,
        Level.ERROR,
        f"{name} of usage is not {words} {bound}.",
        f"is {words} {bound}",
        look,
        needs=(bound, "ChargeCategory"),
        nobody="no row is usage with both times",
    )
