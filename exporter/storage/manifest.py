"""Documents about the data: run manifests and FOCUS metadata, as JSON beside the data folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from exporter.storage.keys import metadata_key, slug
from exporter.storage.record import sha256_hex
from exporter.storage.store import Store

JSON_TYPE = "application/json"

Document = Mapping[str, object] | Sequence[object]


def has_document(store: Store, prefix: str, cluster: str, name: str) -> bool:
    """Whether `{prefix}metadata/{cluster}/{name}` is there, and is no damaged one.

    It is read only if its own metadata is lost: whoever overwrote it did not know of that.
    """
    stored = store.head(metadata_key(prefix, cluster, name))
    if stored is None or stored.size == 0:
        return False
    if "sha256" in stored.metadata:
        return True
    try:
        return isinstance(read_document(store, prefix, cluster, name), dict)
    except ValueError:
        return False


def read_document(store: Store, prefix: str, cluster: str, name: str) -> object | None:
    """The value of `{prefix}metadata/{cluster}/{name}`; None if there is no such object.

    Raises ValueError for content that is no JSON value but null.
    """
    key = metadata_key(prefix, cluster, name)
    if store.head(key) is None:
        return None
    try:
        value: object = json.loads(store.get(key))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if value is None:
        raise ValueError("it holds nothing but null")
    return value


def write_document(store: Store, prefix: str, cluster: str, name: str, document: Document) -> bool:
    """Writes `{prefix}metadata/{cluster}/{name}`; False if the same stood there already."""
    key = metadata_key(prefix, cluster, name)
    body = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
    content = f"{body}\n".encode()
    metadata = {"sha256": sha256_hex(content)}
    stored = store.head(key)
    whole = stored is not None and stored.size in (None, len(content))
    if stored is not None and whole and stored.metadata.get("sha256") == metadata["sha256"]:
        return False
    store.put(key, content, metadata, JSON_TYPE)
    return True


def write_manifest(
    store: Store, prefix: str, cluster: str, run_id: str, document: Mapping[str, object]
) -> str:
    """Writes what one run did; returns the key. The same run id replaces the same manifest."""
    name = f"runs/{slug(run_id)}.json"
    write_document(store, prefix, cluster, name, document)
    return metadata_key(prefix, cluster, name)
