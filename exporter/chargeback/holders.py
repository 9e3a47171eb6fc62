"""Who a row is of and what it is for, in every layout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from exporter.chargeback.cells import DETAILED
from exporter.cost.charges import Method
from exporter.focus.names import IDLE, NO_NAMESPACE, UNOBSERVED

Cells: TypeAlias = pa.ChunkedArray


class RowKind(StrEnum):
    """What a row is for."""

    SERVED = "served"  #: what a namespace had, with tokens or requests
    HELD = "held"  #: GPU-time of a namespace without either, with or without a model
    IDLE = "idle"
    UNOBSERVED = "unobserved"
    UNPRICED = "unpriced"  #: tokens on GPUs that no profile prices


def namespaces(cells: pa.Table) -> Cells:
    """The namespace, `__idle__` or `__unobserved__`; null for tokens that name none.

    In infercost-1.0 it is the first part of the ResourceId.
    """
    first = pc.struct_field(_resource_parts(cells), "first")
    of_infercost = pc.if_else(pc.equal(first, NO_NAMESPACE), None, first)
    return pc.if_else(cells[DETAILED], cells["Namespace"], of_infercost)


def chosen(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """The namespaces that a pattern fits; GPU-time that nobody held is of none."""
    return [
        name
        for name in names
        if name not in (IDLE, UNOBSERVED) and any(fnmatchcase(name, each) for each in patterns)
    ]


def sub_accounts(cells: pa.Table, namespace: Cells) -> Cells:
    """SubAccountId; the namespace where there is none, as in shares of a pool."""
    return pc.coalesce(cells["SubAccountId"], namespace)


def models(cells: pa.Table, namespace: Cells) -> Cells:
    """The model that had or could have been used; null for a pool and where none is known."""
    named = pc.if_else(cells[DETAILED], _detailed_models(cells), _infercost_models(cells))
    of_pool = pc.is_in(namespace, pa.array([IDLE, UNOBSERVED]))
    return pc.if_else(of_pool, pa.scalar(None, pa.string()), named)


def _detailed_models(cells: pa.Table) -> Cells:
    """ResourceName, unless the ResourceId ends with the namespace: then no model is known.

    Shares of a pool say both in the Allocated* columns.
    """
    shared = pc.is_valid(cells["AllocatedMethodId"])
    plain = pc.binary_join_element_wise(cells["Cluster"], cells["Namespace"], "/")
    without_model = pc.equal(
        pc.if_else(shared, cells["AllocatedResourceId"], cells["ResourceId"]),
        pc.if_else(shared, cells["Namespace"], plain),
    )
    name = pc.if_else(shared, cells["AllocatedResourceName"], cells["ResourceName"])
    return pc.if_else(pc.fill_null(without_model, False), pa.scalar(None, pa.string()), name)


def _infercost_models(cells: pa.Table) -> Cells:
    """`namespace/report/model` with the model as name, or `namespace/report` with the report."""
    rest, name = pc.struct_field(_resource_parts(cells), "rest"), cells["ResourceName"]
    return pc.if_else(pc.equal(rest, name), pa.scalar(None, pa.string()), name)


def _resource_parts(cells: pa.Table) -> Cells:
    return pc.extract_regex(cells["ResourceId"], r"^(?P<first>[^/]*)/(?P<rest>(?s:.*))$")


def kinds(cells: pa.Table, namespace: Cells) -> Cells:
    """The RowKind; infercost-1.0 has no cost profile where tokens have no price."""
    method = cells["AllocationMethod"]
    unpriced = pc.equal(pc.fill_null(method, ""), Method.UNPRICED.text)
    no_method = pc.and_(pc.is_null(method), pc.is_null(cells["CostProfile"]))
    used = [
        pc.greater(pc.fill_null(cells[name], 0), 0)
        for name in ("TokensInput", "TokensOutput", "Requests")
    ]
    conditions = [
        pc.equal(pc.fill_null(namespace, ""), IDLE),
        pc.equal(pc.fill_null(namespace, ""), UNOBSERVED),
        pc.or_(unpriced, no_method),
        pc.or_(pc.or_(used[0], used[1]), used[2]),
    ]
    in_order = (RowKind.IDLE, RowKind.UNOBSERVED, RowKind.UNPRICED, RowKind.SERVED, RowKind.HELD)
    return pc.case_when(pc.make_struct(*conditions), *(pa.scalar(kind.value) for kind in in_order))
