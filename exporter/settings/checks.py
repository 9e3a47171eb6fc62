"""Whether settings agree with each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from exporter.settings.model import Settings

#: The settings a fault is about, and the sentence.
Fault = tuple[tuple[str, ...], str]

_EXCLUSIVE = (
    ("COLLECTION_INCLUDE_NAMESPACES", "COLLECTION_EXCLUDE_NAMESPACES"),
    ("COLLECTION_INCLUDE_CLUSTERS", "COLLECTION_EXCLUDE_CLUSTERS"),
    ("CLUSTER_NAME", "COLLECTION_CLUSTER_LABEL"),
    ("PROMETHEUS_URL", "SOURCE_FILE"),
    ("PROMETHEUS_BEARER_TOKEN", "PROMETHEUS_USERNAME"),
    ("PROMETHEUS_BEARER_TOKEN", "PROMETHEUS_SIGV4_REGION"),
    ("PROMETHEUS_USERNAME", "PROMETHEUS_SIGV4_REGION"),
)
_PAIRS = (
    ("PROMETHEUS_USERNAME", "PROMETHEUS_PASSWORD"),
    ("PROMETHEUS_CLIENT_CERT", "PROMETHEUS_CLIENT_KEY"),
    ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
)
_EXISTING_FILES = (
    "SOURCE_FILE",
    "PROMETHEUS_CA_FILE",
    "PROMETHEUS_CLIENT_CERT",
    "PROMETHEUS_CLIENT_KEY",
)
#: The versions in which BilledCost is 0 where another party than the provider invoices.
_SAME_PARTY_VERSIONS = ("1.2", "1.3")
_SPLIT_VERSIONS = ("1.3", "1.4")


def disagreements(
    settings: Settings,
    given: frozenset[str],
    *,
    needs_destination: bool,
    needs_source: bool,
    layout: str | None = None,
) -> Iterator[Fault]:
    """Every fault between settings; `given` are those that the environment sets.

    A `layout` is that of the rows in place of FOCUS_VERSION; null if there is none.
    """
    yield from _exclusive(given, needs_destination)
    yield from _pairs(given)
    if needs_source and given.isdisjoint({"PROMETHEUS_URL", "SOURCE_FILE"}):
        yield (
            ("PROMETHEUS_URL", "SOURCE_FILE"),
            "PROMETHEUS_URL: is required, set the server's address (or SOURCE_FILE for a dump)",
        )
    if needs_destination and given.isdisjoint({"S3_BUCKET", "OUTPUT_DIR"}):
        yield (
            ("S3_BUCKET", "OUTPUT_DIR"),
            "S3_BUCKET, OUTPUT_DIR: one of them is required, set where the files go",
        )
    if needs_source or needs_destination:
        yield from _cluster(given)
    yield from _access(settings)
    yield from _pushgateway(settings)
    yield from _files(settings)
    yield from _rows(settings, given)
    if layout is None:  # one without shares, or with a prefix of its own, ignores their settings
        yield from _version(settings)
    yield from _parties(settings, layout)
    yield from _shard(settings)


def _exclusive(given: frozenset[str], needs_destination: bool) -> Iterator[Fault]:
    destination = (("S3_BUCKET", "OUTPUT_DIR"),) if needs_destination else ()
    for pair in (*_EXCLUSIVE, *destination):
        if given.issuperset(pair):
            yield pair, f"{pair[0]}, {pair[1]}: both are set, they exclude each other, keep one"


def _pairs(given: frozenset[str]) -> Iterator[Fault]:
    for pair in _PAIRS:
        for one, other in (pair, pair[::-1]):
            if one in given and other not in given:
                yield pair, f"{other}: is required, since {one} is set"


def _cluster(given: frozenset[str]) -> Iterator[Fault]:
    names = ("CLUSTER_NAME", "COLLECTION_CLUSTER_LABEL")
    if "S3_BUCKET" in given and given.isdisjoint(names):
        yield (
            (*names, "S3_BUCKET"),
            "CLUSTER_NAME: is required with S3_BUCKET, since keys and ids carry it (or set "
            "COLLECTION_CLUSTER_LABEL to read many clusters)",
        )


def _access(settings: Settings) -> Iterator[Fault]:
    headers = {name.lower() for name in settings.prometheus_headers}
    token, user = settings.prometheus_bearer_token, settings.prometheus_username
    others = (token, user, settings.prometheus_sigv4_region)
    if "authorization" in headers and any(other is not None for other in others):
        yield (
            ("PROMETHEUS_HEADERS",),
            "PROMETHEUS_HEADERS: holds Authorization besides other credentials, keep one of them",
        )
    if "x-scope-orgid" in headers and settings.prometheus_tenant is not None:
        yield (
            ("PROMETHEUS_HEADERS", "PROMETHEUS_TENANT"),
            "PROMETHEUS_HEADERS: holds X-Scope-OrgID besides PROMETHEUS_TENANT, keep one of them",
        )
    has_credentials = token is not None or user is not None or any(map(_is_secret, headers))
    allowed = settings.prometheus_allow_plaintext_auth
    if has_credentials and not allowed and _is_open(settings.prometheus_url):
        yield (
            ("PROMETHEUS_URL", "PROMETHEUS_ALLOW_PLAINTEXT_AUTH"),
            f'PROMETHEUS_URL: got "{settings.prometheus_url}", the credentials would go over the '
            "network unencrypted; use https://, or set PROMETHEUS_ALLOW_PLAINTEXT_AUTH=true to "
            "allow that",
        )


def _is_secret(header: str) -> bool:
    """Whether a header of this name, in lower case, usually lets its sender in."""
    return not {"authorization", "cookie", "key", "token", "secret", "password"}.isdisjoint(
        header.replace("_", "-").split("-")
    )


def _pushgateway(settings: Settings) -> Iterator[Fault]:
    secret, allowed = settings.pushgateway_url, settings.prometheus_allow_plaintext_auth
    url = "" if secret is None else secret.get_secret_value()
    if "@" in urlsplit(url).netloc and not allowed and _is_open(url):
        yield (
            ("PUSHGATEWAY_URL", "PROMETHEUS_ALLOW_PLAINTEXT_AUTH"),
            "PUSHGATEWAY_URL: the user and password in it would go over the network unencrypted; "
            "use https://, or set PROMETHEUS_ALLOW_PLAINTEXT_AUTH=true to allow that",
        )


def _is_open(url: str | None) -> bool:
    """Whether requests leave this machine unencrypted."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _files(settings: Settings) -> Iterator[Fault]:
    for name in _EXISTING_FILES:
        path: Path | None = getattr(settings, name.lower())
        if path is not None and not _is_file(path):
            yield (name,), f'{name}: got "{path}", there is no such file, or it cannot be read'


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder on the way may not be entered
        return False


def _rows(settings: Settings, given: frozenset[str]) -> Iterator[Fault]:
    currency = settings.focus_billing_currency
    if currency != "USD" and "FOCUS_USD_RATE" not in given:
        yield (
            ("FOCUS_USD_RATE", "FOCUS_BILLING_CURRENCY"),
            f"FOCUS_USD_RATE: is required, since FOCUS_BILLING_CURRENCY is {currency}; "
            f"set the US dollars per {currency}, such as 1.08",
        )
    if currency == "USD" and settings.focus_usd_rate != 1:
        yield (
            ("FOCUS_USD_RATE", "FOCUS_BILLING_CURRENCY"),
            f"FOCUS_USD_RATE: got {settings.focus_usd_rate}, expected 1, since "
            "FOCUS_BILLING_CURRENCY is USD",
        )


def _version(settings: Settings) -> Iterator[Fault]:
    """What FOCUS_VERSION does not have, though another setting asks for it."""
    version = settings.focus_version
    if version == "infercost-1.0" and settings.focus_extension_prefix != "x-Infer":
        yield (
            ("FOCUS_EXTENSION_PREFIX", "FOCUS_VERSION"),
            'FOCUS_EXTENSION_PREFIX: got "x_Infer", expected x-Infer, since FOCUS_VERSION is '
            "infercost-1.0",
        )
    if settings.focus_split_allocation and version not in _SPLIT_VERSIONS:
        yield (
            ("FOCUS_SPLIT_ALLOCATION", "FOCUS_VERSION"),
            "FOCUS_SPLIT_ALLOCATION: got true, expected false, since FOCUS_VERSION is "
            f"{version}; set FOCUS_VERSION to {' or '.join(_SPLIT_VERSIONS)}",
        )


def _parties(settings: Settings, layout: str | None) -> Iterator[Fault]:
    """Rows in which FOCUS wants a BilledCost of 0."""
    version = settings.focus_version if layout is None else layout
    chosen = "FOCUS_VERSION" if layout is None else "--layout"
    provider, issuer = settings.focus_service_provider_name, settings.focus_invoice_issuer_name
    if version in _SAME_PARTY_VERSIONS and provider != issuer:
        yield (
            ("FOCUS_INVOICE_ISSUER_NAME", "FOCUS_SERVICE_PROVIDER_NAME", chosen),
            f'FOCUS_INVOICE_ISSUER_NAME: got "{issuer}", expected the service provider '
            f'"{provider}" (FOCUS_SERVICE_PROVIDER_NAME), since {chosen} is {version}, in which '
            "BilledCost would have to be 0",
        )


def _shard(settings: Settings) -> Iterator[Fault]:
    index, count = settings.job_completion_index, settings.job_completions
    names = ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS")
    if index is not None and count is None:
        yield names, "JOB_COMPLETIONS: is required, since JOB_COMPLETION_INDEX is set"
    if index is not None and count is not None and index >= count:
        yield (
            names,
            f"JOB_COMPLETION_INDEX: got {index}, expected less than JOB_COMPLETIONS {count}",
        )
