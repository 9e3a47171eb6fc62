"""A bad road to a real server: requests pass, but for those that a rule spoils.

Bodies are passed on piece by piece and headers as they came, Host included: it is signed. What
waits here ends with the proxy.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

WAIT_SECONDS = 60
_PIECE = 64 * 1024
#: Close with a reset, whatever is still to be sent.
_ABORT = struct.pack("ii", 1, 0)
_OF_ONE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "expect"})

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the real server said."""

    status: int
    headers: Headers
    body: bytes


class Exchange:
    """One request, not yet answered, and everything that can be done with it."""

    def __init__(self, proxy: Proxy, handler: BaseHTTPRequestHandler) -> None:
        self._proxy, self._handler = proxy, handler
        self.method, self.path = handler.command, handler.path
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in handler.headers.items()}
        self._unread = int(self.headers.get("content-length", 0))

    @cached_property
    def body(self) -> bytes:
        """All of the request's body; only a rule that looks at it makes it wait for all."""
        return b"".join(self._arriving())

    def read(self, count: int) -> bytes:
        """The next bytes of the request's body."""
        piece = self._handler.rfile.read(min(count, self._unread))
        self._unread -= len(piece)
        return piece

    def ask(self) -> Answer:
        """The real server's answer, all of it."""
        with self._asked() as answer:
            return Answer(answer.status, answer.getheaders(), answer.read())

    def pass_on(self) -> None:
        """As if nobody stood between."""
        with self._asked() as answer:
            length = answer.getheader("Content-Length")
            self.begin(answer.status, answer.getheaders(), None if length is None else int(length))
            while piece := answer.read(_PIECE):
                self.send(piece)
            self.end(chunked=length is None)

    def answer(self, answer: Answer) -> None:
        self.begin(answer.status, answer.headers, len(answer.body))
        self.send(answer.body)

    def begin(self, status: int, headers: Headers, length: int | None) -> None:
        """The head of an answer of that many bytes; None: nobody knows how many."""
        self._chunked = length is None and self.method != "HEAD"
        self._handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {*_OF_ONE_CONNECTION, "content-length"}:
                self._handler.send_header(name, value)
        if self._chunked:
            self._handler.send_header("Transfer-Encoding", "chunked")
        elif length is not None:
            self._handler.send_header("Content-Length", f"{length}")
        self._handler.end_headers()

    def send(self, piece: bytes) -> None:
        """A part of the answer's body."""
        if self.method == "HEAD" or not piece:
            return
        framed = b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece
        self._handler.wfile.write(framed)
        self._proxy.sent += len(piece)

    def end(self, *, chunked: bool) -> None:
        if chunked and self.method != "HEAD":
            self._handler.wfile.write(b"0\r\n\r\n")

    def wait(self, seconds: float) -> None:
        """Let time pass, at most until the proxy ends."""
        self._proxy.ended.wait(seconds)

    def reset(self) -> None:
        """End the connection with a reset, in both directions."""
        self._handler.close_connection = True
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        # Closing the object would wait for its files, and say goodbye first.
        os.close(self._handler.connection.detach())

    def finish(self) -> None:
        """A body that nobody read must not be taken for the next request."""
        if self._unread:
            self._handler.close_connection = True

    @contextmanager
    def _asked(self) -> Iterator[http.client.HTTPResponse]:
        host = urlsplit(self._proxy.server).netloc
        with closing(http.client.HTTPConnection(host, timeout=WAIT_SECONDS)) as connection:
            connection.putrequest(self.method, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self._handler.headers.items():
                if name.lower() not in _OF_ONE_CONNECTION:
                    connection.putheader(name, value)
            connection.endheaders()
            for piece in [self.body] if "body" in self.__dict__ else self._arriving():
                connection.send(piece)
            yield connection.getresponse()

    def _arriving(self) -> Iterator[bytes]:
        while self._unread and (piece := self.read(_PIECE)):
            yield piece


#: What happens to a request in place of an answer.
Spoil = Callable[[Exchange], None]
Wanted = Callable[[Exchange], bool]


@dataclass(slots=True)
class Rule:
    """Spoils the requests that are wanted: the first `times` of them, or all."""

    spoil: Spoil
    wanted: Wanted = lambda _exchange: True
    times: int | None = None


@dataclass(slots=True)
class Proxy:
    """The road to `server`; `spoiled` counts the requests that a rule took, `sent` bytes of bodies.

    The first rule that wants a request has it.
    """

    server: str
    rules: list[Rule]
    url: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)
    spoiled: int = 0
    sent: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    _choosing: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, exchange: Exchange) -> None:
        spoil = self._spoil_of(exchange)
        if spoil is None:
            exchange.pass_on()
        else:
            spoil(exchange)
        exchange.finish()

    def _spoil_of(self, exchange: Exchange) -> Spoil | None:
        with self._choosing:
            self.seen.append((exchange.method, exchange.path))
            for rule in self.rules:
                if rule.times != 0 and rule.wanted(exchange):
                    rule.times = None if rule.times is None else rule.times - 1
                    self.spoiled += 1
                    return rule.spoil
        return None


def answered(status: int, body: bytes | str = b"", **headers: str) -> Spoil:
    """An answer of our own; `Retry_After="1"` becomes the header Retry-After."""
    content = body.encode() if isinstance(body, str) else body
    own = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda exchange: exchange.answer(Answer(status, own, content))


def changed(change: Callable[[bytes], bytes]) -> Spoil:
    """The real answer with another body, whole and of the length it says."""

    def spoil(exchange: Exchange) -> None:
        real = exchange.ask()
        exchange.answer(Answer(real.status, real.headers, change(real.body)))

    return spoil


def cut(exchange: Exchange) -> None:
    """Half of the real answer, then a reset."""
    real = exchange.ask()
    exchange.begin(real.status, real.headers, len(real.body))
    exchange.send(real.body[: len(real.body) // 2])
    exchange.reset()


def dropped(after: int = 0) -> Spoil:
    """A reset after so many bytes of the request's body."""

    def spoil(exchange: Exchange) -> None:
        exchange.read(after)
        exchange.reset()

    return spoil


def late(seconds: float) -> Spoil:
    """The real answer, after a while."""

    def spoil(exchange: Exchange) -> None:
        exchange.wait(seconds)
        exchange.pass_on()

    return spoil


def trickled(seconds: float) -> Spoil:
    """The real answer byte by byte, so long between two of them."""

    def spoil(exchange: Exchange) -> None:
        real = exchange.ask()
        exchange.begin(real.status, real.headers, len(real.body))
        for place in range(len(real.body)):
            exchange.wait(seconds)
            exchange.send(real.body[place : place + 1])

    return spoil


def flooded(size: int) -> Spoil:
    """The beginning of the real answer, and then so many bytes of more; nothing announces them."""

    def spoil(exchange: Exchange) -> None:
        real = exchange.ask()
        exchange.begin(real.status, real.headers, None)
        exchange.send(real.body[:-4])
        for _ in range(0, size, _PIECE):
            exchange.send(b" " * _PIECE)
        exchange.end(chunked=True)

    return spoil


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves in the middle is what a fault leads to."""


@contextmanager
def proxy_before(server: str, *rules: Rule, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy in front of the server at a base URL, with a certificate of its own if given."""
    proxy = Proxy(server, [*rules])
    with _Server(("127.0.0.1", 0), _handler(proxy)) as listener:
        if tls is not None:
            listener.socket = tls.wrap_socket(listener.socket, server_side=True)
        proxy.url = f"http{'s' if tls else ''}://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.ended.set()
            listener.shutdown()
            thread.join(WAIT_SECONDS)


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_request(self) -> None:
            proxy.handle(Exchange(proxy, self))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815 names of http.server

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what was asked stands in `seen`."""

    return Handler
