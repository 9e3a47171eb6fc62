"""Tables of the documentation, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; an empty cell is a dash, so that it is seen to be meant."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or "–"


def code(text: str) -> str:
    """In a fixed-width face; nothing stays nothing."""
    return f"`{text}`" if text else ""
