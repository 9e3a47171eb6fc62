"""Settings of what is read: the source of samples, and which of them count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from exporter.periods import Schedule
from exporter.settings import values
from exporter.settings.group import FilePath, Flag, Group, Names, Secret, Text


class SourceSettings(Group):
    """Where the samples come from."""

    prometheus_url: Annotated[str, values.SERVER] | None = Field(
        None,
        description="Address of any Prometheus-compatible HTTP API (Prometheus, Thanos, Mimir, "
        "VictoriaMetrics, GMP, AMP), without /api/v1; required unless SOURCE_FILE is set.",
    )
    prometheus_bearer_token: Secret | None = Field(
        None, description="Token sent as `Authorization: Bearer`."
    )
    prometheus_username: Text | None = Field(None, description="User name of basic authentication.")
    prometheus_password: Secret | None = Field(
        None, description="Password of basic authentication."
    )
    prometheus_tenant: Annotated[str, values.ASCII] | None = Field(
        None, description="Tenant sent as `X-Scope-OrgID` (Mimir, Cortex, multi-tenant Thanos)."
    )
    prometheus_headers: Annotated[dict[str, SecretStr], values.HEADERS] = Field(
        default_factory=dict, description="Further request headers as a JSON object of texts."
    )
    prometheus_ca_file: FilePath | None = Field(
        None, description="PEM file of the authorities that may sign the server's certificate."
    )
    prometheus_client_cert: FilePath | None = Field(
        None, description="PEM file of the client certificate (mutual TLS)."
    )
    prometheus_client_key: FilePath | None = Field(
        None, description="PEM file of the key of PROMETHEUS_CLIENT_CERT."
    )
    prometheus_tls_verify: Flag = Field(
        True, description="Whether the server's certificate must be valid."
    )
    prometheus_allow_plaintext_auth: Flag = Field(
        False,
        description="Whether credentials may go over plain http to another host, such as a "
        "Service inside the cluster; also those in PUSHGATEWAY_URL.",
    )
    prometheus_sigv4_region: Text | None = Field(
        None, description="AWS region; requests are signed for Amazon Managed Prometheus there."
    )
    prometheus_timeout_seconds: Annotated[float, values.SECONDS] = Field(
        60.0, description="Longest wait for one request, in seconds."
    )
    prometheus_concurrency: Annotated[int, values.whole(1, 64, "requests")] = Field(
        4, description="How many requests run at the same time."
    )
    prometheus_max_retries: Annotated[int, values.whole(0, 20, "retries")] = Field(
        5, description="How often a failed request is tried again (connection, timeout, 429, 5xx)."
    )
    prometheus_max_answer_mib: Annotated[int, values.whole(1, 4096, "MiB")] = Field(
        128,
        description="Largest answer that is kept, in MiB; more is asked for in parts. Up to "
        "PROMETHEUS_CONCURRENCY answers are in memory at a time.",
    )
    source_file: FilePath | None = Field(
        None,
        description="OpenMetrics dump (`promtool tsdb dump-openmetrics`, also .gz and .zst) read "
        "instead of a server.",
    )


class ScopeSettings(Group):
    """Which clusters, hours, namespaces and engines are counted, and at which grain."""

    config_path: FilePath = Field(
        Path("/etc/infer-focus/"),
        description="File or folder of the configuration documents (CostProfile and others).",
    )
    cluster_name: Text | None = Field(
        None,
        description="Name of the cluster in keys, ids and rows; required with S3_BUCKET unless "
        "COLLECTION_CLUSTER_LABEL is set, else `default`.",
    )
    collection_cluster_label: Annotated[str, values.LABEL] | None = Field(
        None,
        description="Label that names the cluster of each series, to read many clusters from one "
        "global store, instead of CLUSTER_NAME.",
    )
    collection_lookback_hours: Annotated[int, values.whole(1, 8760, "hours")] = Field(
        24, description="A run exports the periods that ended within the last so many hours."
    )
    collection_granularity: Annotated[Schedule, values.GRANULARITY] = Field(
        Schedule.HOURLY, description="Length of the periods: `hourly` or `daily`."
    )
    collection_settle_minutes: Annotated[int, values.whole(0, 10080, "minutes")] = Field(
        10, description="A period is exported once it ended so many minutes ago."
    )
    collection_include_namespaces: Names = Field(
        (), description="Comma list of globs; only these namespaces get rows."
    )
    collection_exclude_namespaces: Names = Field(
        (), description="Comma list of globs; these namespaces get no rows."
    )
    collection_include_clusters: Names = Field(
        (), description="Comma list of globs; only these clusters get rows."
    )
    collection_exclude_clusters: Names = Field(
        (), description="Comma list of globs; these clusters get no rows."
    )
    collection_engines: Annotated[tuple[str, ...], values.ENGINES] = Field(
        ("vllm",), description="Comma list of inference engines whose metrics are read: `vllm`."
    )
    collection_row_grain: Annotated[
        Literal["model", "workload", "pod"], values.choice("model", "workload", "pod")
    ] = Field("model", description="One row per `model`, `workload` or `pod`.")
    cost_idle: Annotated[Literal["separate", "share"], values.choice("separate", "share")] = Field(
        "separate",
        description="Idle cost stands in rows of its own (`separate`) or is spread over the "
        "pool's holders by GPU-time (`share`).",
    )
