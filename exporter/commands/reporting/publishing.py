"""The page of a report beside the exported data, where people can open it."""

from __future__ import annotations

from exporter.commands.reporting.places import Place
from exporter.log import get_logger
from exporter.storage.keys import report_page_key
from exporter.storage.record import sha256_hex
from exporter.storage.store import Store

_HTML = "text/html; charset=utf-8"


def publish_page(place: Place, period: str, content: bytes, selection: str = "") -> None:
    """Write the page, unless the same one stands there.

    `selection` keeps a page of some clusters, or by other keys, from taking the usual one's place.
    Raises UnusableError when nothing can be written there, StoreFailed when this cannot.
    """
    key = report_page_key(place.prefix, period, selection)
    digest = sha256_hex(content)
    written = not _stands_there(place.store, key, digest)
    if written:
        place.store.put(key, content, {"sha256": digest}, _HTML)
    get_logger().info(
        "report published" if written else "report is published already",
        object=place.store.describe() + key,
    )


def _stands_there(store: Store, key: str, digest: str) -> bool:
    """By its metadata; where the store keeps none, by its content."""
    stored = store.head(key)
    if stored is None:
        return False
    known = stored.metadata.get("sha256")
    return digest == (sha256_hex(store.get(key)) if known is None else known)
