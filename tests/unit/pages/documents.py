"""HTML read strictly: every element closed where it must be; and the figures it holds."""

from __future__ import annotations

from decimal import Decimal
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.builder = TreeBuilder()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open, f"<{tag}/> is no HTML"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> while <{self.open[-1]}> is open"
        self.builder.end(self.open.pop())

    def handle_data(self, data: str) -> None:
        if self.open:
            self.builder.data(data)


def read(html: str) -> Element:
    """The document's root; an assertion fails where tags do not match."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, f"never closed: {reader.open}"
    return reader.builder.close()


def text(element: Element) -> str:
    """All of its text, white space as one blank."""
    return " ".join("".join(element.itertext()).split())


def by_id(root: Element, wanted: str) -> Element:
    """The one element of that id."""
    (found,) = (element for element in root.iter() if element.get("id") == wanted)
    return found


def figures(root: Element, of: str) -> list[Decimal]:
    """The exact values of the figures of a name, in the order of the page."""
    return [
        Decimal(data.attrib["value"]) for data in root.iter("data") if data.get("data-figure") == of
    ]
