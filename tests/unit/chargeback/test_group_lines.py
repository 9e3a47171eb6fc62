"""Groups and models of a report."""

from __future__ import annotations

from decimal import Decimal

from exporter.chargeback.figures import Nobodys
from exporter.cost.sale import SalesTerms
from tests.builders import make_charges, make_charges_of, make_profile, table_of
from tests.unit.chargeback.reports import costing, cube_of, decimals, nano, report_of

COST = Decimal("6.000000001")


def test_groups_come_dearest_first_equally_dear_ones_by_name() -> None:
    charges = costing(namespace=["b", "a", "c"], amortization_nano=nano("1", "1", "2"))
    report = report_of(table_of(charges))
    assert [group.values for group in report.groups] == [("c",), ("a",), ("b",)]
    assert [group.sums.cost for group in report.groups] == [*decimals(2, 1, 1)]


def test_groups_go_by_every_key_and_by_tags() -> None:
    labels = [{"cost_center": "7"}, {}]
    charges = make_charges(namespace=["chat", "search"], namespace_labels=labels)
    keys = ("tag:cost-center", "cost-profile", "model", "namespace", "cluster", "sub-account")
    report = report_of(table_of(charges), keys=keys)
    assert report.keys == keys
    assert [group.values for group in report.groups] == [
        ("7", "h100-pool", "llama-3.1-70b", "chat", "prod", "chat"),
        (None, "h100-pool", "llama-3.1-70b", "search", "prod", "search"),
    ]


def test_the_tag_of_a_share_is_that_of_its_holder() -> None:
    charges = make_charges(namespace_labels=[{"team": "search"}])
    table = table_of(charges, SalesTerms(by_pool=True))
    report = report_of(table, keys=("tag:team", "tag:infer-focus/costProfile"))
    assert [group.values for group in report.groups] == [("search", "h100-pool")]


def test_without_keys_all_rows_are_one_group() -> None:
    report = report_of(table_of(make_charges_of("model", "idle")), keys=())
    assert [(group.values, group.sums) for group in report.groups] == [((), report.total)]
    assert report.groups[0].days == report.daily_cost


def test_idle_time_is_no_team_that_lacks_a_tag() -> None:
    # Two rows of holders, one with the tag and one without, and two rows of nobody.
    holders = make_charges(namespace=["chat", "search"], namespace_labels=[{"team": "ads"}, {}])
    tables = table_of(holders), table_of(make_charges_of("idle", "unobserved"))
    report = report_of(*tables, keys=("tag:team",), before=cube_of(*tables, tags=("team",)))
    assert [(group.values, group.nobodys, group.sums.cost) for group in report.groups] == [
        (("__idle__",), Nobodys.IDLE, COST),
        (("__unobserved__",), Nobodys.UNOBSERVED, COST),
        (("ads",), None, COST),
        ((None,), None, COST),
    ]
    assert [group.before for group in report.groups] == [group.sums for group in report.groups]
    assert [sum(group.days) for group in report.groups] == [COST] * 4


def test_a_tag_that_is_spelled_as_idle_time_stays_apart_from_it() -> None:
    labels = [{"team": "__idle__"}, {"team": "(none)"}, {}]
    charges = make_charges(namespace=["a", "b", "c"], namespace_labels=labels)
    report = report_of(table_of(charges), table_of(make_charges_of("idle")), keys=("tag:team",))
    assert [(group.values[0], group.nobodys) for group in report.groups] == [
        ("(none)", None),
        ("__idle__", Nobodys.IDLE),
        ("__idle__", None),
        (None, None),
    ]


def test_idle_time_has_the_pool_and_the_tags_that_it_has() -> None:
    table = table_of(make_charges_of("model", "idle"))
    for key in ("cost-profile", "tag:infer-focus/costProfile", "cluster"):
        (group,) = report_of(table, keys=(key,)).groups
        assert (group.nobodys, group.sums.cost) == (None, 2 * COST)
    by_both = report_of(table, keys=("tag:team", "cost-profile")).groups
    assert [(group.values, group.nobodys) for group in by_both] == [
        (("__idle__", "h100-pool"), Nobodys.IDLE),
        ((None, "h100-pool"), None),
    ]
    by_team = report_of(table).groups
    assert [(group.values, group.nobodys) for group in by_team] == [
        (("__idle__",), Nobodys.IDLE),
        (("chat",), None),
    ]


def test_groups_stand_beside_the_same_of_the_period_before() -> None:
    # Chat grew from 1 to 3, search is new, dev is gone and cost 5.
    now = table_of(costing(namespace=["chat", "search"], amortization_nano=nano("3", "2")))
    before = table_of(costing(namespace=["chat", "dev"], amortization_nano=nano("1", "5")))
    report = report_of(now, before=cube_of(before))
    assert [group.values for group in report.groups] == [("chat",), ("search",), ("dev",)]
    assert [group.sums.cost for group in report.groups] == [*decimals(3, 2, 0)]
    assert [sum(group.days) for group in report.groups] == [*decimals(3, 2, 0)]
    earlier = [None if group.before is None else group.before.cost for group in report.groups]
    assert earlier == [*decimals(1, None, 5)]
    assert report.total_before is not None
    assert (report.total.cost, report.total_before.cost) == decimals(5, 6)
    (model,) = report.models
    assert model.before is not None
    assert model.before.cost == 6


def test_a_period_before_without_rows_is_none() -> None:
    report = report_of(table_of(make_charges()), before=cube_of())
    assert (report.total_before, report.groups[0].before, report.models[0].before) == (None,) * 3


def test_a_model_is_one_line_over_clusters_and_namespaces() -> None:
    # Four rows of 6.000000001 and 2.5 million tokens; half as much of another model.
    profiles = [make_profile("b"), make_profile("a")]
    charges = make_charges(namespace=["chat", "search"], profile=profiles)
    small = make_charges(model="qwen", namespace="dev")
    tables = [table_of(charges, cluster=cluster) for cluster in ("east", "west")]
    report = report_of(*tables, table_of(small))
    assert [model.model for model in report.models] == ["llama-3.1-70b", "qwen"]
    llama = report.models[0]
    assert (llama.sums.cost, llama.sums.tokens) == (4 * Decimal("6.000000001"), 10_000_000)
    assert llama.sums.cost_per_million_tokens == Decimal("2.4")
    assert (llama.gpu_utilization, llama.cost_profiles) == (Decimal("0.75"), ("a", "b"))
    assert llama.daily_per_million[-1] == Decimal("2.4")


def test_pools_and_namespaces_without_a_model_are_no_model() -> None:
    charges = make_charges_of("rollup", "idle", "unobserved")
    assert report_of(table_of(charges)).models == ()


def test_idle_time_is_no_pod_without_a_model() -> None:
    """Held time of a pod whose model nobody knows is `(none)`, time of nobody is not."""
    holders = table_of(make_charges_of("model", "rollup"))
    nobody = table_of(make_charges_of("idle", "unobserved"))
    report = report_of(holders, nobody, keys=("model",), before=cube_of(nobody))
    assert [(group.values, group.nobodys, group.sums.cost) for group in report.groups] == [
        (("__idle__",), Nobodys.IDLE, COST),
        (("__unobserved__",), Nobodys.UNOBSERVED, COST),
        (("llama-3.1-70b",), None, COST),
        ((None,), None, COST),
    ]
    assert [line.model for line in report.models] == ["llama-3.1-70b"]
    assert report.groups[0].before is not None


def test_a_pool_keeps_its_idle_time_where_groups_go_by_pools_alone() -> None:
    tables = table_of(make_charges()), table_of(make_charges_of("idle"))
    (pool,) = report_of(*tables, keys=("cost-profile",)).groups
    assert (pool.values, pool.nobodys) == (("h100-pool",), None)
