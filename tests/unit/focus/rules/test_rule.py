from __future__ import annotations

import pytest

from exporter.focus.rules.rule import LONGEST_VALUE, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("Zürich", "Zürich"),
        ("a\tb\r\nc", "a\\tb\\r\\nc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),
        (7, "7"),
        ("a" * 80, "a" * 80),
    ],
)
def test_a_value_is_shown_in_one_line_without_control_characters(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_long_value_is_cut() -> None:
    assert shown("a" * 81) == "a" * (LONGEST_VALUE - 1) + "…"
