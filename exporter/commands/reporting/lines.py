"""A report as CSV: one line for each group with everything its rows add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

import pyarrow as pa

from exporter.chargeback.completeness_figures import Awaited, Gap
from exporter.chargeback.coverage import Span
from exporter.chargeback.figures import Chargeback, Sums
from exporter.chargeback.lacking import hours_lacking
from exporter.commands.reporting.document import properties_of
from exporter.files.csv import encode_csv
from exporter.periods import rfc3339

#: Sums and ratios have more digits before the point than any amount of a row.
_DECIMAL = pa.decimal256(76, 18)
_INTEGERS = ("tokens", "requests", "priced_tokens")


def group_lines(report: Chargeback) -> bytes:
    """The CSV with its header; where asked for `before_` are the sums of the period before.

    `compared_cost` is what `before_cost` stands beside: without reports that are left out.
    `missing_hours` are due and not there, of some report of the line's cluster, or of any where
    lines are not of one; `awaited_hours` are not due, though others have theirs.
    """
    this = report.scope.start, report.scope.end
    columns = {
        **_scope(report),
        "missing_hours": _lacking(report, report.completeness.gaps, this),
        "awaited_hours": _lacking(report, report.completeness.awaited, this),
        **{
            key: pa.array([line.values[place] for line in report.groups], pa.string())
            for place, key in enumerate(report.keys)
        },
        "nobodys": pa.array([line.nobodys for line in report.groups], pa.string()),
        **_sums("", [line.sums for line in report.groups]),
    }
    if report.total_before is not None:
        compared = [(line.compared or line.sums).cost for line in report.groups]
        columns |= _sums("before_", [line.before for line in report.groups])
        columns["compared_cost"] = pa.array(compared, _DECIMAL)
        before = 0, report.scope.start
        columns["before_missing_hours"] = _lacking(report, report.completeness.gaps, before)
    return encode_csv(pa.table(columns))


def _scope(report: Chargeback) -> dict[str, pa.Array]:
    """What is the same in every line, so that lines of several reports can be put together."""
    scope, count = report.scope, len(report.groups)
    told = {
        "period": scope.name,
        "start": rfc3339(scope.start),
        "end": rfc3339(scope.end),
        "until": None if scope.until is None else rfc3339(scope.until),
        "currency": scope.currency,
    }
    if scope.namespaces:
        told["namespaces"] = ",".join(scope.namespaces)
    return {key: pa.array([value] * count, pa.string()) for key, value in told.items()}


def _lacking(report: Chargeback, spans: Sequence[Gap | Awaited], window: Span) -> pa.Array:
    """Hours of a window that some report lacks, so that a line alone shows that it is not whole."""
    return pa.array([hours_lacking(spans, window, of) for of in _clusters(report)], _DECIMAL)


def _clusters(report: Chargeback) -> list[str | None]:
    """Of each line, null where it may be of several."""
    if "cluster" not in report.keys:
        return [None] * len(report.groups)
    place = report.keys.index("cluster")
    return [line.values[place] for line in report.groups]


def _sums(prefix: str, sums: list[Sums | None]) -> dict[str, pa.Array]:
    return {
        prefix + name: pa.array(
            [None if one is None else getattr(one, name) for one in sums], _type_of(name)
        )
        for name in _names()
    }


def _names() -> Iterator[str]:
    yield from (field.name for field in fields(Sums))
    yield from properties_of(Sums)


def _type_of(name: str) -> pa.DataType:
    whole = name.startswith(_INTEGERS) or name.removeprefix("unpriced_") in _INTEGERS
    return pa.int64() if whole else _DECIMAL
