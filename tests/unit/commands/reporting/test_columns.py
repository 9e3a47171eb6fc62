from __future__ import annotations

import pytest

from exporter.commands.reporting.columns import Column, drawn, fitting

NAMES = Column("model", ["a" * 30, "short"], "total", name=True)
OTHERS = Column("team", ["b" * 12, "c"], name=True)
COST = Column("USD", ["1,234.56", "0.00"], "1,234.56")
SHARE = Column("share", ["100 %", "0 %"], spare=2)
PRICE = Column("per 1M tokens", ["0.5187", "-"], spare=1)
ALL = [NAMES, OTHERS, COST, SHARE, PRICE]


def lines(width: int) -> list[str]:
    return list(drawn("Cost", ALL, width))


@pytest.mark.parametrize("width", [40, 50, 60, 80, 100])
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    assert max(map(len, lines(width))) <= width


def test_with_room_everything_is_whole() -> None:
    text = "\n".join(lines(100))
    assert all(cell in text for column in ALL for cell in (column.head, *column.cells))


def test_the_columns_that_can_be_spared_go_in_their_order() -> None:
    kept = [[column.head for column in fitting(ALL, width)] for width in (100, 60, 50, 10)]
    assert kept == [
        ["model", "team", "USD", "share", "per 1M tokens"],
        ["model", "team", "USD", "per 1M tokens"],
        ["model", "team", "USD"],
        ["model", "team", "USD"],
    ]


def test_names_are_cut_and_numbers_never() -> None:
    text = "\n".join(lines(45))
    assert "a" * 30 not in text
    assert "…" in text
    assert "1,234.56" in text


def test_a_short_name_leaves_its_room_to_a_long_one() -> None:
    found = [column for column in ALL if column.name]
    long = next(line for line in drawn("", [*found, COST], 52) if "aaa" in line)
    assert long.count("a") > long.count("b") == 12


def test_names_are_no_markup() -> None:
    column = Column("model", ["[bold]x[/bold] :smile:"], name=True)
    assert "[bold]x[/bold] :smile:" in "\n".join(drawn("", [column], 80))


def test_a_total_stands_below() -> None:
    assert lines(100)[-1].split() == ["total", "1,234.56"]
    assert "total" not in "\n".join(drawn("", [OTHERS, SHARE], 80))
