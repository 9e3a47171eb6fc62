"""How a Prometheus-compatible API is reached: address, credentials, TLS, limits of patience."""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from exporter import __version__
from exporter.errors import ConfigurationError

#: Added to the server's own time-out, which is sent along, so that the server speaks first.
_GRACE_SECONDS = 5.0
_CONNECT_SECONDS = 10.0
_HIDDEN = b"***"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusAccess:
    """The PROMETHEUS_… settings; secrets never appear in its text.

    `url` may hold a path prefix, a query and user:password@; `timeout_seconds` is what one query
    may compute, and what its answer may take to arrive. `ca_file` replaces the usual authorities.
    An answer of more than `max_answer_mib` is not kept.
    Contradictions raise one ConfigurationError that names them all.
    """

    url: str = field(repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tenant: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    tls_verify: bool = True
    sigv4_region: str | None = None
    timeout_seconds: float = 60.0
    concurrency: int = 4
    max_retries: int = 5
    max_answer_mib: int = 128

    def __post_init__(self) -> None:
        if faults := list(_faults(self)):
            raise ConfigurationError(faults)

    @property
    def address(self) -> str:
        """The URL as it may be shown: without user, password and query."""
        return str(httpx.URL(self.url).copy_with(userinfo=b"", query=None, fragment=None))

    def hidden(self, said: bytes) -> bytes:
        """What a server said, without the credentials it may have repeated."""
        for secret in sorted(_secrets(self), key=len, reverse=True):
            said = said.replace(secret, _HIDDEN)
        return said

    def hidden_headers(self, said: Mapping[str, str]) -> httpx.Headers:
        """The same of the headers of an answer: a redirect may repeat them."""
        return httpx.Headers({name: self.hidden(said[name].encode()).decode() for name in said})

    def endpoint(self, path: str) -> httpx.URL:
        """`{url}/api/v1/{path}`, with the URL's own query and without its user and password."""
        url = httpx.URL(self.url)
        return url.copy_with(path=f"{url.path.rstrip('/')}/api/v1/{path}", userinfo=b"")


def open_client(
    access: PrometheusAccess, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """A client with everything but the query; unusable certificate files: ConfigurationError."""
    return httpx.Client(
        headers=_headers(access),
        auth=_auth(access),
        verify=_tls(access),
        timeout=httpx.Timeout(
            access.timeout_seconds + _GRACE_SECONDS,
            connect=min(_CONNECT_SECONDS, access.timeout_seconds),
        ),
        limits=httpx.Limits(max_connections=access.concurrency),
        transport=transport,
    )


def _faults(access: PrometheusAccess) -> Iterator[str]:
    yield from _url_faults(access.url)
    ways = [access.bearer_token, any(_user_and_password(access)), access.sigv4_region]
    if sum(map(bool, ways)) > 1:
        yield (
            "PROMETHEUS_BEARER_TOKEN, PROMETHEUS_USERNAME/_PASSWORD (also within PROMETHEUS_URL) "
            "and PROMETHEUS_SIGV4_REGION exclude each other; set one"
        )
    if access.client_key is not None and access.client_cert is None:
        yield "PROMETHEUS_CLIENT_KEY is set without PROMETHEUS_CLIENT_CERT"
    for name, value in _header_settings(access):
        if not (value.isascii() and value.isprintable()):
            yield f"{name} cannot stand in a header; expected printable ASCII in one line"
    for name in access.headers:
        if _HEADER_NAME.fullmatch(name) is None:
            yield f"PROMETHEUS_HEADERS: {name!r} is not the name of a header"
    limits = (access.concurrency, access.max_answer_mib)
    if access.timeout_seconds <= 0 or min(limits) < 1 or access.max_retries < 0:
        yield (
            "PROMETHEUS_TIMEOUT_SECONDS > 0, _CONCURRENCY >= 1, _MAX_ANSWER_MIB >= 1 and "
            f"_MAX_RETRIES >= 0 expected, not {access.timeout_seconds}, {access.concurrency}, "
            f"{access.max_answer_mib} and {access.max_retries}"
        )


def _url_faults(url: str) -> Iterator[str]:
    # The value is not shown: it may hold a password.
    expected = "PROMETHEUS_URL is not a URL; expected http://host:port or https://host/prefix"
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        yield expected
        return
    if parsed.scheme not in ("http", "https") or not parsed.host:
        yield expected


def _header_settings(access: PrometheusAccess) -> Iterator[tuple[str, str]]:
    if access.bearer_token:
        yield "PROMETHEUS_BEARER_TOKEN", access.bearer_token.strip()
    if access.tenant:
        yield "PROMETHEUS_TENANT", access.tenant
    for name, value in access.headers.items():
        yield f"PROMETHEUS_HEADERS: {name}", value


def _headers(access: PrometheusAccess) -> httpx.Headers:
    headers = httpx.Headers({"User-Agent": f"infer-focus/{__version__}"})
    if _is_plain(access):
        # Inside a cluster: compressing costs the server more time than it saves on the way.
        headers["Accept-Encoding"] = "identity"
    headers.update(access.headers)
    if access.tenant:
        headers["X-Scope-OrgID"] = access.tenant
    if access.bearer_token:
        # A token read from a mounted file usually ends with a line break.
        headers["Authorization"] = f"Bearer {access.bearer_token.strip()}"
    return headers


def _auth(access: PrometheusAccess) -> httpx.Auth | None:
    if access.sigv4_region:
        # Here, since botocore is slow to import and few need it.
        from exporter.sources.sigv4 import SigV4

        return SigV4.from_environment(access.sigv4_region)
    username, password = _user_and_password(access)
    return httpx.BasicAuth(username, password) if username or password else None


def _user_and_password(access: PrometheusAccess) -> tuple[str, str]:
    """From the settings, else from the URL; empty texts without any."""
    if access.username or access.password:
        return access.username or "", access.password or ""
    try:
        url = httpx.URL(access.url)
    except httpx.InvalidURL:
        return "", ""
    return url.username, url.password


def _secrets(access: PrometheusAccess) -> set[bytes]:
    """Everything secret that a request holds, as it is sent and as JSON would write it."""
    username, password = _user_and_password(access)
    basic = base64.b64encode(f"{username}:{password}".encode()).decode()
    texts = [access.bearer_token, password, password and basic, *access.headers.values()]
    found = {text.strip() for text in texts if text}
    written = found | {json.dumps(text)[1:-1] for text in found}
    return {text.encode() for text in written if text}


def _is_plain(access: PrometheusAccess) -> bool:
    """Whether nothing is verified anyway: the usual authorities take a while to load."""
    return access.url.startswith("http:")


def _tls(access: PrometheusAccess) -> ssl.SSLContext:
    try:
        context = (
            httpx.create_ssl_context(verify=access.tls_verify and not _is_plain(access))
            if access.ca_file is None or not access.tls_verify
            else ssl.create_default_context(cafile=access.ca_file)
        )
        if access.client_cert is not None:
            context.load_cert_chain(access.client_cert, access.client_key)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            "PROMETHEUS_CA_FILE, PROMETHEUS_CLIENT_CERT or _KEY cannot be used "
            f"({access.ca_file}, {access.client_cert}, {access.client_key}): {error}"
        ) from error
    return context
