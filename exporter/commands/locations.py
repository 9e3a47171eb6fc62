"""Where the files lie, as those who read them are told: a folder or `s3://bucket/prefix/`."""

from __future__ import annotations

import re

from exporter.documents.faults import shown
from exporter.errors import ConfigurationError
from exporter.settings import Settings

S3 = "s3://"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LAYOUT_FOLDER = re.compile(r"(^|/)version=[^/]*/$")
_EXAMPLE = "s3://bucket/focus/"


def location_of(settings: Settings, given: str | None) -> str:
    """The place in which `version=…` lies, with a slash at its end.

    `given` is --location and comes before the destination of the settings. Raises
    ConfigurationError when there is none, or it is no such place.
    """
    return _configured(settings) if given is None else _given(given)


def _given(text: str) -> str:
    place = f"{text.rstrip('/')}/"
    scheme = _SCHEME.match(place)
    if not text.strip() or not text.isprintable() or (scheme and scheme[0] != S3):
        raise _refused(text, f"a folder or an address such as {_EXAMPLE}")
    if place == "s3:/" or place.startswith(f"{S3}/"):
        raise _refused(text, f"a bucket, as in {_EXAMPLE}")
    if _LAYOUT_FOLDER.search(place):
        raise _refused(text, "the folder above version=…")
    return place


def _refused(text: str, expected: str) -> ConfigurationError:
    return ConfigurationError(f"--location: got {shown(text)}, expected {expected}")


def _configured(settings: Settings) -> str:
    bucket, folder, prefix = settings.s3_bucket, settings.output_dir, settings.s3_prefix
    if (bucket is None) is (folder is None):
        named = "neither" if bucket is None else "both"
        raise ConfigurationError(
            f"--location: is required, since {named} of S3_BUCKET and OUTPUT_DIR is set, "
            f"give the place of the files such as --location {_EXAMPLE}"
        )
    if folder is not None:
        return f"{folder}/{prefix}"
    if bucket is not None and bucket.startswith("arn:"):
        raise ConfigurationError(
            f"S3_BUCKET: got {shown(bucket)}, which readers cannot open, "
            f"give the alias of the access point: --location s3://alias/{prefix}"
        )
    return f"{S3}{bucket}/{prefix}"


def check_for_athena(place: str) -> None:
    """Raises ConfigurationError for a place that Athena cannot have as a table's location."""
    path = place.removeprefix(S3)
    if not place.startswith(S3):
        fault = f"Athena reads S3 only, give --location {_EXAMPLE}"
    elif "//" in path:
        fault = "Athena reads no folders without a name, give --location without //"
    elif "${" in path:
        fault = "Athena would take ${ for a partition, write to another S3_PREFIX"
    else:
        return
    raise ConfigurationError(f"--format athena: the files lie in {shown(place)}, {fault}")
