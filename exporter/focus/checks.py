"""Rows of this program are held against the rules before they are written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pyarrow as pa

from exporter.focus.columns import arrow_schema
from exporter.focus.extensions import PREFIXES
from exporter.focus.own_rules import OwnRules
from exporter.focus.rules.conformance import Conformance
from exporter.focus.rules.rule import Broken, Level, Result, Rule

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
    prefix = _prefix_of(table)
    schema_faults = list(_schema_faults(table.schema, arrow_schema(version, prefix)))
    yield from schema_faults
    if schema_faults:
        return
    batches = table.combine_chunks().to_batches()
    if len(batches) > 1 or not all(map(_own_rules(version, prefix).are_kept, batches)):
        broken = filter(_counts, _results(table.schema, batches, version))
        yield from (result.examples[0] for result in broken)


@cache
def _own_rules(version: str, prefix: str) -> OwnRules:
    return OwnRules(version, arrow_schema(version, prefix), _matters)


def _results(schema: pa.Schema, batches: list[pa.RecordBatch], version: str) -> list[Result]:
    conformance = Conformance(version)
    conformance.begin("these rows", schema, text=False)
    for batch in batches:
        conformance.check(batch)
    return conformance.results()


def _matters(rule: Rule) -> bool:
    """Whether rows of this program may never break a rule, but for some stand-ins for null."""
    is_error = rule.level is Level.ERROR or rule.id in _ALWAYS_KEPT
    return is_error and not rule.id.endswith(_NO_FAULT_OF_ROWS)


def _counts(result: Result) -> bool:
    return bool(result.broken) and _matters(result.rule) and not _is_no_fault(result)


def _is_no_fault(result: Result) -> bool:
    """Whether rows may break the rule; nobody's text, be it N/A, is a reason to lose a period."""
    is_stand_in = result.rule.id.endswith("/stand-in")
    return is_stand_in and all(broken.value for broken in result.examples)


def _prefix_of(table: pa.Table) -> str:
    strict = PREFIXES[1]
    return strict if any(name.startswith(strict) for name in table.column_names) else PREFIXES[0]


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _schema_faults(found: pa.Schema, expected: pa.Schema) -> Iterator[Broken]:
    """Whether texts are plain or have codes is no difference."""
    if found.names == expected.names and [*map(_plain, found.types)] == expected.types:
        return
    for missing in sorted(set(expected.names).difference(found.names)):
        yield _of_column(missing, "is missing")
    for extra in sorted(set(found.names).difference(expected.names)):
        yield _of_column(extra, "is no column of this version")
    if found.names != expected.names:
        yield _of_column(found.names[0], "and the others are not in the order written")
    for field in expected:
        kind = _plain(found.field(field.name).type) if field.name in found.names else field.type
        if kind != field.type:
            yield _of_column(field.name, f"has type {kind}, not {field.type}")


def _of_column(name: str, what: str) -> Broken:
    return Broken("", None, name, "", what)
