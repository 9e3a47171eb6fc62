"""What real sockets do, so that the causes behind httpx's errors are really those we look for."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from exporter.errors import UnreadablePeriod, UnusableError
from exporter.periods import HourRange
from exporter.sources.prometheus import PrometheusAccess, PrometheusSource
from exporter.sources.series import HourlyQuery
from tests.certificates import self_signed
from tests.unit.sources.answers import HOUR, NOON, vector

QUERY = HourlyQuery("m", "last", HourRange(NOON, NOON + HOUR))


class Handler(BaseHTTPRequestHandler):
    """Cuts its answer in the middle; with `whole`, answers the edge probe instead."""

    whole = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.compress(vector("1").content)
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.whole else body[:10])

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class WholeHandler(Handler):
    whole = True


class QuietServer(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that ends a handshake is what these tests want."""


@contextmanager
def server(handler: type[Handler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Yields the port."""
    with QuietServer(("127.0.0.1", 0), handler) as running:
        if context is not None:
            running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running.server_port
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate of 127.0.0.1 in one file."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def read(access: PrometheusAccess) -> None:
    with closing(PrometheusSource(access, sleep=lambda _: None)) as source:
        source.read_hourly([QUERY])


def test_a_port_without_a_server_cannot_be_used() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(UnusableError) as raised:
        read(PrometheusAccess(url=url, max_retries=1))
    assert str(raised.value) == (
        f"{url} cannot be reached: no connection ([Errno 111] Connection refused); "
        "check PROMETHEUS_URL and the network"
    )


def test_a_name_that_does_not_exist_cannot_be_used() -> None:
    with pytest.raises(UnusableError, match="its name cannot be resolved"):
        read(PrometheusAccess(url="http://absent.invalid:9090", max_retries=1))


def test_a_broken_answer_fails_the_period() -> None:
    with server(Handler) as port, pytest.raises(UnreadablePeriod, match="the connection broke"):
        read(PrometheusAccess(url=f"http://127.0.0.1:{port}", max_retries=1))


def test_a_server_without_tls_is_named_as_such() -> None:
    with server(WholeHandler) as port, pytest.raises(UnusableError, match=r"TLS failed.*scheme"):
        read(PrometheusAccess(url=f"https://127.0.0.1:{port}", max_retries=1))


def test_an_unknown_certificate_is_refused_at_once(tls: ssl.SSLContext) -> None:
    with (
        server(WholeHandler, tls) as port,
        pytest.raises(UnusableError, match=r"certificate of .* cannot be verified .*CA_FILE"),
    ):
        read(PrometheusAccess(url=f"https://127.0.0.1:{port}"))


def test_a_missing_client_certificate_is_named(tls: ssl.SSLContext, certificate: Path) -> None:
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(certificate)
    with server(WholeHandler, tls) as port:
        url = f"https://127.0.0.1:{port}"
        with pytest.raises(UnusableError, match=r"TLS failed.*CLIENT_CERT"):
            read(PrometheusAccess(url=url, ca_file=certificate, max_retries=1))


@pytest.mark.parametrize("verify", [True, False])
def test_a_known_authority_and_a_client_certificate_open_the_door(
    tls: ssl.SSLContext, certificate: Path, verify: bool
) -> None:
    """The server answers everything as the probe, so the query itself gets the wrong kind."""
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(certificate)
    with server(WholeHandler, tls) as port:
        access = PrometheusAccess(
            url=f"https://127.0.0.1:{port}",
            ca_file=certificate if verify else None,
            tls_verify=verify,
            client_cert=certificate,
        )
        with pytest.raises(UnreadablePeriod, match="the answer is a vector, expected a matrix"):
            read(access)
