from __future__ import annotations

import re
import string
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.errors import ConfigurationError
from exporter.periods import Schedule
from exporter.settings import (
    Settings,
    find_settings,
    load_settings,
    settings_table,
    unknown_names,
)

MINIMAL = {"PROMETHEUS_URL": "https://prometheus:9090", "OUTPUT_DIR": "/data"}
SECRET = "hunter2-hunter2"


def load(**variables: str) -> Settings:
    return load_settings(MINIMAL | variables, needs_destination=True)


def faults(
    environ: Mapping[str, str], *, needs_destination: bool = True, needs_source: bool = True
) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ, needs_destination=needs_destination, needs_source=needs_source)
    return list(caught.value.faults)


def test_defaults_are_those_of_the_table() -> None:
    settings = load()

    assert settings.prometheus_timeout_seconds == 60
    assert (settings.prometheus_concurrency, settings.prometheus_max_retries) == (4, 5)
    assert settings.prometheus_tls_verify is True
    assert settings.prometheus_headers == {}
    assert settings.config_path == Path("/etc/infer-focus")
    assert settings.cluster_name == "default"
    assert settings.collection_lookback_hours == 24
    assert settings.collection_granularity is Schedule.HOURLY
    assert settings.collection_settle_minutes == 10
    assert settings.collection_engines == ("vllm",)
    assert settings.collection_include_namespaces == ()
    assert (settings.collection_row_grain, settings.cost_idle) == ("model", "separate")
    assert (settings.focus_version, settings.focus_extension_prefix) == ("1.3", "x-Infer")
    assert (settings.focus_billing_currency, settings.focus_usd_rate) == ("USD", Decimal(1))
    assert settings.focus_publisher_name == "Self-Hosted"
    assert settings.focus_tag_allowlist is None
    assert settings.focus_split_allocation is False
    assert (settings.s3_prefix, settings.s3_format) == ("focus/", "parquet")
    assert settings.parquet_compression == "snappy"
    assert (settings.ternary_enabled, settings.ternary_path_prefix) == (False, "ternary/")
    assert (settings.job_backfill_days, settings.job_completion_index) == (0, None)
    assert (settings.log_level, settings.log_format) == ("info", None)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("PROMETHEUS_URL", "http://thanos.monitoring/", "http://thanos.monitoring"),
        ("PROMETHEUS_URL", "https://[::1]:9090/prometheus", "https://[::1]:9090/prometheus"),
        ("PROMETHEUS_TLS_VERIFY", "False", False),
        ("PROMETHEUS_TLS_VERIFY", "on", True),
        ("PROMETHEUS_TIMEOUT_SECONDS", "2.5", 2.5),
        ("PROMETHEUS_MAX_RETRIES", "0", 0),
        ("PROMETHEUS_MAX_ANSWER_MIB", "4096", 4096),
        ("PROMETHEUS_TENANT", " team-a|team-b\n", "team-a|team-b"),
        ("COLLECTION_GRANULARITY", "Daily", Schedule.DAILY),
        ("COLLECTION_SETTLE_MINUTES", "0", 0),
        ("COLLECTION_INCLUDE_NAMESPACES", "team-*, chat,,", ("team-*", "chat")),
        ("COLLECTION_INCLUDE_CLUSTERS", "eu-*", ("eu-*",)),
        ("COLLECTION_ENGINES", "vLLM, vllm", ("vllm",)),
        ("COLLECTION_CLUSTER_LABEL", "cluster", "cluster"),
        ("FOCUS_VERSION", "1.0", "1.0"),
        ("FOCUS_VERSION", "1.1", "1.1"),
        ("FOCUS_VERSION", "1.2", "1.2"),
        ("FOCUS_VERSION", "1.4", "1.4"),
        ("FOCUS_VERSION", "InferCost-1.0", "infercost-1.0"),
        ("FOCUS_EXTENSION_PREFIX", "x_infer", "x_Infer"),
        ("FOCUS_BILLED_COST", "cost", "cost"),
        ("FOCUS_BILLED_COST", "Contracted", "contracted"),
        ("FOCUS_SPLIT_ALLOCATION", "false", False),
        ("FOCUS_SPLIT_ALLOCATION", "true", True),
        ("FOCUS_TAG_ALLOWLIST", "team,app.kubernetes.io/name", ("team", "app.kubernetes.io/name")),
        ("S3_PREFIX", "/", ""),
        ("S3_PREFIX", "/billing/focus", "billing/focus/"),
        ("S3_FORMAT", "CSV", "csv"),
        ("JOB_BACKFILL_DAYS", "30", 30),
        ("LOG_LEVEL", "DEBUG", "debug"),
        ("LOG_FORMAT", "json", "json"),
        ("CLUSTER_NAME", "eu-1", "eu-1"),
        ("CLUSTER_NAME", " ", "default"),
    ],
)
def test_a_variable_is_read(name: str, text: str, expected: object) -> None:
    assert getattr(load(**{name: text}), name.lower()) == expected


@pytest.mark.parametrize(
    ("alias", "attribute", "text", "expected"),
    [
        ("OUTPUT_FORMAT", "s3_format", "csv", "csv"),
        ("COLLECTION_INCLUDE_CLUSTER_IDS", "collection_include_clusters", "a,b", ("a", "b")),
        ("COLLECTION_EXCLUDE_CLUSTER_IDS", "collection_exclude_clusters", "a", ("a",)),
    ],
)
def test_an_alias_is_read(alias: str, attribute: str, text: str, expected: object) -> None:
    assert getattr(load(**{alias: text}), attribute) == expected


def test_an_alias_may_say_the_same_as_the_name() -> None:
    assert load(S3_FORMAT="csv", OUTPUT_FORMAT="csv").s3_format == "csv"


def test_an_empty_variable_counts_as_unset() -> None:
    every_name = {name: "" for name, _, _ in settings_table()}

    assert load_settings(every_name | MINIMAL, needs_destination=True) == load()


def test_names_are_case_sensitive() -> None:
    assert load(s3_format="csv").s3_format == "parquet"


def test_the_process_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_FORMAT", "csv")

    assert load().s3_format == "parquet"


def test_headers_are_a_json_object() -> None:
    headers = load(PROMETHEUS_HEADERS='{"X-Team": "ml"}').prometheus_headers

    assert {name: value.get_secret_value() for name, value in headers.items()} == {"X-Team": "ml"}


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")

    token = load(PROMETHEUS_BEARER_TOKEN_FILE=str(path)).prometheus_bearer_token

    assert token is not None
    assert token.get_secret_value() == SECRET


def test_secrets_are_in_no_text_of_the_settings() -> None:
    settings = load(
        PROMETHEUS_USERNAME="reader",
        PROMETHEUS_PASSWORD=SECRET,
        PROMETHEUS_HEADERS=f'{{"X-Key": "{SECRET}"}}',
        S3_ACCESS_KEY_ID=SECRET,
        S3_SECRET_ACCESS_KEY=SECRET,
        PUSHGATEWAY_URL=f"https://u:{SECRET}@p",
    )

    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()}"


def test_the_address_of_a_pushgateway_may_hold_a_password() -> None:
    url = load(PUSHGATEWAY_URL=f"https://u:{SECRET}@p:9091/prefix/").pushgateway_url

    assert url is not None
    assert url.get_secret_value() == f"https://u:{SECRET}@p:9091/prefix"


@pytest.mark.parametrize(
    ("url", "further"),
    [
        ("http://p:9091", {}),
        (f"http://u:{SECRET}@127.0.0.1:9091", {}),
        (f"http://u:{SECRET}@localhost:9091", {}),
        (f"https://u:{SECRET}@p", {}),
        (f"http://u:{SECRET}@p", {"PROMETHEUS_ALLOW_PLAINTEXT_AUTH": "true"}),
    ],
)
def test_a_pushgateway_without_an_open_password_is_accepted(
    url: str, further: dict[str, str]
) -> None:
    environ = MINIMAL | further | {"PUSHGATEWAY_URL": url}

    assert find_settings(environ, needs_destination=True).faults == ()


def test_the_password_of_a_pushgateway_does_not_go_over_the_network_unencrypted() -> None:
    assert faults(MINIMAL | {"PUSHGATEWAY_URL": f"http://u:{SECRET}@p:9091"}) == [
        "PUSHGATEWAY_URL: the user and password in it would go over the network unencrypted; "
        "use https://, or set PROMETHEUS_ALLOW_PLAINTEXT_AUTH=true to allow that"
    ]


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().s3_prefix = "other/"  # type: ignore[misc]


SERVER = (
    "expected the http:// or https:// address of the server without /api/v1, user, password and "
    "query"
)
ADDRESS = "expected an http:// or https:// address without user, password and query"
PUSHGATEWAY = (
    "expected the http:// or https:// address of a Pushgateway without /metrics and query, with "
    "user:password@ before the host if it asks for them"
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("PROMETHEUS_URL", "prometheus:9090", f'got "prometheus:9090", {SERVER}'),
        ("PROMETHEUS_URL", "https://", f'got "https://", {SERVER}'),
        ("PROMETHEUS_URL", "https://p:99999", f'got "https://p:99999", {SERVER}'),
        ("PROMETHEUS_URL", "https://[::1", f'got "https://[::1", {SERVER}'),
        ("PROMETHEUS_URL", "https://p/api/v1", f'got "https://p/api/v1", {SERVER}'),
        ("PROMETHEUS_URL", f"https://u:{SECRET}@p", SERVER),
        ("PROMETHEUS_URL", f"https://p/?token={SECRET}", SERVER),
        ("PUSHGATEWAY_URL", f"u:{SECRET}@p:9091", PUSHGATEWAY),
        ("PUSHGATEWAY_URL", f"https://u:{SECRET}@", PUSHGATEWAY),
        ("PUSHGATEWAY_URL", f"https://u:{SECRET}é@p", PUSHGATEWAY),
        ("PUSHGATEWAY_URL", f"https://p/?token={SECRET}", PUSHGATEWAY),
        ("PUSHGATEWAY_URL", "https://p/metrics", PUSHGATEWAY),
        ("PUSHGATEWAY_URL", "https://p/metrics/job/x", PUSHGATEWAY),
        ("S3_ENDPOINT_URL", "minio", f'got "minio", {ADDRESS}'),
        ("PROMETHEUS_BEARER_TOKEN", f"{SECRET}\n{SECRET}", "expected printable ASCII in one line"),
        ("PROMETHEUS_PASSWORD", f"{SECRET}é", "expected printable ASCII in one line"),
        ("PROMETHEUS_TENANT", "é", 'got "é", expected printable ASCII in one line'),
        ("PROMETHEUS_HEADERS", SECRET, 'expected a JSON object of texts such as {"X-Team": "ml"}'),
        (
            "PROMETHEUS_HEADERS",
            f'["{SECRET}"]',
            'expected a JSON object of texts such as {"X-Team": "ml"}',
        ),
        (
            "PROMETHEUS_HEADERS",
            f'{{"X:": "{SECRET}"}}',
            'expected a JSON object of texts such as {"X-Team": "ml"}',
        ),
        (
            "PROMETHEUS_HEADERS",
            f'{{"X-A": "{SECRET}", "x-a": "{SECRET}"}}',
            'expected a JSON object of texts such as {"X-Team": "ml"}',
        ),
        (
            "PROMETHEUS_HEADERS",
            '{"X-A": 1}',
            'expected a JSON object of texts such as {"X-Team": "ml"}',
        ),
        (
            "PROMETHEUS_HEADERS",
            "[" * 100_000,
            'expected a JSON object of texts such as {"X-Team": "ml"}',
        ),
        ("PROMETHEUS_TLS_VERIFY", "maybe", 'got "maybe", expected true or false'),
        (
            "PROMETHEUS_TIMEOUT_SECONDS",
            "0",
            'got "0", expected a number of seconds above 0 and up to 3600',
        ),
        (
            "PROMETHEUS_TIMEOUT_SECONDS",
            "3601",
            'got "3601", expected a number of seconds above 0 and up to 3600',
        ),
        (
            "PROMETHEUS_TIMEOUT_SECONDS",
            "1.2.3",
            'got "1.2.3", expected a number of seconds above 0 and up to 3600',
        ),
        (
            "PROMETHEUS_CONCURRENCY",
            "0",
            'got "0", expected a whole number of requests from 1 to 64',
        ),
        (
            "COLLECTION_LOOKBACK_HOURS",
            "1d",
            'got "1d", expected a whole number of hours from 1 to 8760',
        ),
        ("COLLECTION_GRANULARITY", "weekly", 'got "weekly", expected hourly or daily'),
        (
            "COLLECTION_CLUSTER_LABEL",
            "k8s-cluster",
            'got "k8s-cluster", expected a Prometheus label name such as cluster',
        ),
        (
            "COLLECTION_ENGINES",
            "vllm,tgi",
            'got "vllm,tgi", expected vllm, the only engine that this version supports',
        ),
        ("COLLECTION_ROW_GRAIN", "node", 'got "node", expected model or workload or pod'),
        (
            "FOCUS_VERSION",
            "1.5",
            'got "1.5", expected 1.0 or 1.1 or 1.2 or 1.3 or 1.4 or infercost-1.0',
        ),
        ("FOCUS_EXTENSION_PREFIX", "x-", 'got "x-", expected x-Infer or x_Infer'),
        ("FOCUS_BILLING_CURRENCY", "EURO", 'got "EURO", expected an ISO 4217 code such as EUR'),
        ("FOCUS_USD_RATE", "-1", 'got "-1", expected a number above 0 such as 1.08'),
        ("FOCUS_BILLED_COST", "list", 'got "list", expected cost or contracted'),
        ("FOCUS_SPLIT_ALLOCATION", "1.3", 'got "1.3", expected true or false'),
        (
            "S3_PREFIX",
            "a/../b",
            'got "a/../b", expected a key prefix without empty, . and .. parts, or / for none',
        ),
        (
            "TERNARY_PATH_PREFIX",
            "a//b",
            'got "a//b", expected a key prefix without empty, . and .. parts, or / for none',
        ),
        ("OUTPUT_FORMAT", "orc", 'got "orc", expected parquet or csv'),
        ("CLUSTER_NAME", "a\nb", 'got "a\\nb", expected a text in one line'),
        ("JOB_COMPLETIONS", "0", 'got "0", expected a whole number of shards from 1 to 100000'),
        ("LOG_LEVEL", "loud", 'got "loud", expected debug or info or warning or error'),
        (
            "SOURCE_FILE",
            "/none.om",
            'got "/none.om", there is no such file, or it cannot be read',
        ),
        (
            "PROMETHEUS_CA_FILE",
            "/" + "a" * 300,
            f'got "/{"a" * 300}", there is no such file, or it cannot be read',
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_value_is_refused(name: str, text: str, expected: str) -> None:
    environ = {
        key: value
        for key, value in MINIMAL.items()
        if name != "SOURCE_FILE" or key != "PROMETHEUS_URL"
    }

    assert faults(environ | {name: text})[:1] == [f"{name}: {expected}"]
    assert SECRET not in "".join(faults(environ | {name: text}))


def test_a_bucket_is_a_name() -> None:
    arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/focus"
    environ = {"PROMETHEUS_URL": "https://p", "CLUSTER_NAME": "eu-1"}

    for bucket in ("s3://billing", "billing/focus"):
        assert faults(environ | {"S3_BUCKET": bucket}) == [
            f'S3_BUCKET: got "{bucket}", expected the name of a bucket without s3:// and path, '
            "or an ARN"
        ]
    for bucket in ("billing", arn):
        loaded = load_settings(environ | {"S3_BUCKET": bucket}, needs_destination=True)
        assert loaded.s3_bucket == bucket


OPEN = (
    'PROMETHEUS_URL: got "http://prometheus.monitoring:9090", the credentials would go over the '
    "network unencrypted; use https://, or set PROMETHEUS_ALLOW_PLAINTEXT_AUTH=true to allow that"
)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param(
            {},
            [
                "PROMETHEUS_URL: is required, set the server's address (or SOURCE_FILE for a dump)",
                "S3_BUCKET, OUTPUT_DIR: one of them is required, set where the files go",
            ],
            id="nothing",
        ),
        pytest.param(
            MINIMAL | {"SOURCE_FILE": __file__},
            ["PROMETHEUS_URL, SOURCE_FILE: both are set, they exclude each other, keep one"],
            id="two sources",
        ),
        pytest.param(
            MINIMAL | {"S3_BUCKET": "billing", "CLUSTER_NAME": "eu-1"},
            ["S3_BUCKET, OUTPUT_DIR: both are set, they exclude each other, keep one"],
            id="two destinations",
        ),
        pytest.param(
            {"PROMETHEUS_URL": "https://p", "S3_BUCKET": "billing"},
            [
                "CLUSTER_NAME: is required with S3_BUCKET, since keys and ids carry it "
                "(or set COLLECTION_CLUSTER_LABEL to read many clusters)"
            ],
            id="a bucket without cluster",
        ),
        pytest.param(
            MINIMAL | {"CLUSTER_NAME": "eu-1", "COLLECTION_CLUSTER_LABEL": "cluster"},
            [
                "CLUSTER_NAME, COLLECTION_CLUSTER_LABEL: both are set, they exclude each other, "
                "keep one"
            ],
            id="one and many clusters",
        ),
        pytest.param(
            MINIMAL
            | {"COLLECTION_INCLUDE_NAMESPACES": "a", "COLLECTION_EXCLUDE_NAMESPACES": "b"}
            | {"COLLECTION_INCLUDE_CLUSTERS": "a", "COLLECTION_EXCLUDE_CLUSTER_IDS": "b"},
            [
                "COLLECTION_INCLUDE_NAMESPACES, COLLECTION_EXCLUDE_NAMESPACES: both are set, "
                "they exclude each other, keep one",
                "COLLECTION_INCLUDE_CLUSTERS, COLLECTION_EXCLUDE_CLUSTERS: both are set, "
                "they exclude each other, keep one",
            ],
            id="included and excluded",
        ),
        pytest.param(
            MINIMAL | {"S3_FORMAT": "csv", "OUTPUT_FORMAT": "parquet"},
            ["S3_FORMAT, OUTPUT_FORMAT: both are set, keep one of them"],
            id="a name and its alias",
        ),
        pytest.param(
            MINIMAL | {"PROMETHEUS_BEARER_TOKEN": SECRET, "PROMETHEUS_BEARER_TOKEN_FILE": "/f"},
            [
                "PROMETHEUS_BEARER_TOKEN, PROMETHEUS_BEARER_TOKEN_FILE: both are set, "
                "keep one of them"
            ],
            id="a secret and its file",
        ),
        pytest.param(
            MINIMAL
            | {"PROMETHEUS_BEARER_TOKEN": SECRET, "PROMETHEUS_USERNAME": "u"}
            | {"PROMETHEUS_PASSWORD": SECRET, "PROMETHEUS_SIGV4_REGION": "eu-west-1"},
            [
                "PROMETHEUS_BEARER_TOKEN, PROMETHEUS_USERNAME: both are set, they exclude each "
                "other, keep one",
                "PROMETHEUS_BEARER_TOKEN, PROMETHEUS_SIGV4_REGION: both are set, they exclude "
                "each other, keep one",
                "PROMETHEUS_USERNAME, PROMETHEUS_SIGV4_REGION: both are set, they exclude each "
                "other, keep one",
            ],
            id="three ways to sign in",
        ),
        pytest.param(
            MINIMAL
            | {"PROMETHEUS_BEARER_TOKEN": SECRET, "PROMETHEUS_TENANT": "a"}
            | {"PROMETHEUS_HEADERS": f'{{"authorization": "{SECRET}", "x-scope-orgid": "b"}}'},
            [
                "PROMETHEUS_HEADERS: holds Authorization besides other credentials, "
                "keep one of them",
                "PROMETHEUS_HEADERS: holds X-Scope-OrgID besides PROMETHEUS_TENANT, "
                "keep one of them",
            ],
            id="headers that contradict",
        ),
        pytest.param(
            MINIMAL
            | {"PROMETHEUS_USERNAME": "u", "PROMETHEUS_CLIENT_KEY": __file__}
            | {"S3_SECRET_ACCESS_KEY": SECRET},
            [
                "PROMETHEUS_PASSWORD: is required, since PROMETHEUS_USERNAME is set",
                "PROMETHEUS_CLIENT_CERT: is required, since PROMETHEUS_CLIENT_KEY is set",
                "S3_ACCESS_KEY_ID: is required, since S3_SECRET_ACCESS_KEY is set",
            ],
            id="half a pair",
        ),
        pytest.param(
            MINIMAL
            | {"PROMETHEUS_URL": "http://prometheus.monitoring:9090"}
            | {"PROMETHEUS_BEARER_TOKEN": SECRET},
            [OPEN],
            id="a token over plain http",
        ),
        pytest.param(
            MINIMAL
            | {"PROMETHEUS_URL": "http://prometheus.monitoring:9090"}
            | {"PROMETHEUS_USERNAME": "u", "PROMETHEUS_PASSWORD": SECRET},
            [OPEN],
            id="a password over plain http",
        ),
        pytest.param(
            MINIMAL
            | {"PROMETHEUS_URL": "http://prometheus.monitoring:9090"}
            | {"PROMETHEUS_HEADERS": f'{{"Authorization": "{SECRET}"}}'},
            [OPEN],
            id="a header over plain http",
        ),
        pytest.param(
            MINIMAL | {"FOCUS_BILLING_CURRENCY": "eur"},
            [
                "FOCUS_USD_RATE: is required, since FOCUS_BILLING_CURRENCY is EUR; "
                "set the US dollars per EUR, such as 1.08"
            ],
            id="a currency without rate",
        ),
        pytest.param(
            MINIMAL | {"FOCUS_USD_RATE": "1.08"},
            ["FOCUS_USD_RATE: got 1.08, expected 1, since FOCUS_BILLING_CURRENCY is USD"],
            id="a rate of the dollar",
        ),
        pytest.param(
            MINIMAL | {"FOCUS_SERVICE_PROVIDER_NAME": "Platform"},
            [
                'FOCUS_INVOICE_ISSUER_NAME: got "Self-Hosted", expected the service provider '
                '"Platform" (FOCUS_SERVICE_PROVIDER_NAME), since FOCUS_VERSION is 1.3, in which '
                "BilledCost would have to be 0"
            ],
            id="provider and issuer",
        ),
        pytest.param(
            MINIMAL | {"FOCUS_INVOICE_ISSUER_NAME": "Finance", "FOCUS_VERSION": "1.2"},
            [
                'FOCUS_INVOICE_ISSUER_NAME: got "Finance", expected the service provider '
                '"Self-Hosted" (FOCUS_SERVICE_PROVIDER_NAME), since FOCUS_VERSION is 1.2, in '
                "which BilledCost would have to be 0"
            ],
            id="provider and issuer in 1.2",
        ),
        *(
            pytest.param(
                MINIMAL | {"FOCUS_SPLIT_ALLOCATION": "true", "FOCUS_VERSION": version},
                [
                    "FOCUS_SPLIT_ALLOCATION: got true, expected false, since FOCUS_VERSION is "
                    f"{version}; set FOCUS_VERSION to 1.3 or 1.4"
                ],
                id=f"split allocation in {version}",
            )
            for version in ("1.0", "1.1", "1.2", "infercost-1.0")
        ),
        pytest.param(
            MINIMAL | {"FOCUS_SPLIT_ALLOCATION": "true", "FOCUS_VERSION": "0.5"},
            ['FOCUS_VERSION: got "0.5", expected 1.0 or 1.1 or 1.2 or 1.3 or 1.4 or infercost-1.0'],
            id="split allocation in a version that does not exist",
        ),
        pytest.param(
            MINIMAL | {"FOCUS_VERSION": "infercost-1.0", "FOCUS_EXTENSION_PREFIX": "x_Infer"},
            [
                'FOCUS_EXTENSION_PREFIX: got "x_Infer", expected x-Infer, since FOCUS_VERSION is '
                "infercost-1.0"
            ],
            id="another prefix for InferCost",
        ),
        pytest.param(
            MINIMAL | {"JOB_COMPLETION_INDEX": "0"},
            ["JOB_COMPLETIONS: is required, since JOB_COMPLETION_INDEX is set"],
            id="an index without count",
        ),
        pytest.param(
            MINIMAL | {"JOB_COMPLETION_INDEX": "3", "JOB_COMPLETIONS": "3"},
            ["JOB_COMPLETION_INDEX: got 3, expected less than JOB_COMPLETIONS 3"],
            id="an index beyond the count",
        ),
        pytest.param(
            {"PROMETHEUS_URL": "p", "S3_BUCKET": "s3://b", "FOCUS_USD_RATE": "x"}
            | {"FOCUS_BILLING_CURRENCY": "EUR", "CLUSTER_NAME": "a"},
            [
                f'PROMETHEUS_URL: got "p", {SERVER}',
                'FOCUS_USD_RATE: got "x", expected a number above 0 such as 1.08',
                'S3_BUCKET: got "s3://b", expected the name of a bucket without s3:// and path, '
                "or an ARN",
            ],
            id="wrong values do not lead to further faults",
        ),
        pytest.param(
            MINIMAL | {"FOCUS_BILLING_CURRENCY": "EURO", "FOCUS_USD_RATE": "1.08"},
            ['FOCUS_BILLING_CURRENCY: got "EURO", expected an ISO 4217 code such as EUR'],
            id="nor does what would follow from their defaults",
        ),
    ],
)
def test_settings_that_disagree_are_refused_all_at_once(
    environ: dict[str, str], expected: list[str]
) -> None:
    assert faults(environ) == expected


@pytest.mark.parametrize("host", ["localhost:9090", "127.0.0.1", "127.1.2.3", "[::1]:9090"])
def test_credentials_may_go_over_plain_http_inside_the_machine(host: str) -> None:
    url = f"http://{host}"

    assert load(PROMETHEUS_URL=url, PROMETHEUS_BEARER_TOKEN=SECRET).prometheus_url == url


def test_credentials_may_go_over_plain_http_if_allowed() -> None:
    settings = load(
        PROMETHEUS_URL="http://prometheus.monitoring:9090",
        PROMETHEUS_BEARER_TOKEN=SECRET,
        PROMETHEUS_ALLOW_PLAINTEXT_AUTH="true",
    )

    assert settings.prometheus_allow_plaintext_auth is True


def test_another_currency_has_its_rate() -> None:
    settings = load(FOCUS_BILLING_CURRENCY="EUR", FOCUS_USD_RATE="1.08")

    assert settings.focus_usd_rate == Decimal("1.08")


def test_provider_and_issuer_may_both_be_renamed() -> None:
    names = {"FOCUS_SERVICE_PROVIDER_NAME": "P", "FOCUS_INVOICE_ISSUER_NAME": "P"}

    assert load(**names).focus_invoice_issuer_name == "P"


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.4", "infercost-1.0"])
def test_another_party_may_invoice_where_billed_cost_need_not_be_zero(version: str) -> None:
    settings = load(FOCUS_VERSION=version, FOCUS_INVOICE_ISSUER_NAME="Finance")

    assert settings.focus_invoice_issuer_name == "Finance"
    assert settings.focus_service_provider_name == "Self-Hosted"


@pytest.mark.parametrize("version", ["1.3", "1.4"])
def test_split_allocation_may_be_asked_for_from_1_3_on(version: str) -> None:
    assert load(FOCUS_VERSION=version, FOCUS_SPLIT_ALLOCATION="true").focus_split_allocation


TWO_PARTIES = {"FOCUS_INVOICE_ISSUER_NAME": "Finance"}
SPLIT = {"FOCUS_SPLIT_ALLOCATION": "true"}


@pytest.mark.parametrize(
    ("layout", "variables", "expected"),
    [
        pytest.param(
            "1.2",
            TWO_PARTIES | {"FOCUS_VERSION": "1.4"},
            [
                'FOCUS_INVOICE_ISSUER_NAME: got "Finance", expected the service provider '
                '"Self-Hosted" (FOCUS_SERVICE_PROVIDER_NAME), since --layout is 1.2, in which '
                "BilledCost would have to be 0"
            ],
            id="another issuer in the layout",
        ),
        pytest.param("1.4", TWO_PARTIES | {"FOCUS_VERSION": "1.3"}, [], id="only in the version"),
        pytest.param("1.2", SPLIT | {"FOCUS_VERSION": "1.4"}, [], id="no split in the layout"),
        pytest.param("1.3", SPLIT | {"FOCUS_VERSION": "1.0"}, [], id="no split in the version"),
        pytest.param(
            "1.3",
            TWO_PARTIES | {"FOCUS_VERSION": "2"},
            [
                'FOCUS_VERSION: got "2", expected 1.0 or 1.1 or 1.2 or 1.3 or 1.4 or infercost-1.0',
                'FOCUS_INVOICE_ISSUER_NAME: got "Finance", expected the service provider '
                '"Self-Hosted" (FOCUS_SERVICE_PROVIDER_NAME), since --layout is 1.3, in which '
                "BilledCost would have to be 0",
            ],
            id="the version is wrong besides",
        ),
        pytest.param(
            "infercost-1.0",
            {"FOCUS_EXTENSION_PREFIX": "x_Infer"},
            [],
            id="a prefix that the layout does not have",
        ),
        pytest.param(
            "1.3",
            {"FOCUS_EXTENSION_PREFIX": "x_Infer", "FOCUS_VERSION": "infercost-1.0"},
            [],
            id="a prefix that only the version does not have",
        ),
    ],
)
def test_a_layout_takes_the_place_of_the_version(
    layout: str, variables: dict[str, str], expected: list[str]
) -> None:
    found = find_settings(MINIMAL | variables, needs_destination=True, layout=layout)

    assert list(found.faults) == expected


def test_settings_are_found_as_far_as_they_are_right() -> None:
    environ = MINIMAL | {"FOCUS_BILLING_CURRENCY": "EUR", "S3_FORMAT": "orc"}

    found = find_settings(environ, needs_destination=True)

    assert found.settings.focus_billing_currency == "EUR"
    assert found.settings.s3_format == "parquet"
    assert found.faulty == {"S3_FORMAT"}
    assert list(found.faults) == faults(environ)


def test_a_command_says_what_it_needs() -> None:
    settings = load_settings({}, needs_destination=False, needs_source=False)

    assert (settings.prometheus_url, settings.s3_bucket, settings.output_dir) == (None, None, None)
    assert settings.cluster_name == "default"


@pytest.mark.parametrize("name", [{}, {"CLUSTER_NAME": ""}])
def test_who_only_reads_a_bucket_names_no_cluster(name: dict[str, str]) -> None:
    environ = {"S3_BUCKET": "billing"} | name

    assert load_settings(environ, needs_destination=False, needs_source=False).cluster_name
    environ |= {"PROMETHEUS_URL": "http://p"}
    for destination in (True, False):
        [fault] = faults(environ, needs_destination=destination, needs_source=not destination)
        assert fault.startswith("CLUSTER_NAME: is required with S3_BUCKET")


def test_a_label_stands_for_the_clusters_name() -> None:
    environ = {"PROMETHEUS_URL": "https://p", "S3_BUCKET": "billing"}
    settings = load_settings(
        environ | {"COLLECTION_CLUSTER_LABEL": "cluster"}, needs_destination=True
    )

    assert (settings.cluster_name, settings.collection_cluster_label) == (None, "cluster")


def test_files_of_secrets_that_hold_none_are_refused(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text(" \n")
    binary.write_bytes(b"\xff")
    environ = MINIMAL | {
        "PROMETHEUS_BEARER_TOKEN_FILE": str(empty),
        "PROMETHEUS_HEADERS_FILE": str(binary),
        "S3_ACCESS_KEY_ID_FILE": "/none",
        "S3_SECRET_ACCESS_KEY_FILE": str(tmp_path),
    }

    assert sorted(faults(environ)) == [
        f'PROMETHEUS_BEARER_TOKEN_FILE: "{empty}" is empty, write the secret into it',
        f'PROMETHEUS_HEADERS_FILE: "{binary}" is not a file of UTF-8 text',
        'S3_ACCESS_KEY_ID_FILE: "/none" cannot be read (No such file or directory)',
        f'S3_SECRET_ACCESS_KEY_FILE: "{tmp_path}" cannot be read (Is a directory)',
    ]


def test_a_wrong_secret_in_a_file_is_named_by_the_file_variable(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n{SECRET}")

    assert faults(MINIMAL | {"PROMETHEUS_BEARER_TOKEN_FILE": str(path)}) == [
        "PROMETHEUS_BEARER_TOKEN_FILE: expected printable ASCII in one line"
    ]


def test_no_secret_hangs_on_the_error() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(PROMETHEUS_PASSWORD=f"{SECRET}é")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_names_with_a_slip_of_the_pen_are_told() -> None:
    environ = {
        "COLLECTION_LOOKBACK_HOUR": "24",
        "prometheus_url": "x",
        "S3_REGOIN": "x",
        "FOCUS_NONSENSE_ALTOGETHER": "x",
        "PROMETHEUS_TENANT_FILE": "x",
    }

    assert unknown_names(MINIMAL | environ) == [
        "COLLECTION_LOOKBACK_HOUR is not a setting, did you mean COLLECTION_LOOKBACK_HOURS?",
        "FOCUS_NONSENSE_ALTOGETHER is not a setting",
        "PROMETHEUS_TENANT_FILE is not a setting, did you mean PROMETHEUS_TENANT?",
        "S3_REGOIN is not a setting, did you mean S3_REGION?",
        "prometheus_url is not a setting, did you mean PROMETHEUS_URL?",
    ]


def test_known_names_and_those_of_kubernetes_services_are_not_told() -> None:
    known = [name for name, _, _ in settings_table()]
    known += ["OUTPUT_FORMAT", "COLLECTION_INCLUDE_CLUSTER_IDS", "PROMETHEUS_PASSWORD_FILE"]
    services = ["PROMETHEUS_PORT", "PROMETHEUS_SERVICE_HOST", "PROMETHEUS_SERVICE_PORT"]
    services += ["PROMETHEUS_SERVICE_PORT_HTTP_WEB", "PROMETHEUS_PORT_9090_TCP"]
    services += ["PROMETHEUS_PORT_9090_TCP_ADDR", "PROMETHEUS_OPERATED_PORT_9090_TCP_PROTO"]
    others = ["PATH", "HOME", "AWS_REGION"]

    assert unknown_names(dict.fromkeys([*known, *services, *others], "x")) == []


def test_the_table_has_every_setting_with_a_sentence() -> None:
    table = settings_table()

    assert [name.lower() for name, _, _ in table] == list(Settings.model_fields)
    assert ("S3_PREFIX", "focus/") in [(name, default) for name, default, _ in table]
    for name, _, description in table:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", name)
        assert description[0].isupper()
        assert description.endswith(".")


def test_the_table_names_files_of_secrets_and_aliases() -> None:
    descriptions = {name: description for name, _, description in settings_table()}

    assert descriptions["PROMETHEUS_PASSWORD"] == (
        "Password of basic authentication. Also from a file: `PROMETHEUS_PASSWORD_FILE`."
    )
    assert descriptions["S3_FORMAT"].endswith("Also `OUTPUT_FORMAT`.")


def test_the_defaults_of_the_table_are_what_one_would_write() -> None:
    written = {name: default for name, default, _ in settings_table()}

    assert load_settings(written | MINIMAL, needs_destination=True) == load()


def test_settings_load_no_heavy_module() -> None:
    code = "import sys, exporter.settings; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    heavy = {"numpy", "pyarrow", "boto3", "httpx", "yaml", "structlog"}
    assert heavy.isdisjoint(done.stdout.split())


_NAMES = st.sampled_from([name for name, _, _ in settings_table()])
_TEXTS = st.text(string.printable) | st.sampled_from(
    ["true", "0", "1", "a,b", "https://p", "{}", "http://[", "EUR", "csv", "/"]
)


@given(environ=st.dictionaries(_NAMES, _TEXTS, max_size=12))
def test_any_environment_is_accepted_or_refused_line_by_line(environ: dict[str, str]) -> None:
    try:
        load_settings(environ, needs_destination=False, needs_source=False)
    except ConfigurationError as error:
        lines = str(error).splitlines()
    else:
        lines = []
    names = re.compile(r"[A-Z][A-Z0-9_]+(, [A-Z0-9_]+)?: .+")
    assert all(names.fullmatch(line) for line in lines)
