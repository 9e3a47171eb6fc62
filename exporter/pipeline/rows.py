"""A finished period as a table of FOCUS rows, and as the bytes of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Bools, Charges, Kind, taken
from exporter.cost.cloud import compare
from exporter.cost.cloud_equivalents import CloudEquivalents
from exporter.cost.distinct import texts_of
from exporter.cost.sale import AT_COST, Sale, SalesTerms, sell
from exporter.documents.kinds import CloudPricing
from exporter.errors import PeriodError
from exporter.files.csv import encode_csv
from exporter.files.parquet import Compression, encode_parquet
from exporter.focus.context import RowContext, RowSettings
from exporter.focus.rows import build_rows
from exporter.focus.schema_identity import footer
from exporter.pipeline.export import Finished

FileFormat = Literal["parquet", "csv"]
CONTENT_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8"}
_OWN_NAMES = {Kind.IDLE: "__idle__", Kind.UNOBSERVED: "__unobserved__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules(RowSettings):
    """What all rows of a run have in common, and which of them are kept.

    Billing account and names default to the cluster's name. `include` and `exclude` are globs of
    namespaces; idle and unobserved rows answer to `__idle__` and `__unobserved__`. A pool that is
    sold as one charge is what the kept rows make of it.
    """

    billing_account_id: str | None
    billing_account_name: str | None
    pricing: CloudPricing
    terms: SalesTerms = AT_COST
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a period, what they cost, and what filters left out (1e-9 of the currency)."""

    table: pa.Table
    cost_nano: int
    left_out_rows: int
    left_out_cost_nano: int


def make_rows(finished: Finished, rules: RowRules) -> Rows:
    """The FOCUS rows of a finished period. Filters leave rows out, after everything was split."""
    whole = finished.charges
    kept = _kept(whole, rules)
    charges = taken(whole, np.flatnonzero(kept & whole.filled))
    sale = sell(charges, rules.terms)
    cloud = compare(sale, rules.pricing, rules.usd_rate)
    table = _built(sale, cloud, _context(finished, rules))
    left_out = int(whole.cost_nano[~kept].sum())
    return Rows(table, int(charges.cost_nano.sum()), int((~kept).sum()), left_out)


def _built(sale: Sale, cloud: CloudEquivalents, context: RowContext) -> pa.Table:
    """The rows; a rule that they break fails their period alone, and nothing wrong is written."""
    try:
        return build_rows(sale, cloud, context)
    except ValueError as error:
        raise PeriodError(
            f"the rows are not what FOCUS {context.version} asks for: {error}; nothing is written:"
            " please report this, with the lines of the log"
        ) from error


def encode(
    table: pa.Table,
    file_format: FileFormat,
    compression: Compression,
    rules: RowRules,
    generator_version: str,
    instance_id: str | None = None,
) -> bytes:
    """The table as the bytes of one file, the same every time."""
    if file_format == "csv":
        return encode_csv(table)
    made_by = rules.service_provider_name
    described = footer(rules.version, rules.prefix, made_by, generator_version, instance_id)
    return encode_parquet(table, compression, described)


def _kept(charges: Charges, rules: RowRules) -> Bools:
    """The charges whose names are wanted; each name is looked at once."""
    names = texts_of(charges.namespace)
    kept = np.array([_wanted(name or "", rules) for name in names.values], np.bool_)[names.codes]
    for kind, name in _OWN_NAMES.items():
        kept[charges.kind == kind] = _wanted(name, rules)
    return kept


def _wanted(name: str, rules: RowRules) -> bool:
    if rules.include:
        return any(fnmatchcase(name, glob) for glob in rules.include)
    return not any(fnmatchcase(name, glob) for glob in rules.exclude)


def _context(finished: Finished, rules: RowRules) -> RowContext:
    plan, period = finished.task.plan, finished.task.period
    shared: dict[str, Any] = {f.name: getattr(rules, f.name) for f in fields(RowSettings)}
    return RowContext(
        cluster=finished.cluster,
        report=plan.name,
        schedule=plan.schedule,
        period=period,
        billing_account_id=rules.billing_account_id or finished.cluster,
        billing_account_name=rules.billing_account_name or finished.cluster,
        **shared,
    )
