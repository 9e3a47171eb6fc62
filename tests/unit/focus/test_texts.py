from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.cost.distinct import (
    Texts,
    objects_of,
    pairs_of,
    plain,
    same_text,
    texts_of,
    texts_of_each,
)
from exporter.focus.texts import alike, chosen, texts_by, with_codes
from tests.builders import KINDS, make_charges_of

TEXTS = st.lists(st.none() | st.sampled_from(["a", "b", ""]), max_size=8)


@given(TEXTS)
def test_texts_by_code_are_the_texts(values: list[str | None]) -> None:
    texts = texts_of(values)

    assert texts == values
    assert texts.array().to_pylist() == values
    assert texts.missing.tolist() == [value is None for value in values]
    assert texts_of(texts) is texts
    assert texts_of_each(pa.array(values, pa.string())) == values


def test_words_are_there_once() -> None:
    assert texts_of(["a", None, "a", "b", None]).values == ["a", None, "b"]


def test_rows_and_slices_are_those_of_a_list() -> None:
    texts = texts_of(["a", None, "b"])

    assert (texts[0], texts[1], texts[-1]) == ("a", None, "b")
    assert texts[1:] == [None, "b"]


@pytest.mark.parametrize("text", ["a", None])
def test_one_text_stands_for_all_rows(text: str | None) -> None:
    assert same_text(text, 3).array().to_pylist() == [text] * 3
    assert same_text(text, 0) == []


def test_texts_of_each_row_are_not_copied_and_others_are_written_out() -> None:
    array = pa.array(["b", "a", "b"])

    assert plain(texts_of_each(array).coded()).equals(array)
    assert plain(Texts(np.array([2, 1, 0]), array).coded()).to_pylist() == ["b", "a", "b"]
    assert plain(Texts(np.array([1, 0, 1]), array).coded()).to_pylist() == ["a", "b", "a"]


def test_one_of_two_texts_is_chosen_row_by_row() -> None:
    condition = np.array([True, False, False])

    assert chosen(condition, same_text("x", 3), texts_of(["a", None, "b"])) == ["x", None, "b"]


def test_numbers_stand_for_texts() -> None:
    assert texts_by(np.array([1, 0, 2]), "a", "b", None) == ["b", "a", None]


def test_objects_are_told_apart_by_identity() -> None:
    first, second = {"a": "1"}, {"a": "1"}

    objects = objects_of([first, second, first])

    assert list(objects) == [first, second, first]
    assert len(objects.values) == 2
    assert objects.texts(lambda labels: labels["a"]) == ["1", "1", "1"]


def test_labels_of_the_same_content_are_looked_at_once() -> None:
    asked: list[Mapping[str, str]] = []

    found = alike(objects_of([{"a": "1"}, {"a": "2"}, {"a": "1"}]), asked.append)

    assert asked == [{"a": "1"}, {"a": "2"}]
    assert len(found) == 3


def test_a_pair_is_made_once() -> None:
    first, second = texts_of(["a", "b", "a", "a"]), texts_of([None, "x", None, "x"])
    asked: list[tuple[str | None, str | None]] = []

    def joined(one: str | None, two: str | None) -> str:
        asked.append((one, two))
        return f"{one}{two}"

    assert pairs_of(first, second, joined) == ["aNone", "bx", "aNone", "ax"]
    assert asked == [("a", None), ("b", "x"), ("a", "x")]


def test_charges_keep_their_texts_and_objects() -> None:
    charges = make_charges_of(*KINDS, pod="a-0", workload="a", region="eu")

    coded = with_codes(charges)

    for name in charges.__slots__:
        assert list(getattr(coded, name)) == list(getattr(charges, name))
