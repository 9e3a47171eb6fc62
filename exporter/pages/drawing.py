"""Drawings inside the page: a Vega-Lite description becomes static SVG, the same in every run.

A description holds text of users only as data, under keys of ours; nothing of it is evaluated, no
address is ever fetched. Sizes are given whole and no text is measured, so that the fonts of the
machine do not change a drawing. Colours are names of the style sheet: one drawing fits light, dark
and print.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import vl_convert
from markupsafe import Markup

_VEGA_LITE = "5.20"
_SVG = "{http://www.w3.org/2000/svg}"
_OPENING = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{}">')
_SAID = Markup('<title id="{0}-title">{1}</title><desc id="{0}-desc">{2}</desc>')
_SMALL = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">')

Spec = dict[str, Any]

CONFIG: Spec = {
    "background": None,
    "font": "sans-serif",
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "gridColor": "var(--rule)",
        "domainColor": "var(--rule)",
        "tickColor": "var(--rule)",
        "title": None,
    },
    "text": {"fontSize": 13, "color": "var(--text)"},
}


def drawing(spec: Spec, name: str, title: str, description: str, kind: str) -> Markup:
    """A figure of its own: `name` begins the ids of its title and its description."""
    width, height, inside = _inside(spec)
    opening = _OPENING.format(kind, width, height, f"{name}-title {name}-desc")
    return opening + _SAID.format(name, title, description) + inside + Markup("</svg>")


def small_drawing(spec: Spec, said: str, kind: str) -> Markup:
    """One inside a table's cell, said in a sentence."""
    width, height, inside = _inside(spec)
    return _SMALL.format(kind, width, height, said) + inside + Markup("</svg>")


def _inside(spec: Spec) -> tuple[str, str, Markup]:
    """Width, height and what is drawn."""
    whole = {"autosize": {"type": "none", "contains": "padding"}, "config": CONFIG} | spec
    text = vl_convert.vegalite_to_svg(whole, vl_version=_VEGA_LITE, allowed_base_urls=[])
    root = ElementTree.fromstring(text)
    _tidy(root)
    drawn = "".join(ElementTree.tostring(part, encoding="unicode") for part in root)
    # Written by the XML writer, which has escaped every text in it.
    return root.attrib["width"], root.attrib["height"], Markup(drawn)


def _tidy(element: ElementTree.Element) -> None:
    """What a mark says becomes its title, which browsers show under the pointer."""
    element.tag = element.tag.removeprefix(_SVG)
    for part in list(element):
        if part.get("class") in ("background", "foreground"):
            element.remove(part)
        else:
            _tidy(part)
    said = element.get("aria-label")
    for attribute in [key for key in element.attrib if key.startswith("aria-")]:
        del element.attrib[attribute]
    for attribute in ("role", "class", "pointer-events"):
        element.attrib.pop(attribute, None)
    if said is not None:
        title = ElementTree.Element("title")
        title.text = said
        element.insert(0, title)
