"""Who rows are of and what they are for."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.chargeback.cells import cells_of
from exporter.chargeback.holders import kinds, models, namespaces, sub_accounts
from exporter.cost.charges import Charges
from exporter.cost.sale import SalesTerms
from exporter.focus.columns import SELECTABLE_VERSIONS
from tests.builders import make_charges, make_charges_of, table_of
from tests.selling import CARD
from tests.unit.chargeback.reports import batches

ONE_OF_EACH = make_charges_of("model", "rollup", "idle", "unobserved", "unpriced")
SHARED = SalesTerms(by_pool=True)


def holders(charges: Charges, **context: Any) -> list[tuple[str | None, ...]]:
    """Namespace, sub-account, model and kind of each row."""
    (batch,) = batches(table_of(charges, **context), text=False)
    cells = cells_of(batch, text=False)
    namespace = namespaces(cells)
    columns = (
        namespace,
        sub_accounts(cells, namespace),
        models(cells, namespace),
        kinds(cells, namespace),
    )
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_rows_of_every_kind_are_known_in_every_layout(version: str) -> None:
    assert holders(ONE_OF_EACH, version=version) == [
        ("chat", "chat", "llama-3.1-70b", "served"),
        ("chat", "chat", None, "held"),
        ("__idle__", "__idle__", None, "idle"),
        ("__unobserved__", "__unobserved__", None, "unobserved"),
        ("chat", "chat", "llama-3.1-70b", "unpriced"),
    ]


@pytest.mark.parametrize("terms", [SHARED, SalesTerms(CARD, contracted=True, by_pool=True)])
def test_a_share_of_a_pool_is_of_its_holder(terms: SalesTerms) -> None:
    assert holders(ONE_OF_EACH, terms=terms)[:4] == [
        ("chat", "chat", "llama-3.1-70b", "served"),
        ("chat", "chat", None, "held"),
        ("__idle__", "__idle__", None, "idle"),
        ("__unobserved__", "__unobserved__", None, "unobserved"),
    ]


@pytest.mark.parametrize("version", ["1.3", "infercost-1.0"])
@pytest.mark.parametrize("row_grain", ["model", "workload", "pod"])
def test_a_model_with_slashes_keeps_its_name(version: str, row_grain: str) -> None:
    charges = make_charges(
        model="org/chat", workload="web", workload_type="Deployment", pod="web-1"
    )
    ((namespace, _, model, _),) = holders(charges, version=version, row_grain=row_grain)
    assert (namespace, model) == ("chat", "org/chat")


@pytest.mark.parametrize("version", ["1.3", "infercost-1.0"])
def test_a_model_called_as_its_namespace_is_a_model(version: str) -> None:
    ((_, _, model, _),) = holders(make_charges(namespace="chat", model="chat"), version=version)
    assert model == "chat"


def test_a_report_with_a_slash_in_its_name_is_no_model() -> None:
    charges = make_charges_of("model", "rollup")
    found = holders(charges, version="infercost-1.0", report="team/monthly")
    assert [model for _, _, model, _ in found] == ["llama-3.1-70b", None]


@pytest.mark.parametrize("version", ["1.3", "infercost-1.0"])
def test_tokens_that_name_no_namespace_have_none(version: str) -> None:
    charges = make_charges_of("unpriced", namespace=None)
    assert holders(charges, version=version) == [(None, None, "llama-3.1-70b", "unpriced")]


def test_the_sub_account_is_the_one_that_was_exported() -> None:
    charges = make_charges(namespace_labels=[{"team": "search"}])
    ((namespace, sub_account, _, _),) = holders(charges, sub_account_label="team")
    assert (namespace, sub_account) == ("chat", "search")


def test_a_model_that_served_nothing_only_held_its_gpus() -> None:
    charges = make_charges(tokens_input=0, tokens_output=0, tokens_cached=0, requests=0)
    assert holders(charges) == [("chat", "chat", "llama-3.1-70b", "held")]


def test_requests_alone_are_served() -> None:
    charges = make_charges(tokens_input=0, tokens_output=0, tokens_cached=0, requests=1)
    assert holders(charges)[0][3] == "served"
