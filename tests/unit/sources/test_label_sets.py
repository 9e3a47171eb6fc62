from __future__ import annotations

import gc
import weakref
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.sources.label_sets import labels_of


def test_series_that_differ_in_the_name_only_share_their_labels() -> None:
    named = labels_of(b'{"UUID":"GPU-0","__name__":"power","job":"dcgm"}')
    assert named == {"UUID": "GPU-0", "job": "dcgm"}
    assert labels_of(b'{"UUID":"GPU-0","job":"dcgm"}') is named
    assert labels_of(b'{"UUID":"GPU-0","__name__":"energy","job":"dcgm"}') is named


def test_a_name_inside_a_value_is_a_part_of_the_value() -> None:
    odd = '"__name__":"x",'
    texts = [msgspec.json.encode({"a": odd + tail}) for tail in ("", "b")]
    assert [labels_of(text) for text in texts] == [{"a": odd}, {"a": odd + "b"}]


def test_labels_that_nobody_holds_are_forgotten() -> None:
    labels = labels_of(b'{"pod":"gone"}')
    gone = weakref.ref(cast(set[str], labels))  # typed as a dict, which cannot be referred to
    del labels
    gc.collect()
    assert gone() is None


def test_what_is_no_object_of_texts_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        labels_of(b'{"pod":1}')


@given(st.lists(st.dictionaries(st.text(), st.text(), max_size=3), min_size=2, max_size=4))
def test_every_set_of_labels_comes_back_without_its_name(sets: list[dict[str, str]]) -> None:
    for labels in sets:
        nameless = {key: value for key, value in labels.items() if key != "__name__"}
        assert labels_of(msgspec.json.encode(labels)) == nameless
        assert labels_of(msgspec.json.encode({"__name__": 'm"\\', **nameless})) == nameless
