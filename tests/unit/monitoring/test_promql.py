"""No name becomes part of an expression."""

from __future__ import annotations

import re
from decimal import Decimal
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.monitoring.promql import (
    Grouping,
    decimal_text,
    equals,
    glob_pattern,
    literal,
    matches,
    quoted,
    renamed,
    selected,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", '"plain"'),
        ('a"} or vector(1) #', r'"a\"} or vector(1) #"'),
        ("back\\slash\\", r'"back\\slash\\"'),
        ("two\nlines", r'"two\nlines"'),
        ("größe 🦙", '"größe 🦙"'),
        ("\x00\x1f", r'"\u0000\u001f"'),
        ("", '""'),
    ],
)
def test_a_string_ends_where_it_is_meant_to(text: str, expected: str) -> None:
    assert quoted(text) == expected


def test_matchers_are_joined_and_left_out_where_there_are_none() -> None:
    assert selected("up", []) == "up"
    assert selected("up", [equals("a", '"'), matches("b", r"x\.y")]) == r'up{a="\"",b=~"x\\.y"}'


@pytest.mark.parametrize("text", ["a.b", "a-b", "(x|y)*", "[a]", "^$", "a\\d", "ü+"])
def test_a_literal_matches_itself_only(text: str) -> None:
    assert re.fullmatch(literal(text), text)
    assert not re.fullmatch(literal(text), text + "x")
    assert not re.fullmatch(literal(text), "x" * len(text))


@pytest.mark.parametrize("glob", ["prod-*", "?-eu", "[ab]*", "[!ab]*", "a.b", "*", "[", "eu(1)"])
@pytest.mark.parametrize("name", ["prod-1", "a-eu", "b", "c", "a.b", "axb", "[", "eu(1)"])
def test_a_glob_fits_the_same_names_as_a_pattern(glob: str, name: str) -> None:
    assert bool(re.fullmatch(glob_pattern(glob), name)) == fnmatchcase(name, glob)


_PIECES = st.text("ab[]!^-*?\\.&|~", max_size=8)


@given(glob=_PIECES, name=_PIECES)
@example("[^a]", "b")  # not a negation in a glob
@example("[b-a]", "b")  # a range that runs backwards is none
@example("[!b-a]", "b")
@example("[]a]", "]")
@example("[b-a-b]", "-")
def test_any_glob_fits_the_same_names_as_its_pattern(glob: str, name: str) -> None:
    assert bool(re.fullmatch(glob_pattern(glob), name)) == fnmatchcase(name, glob)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (Decimal(0), "0"),
        (Decimal("1e-9"), "0.000000001"),
        (Decimal(1) / 3, "0.33333333333333333"),
    ],
)
def test_numbers_have_no_exponent(value: Decimal, text: str) -> None:
    assert decimal_text(value) == text


def test_a_cluster_label_keeps_clusters_apart_everywhere() -> None:
    assert Grouping().by("a") == "by (a)"
    assert Grouping("k8s").by("a", "b") == "by (k8s, a, b)"
    assert Grouping("k8s").on() == "on (k8s)"


def test_the_last_source_that_has_a_value_names_the_label() -> None:
    assert renamed("x", "node", "a", "b") == (
        'label_replace(label_replace(x, "node", "$1", "a", "(.+)"), "node", "$1", "b", "(.+)")'
    )
