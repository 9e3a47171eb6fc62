"""Stands between the exporter and Prometheus, and keeps what is asked."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_HOP_BY_HOP = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_RANGE = "/query_range"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it was sent, and how many bytes its answer had."""

    method: str
    path: str
    body: bytes
    answer_bytes: int

    @property
    def query(self) -> str:
        """The PromQL text, or the path where there is none."""
        return parse_qs(self.body.decode()).get("query", [self.path])[0]

    @property
    def is_raw(self) -> bool:
        """Whether it asks for samples as they are: an instant query of a range of time."""
        return not urlsplit(self.path).path.endswith(_RANGE) and self.query.endswith("]")


@dataclass(slots=True)
class Recording:
    """The address to ask at, and the requests so far, in the order of their answers."""

    url: str
    requests: list[Asked] = field(default_factory=list)


@contextmanager
def recording(prometheus: str) -> Iterator[Recording]:
    """A server that passes every request on to Prometheus, its answer back, and keeps both."""
    target = urlsplit(prometheus).netloc
    found = Recording("")

    class Handler(_Passing):
        upstream = target
        kept = found.requests

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: str
    kept: list[Asked]

    def do_GET(self) -> None:
        self._pass_on("GET")

    def do_POST(self) -> None:
        self._pass_on("POST")

    def _pass_on(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
        connection = http.client.HTTPConnection(self.upstream)
        try:
            connection.request(method, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.kept.append(Asked(method, self.path, body, len(content)))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Not a word: the requests are kept."""
