"""Pages of several kinds of reports, read once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from xml.etree.ElementTree import Element

from exporter.pages.page import page
from tests.unit.pages.chargebacks import empty, rich
from tests.unit.pages.documents import read
from tests.unit.pages.spending import days_of

PAGES = {
    "a month": rich(),
    "two keys": rich(("namespace", "model")),
    "a tag, which idle has not": rich(("tag:team", "cluster")),
    "one day": rich(days=days_of(rich().days[4], 1)),
    "not compared": replace(rich(), total_before=None),
    "nothing": empty(),
}


@cache
def read_page(name: str) -> Element:
    """The page of one of them; tests only look at it."""
    return read(page(PAGES[name]))
