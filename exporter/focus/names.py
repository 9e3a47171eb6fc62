"""What a row is called: resource, sub-account, description."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.cost.charges import Charges, Kind
from exporter.cost.distinct import Coded, Texts, objects_of, same_text, texts_of, texts_of_each
from exporter.focus.context import RowContext
from exporter.focus.labels import label
from exporter.focus.texts import chosen
from exporter.periods import Period, Schedule

IDLE = "__idle__"  #: no namespace can be called so: they have no underscores
UNOBSERVED = "__unobserved__"
NO_NAMESPACE = "-"  #: inside a ResourceId, where the tokens name no namespace

_POOL_NAMES = {Kind.IDLE: IDLE, Kind.UNOBSERVED: UNOBSERVED}
_NEEDS = {Kind.MODEL: "model", Kind.ROLLUP: "namespace"}  #: what names the charge, else a profile
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
    found = texts_of(charges.namespace)
    for kind, name in _POOL_NAMES.items():
        found = chosen(charges.kind == kind, same_text(name, len(charges)), found)
    return found


def resource_ids(charges: Charges, context: RowContext) -> Texts:
    """Ids that stay the same across periods and reports, within one row grain."""
    return _joined(charges, context, context.cluster)


def allocated_ids(charges: Charges, context: RowContext) -> Texts:
    """What had a share of a pool: as `resource_ids`, without the cluster."""
    return _joined(charges, context)


def _joined(charges: Charges, context: RowContext, *first: str) -> Texts:
    """Namespace or pool, the holder where the row grain has one, and the name; none for no such."""
    none, of_model = same_text(None, len(charges)), charges.kind == Kind.MODEL
    places = chosen(charges.kind == Kind.ROLLUP, none, _places(charges))
    holders = {"model": none, "workload": charges.workload, "pod": charges.pod}
    holder = chosen(of_model, texts_of(holders[context.row_grain]), none)
    parts = [each.array() for each in (places, holder, resource_names(charges))]
    return texts_of_each(pc.binary_join_element_wise(*first, *parts, "/", null_handling="skip"))


def _places(charges: Charges) -> Texts:
    """The namespace or the name of the pools; `-` where a model has no namespace."""
    names = namespaces(charges)
    unnamed = pc.fill_null(pc.equal(names.words, ""), True).to_numpy(zero_copy_only=False)
    return chosen(unnamed[names.codes], same_text(NO_NAMESPACE, len(charges)), names)


def resource_names(charges: Charges) -> Texts:
    """The model; the namespace where no model is known; the cost profile for a pool."""
    profiles = objects_of(charges.profile).texts(
        lambda profile: None if profile is None else profile.name
    )
    names = chosen(charges.kind == Kind.ROLLUP, texts_of(charges.namespace), profiles)
    names = chosen(charges.kind == Kind.MODEL, texts_of(charges.model), names)
    for row in np.flatnonzero(names.missing).tolist():
        what = _NEEDS.get(Kind(int(charges.kind[row])), "profile")
        raise ValueError(f"charge {row} has no {what}, and its kind cannot be without")
    return names


def infercost_resource_ids(charges: Charges, context: RowContext) -> Texts:
    """`namespace/report/model`; without a model `namespace/report`, for a pool with its profile."""
    rollup, none = charges.kind == Kind.ROLLUP, same_text(None, len(charges))
    names = chosen(rollup, none, resource_names(charges)).array()
    parts = (_places(charges).array(), context.report, names)
    return texts_of_each(pc.binary_join_element_wise(*parts, "/", null_handling="skip"))


def infercost_resource_names(charges: Charges, context: RowContext) -> Texts:
    """As `resource_names`, but the report where no model is known."""
    report = same_text(context.report, len(charges))
    return chosen(charges.kind == Kind.ROLLUP, report, resource_names(charges))


def descriptions(charges: Charges, context: RowContext) -> Texts:
    """One sentence per charge, such as `Inference on llama for period 2026-03-10`."""
    period, names = period_text(context.period), resource_names(charges)
    ends = [f"{_REMARKS.get(kind, '')} for period {period}" for kind in Kind]
    words = [pc.binary_join_element_wise("Inference on ", names.words, end, "") for end in ends]
    return Texts(names.codes + charges.kind * len(names.words), pa.concat_arrays(words))


def sub_accounts(
    charges: Charges, key: str | None
) -> tuple[Sequence[str | None], Sequence[str | None]]:
    """Ids and types: the value of the namespace label `key`, else the namespace; both may lack."""
    ids = namespaces(charges)
    types = chosen(ids.missing, _same(None, ids), _same("Namespace", ids))
    if key is None:
        return ids, types
    named = objects_of(charges.namespace_labels).texts(lambda labels: label(labels, key) or None)
    return chosen(named.missing, ids, named), chosen(named.missing, types, _same(key, ids))


def _same(text: str | None, rows: Coded[str | None]) -> Texts:
    return same_text(text, len(rows))
