from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest

from tests.unit.pages.documents import text
from tests.unit.pages.read_pages import PAGES, read_page


@pytest.fixture(scope="module", params=list(PAGES))
def root(request: pytest.FixtureRequest) -> Element:
    return read_page(request.param)


def test_the_page_needs_nothing_but_itself(root: Element) -> None:
    tags = {element.tag for element in root.iter()}
    assert not tags & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "foreignobject",
    }
    assert [link.attrib for link in root.iter("link")] == [{"rel": "icon", "href": "data:,"}]
    policy = next(m for m in root.iter("meta") if m.get("http-equiv"))
    assert policy.get("content") == ("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    for element in root.iter():
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on"), element.tag
            assert attribute not in ("src", "srcset", "xlink:href"), element.tag
            assert "url(" not in value
            if attribute == "href":
                assert value.startswith("#") or element.tag == "link"
    style = "".join(element.text or "" for element in root.iter("style"))
    assert "url(" not in style
    assert "@import" not in style


def test_the_document_is_one_that_a_screen_reader_can_walk(root: Element) -> None:
    assert root.get("lang") == "en"
    assert text(next(root.iter("title"))).startswith("Inference cost 2026-10")
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch("h[1-6]", e.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in root.iter("table"):
        assert table[0].tag == "caption"
        assert text(table[0])
        assert all(head.get("scope") for head in table.iter("th"))
        widths = Counter(
            sum(int(cell.get("colspan", "1")) for cell in row) for row in table.iter("tr")
        )
        assert len(widths) == 1, text(table[0])
    for drawing in root.iter("svg"):
        assert drawing.get("role") == "img"
        assert drawing.get("aria-label") or drawing.get("aria-labelledby")
    for figure in root.iter("figure"):
        assert figure.find("figcaption") is not None


def test_ids_are_unique_and_every_reference_has_its_target(root: Element) -> None:
    ids = [element.attrib["id"] for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        wanted = element.get("aria-labelledby", "").split()
        if element.get("href", "").startswith("#"):
            wanted.append(element.attrib["href"][1:])
        assert set(wanted) <= set(ids)


def test_every_null_says_why_and_every_figure_is_a_number(root: Element) -> None:
    for dash in root.iter("abbr"):
        assert (dash.text, bool(dash.get("title"))) == ("–", True)
    for data in root.iter("data"):
        assert Decimal(data.attrib["value"]).is_finite()
        assert data.get("data-figure")
        assert "e" not in data.attrib["value"].lower()
