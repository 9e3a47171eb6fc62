"""Label sets as objects that the answers about the same series share."""

from __future__ import annotations

import re
from weakref import WeakValueDictionary

import msgspec

from exporter.sources.series import Labels

_NAME = "__name__"
#: No text inside a JSON string looks like this: its quotes have backslashes before them.
_NAME_PAIR = re.compile(rb'"__name__":"(?:[^"\\]|\\.)*",?')


class _LabelSet(dict[str, str]):
    """What a weak reference can point to."""

    __slots__ = ("__weakref__",)


_decoder = msgspec.json.Decoder(dict[str, str])
#: As long as any answer holds them; a window asks for the same series up to five times.
_sets: WeakValueDictionary[bytes, _LabelSet] = WeakValueDictionary()


def labels_of(text: bytes) -> Labels:
    """The labels in a JSON object, without the metric's name; raises what msgspec raises."""
    key = _NAME_PAIR.sub(b"", text)
    known = _sets.get(key)
    if known is None:
        labels = _decoder.decode(text)
        labels.pop(_NAME, None)
        known = _sets[key] = _LabelSet(labels)
    return known
