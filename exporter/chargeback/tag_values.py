"""The value of one tag in each row."""

from __future__ import annotations

import json
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from exporter.errors import UnreadableFile
from exporter.focus.labels import sanitised

TAG_COLUMNS = ("Tags", "AllocatedTags")


def tag_values(cells: pa.Table, key: str) -> pa.Array:
    """Texts; null where a row has no such tag. A tag without a value is `true`.

    Rows that are shares of a pool have the tags of their holder in AllocatedTags.
    """
    own, allocated = (_values(cells[name].combine_chunks(), key) for name in TAG_COLUMNS)
    return pc.coalesce(allocated, own)


def _values(column: pa.Array, key: str) -> pa.Array:
    """Each different text is parsed once; those of one file come back in the next."""
    coded = column.dictionary_encode()
    found = [_value(text, key) for text in coded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(coded.indices)


@lru_cache(maxsize=4096)
def _value(text: str, key: str) -> str | None:
    try:
        tags = json.loads(text)
    except ValueError as error:
        raise UnreadableFile(f"has tags that are no JSON: {text[:40]!r}") from error
    if not isinstance(tags, dict):
        raise UnreadableFile(f"has tags that are no JSON object: {text[:40]!r}")
    value = tags.get(_spelling(tags, key))
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _spelling(tags: dict[str, object], key: str) -> str:
    """As it was asked for, else as kube-state-metrics spells it, or the other way round."""
    if key in tags:
        return key
    plain = sanitised(key)
    if plain in tags:
        return plain
    return next((each for each in sorted(tags) if sanitised(each) == plain), key)
