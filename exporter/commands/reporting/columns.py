"""Tables that fit: where there is no room, the columns that can be spared go first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: What one column takes beside its text, and the edge of the table.
_AROUND, _EDGE = 3, 1
#: Names are cut to no less than this.
_SHORTEST_NAME = 10


@dataclass(frozen=True, slots=True)
class Column:
    """Cells under a head; those of a `name` may be cut, numbers never are.

    `spare` above 0: it may be left out, the highest first.
    """

    head: str
    cells: Sequence[str]
    footer: str = ""
    name: bool = False
    spare: int = 0

    @property
    def longest(self) -> int:
        """How many characters its longest text has."""
        return max(len(text) for text in (self.head, self.footer, *self.cells))

    @property
    def least(self) -> int:
        """The fewest characters it needs."""
        return min(self.longest, max(_SHORTEST_NAME, len(self.head))) if self.name else self.longest


def drawn(title: str, columns: Sequence[Column], width: int) -> Iterator[str]:
    """The lines of a table at most so wide, without blanks at their ends."""
    kept = fitting(columns, width)
    table = Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        title_style="",
        show_footer=any(column.footer for column in kept),
    )
    for column, room in zip(kept, _widths(kept, width), strict=True):
        table.add_column(
            column.head,
            footer=column.footer,
            justify="left" if column.name else "right",
            no_wrap=True,
            width=room,
        )
    for cells in zip(*(column.cells for column in kept), strict=True):
        table.add_row(*map(Text, cells))
    console = Console(width=max(width, _needed(kept)), color_system=None, highlight=False)
    with console.capture() as lines:
        console.print(table)
    yield from (line.rstrip() for line in lines.get().rstrip().splitlines())


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """What each column gets: what is left over goes to the names, from the shortest on."""
    found = {place: column.least for place, column in enumerate(columns)}
    names = sorted((column.longest, place) for place, column in enumerate(columns) if column.name)
    left = max(0, width - _needed(columns))
    for position, (longest, place) in enumerate(names):
        more = min(longest - found[place], left // (len(names) - position))
        found[place] += more
        left -= more
    return list(found.values())


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """As many of the columns as there is room for."""
    kept = list(columns)
    while _needed(kept) > width and any(column.spare for column in kept):
        kept.remove(max(kept, key=lambda column: column.spare))
    return kept


def _needed(columns: Sequence[Column]) -> int:
    return _EDGE + sum(column.least + _AROUND for column in columns)
