"""From settings and documents to the arguments of the stages.

What makes and writes rows is imported where it is needed: reading begins before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from exporter.cost.billing import ReportPlan, plan_reports
from exporter.documents.agreement import Terms
from exporter.documents.load import Documents, load_documents
from exporter.imports import without
from exporter.reading.window import ReadingRules
from exporter.settings import Settings
from exporter.sources.census import Census
from exporter.sources.series import Source
from exporter.storage.store import Store
from exporter.usage.engines import ENGINES
from exporter.usage.identity import ClusterNaming

if TYPE_CHECKING:
    from exporter.cost.sale import SalesTerms
    from exporter.pipeline.publishing import Place
    from exporter.pipeline.rows import RowRules
    from exporter.sources.access import PrometheusAccess

#: The longest that `check` waits for one answer; a run may wait longer.
CENSUS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings, documents and the reports they make."""

    settings: Settings
    documents: Documents
    plans: list[ReportPlan]


def configure(settings: Settings) -> Configuration:
    """Load the documents of CONFIG_PATH. Raises ConfigurationError with all their faults."""
    documents = documents_of(settings)
    return Configuration(settings, documents, plans_of(settings, documents))


def plans_of(settings: Settings, documents: Documents) -> list[ReportPlan]:
    """Every report that the documents make, and the implicit one."""
    reports = [(report, documents.resolve_profile(report)) for report in documents.usage_reports]
    return plan_reports(reports, settings.collection_granularity)


def documents_of(
    settings: Settings, faulty: frozenset[str] = frozenset(), *, makes_rows: bool = True
) -> Documents:
    """The documents of CONFIG_PATH, in agreement with the settings but for those that are faulty.

    Who makes no rows needs no CostProfile and no RateCard. Raises ConfigurationError with all
    their faults.
    """
    known = "FOCUS_BILLING_CURRENCY" not in faulty
    terms = Terms(
        settings.focus_billing_currency if known else None,
        card_needed=makes_rows and settings.focus_billed_cost == "contracted",
        profiles_needed=makes_rows,
    )
    return load_documents(settings.config_path, terms)


@contextmanager
def open_source(settings: Settings) -> Iterator[Source]:
    """The dump of SOURCE_FILE, else the server of PROMETHEUS_URL; closed at the end."""
    source: Source
    if settings.source_file is not None:
        from exporter.sources.openmetrics import OpenMetricsSource

        source = OpenMetricsSource(settings.source_file)
    else:
        source = _prometheus(settings)
    try:
        yield source
    finally:
        source.close()


def _prometheus(settings: Settings) -> Source:
    with without("click", "rich"):  # for the command line of httpx
        from exporter.sources.prometheus import PrometheusSource

    return PrometheusSource(_access(settings))


def _access(settings: Settings) -> PrometheusAccess:
    from exporter.sources.access import PrometheusAccess

    headers = {k: v.get_secret_value() for k, v in settings.prometheus_headers.items()}
    return PrometheusAccess(
        url=settings.prometheus_url or "",
        bearer_token=_plain(settings.prometheus_bearer_token),
        username=settings.prometheus_username,
        password=_plain(settings.prometheus_password),
        tenant=settings.prometheus_tenant,
        headers=headers,
        ca_file=settings.prometheus_ca_file,
        client_cert=settings.prometheus_client_cert,
        client_key=settings.prometheus_client_key,
        tls_verify=settings.prometheus_tls_verify,
        sigv4_region=settings.prometheus_sigv4_region,
        timeout_seconds=settings.prometheus_timeout_seconds,
        concurrency=settings.prometheus_concurrency,
        max_retries=settings.prometheus_max_retries,
        max_answer_mib=settings.prometheus_max_answer_mib,
    )


@contextmanager
def open_census(settings: Settings) -> Iterator[Census]:
    """The same source as `open_source`, to be asked what there is; closed at the end.

    It is asked at most twice, and not waited for as long as a run would wait.
    """
    census: Census
    if settings.source_file is not None:
        from exporter.sources.dump_census import DumpCensus

        census = DumpCensus(settings.source_file)
    else:
        from exporter.sources.prometheus_census import PrometheusCensus

        access = _access(settings)
        census = PrometheusCensus(
            replace(
                access,
                timeout_seconds=min(access.timeout_seconds, CENSUS_SECONDS),
                max_retries=min(access.max_retries, 1),
            )
        )
    try:
        yield census
    finally:
        census.close()


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def open_store(settings: Settings, *, attempts: int | None = None) -> Store:
    """The folder of OUTPUT_DIR, else the bucket of S3_BUCKET; nothing is sent yet.

    `attempts` bounds how often one request is sent, if the store's own bound is too patient.
    """
    if settings.output_dir is not None:
        from exporter.storage.local import LocalStore

        return LocalStore(Path(settings.output_dir))
    from exporter.storage.s3 import ATTEMPTS, connect

    return connect(
        settings.s3_bucket or "",
        region=settings.s3_region,
        endpoint_url=settings.s3_endpoint_url,
        access_key_id=_plain(settings.s3_access_key_id),
        secret_access_key=_plain(settings.s3_secret_access_key),
        kms_key_id=settings.s3_kms_key_id,
        storage_class=settings.s3_storage_class,
        addressing_style=settings.s3_addressing_style,
        attempts=ATTEMPTS if attempts is None else attempts,
    )


def place_of(settings: Settings, store: Store) -> Place:
    """Where objects go and in which form."""
    from exporter.pipeline.publishing import Place

    ternary = settings.ternary_path_prefix if settings.ternary_enabled else None
    return Place(
        store, settings.s3_prefix, ternary, settings.s3_format, settings.parquet_compression
    )


def reading_rules(configuration: Configuration) -> ReadingRules:
    """What to ask the source for every window."""
    settings = configuration.settings
    return ReadingRules(
        ClusterNaming(settings.cluster_name or "", settings.collection_cluster_label),
        [ENGINES[name] for name in settings.collection_engines],
        configuration.documents.cost_profiles,
        owners=settings.collection_row_grain != "model",
        include_clusters=settings.collection_include_clusters,
        exclude_clusters=settings.collection_exclude_clusters,
    )


def row_rules(
    configuration: Configuration,
    *,
    version: str | None = None,
    region: str | None = None,
    namespaces: tuple[str, ...] | None = None,
) -> RowRules:
    """What all rows have in common; arguments come before the settings of the same meaning."""
    from exporter.pipeline.rows import RowRules

    settings = configuration.settings
    include = settings.collection_include_namespaces if namespaces is None else namespaces
    layout = version or settings.focus_version
    return RowRules(
        version=layout,
        prefix=settings.focus_extension_prefix,
        currency=settings.focus_billing_currency,
        usd_rate=settings.focus_usd_rate,
        service_provider_name=settings.focus_service_provider_name,
        host_provider_name=settings.focus_host_provider_name,
        invoice_issuer_name=settings.focus_invoice_issuer_name,
        publisher_name=settings.focus_publisher_name,
        billing_account_id=settings.focus_billing_account_id,
        billing_account_name=settings.focus_billing_account_name,
        region_id=region or settings.focus_region_id,
        region_name=settings.focus_region_name,
        availability_zone=settings.focus_availability_zone,
        tag_allowlist=settings.focus_tag_allowlist,
        sub_account_label=settings.focus_sub_account_label,
        row_grain=settings.collection_row_grain,
        idle_shared=settings.cost_idle == "share",
        pricing=configuration.documents.cloud_pricing,
        terms=sales_terms(configuration, layout),
        include=include,
        exclude=() if namespaces is not None else settings.collection_exclude_namespaces,
    )


def sales_terms(configuration: Configuration, layout: str | None = None) -> SalesTerms:
    """How charges are sold in a layout, by default in that of FOCUS_VERSION."""
    from exporter.cost.sale import SalesTerms

    settings = configuration.settings
    return SalesTerms(
        configuration.documents.rate_card,
        contracted=settings.focus_billed_cost == "contracted",
        by_pool=settings.focus_split_allocation and _defines_shares(layout, settings),
    )


def _defines_shares(layout: str | None, settings: Settings) -> bool:
    from exporter.focus.columns import defines_shares

    return defines_shares(layout or settings.focus_version)
