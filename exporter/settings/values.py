"""What the text of an environment variable may be, each with the words that say what is expected.

A converter gets the text without surrounding blanks; a value that is already of the field's type
passes, so that settings can also be made in Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from exporter.documents.currencies import CODE_WORDS, currency_code
from exporter.documents.fields import Expectation, printable
from exporter.periods import Schedule

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}|arn:[\w-]+:s3[\w-]*:[\w.:/-]+")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FLAGS = {"true": True, "1": True, "yes": True, "on": True}
_FLAGS |= {"false": False, "0": False, "no": False, "off": False}


def _expect(words: str, convert: Callable[[str], object]) -> Expectation:
    def convert_text(value: object) -> object:
        return convert(printable(value)) if isinstance(value, str) else value

    return Expectation(words, convert_text)


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise ValueError
        return text

    return convert


def whole(minimum: int, maximum: int, unit: str) -> Expectation:
    """An integer within the limits, in digits."""

    def convert(text: str) -> int:
        amount = int(_matching(re.compile(r"[0-9]{1,9}"))(text))
        if not minimum <= amount <= maximum:
            raise ValueError
        return amount

    return _expect(f"a whole number of {unit} from {minimum} to {maximum}", convert)


def _positive(text: str) -> Decimal:
    try:
        amount = Decimal(_matching(re.compile(r"[0-9.]{1,30}"))(text))
    except InvalidOperation:
        raise ValueError from None
    if amount <= 0:
        raise ValueError
    return amount


def _seconds(text: str) -> float:
    amount = _positive(text)
    if amount > 3600:
        raise ValueError
    return float(amount)


def choice(*words: str) -> Expectation:
    """One of a few words, in capitals or not."""
    by_lower = {word.lower(): word for word in words}

    def convert(text: str) -> str:
        if text.lower() not in by_lower:
            raise ValueError
        return by_lower[text.lower()]

    return _expect(" or ".join(words), convert)


def _granularity(text: str) -> Schedule:
    schedule = Schedule(text.lower())
    if schedule not in (Schedule.HOURLY, Schedule.DAILY):
        raise ValueError
    return schedule


def _flag(text: str) -> bool:
    try:
        return _FLAGS[text.lower()]
    except KeyError:
        raise ValueError from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _engines(text: str) -> tuple[str, ...]:
    engines = tuple(dict.fromkeys(_names(text.lower())))
    if engines != ("vllm",):
        raise ValueError
    return engines


def _address(text: str) -> str:
    parts = urlsplit(text)
    stray = parts.username or parts.password or parts.query or parts.fragment or " " in text
    if parts.scheme not in ("http", "https") or not parts.hostname or stray or parts.port == 0:
        raise ValueError
    return text.rstrip("/")


def _server(text: str) -> str:
    if re.search(r"/api/v1(/|$)", text):
        raise ValueError
    return _address(text)


def _pushgateway(text: str) -> SecretStr:
    secret(text)
    parts = urlsplit(text)
    place = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    if "@" in place.netloc or re.search(r"/metrics(/|$)", place.path):
        raise ValueError
    _address(place.geturl())
    return SecretStr(text.rstrip("/"))


def _prefix(text: str) -> str:
    prefix = text.strip("/")
    if prefix and not {"", ".", ".."}.isdisjoint(prefix.split("/")):
        raise ValueError
    return f"{prefix}/" if prefix else ""


def _headers(text: str) -> dict[str, SecretStr]:
    try:
        headers = json.loads(text)
    except RecursionError:
        raise ValueError from None
    if not isinstance(headers, dict) or len({name.lower() for name in headers}) < len(headers):
        raise ValueError
    return {_matching(_HEADER_NAME)(name): secret(value) for name, value in headers.items()}


def secret(value: object) -> SecretStr:
    """A secret that can stand in an HTTP header: printable ASCII."""
    if not printable(value).isascii():
        raise ValueError
    return SecretStr(printable(value))


TEXT = _expect("a text in one line", str)
ASCII = _expect("printable ASCII in one line", lambda text: secret(text).get_secret_value())
SECRET = _expect("printable ASCII in one line", secret)
FLAG = _expect("true or false", _flag)
NAMES = _expect("a comma list", _names)
ENGINES = _expect("vllm, the only engine that this version supports", _engines)
PATH = _expect("a path", Path)
LABEL = _expect("a Prometheus label name such as cluster", _matching(_LABEL))
ADDRESS = _expect("an http:// or https:// address without user, password and query", _address)
SERVER = _expect(
    "the http:// or https:// address of the server without /api/v1, user, password and query",
    _server,
)
PUSHGATEWAY = _expect(
    "the http:// or https:// address of a Pushgateway without /metrics and query, with "
    "user:password@ before the host if it asks for them",
    _pushgateway,
)
HEADERS = _expect('a JSON object of texts such as {"X-Team": "ml"}', _headers)
BUCKET = _expect("the name of a bucket without s3:// and path, or an ARN", _matching(_BUCKET))
PREFIX = _expect("a key prefix without empty, . and .. parts, or / for none", _prefix)
SECONDS = _expect("a number of seconds above 0 and up to 3600", _seconds)
RATE = _expect("a number above 0 such as 1.08", _positive)
CURRENCY = _expect(CODE_WORDS, currency_code)
GRANULARITY = _expect("hourly or daily", _granularity)
