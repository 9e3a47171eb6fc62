from __future__ import annotations

import re
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from exporter.sources.label_shards import cut_by_label
from exporter.sources.series import Matcher, RawQuery

QUERY = RawQuery("m", 0, 60, (Matcher("cluster", "=", "eu"),))


def shards(values: dict[str, list[str]]) -> list[Matcher]:
    """What each half asks beside the cluster."""
    parts = cut_by_label(QUERY, values, lambda label: values[label])
    assert parts is not None
    assert all(part.matchers[0] == QUERY.matchers[0] for part in parts)
    return [part.matchers[1] for part in parts]


def matched(pattern: str, values: Iterable[str]) -> list[str]:
    """By Python's rules, where RE2's \\x{41} is \\x41 and a dot is any character but a line end."""
    python = re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: f"\\U{int(m[1], 16):08x}", pattern)
    return [value for value in values if re.fullmatch(python, value)]


def test_both_halves_ask_the_same_expression_one_for_and_one_against_it() -> None:
    first, second = shards({"pod": ["a-0", "a-1", "a-2", "a-3"]})
    assert first == Matcher("pod", "=~", r".*[\x{30}\x{31}].{0}")
    assert second == Matcher("pod", "!~", first.value)


def test_what_tells_most_series_apart_comes_first() -> None:
    values = {"zone": ["a", "b"], "pod": ["x", "y"], "UUID": ["GPU-1"], "__name__": ["m", "n"]}
    assert {matcher.label for matcher in shards(values)} == {"pod"}


def test_a_label_of_one_value_cuts_nothing() -> None:
    assert cut_by_label(QUERY, ["pod", "job"], lambda _label: ["only", ""]) is None
    assert cut_by_label(QUERY, [], lambda _label: ["a", "b"]) is None


def test_thousands_of_values_make_a_short_expression() -> None:
    names = [f"GPU-{number:08x}-0000-0000-0000-{number * 7919:012x}" for number in range(4000)]
    first, _ = shards({"UUID": names})
    assert len(first.value) < 200
    assert 1900 <= len(matched(first.value, names)) <= 2100


@given(st.lists(st.text(alphabet="ab-]^\\é\x00", min_size=1, max_size=6), min_size=2, unique=True))
def test_each_half_of_any_values_has_some_and_not_all(values: list[str]) -> None:
    first, _ = shards({"pod": values})
    assert 0 < len(matched(first.value, values)) < len(values)
