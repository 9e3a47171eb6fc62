"""Rows of this program are held against the rules before they are written."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from exporter.focus.columns import arrow_schema
from exporter.focus.extensions import PREFIXES
from exporter.focus.rules.conformance import Conformance
from exporter.focus.rules.rule import Broken, Level, Result

#: Warnings for the files of others that rows of this program keep, too.
_ALWAYS_KEPT = ("EffectiveCost/billed",)
#: What rows may break although FOCUS knows no exception, and what `validate` then names. A cost
#: without any quantity has no unit price, and no cost may be lost. Who offers the service and who
#: issues invoices is configured. Every charge has one row, and is there once by the cost stage.
#: Active time is an estimate, for which no cost may be lost either.
_NO_FAULT_OF_ROWS = (
    *("/filled-of-nothing", "/third-party", "extensions/once"),
    *("extensions/active-hours", "extensions/utilization"),
)


def check_rows(table: pa.Table, version: str) -> None:
    """Raises ValueError that names the column and the row of the first broken rule."""
    fault = next(faults(table, version), None)
    if fault is not None:
        place = "" if fault.row is None else f" of row {fault.row}"
        raise ValueError(f"{fault.column}{place} {fault.what}")


def faults(table: pa.Table, version: str) -> Iterator[Broken]:
    """The first place of every broken rule; only the schema when that is not the version's."""
    schema_faults = list(_schema_faults(table, arrow_schema(version, _prefix_of(table))))
    yield from schema_faults
    if not schema_faults:
        broken = filter(_counts, _results(table, version))
        yield from (result.examples[0] for result in broken)


def _results(table: pa.Table, version: str) -> list[Result]:
    conformance = Conformance(version)
    conformance.begin("these rows", table.schema, text=False)
    for batch in table.combine_chunks().to_batches():
        conformance.check(batch)
    return conformance.results()


def _counts(result: Result) -> bool:
    rule = result.rule
    is_error = rule.level is Level.ERROR or rule.id in _ALWAYS_KEPT
    return bool(result.broken) and is_error and not _is_no_fault(result)


def _is_no_fault(result: Result) -> bool:
    """Whether rows may break the rule; nobody's text, be it N/A, is a reason to lose a period."""
    if result.rule.id.endswith("/stand-in"):
        return all(broken.value for broken in result.examples)
    return result.rule.id.endswith(_NO_FAULT_OF_ROWS)


def _prefix_of(table: pa.Table) -> str:
    strict = PREFIXES[1]
    return strict if any(name.startswith(strict) for name in table.column_names) else PREFIXES[0]


def _schema_faults(table: pa.Table, expected: pa.Schema) -> Iterator[Broken]:
    for missing in sorted(set(expected.names).difference(table.column_names)):
        yield _of_column(missing, "is missing")
    for extra in sorted(set(table.column_names).difference(expected.names)):
        yield _of_column(extra, "is no column of this version")
    if table.column_names != expected.names:
        yield _of_column(table.column_names[0], "and the others are not in the order written")
    for field in expected:
        if field.name in table.column_names and table.schema.field(field.name).type != field.type:
            found = table.schema.field(field.name).type
            yield _of_column(field.name, f"has type {found}, not {field.type}")


def _of_column(name: str, what: str) -> Broken:
    return Broken("", None, name, "", what)
