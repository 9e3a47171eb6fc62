"""The objects below `s3://bucket/prefix`, each copied into a temporary file while it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from exporter.commands.downloads import downloaded
from exporter.commands.validating.finding import FoundFile, kinds
from exporter.errors import ConfigurationError
from exporter.files.reading import ENDINGS
from exporter.settings import load_settings

if TYPE_CHECKING:
    from exporter.storage.s3 import S3Store

SCHEME = "s3://"
#: The settings that reading a bucket takes; what else is set is not its business.
_SETTINGS = (
    *("S3_REGION", "S3_ENDPOINT_URL", "S3_ADDRESSING_STYLE"),
    *("S3_ACCESS_KEY_ID", "S3_ACCESS_KEY_ID_FILE"),
    *("S3_SECRET_ACCESS_KEY", "S3_SECRET_ACCESS_KEY_FILE"),
)
#: Larger objects go to disk.
_MEMORY_BYTES = 32 << 20


@contextmanager
def bucket_files(url: str, environ: Mapping[str, str]) -> Iterator[list[FoundFile]]:
    """One object, or the data objects of a prefix, by key; they can be opened inside the block.

    A prefix is a folder: `s3://bucket/focus` does not mean `focus-2/`. Raises ConfigurationError
    when there is nothing to check, UnusableError when the bucket cannot be read.
    """
    bucket, _, key = url.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise ConfigurationError(f"{url}: names no bucket, write s3://bucket/prefix")
    with closing(_connected(bucket, environ)) as store:
        files = _files(store, key)
        if not files:
            raise ConfigurationError(f"{url}: holds no object that ends with {kinds()}")
        yield files


def _connected(bucket: str, environ: Mapping[str, str]) -> S3Store:
    from exporter.storage.s3 import connect

    given = {name: environ[name] for name in _SETTINGS if name in environ}
    settings = load_settings(given, needs_destination=False, needs_source=False)
    return connect(
        bucket,
        region=settings.s3_region,
        endpoint_url=settings.s3_endpoint_url,
        access_key_id=_plain(settings.s3_access_key_id),
        secret_access_key=_plain(settings.s3_secret_access_key),
        addressing_style=settings.s3_addressing_style,
    )


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _files(store: S3Store, key: str) -> list[FoundFile]:
    folder = f"{key.rstrip('/')}/" if key else ""
    found = []
    for one in sorted(store.list_keys(key.rstrip("/"))):
        if one == key and not one.endswith("/"):
            found.append(_found(store, one, f"{store.describe()}{one}"))
        elif one.startswith(folder) and _is_data(one.removeprefix(folder)):
            found.append(_found(store, one, one.removeprefix(folder)))
    return found


def _is_data(name: str) -> bool:
    hidden = any(part.startswith(".") for part in name.split("/"))
    return name.lower().endswith(ENDINGS) and not hidden


def _found(store: S3Store, key: str, name: str) -> FoundFile:
    return FoundFile(name, f"/{key}", lambda: downloaded(store, key, _MEMORY_BYTES))
