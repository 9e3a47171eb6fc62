"""A server that knows no discretion: whatever it is asked, it tells what the request said."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

#: What each answer is: an error of that status, no JSON at all, or the success of an empty server.
Way = Literal["401", "400", "500", "302", "page", "warning", "empty"]
BUCKET = "bucket"


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that ends a handshake is what some tests want."""


@contextmanager
def echo_server(way: Way, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """Its host and port, and the headers of all requests as they came."""
    heard: list[str] = []
    with _Server(("127.0.0.1", 0), _handler(way, heard)) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()
            thread.join()


def _handler(way: Way, heard: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = "; ".join(f"{name}: {value}" for name, value in sorted(self.headers.items()))
            heard.append(said)
            in_s3 = self.path.startswith(f"/{BUCKET}")
            body = (_xml(said) if in_s3 else _json(way, said)).encode()
            status = int(way) if way.isdigit() else 403 if in_s3 else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"https://elsewhere.example/{said}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 http.server

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    return Handler


def _json(way: Way, said: str) -> str:
    if way == "page":
        return f"<html>{said}</html>"
    if way in ("empty", "warning"):
        data = {"resultType": "matrix", "result": []}
        more = {"warnings": [said]} if way == "warning" else {}
        return json.dumps({"status": "success", "data": data, **more})
    return json.dumps({"status": "error", "errorType": "internal", "error": said})


def _xml(said: str) -> str:
    text = said.replace("&", "&amp;").replace("<", "&lt;")
    return f"<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>"
