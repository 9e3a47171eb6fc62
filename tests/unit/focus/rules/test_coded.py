from __future__ import annotations

import pyarrow as pa
import pytest

from exporter.focus.rules.coded import coded

_TEXTS = ["a", None, "b", "a", ""]


@pytest.mark.parametrize(
    "array",
    [
        pa.array(_TEXTS, pa.string()),
        pa.array(_TEXTS, pa.large_string()),
        pa.array(_TEXTS, pa.string_view()),
        pa.array(_TEXTS, pa.string()).dictionary_encode(),
        pa.array(_TEXTS, pa.string()).dictionary_encode(null_encoding="encode"),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, 4], pa.int8()), pa.array(_TEXTS)),
        pa.array(["x", *_TEXTS], pa.string()).slice(1),
    ],
)
def test_texts_are_the_same_however_they_are_held(array: pa.Array) -> None:
    texts = coded(array, guarded=False)

    assert [texts.text(row) for row in range(5)] == _TEXTS
    assert texts.where(lambda text: text == "a").tolist() == [True, False, False, True, False]


@pytest.mark.parametrize(
    "array", [pa.nulls(2), pa.nulls(2, pa.string()), pa.array([1, 2]), pa.array([b"a", b"b"])]
)
def test_columns_without_texts_are_null(array: pa.Array) -> None:
    assert coded(array, guarded=False).codes.tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("'=a", "=a"),
        ("'-", "-"),
        ("''=a", "'=a"),  # the guarded form of a text that begins like a guarded one
        ("'a", "'a"),
        ("'", "'"),
        ("=a", "=a"),
        ("", ""),
    ],
)
def test_only_the_guard_is_taken_off(text: str, bare: str) -> None:
    assert coded(pa.array([text]), guarded=True).text(0) == bare
    assert coded(pa.array([text]), guarded=False).text(0) == text
