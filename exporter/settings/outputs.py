"""Settings of what is written: the rows, the files, and the run's own words."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from exporter.settings import values
from exporter.settings.group import Address, FilePath, Flag, Group, Names, Prefix, Secret, Text


class FocusSettings(Group):
    """What the rows say."""

    focus_version: Annotated[
        Literal["1.0", "1.1", "1.2", "1.3", "1.4", "infercost-1.0"],
        values.choice("1.0", "1.1", "1.2", "1.3", "1.4", "infercost-1.0"),
    ] = Field("1.3", description="Layout of the rows: FOCUS `1.0` to `1.4`, or `infercost-1.0`.")
    focus_extension_prefix: Annotated[
        Literal["x-Infer", "x_Infer"], values.choice("x-Infer", "x_Infer")
    ] = Field(
        "x-Infer", description="Start of the extension columns' names: `x-Infer` or `x_Infer`."
    )
    focus_billing_currency: Annotated[str, values.CURRENCY] = Field(
        "USD",
        description="ISO 4217 code of the currency of profiles, budgets, the rate card and cost "
        "columns.",
    )
    focus_usd_rate: Annotated[Decimal, values.RATE] = Field(
        Decimal(1),
        description="US dollars per unit of the billing currency, for the comparison with cloud "
        "prices; required unless the currency is USD.",
    )
    focus_service_provider_name: Text = Field(
        "Self-Hosted", description="ServiceProviderName of all rows."
    )
    focus_host_provider_name: Text = Field(
        "Self-Hosted", description="HostProviderName of all rows."
    )
    focus_invoice_issuer_name: Text = Field(
        "Self-Hosted",
        description="InvoiceIssuerName of all rows; in FOCUS 1.2 and 1.3 it must be the service "
        "provider's name.",
    )
    focus_publisher_name: Text = Field("Self-Hosted", description="PublisherName of all rows.")
    focus_billed_cost: Annotated[
        Literal["cost", "contracted"], values.choice("cost", "contracted")
    ] = Field(
        "cost",
        description="What BilledCost and EffectiveCost are: the `cost`, or the `contracted` price "
        "of a RateCard.",
    )
    focus_billing_account_id: Text | None = Field(
        None, description="BillingAccountId of all rows; default is the cluster's name."
    )
    focus_billing_account_name: Text | None = Field(
        None, description="BillingAccountName of all rows; default is the cluster's name."
    )
    focus_region_id: Text | None = Field(
        None, description="RegionId of all rows; default is the label of the row's nodes."
    )
    focus_region_name: Text | None = Field(
        None, description="RegionName of all rows; default is the label of the row's nodes."
    )
    focus_availability_zone: Text | None = Field(
        None, description="AvailabilityZone of all rows; default is the label of the row's nodes."
    )
    focus_tag_allowlist: Names | None = Field(
        None, description="Comma list of the label keys that go into Tags; default is all."
    )
    focus_sub_account_label: Text | None = Field(
        None, description="Namespace label that names the sub-account instead of the namespace."
    )
    focus_split_allocation: Flag = Field(
        False,
        description="Whether rows are shares of their pool's charge (`Allocated*` columns); FOCUS "
        "1.3 and later.",
    )


class DestinationSettings(Group):
    """Where the files go, and in which form."""

    s3_bucket: Annotated[str, values.BUCKET] | None = Field(
        None,
        description="Bucket (or access point ARN) that files are written to; exactly one of "
        "S3_BUCKET and OUTPUT_DIR must be set.",
    )
    s3_region: Text | None = Field(None, description="AWS region of the bucket.")
    s3_prefix: Prefix = Field(
        "focus/", description="Start of every key, also below OUTPUT_DIR; `/` for none."
    )
    s3_format: Annotated[Literal["parquet", "csv"], values.choice("parquet", "csv")] = Field(
        "parquet", description="Form of the files: `parquet` or `csv`."
    )
    s3_access_key_id: Secret | None = Field(
        None, description="Access key; default is the AWS credentials chain (IRSA, pod identity)."
    )
    s3_secret_access_key: Secret | None = Field(None, description="Secret of S3_ACCESS_KEY_ID.")
    s3_endpoint_url: Address | None = Field(
        None, description="Address of another S3 service, such as MinIO."
    )
    s3_kms_key_id: Text | None = Field(
        None, description="KMS key that objects are encrypted with; default is the bucket's rule."
    )
    s3_storage_class: Text | None = Field(
        None, description="S3 storage class of the objects; default is the bucket's rule."
    )
    s3_addressing_style: Annotated[
        Literal["auto", "path", "virtual"], values.choice("auto", "path", "virtual")
    ] = Field("auto", description="How the bucket stands in addresses: `auto`, `path`, `virtual`.")
    output_dir: FilePath | None = Field(
        None, description="Local folder that files are written to, laid out as the bucket."
    )
    parquet_compression: Annotated[Literal["snappy", "zstd"], values.choice("snappy", "zstd")] = (
        Field("snappy", description="Compression of Parquet files: `snappy` or `zstd`.")
    )
    ternary_enabled: Flag = Field(
        False, description="Whether every object is also written under TERNARY_PATH_PREFIX."
    )
    ternary_path_prefix: Prefix = Field(
        "ternary/", description="Start of the keys of Ternary's copies, before the whole key."
    )


class RunSettings(Group):
    """How the job runs and reports."""

    job_backfill_days: Annotated[int, values.whole(0, 3650, "days")] = Field(
        0, description="A run also exports what of the last so many days the destination lacks."
    )
    job_completion_index: Annotated[int, values.whole(0, 99_999, "shards")] | None = Field(
        None, description="Which shard of a backfill this is, from 0; set by an Indexed Job."
    )
    job_completions: Annotated[int, values.whole(1, 100_000, "shards")] | None = Field(
        None, description="How many shards there are; required with JOB_COMPLETION_INDEX."
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        values.choice("debug", "info", "warning", "error"),
    ] = Field("info", description="Least severity that is logged.")
    log_format: Annotated[Literal["json", "console"], values.choice("json", "console")] | None = (
        Field(None, description="Form of log lines; default is `json`, on a terminal `console`.")
    )
    pushgateway_url: Annotated[SecretStr, values.PUSHGATEWAY] | None = Field(
        None,
        description="Address of a Prometheus Pushgateway that each `run` tells how it ended, with "
        "`user:password@` before the host if it asks for them.",
    )
