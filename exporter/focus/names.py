"""What a row is called: resource, sub-account, description."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from exporter.cost.charges import Charges, Kind
from exporter.focus.context import RowContext
from exporter.focus.labels import label
from exporter.periods import Period, Schedule

IDLE = "__idle__"  #: no namespace can be called so: they have no underscores
UNOBSERVED = "__unobserved__"
NO_NAMESPACE = "-"  #: inside a ResourceId, where the tokens name no namespace

Texts = list[str | None]
Known = TypeVar("Known")

_POOL_NAMES = {Kind.IDLE: IDLE, Kind.UNOBSERVED: UNOBSERVED}
_REMARKS = {Kind.ROLLUP: " (no model)", Kind.IDLE: " (idle)", Kind.UNOBSERVED: " (unobserved)"}
_PERIOD_FORMATS = {
    Schedule.HOURLY: "%Y-%m-%dT%HZ",
    Schedule.DAILY: "%Y-%m-%d",
    Schedule.WEEKLY: "%G-W%V",
    Schedule.MONTHLY: "%Y-%m",
}


def period_text(period: Period) -> str:
    """`2026-03-10T14Z`, `2026-03-10`, `2026-W11` or `2026-03`."""
    start = datetime.fromtimestamp(period.start, UTC)
    return start.strftime(_PERIOD_FORMATS[period.schedule])


def kinds(charges: Charges) -> list[Kind]:
    """What each charge is for."""
    return [Kind(kind) for kind in charges.kind.tolist()]


def namespaces(charges: Charges) -> Texts:
    """The namespace of each charge; `__idle__` or `__unobserved__` for those of a pool."""
    pairs = zip(kinds(charges), charges.namespace, strict=True)
    return [_POOL_NAMES.get(kind, namespace) for kind, namespace in pairs]


def resource_ids(charges: Charges, context: RowContext) -> list[str]:
    """Ids that stay the same across periods and reports, within one row grain."""
    rows = enumerate(kinds(charges))
    return ["/".join(_path(charges, row, kind, context)) for row, kind in rows]


def _path(charges: Charges, row: int, kind: Kind, context: RowContext) -> tuple[str, ...]:
    name = _resource_name(charges, row, kind)
    match kind:
        case Kind.MODEL:
            namespace = charges.namespace[row] or NO_NAMESPACE
            return (context.cluster, namespace, *_holder(charges, row, context.row_grain), name)
        case Kind.ROLLUP:
            return (context.cluster, name)
        case Kind.IDLE | Kind.UNOBSERVED:
            return (context.cluster, _POOL_NAMES[kind], name)


def _holder(charges: Charges, row: int, row_grain: str) -> tuple[str, ...]:
    holders = {"model": None, "workload": charges.workload[row], "pod": charges.pod[row]}
    holder = holders[row_grain]
    return () if holder is None else (holder,)


def allocated_ids(charges: Charges, context: RowContext) -> list[str]:
    """What had a share of a pool: as `resource_ids`, without the cluster."""
    rows = enumerate(kinds(charges))
    return ["/".join(_path(charges, row, kind, context)[1:]) for row, kind in rows]


def resource_names(charges: Charges) -> list[str]:
    """The model; the namespace where no model is known; the cost profile for a pool."""
    return [_resource_name(charges, row, kind) for row, kind in enumerate(kinds(charges))]


def _resource_name(charges: Charges, row: int, kind: Kind) -> str:
    match kind:
        case Kind.MODEL:
            return _known(charges.model[row], "model", row)
        case Kind.ROLLUP:
            return _known(charges.namespace[row], "namespace", row)
        case Kind.IDLE | Kind.UNOBSERVED:
            return _known(charges.profile[row], "profile", row).name


def _known(value: Known | None, what: str, row: int) -> Known:
    if value is None:
        raise ValueError(f"charge {row} has no {what}, and its kind cannot be without")
    return value


def infercost_resource_ids(charges: Charges, context: RowContext) -> Texts:
    """`namespace/report/model`; without a model `namespace/report`, for a pool with its profile."""
    rows = zip(kinds(charges), namespaces(charges), resource_names(charges), strict=True)
    return [
        "/".join((namespace or NO_NAMESPACE, context.report, *_last_part(kind, name)))
        for kind, namespace, name in rows
    ]


def _last_part(kind: Kind, name: str) -> tuple[str, ...]:
    return () if kind is Kind.ROLLUP else (name,)


def infercost_resource_names(charges: Charges, context: RowContext) -> list[str]:
    """As `resource_names`, but the report where no model is known."""
    pairs = zip(kinds(charges), resource_names(charges), strict=True)
    return [context.report if kind is Kind.ROLLUP else name for kind, name in pairs]


def descriptions(charges: Charges, context: RowContext) -> list[str]:
    """One sentence per charge, such as `Inference on llama for period 2026-03-10`."""
    period = period_text(context.period)
    pairs = zip(kinds(charges), resource_names(charges), strict=True)
    return [
        f"Inference on {name}{_REMARKS.get(kind, '')} for period {period}" for kind, name in pairs
    ]


def sub_accounts(charges: Charges, key: str | None) -> tuple[Texts, Texts]:
    """Ids and types: the value of the namespace label `key`, else the namespace; both may lack."""
    named = [_label_value(labels, key) for labels in charges.namespace_labels]
    ids = [
        namespace if value is None else value
        for value, namespace in zip(named, namespaces(charges), strict=True)
    ]
    types = [
        _sub_account_type(account, value, key) for account, value in zip(ids, named, strict=True)
    ]
    return ids, types


def _label_value(labels: Mapping[str, str], key: str | None) -> str | None:
    return None if key is None else label(labels, key) or None


def _sub_account_type(account: str | None, value: str | None, key: str | None) -> str | None:
    if account is None:
        return None
    return "Namespace" if value is None else key
