from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.errors import ConfigurationError
from exporter.sources.access import PrometheusAccess, open_client

URL = "http://prometheus.test:9090"


def sent(**settings: Any) -> httpx.Request:
    """The request as it would leave the client."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200)

    access = PrometheusAccess(**{"url": URL} | settings)
    with open_client(access, httpx.MockTransport(answer)) as client:
        client.post(access.endpoint("query"), data={"query": "up"})
    return requests[0]


@pytest.mark.parametrize(
    ("url", "endpoint", "shown"),
    [
        ("http://p:9090", "http://p:9090/api/v1/query", "http://p:9090"),
        ("http://p:9090/", "http://p:9090/api/v1/query", "http://p:9090/"),
        ("https://m/prometheus", "https://m/prometheus/api/v1/query", "https://m/prometheus"),
        ("https://m/prometheus/", "https://m/prometheus/api/v1/query", "https://m/prometheus/"),
        ("http://u:geheim@p/x", "http://p/x/api/v1/query", "http://p/x"),
        ("http://vm/?extra=a%20b", "http://vm/api/v1/query?extra=a%20b", "http://vm/"),
    ],
)
def test_the_url_may_have_a_prefix_a_query_and_a_user(url: str, endpoint: str, shown: str) -> None:
    access = PrometheusAccess(url=url)
    assert str(access.endpoint("query")) == endpoint
    assert access.address == shown


def test_every_request_names_the_program() -> None:
    assert sent().headers["User-Agent"].startswith("infer-focus/0.")


def test_the_tenant_and_further_headers_are_sent() -> None:
    headers = sent(tenant="team-a", headers={"X-Extra": "1", "user-agent": "own"}).headers
    assert headers["X-Scope-OrgID"] == "team-a"
    assert headers["X-Extra"] == "1"
    assert headers.get_list("User-Agent") == ["own"]


def test_a_token_read_from_a_file_loses_its_line_break() -> None:
    assert sent(bearer_token="abc\n").headers["Authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    "settings",
    [{"username": "user", "password": "p@ss"}, {"url": "http://user:p%40ss@prometheus.test"}],
)
def test_user_and_password_come_from_settings_or_url(settings: dict[str, Any]) -> None:
    assert sent(**settings).headers["Authorization"] == "Basic dXNlcjpwQHNz"


def test_without_credentials_nothing_is_claimed() -> None:
    headers = sent(bearer_token="", username="", password="", tenant="").headers
    assert "Authorization" not in headers
    assert "X-Scope-OrgID" not in headers


def test_answers_are_compressed_only_where_the_way_is_long() -> None:
    assert sent().headers["Accept-Encoding"] == "identity"
    assert "gzip" in sent(url="https://remote.test").headers["Accept-Encoding"]


def test_no_secret_is_in_the_text_of_the_settings() -> None:
    access = PrometheusAccess(
        url="http://user:geheim@p", headers={"X-Key": "geheim"}, tenant="team-a"
    )
    token = PrometheusAccess(url=URL, bearer_token="geheim")
    basic = PrometheusAccess(url=URL, username="user", password="geheim")
    assert "geheim" not in repr([access, token, basic])


def test_all_contradictions_are_named_at_once_without_the_secrets() -> None:
    with pytest.raises(ConfigurationError) as raised:
        PrometheusAccess(
            url="prometheus:9090",
            bearer_token="geheim\ngeheim",
            username="user",
            headers={"a b": "geh\u00e9im"},
            tenant="a\tb",
            client_key=Path("key.pem"),
            timeout_seconds=0,
        )
    assert raised.value.faults == (
        "PROMETHEUS_URL is not a URL; expected http://host:port or https://host/prefix",
        "PROMETHEUS_BEARER_TOKEN, PROMETHEUS_USERNAME/_PASSWORD (also within PROMETHEUS_URL) "
        "and PROMETHEUS_SIGV4_REGION exclude each other; set one",
        "PROMETHEUS_CLIENT_KEY is set without PROMETHEUS_CLIENT_CERT",
        "PROMETHEUS_BEARER_TOKEN cannot stand in a header; expected printable ASCII in one line",
        "PROMETHEUS_TENANT cannot stand in a header; expected printable ASCII in one line",
        "PROMETHEUS_HEADERS: a b cannot stand in a header; expected printable ASCII in one line",
        "PROMETHEUS_HEADERS: 'a b' is not the name of a header",
        "PROMETHEUS_TIMEOUT_SECONDS > 0, _CONCURRENCY >= 1, _MAX_ANSWER_MIB >= 1 and "
        "_MAX_RETRIES >= 0 expected, not 0, 4, 128 and 5",
    )


@pytest.mark.parametrize("url", ["", "p", "ftp://p", "http://", "http://p:port", "http://[::"])
def test_what_is_not_a_url_is_refused_before_any_request(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^PROMETHEUS_URL is not a URL; expected http"):
        PrometheusAccess(url=url)


@pytest.mark.parametrize("setting", ["ca_file", "client_cert"])
def test_a_certificate_that_cannot_be_used_is_a_fault_of_the_settings(
    setting: str, tmp_path: Path
) -> None:
    file = tmp_path / "bad.pem"
    file.write_text("no certificate")
    for path in (file, tmp_path / "missing.pem"):
        settings: dict[str, Any] = {setting: path}
        with pytest.raises(ConfigurationError, match=r"PROMETHEUS_CA_FILE.*cannot be used"):
            open_client(PrometheusAccess(url=URL, **settings))


@pytest.mark.parametrize(("url", "verified"), [("http://p", False), ("https://p", True)])
def test_authorities_are_loaded_only_where_a_certificate_is_verified(
    url: str, verified: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    made = httpx.create_ssl_context()

    def create(*, verify: bool) -> ssl.SSLContext:
        asked.append(verify)
        return made

    monkeypatch.setattr(httpx, "create_ssl_context", create)
    open_client(PrometheusAccess(url=url)).close()
    assert asked == [verified]
