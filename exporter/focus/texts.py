"""Texts of rows, made once for each distinct value or pair of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Charges
from exporter.cost.distinct import Coded, Texts, objects_of, texts_of, texts_of_each
from exporter.focus.decimals import Ints, Mask

Value = TypeVar("Value")
Other = TypeVar("Other")
Made = TypeVar("Made")

_TEXTS = ("namespace", "workload", "workload_type", "model", "region", "zone")
_OBJECTS = ("profile", "namespace_labels", "pod_labels")


def texts_by(numbers: Ints | Mask, *words: str | None) -> Texts:
    """The text that each number stands for, from 0."""
    return Texts(numbers.astype(np.int64), pa.array(words, pa.string()))


def chosen(condition: Mask, these: Texts, others: Texts) -> Texts:
    """One of two texts for each row."""
    codes = np.where(condition, these.codes, others.codes + len(these.words))
    return Texts(codes, pa.concat_arrays([these.words, others.words]))


def alike(
    objects: Coded[Mapping[str, str]], make: Callable[[Mapping[str, str]], Value]
) -> Coded[Value]:
    """What is made of labels for each row, once for all that have the same content."""
    places: dict[tuple[tuple[str, str], ...], int] = {}
    keys = [tuple(labels.items()) for labels in objects.values]
    new_codes = np.array([places.setdefault(key, len(places)) for key in keys], np.int64)
    return Coded(new_codes[objects.codes], [make(dict(key)) for key in places])


def with_codes(charges: Charges) -> Charges:
    """The same charges, in which texts and objects have codes."""
    changes: dict[str, Any] = {name: texts_of(getattr(charges, name)) for name in _TEXTS}
    changes |= {name: objects_of(getattr(charges, name)) for name in _OBJECTS}
    if not isinstance(charges.pod, Texts):
        changes["pod"] = texts_of_each(pa.array(charges.pod, pa.string()))
    return replace(charges, **changes)
