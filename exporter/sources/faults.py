"""What can go wrong with one request, sorted by what helps: waiting, asking for less, nothing.

Fault
├── Passing            asking the same again may help
│   └── NoConnection   ... and if it does not, nothing else can be asked either
├── TooMuch            asking for less may help
└── Final              asking again changes nothing

They stay inside `sources`: the source that asked turns what remains into an error of
`exporter.errors` with the name of the query. UnusableError is raised here as such.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from exporter.errors import UnusableError

#: No server makes us wait longer than this, seconds.
RETRY_AFTER_LIMIT_SECONDS = 60.0

#: Which setting says how large an answer may be, MiB.
LIMIT_SETTING = "PROMETHEUS_MAX_ANSWER_MIB"

_TEXT_LENGTH = 300
#: Limits of Prometheus, Thanos, Mimir, Cortex and VictoriaMetrics, by the words of their errors.
_LIMIT = re.compile(
    r"too many (samples|points|chunks|series)|exceed|limit|not enough memory|-search\.max"
    r"|timed out|timeout|deadline",
    re.IGNORECASE,
)
#: A query that waited for its turn is not too large; smaller ones would only lengthen the queue.
_BUSY = re.compile(r"query queue|concurren|too many outstanding|rate limit", re.IGNORECASE)
_ADVICE = (
    (
        re.compile(LIMIT_SETTING),
        "raise it and the memory, or find out what makes the answer so large",
    ),
    (
        re.compile("samples", re.IGNORECASE),
        "raise the server's limit (--query.max-samples in Prometheus and Thanos)",
    ),
    (
        re.compile("timed out|timeout|deadline", re.IGNORECASE),
        "raise PROMETHEUS_TIMEOUT_SECONDS and the server's --query.timeout",
    ),
)
_RAISE_LIMIT = "raise that limit of the server"


class _Error(msgspec.Struct):
    error: str


class Fault(Exception):
    """A request that was not answered; the text is one line without the query."""

    @property
    def advice(self) -> str:
        """What to do about it, for the end of a message."""
        return "try the query in the server's own web page"


class Passing(Fault):
    """Asking again may help, after `retry_after` seconds if the server said so."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after

    @property
    def advice(self) -> str:
        return "the next run tries again"


class NoConnection(Passing):
    """No request reached the server."""


class TooMuch(Fault):
    """A limit refused this query; a smaller one may be answered."""

    @property
    def advice(self) -> str:
        text = str(self)
        return next((advice for found, advice in _ADVICE if found.search(text)), _RAISE_LIMIT)


class Final(Fault):
    """The query was refused or its answer cannot be understood."""


def transport_fault(error: httpx.HTTPError, address: str) -> Exception:
    """What follows from a request without a whole answer."""
    cause = _root(error)
    text = _one_line(str(cause) or type(cause).__name__)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UnusableError(
            f"the certificate of {address} cannot be verified ({text}); "
            "set PROMETHEUS_CA_FILE to the authority that signed it"
        )
    if isinstance(cause, ssl.SSLError):
        return NoConnection(f"TLS failed ({text}); check PROMETHEUS_CLIENT_CERT and the scheme")
    if isinstance(cause, socket.gaierror):
        return NoConnection(f"its name cannot be resolved ({text}); check PROMETHEUS_URL")
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        return NoConnection(f"no connection ({text}); check PROMETHEUS_URL and the network")
    if isinstance(error, httpx.TimeoutException):
        return Passing("no answer in time; raise PROMETHEUS_TIMEOUT_SECONDS")
    if isinstance(error, httpx.LocalProtocolError):
        # Its text may hold a header, so a secret.
        return UnusableError(f"{address} cannot be asked: a header of the request is not valid")
    return Passing(f"the connection broke ({text})")


def status_fault(status: int, headers: Mapping[str, str], body: bytes, address: str) -> Exception:
    """What follows from an answer with an error status."""
    named = f"HTTP {status} {httpx.codes.get_reason_phrase(status)}".strip()
    if status in (401, 403, 407):
        return UnusableError(
            f"{address} refused the access ({named}); check PROMETHEUS_BEARER_TOKEN, "
            "PROMETHEUS_USERNAME and _PASSWORD, PROMETHEUS_TENANT or PROMETHEUS_SIGV4_REGION"
        )
    if status == 404:
        return UnusableError(
            f"no Prometheus API at {address} ({named}); is a path prefix missing in PROMETHEUS_URL?"
        )
    if 300 <= status < 400:
        target = headers.get("location", "").partition("?")[0]
        return UnusableError(
            f"{address} redirects to {target!r} ({named}); set PROMETHEUS_URL to the API itself"
        )
    said = _error_of(body)
    fault = answer_fault(said or beginning(body), named)
    # Gateways speak of timeouts and limits too, but a smaller query would not help them.
    if status == 429 or (status >= 500 and (said is None or isinstance(fault, Final))):
        fault = Passing(str(fault))
    if isinstance(fault, Passing):
        fault.retry_after = retry_after(headers)
    return fault


def answer_fault(said: str, named: str) -> Fault:
    """What follows from an error text of the server; `named` says what kind of answer it was."""
    text = _one_line(f"{named}: {said}")
    if _BUSY.search(said):
        return Passing(text)
    return TooMuch(text) if _LIMIT.search(said) else Final(text)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the server asked, bounded; None when it did not say.

    A date is compared with the server's own Date, so that our clock does not matter.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), RETRY_AFTER_LIMIT_SECONDS)
    try:
        moment, now = (parsedate_to_datetime(text) for text in (value, headers.get("date", "")))
        wait = (moment - now).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(wait, 0.0), RETRY_AFTER_LIMIT_SECONDS)


def _root(error: BaseException) -> BaseException:
    """The first cause: httpx and httpcore wrap what the socket said."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _error_of(body: bytes) -> str | None:
    """The `error` of a JSON answer; None when the answer is not one of a Prometheus API."""
    try:
        return msgspec.json.decode(body, type=_Error).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def beginning(body: bytes) -> str:
    """The first words of an answer that is not what was expected."""
    return _one_line(body[: 4 * _TEXT_LENGTH].decode("utf-8", "replace")) or "an empty answer"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_LENGTH else f"{line[:_TEXT_LENGTH]}…"
