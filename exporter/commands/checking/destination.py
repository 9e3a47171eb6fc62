"""Whether files can be written where they are to go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from exporter.commands.checking.findings import UNUSABLE, Finding, ok, refused
from exporter.errors import StoreFailed, UnusableError
from exporter.settings import Settings
from exporter.storage.keys import ternary_key
from exporter.storage.store import Store

#: How often a request is sent: a person waits.
ATTEMPTS = 2
_REGION = re.compile(r"expecting '([a-z0-9-]+)'")


def destination_findings(store: Store, settings: Settings) -> Iterator[Finding]:
    """List, read and write under the prefix, and under Ternary's; nothing is left behind."""
    prefix = settings.s3_prefix
    finding = _look(store, "destination", prefix)
    yield finding
    if settings.ternary_enabled and not finding.code:
        yield _look(store, "Ternary's copies", ternary_key(settings.ternary_path_prefix, prefix))


def _look(store: Store, what: str, prefix: str) -> Finding:
    place = f"{store.describe()}{prefix}"
    try:
        store.check_access(prefix)
        store.head(f"{prefix}metadata/infer-focus-check")
        store.check_writing(prefix)
    except (UnusableError, StoreFailed) as error:
        return _precise(refused(what, error, UNUSABLE), place)
    return ok(what, f"{place} can be read and written")


def _precise(finding: Finding, place: str) -> Finding:
    """The same with the very line to change, where the answer tells it."""
    if region := _REGION.search(finding.detail):
        return replace(finding, fix=f"S3_REGION={region[1]}")
    if "NoSuchBucket" in finding.detail:
        bucket = place.removeprefix("s3://").partition("/")[0]
        fix = f"create the bucket {bucket}, or correct S3_BUCKET, S3_REGION or S3_ENDPOINT_URL"
        return replace(finding, fix=fix)
    return finding
