"""Namespaces with cost beside the labels that it is told apart by."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from exporter.sources.census import CountQuery, Group
from exporter.sources.dump_census import DumpCensus
from tests.fleets.kube import TARGET, KubePod, KubeState
from tests.fleets.setups import H100, L40S, SCRAPES
from tests.shown_settings import LABELS, blocks, environment
from tests.unit.commands.checking.looks import (
    ALLOW,
    NOW,
    SHORT,
    Look,
    look,
    relabelled,
    series_of,
    with_spec,
    without,
)

TEAMS = {"chat": {"team": "chat"}, "search": {"team": "search"}}
NODES = ALLOW.partition(",nodes=")[2]
BESIDES = ", and with what it lists now besides"
ALL = {"team": "t", "cost_center": "1", "environment": "production", "project": "p"}


def look_at(
    folder: Path, namespaces: Mapping[str, Mapping[str, str]], /, **settings: str
) -> list[tuple[str, str, str]]:
    """The lines about labels of namespaces with these labels, sanitised."""
    found = look(series_of(SHORT.but(namespaces=namespaces)), folder, **settings)
    assert not any(finding.code for finding in found.findings if finding.what == "labels")
    return found.lines("labels")


def test_every_label_on_every_namespace(tmp_path: Path) -> None:
    assert look_at(tmp_path, {"chat": ALL, "search": ALL}) == [
        ("ok", "2 namespaces have team, cost-center, environment, project", "")
    ]


def test_a_team_is_enough(tmp_path: Path) -> None:
    some = {"chat": {**TEAMS["chat"], "cost_center": "1"}, "search": TEAMS["search"]}
    assert look_at(tmp_path, some) == [
        (
            "ok",
            "2 namespaces have team; none has environment, project; 1 has no cost-center (search)",
            "",
        )
    ]


def test_a_namespace_without_a_team(tmp_path: Path) -> None:
    """The command has what it lacks besides, and the flag what nobody shows."""
    some = {"chat": {"team": "chat", "environment": "dev"}, "search": {"environment": "dev"}}
    labels = "team=… cost-center=… project=…"
    assert look_at(tmp_path, some) == [
        (
            "warn",
            "1 of 2 namespaces has no team (search): its cost is under its own name;"
            " none has cost-center, project",
            f"kubectl label namespace search {labels}; and {ALLOW}",
        )
    ]


def test_nothing_about_the_allow_list_where_it_is_open(tmp_path: Path) -> None:
    """`kubernetes.io/metadata.name` is on every namespace, and nobody lists it."""
    shown = {name: {"kubernetes_io_metadata_name": name} for name in TEAMS}
    ((result, detail, fix),) = look_at(tmp_path, shown)
    assert (result, detail.partition(";")[0]) == (
        "warn",
        "2 of 2 namespaces have no team (chat, search): their cost is under their own names",
    )
    assert fix == (
        "kubectl label namespace chat search team=… cost-center=… environment=… project=…"
    )


def test_nothing_about_the_allow_list_where_others_have_the_label(tmp_path: Path) -> None:
    some = {"chat": ALL, "search": {**ALL, "team": ""}}
    ((_, _, fix),) = look_at(tmp_path, some)
    assert fix == "kubectl label namespace search team=…"


def test_the_flag_keeps_what_is_shown_now(tmp_path: Path) -> None:
    """Another label can be named only by those who know its spelling."""
    ((_, _, fix),) = look_at(tmp_path, {name: {"tier": "gold"} for name in TEAMS})
    assert fix.endswith(f"; and {ALLOW}{BESIDES}")


def test_resources_that_show_everything_go_on_doing_so(tmp_path: Path) -> None:
    series = relabelled(series_of(SHORT.but(namespaces={"chat": {"project": "p"}})), "kube_pod_l")
    series = relabelled(series, "kube_pod_labels", label_pod_template_hash="7d4f9c")
    series = relabelled(series, "kube_node_labels", label_kubernetes_io_os="linux")
    ((_, _, fix),) = look(series, tmp_path).lines("labels")
    assert fix.endswith("=namespaces=[team,cost-center,environment,project],pods=[*],nodes=[*]")


def test_the_flag_is_that_of_the_page(tmp_path: Path) -> None:
    (flag,) = (text for text in blocks(LABELS, "text") if text.startswith("--metric-labels"))
    assert ALLOW.endswith(f" {flag.strip()}")


def test_the_flag_has_what_the_settings_of_the_page_name(tmp_path: Path) -> None:
    settings = environment(LABELS)
    ((_, detail, fix),) = look_at(tmp_path, {"chat": {"team": "chat"}}, **settings)
    assert detail == "1 of 2 namespaces has no team (search): SubAccountId is its own name"
    assert fix == "kubectl label namespace search team=…"
    ((_, _, fix),) = look_at(tmp_path, {"chat": {"project": "chat"}}, **settings)
    assert fix.endswith(
        "--metric-labels-allowlist=namespaces=[team,cost-center,environment,project],"
        f"pods=[app,project,workload-type],nodes={NODES}"
    )


def test_labels_that_selectors_need_are_in_the_flag(tmp_path: Path) -> None:
    spec = {**H100["spec"], "namespaceSelector": {"matchLabels": {"may-use": "gpus"}}}
    spec["nodeSelector"] = {"kubernetes.io/hostname": "gpu-h100-01", "rack": "7"}
    found = look(series_of(SHORT.but(kube_labels=False)), tmp_path, [{**H100, "spec": spec}, L40S])
    fix = found.line("kube_namespace_labels, kube_node_labels, kube_pod_labels")[2]
    assert "namespaces=[team,cost-center,environment,project,may-use],pods=" in fix
    assert f"nodes=[rack,{NODES.removeprefix('[')}" in fix
    assert found.lines("labels") == []


@pytest.mark.parametrize(
    ("setting", "missing"),
    [("costCenter", "costCenter=…"), ("example.com/owner", "example.com/owner=…")],
)
def test_a_sub_account_that_nobody_shows(setting: str, missing: str, tmp_path: Path) -> None:
    """In the spelling of the setting, instead of a key that means the same."""
    ((result, detail, fix),) = look_at(tmp_path, TEAMS, FOCUS_SUB_ACCOUNT_LABEL=setting)
    assert (result, detail.partition(";")[0]) == (
        "warn",
        f"2 of 2 namespaces have no {setting} (chat, search): SubAccountId is their own name",
    )
    assert fix.startswith(f"kubectl label namespace chat search {missing} ")
    listed = re.findall(r"namespaces=\[(.*?)\]", fix)
    assert [key for key in listed[0].split(",") if "ost" in key] == (
        ["costCenter"] if setting == "costCenter" else ["cost-center"]
    )
    assert setting in listed[0].split(",")


def test_keys_of_pods_are_not_asked_of_namespaces(tmp_path: Path) -> None:
    settings = {"FOCUS_TAG_ALLOWLIST": "team,app,infer-focus/model"}
    assert look_at(tmp_path, TEAMS, **settings) == [("ok", "2 namespaces have team", "")]


def test_an_allow_list_without_a_team(tmp_path: Path) -> None:
    """Then any of its labels will do."""
    some = {"chat": {"owner": "a"}, "search": {"tier": "gold"}}
    assert look_at(tmp_path, some, FOCUS_TAG_ALLOWLIST="owner,tier") == [
        (
            "ok",
            "2 namespaces have some of owner, tier; 1 has no owner (search); 1 has no tier (chat)",
            "",
        )
    ]
    (line,) = look_at(tmp_path, {"chat": {"owner": "a"}}, FOCUS_TAG_ALLOWLIST="owner,tier")
    assert line[:2] == (
        "warn",
        "1 of 2 namespaces has none of owner (search): its cost is under its own name;"
        " 1 has no owner (search)",
    )


def with_team_on_pods(folder: Path, **settings: str) -> Look:
    series = series_of(SHORT.but(namespaces={"chat": {"team": "chat"}}))
    series = [
        replace(one, labels={**one.labels, "label_team": "search"})
        if one.metric == "kube_pod_labels" and one.labels["namespace"] == "search"
        else one
        for one in series
    ]
    return look(series, folder, **settings)


def test_a_label_of_the_pods_is_one_too(tmp_path: Path) -> None:
    """Not for sub-accounts, which are of namespaces."""
    assert with_team_on_pods(tmp_path).lines("labels")[0][:2] == (
        "ok",
        "2 namespaces have team; none has cost-center, environment, project",
    )
    found = with_team_on_pods(tmp_path, FOCUS_SUB_ACCOUNT_LABEL="team")
    assert found.lines("labels")[0][1].startswith("1 of 2 namespaces has no team (search): ")


def test_a_label_that_is_just_set_counts_at_once(tmp_path: Path) -> None:
    """For an hour the series without it is still known."""
    fleet = SHORT.but(namespaces={"chat": {"team": "chat"}}).fleet(NOW)
    late = [ms for ms in SCRAPES.times_ms(fleet.first, fleet.end) if ms > (NOW - 600) * 1000]
    labels = {**TARGET, "namespace": "search", "label_team": "search"}
    fleet.add_series("kube_namespace_labels", labels, [(ms, 1) for ms in late])
    assert look(fleet.series, tmp_path).lines("labels")[0][:2] == (
        "ok",
        "2 namespaces have team; none has cost-center, environment, project",
    )


def test_only_namespaces_with_cost_are_looked_at(tmp_path: Path) -> None:
    assert look_at(tmp_path, {**TEAMS, "kube-system": {}})[0][0] == "ok"


def test_scraped_without_honor_labels(tmp_path: Path) -> None:
    fleet = SHORT.but(kube=False).fleet(NOW)
    fleet.add(KubeState(namespaces={"chat": {"team": "a"}, "search": {}}, form="exported"))
    ((_, detail, _),) = look(fleet.series, tmp_path).lines("labels")
    assert detail.startswith("1 of 2 namespaces has no team (search): ")


def test_a_long_list_is_shortened_and_asks_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[CountQuery] = []
    count = DumpCensus._count

    def noted(census: DumpCensus, query: CountQuery) -> list[Group]:
        asked.append(query)
        return count(census, query)

    monkeypatch.setattr(DumpCensus, "_count", noted)
    look_at(tmp_path, TEAMS)
    few = len(asked)
    names = [f"ns-{number:04}" for number in range(2_000)]
    fleet = SHORT.fleet(NOW)
    pods = [KubePod(name, "job", "gpu-h100-01", 1) for name in names]
    times = [(fleet.end * 1000 - 1, 1)]
    for pod in pods:
        request = {"container": "c", "node": pod.node, "resource": "nvidia_com_gpu"}
        labels = {**TARGET, **pod.identity, **request}
        fleet.add_series("kube_pod_container_resource_requests", labels, times)
    ((_, detail, fix),) = look(fleet.series, tmp_path).lines("labels")
    shown = ", ".join(names[:5])
    assert detail.startswith(f"2,000 of 2,002 namespaces have no team ({shown} and 1995 more): ")
    assert "'!team,!cost-center,!environment,!project'" in fix
    assert len(fix) < 600
    assert len(asked) == 2 * few


def test_names_of_strangers_do_nothing_in_a_shell(tmp_path: Path) -> None:
    """Whoever can write into Prometheus names namespaces."""
    evil = "x; rm -rf ~"
    series = series_of(SHORT.but(namespaces=TEAMS))
    found = look(
        [
            replace(one, labels={k: evil if v == "search" else v for k, v in one.labels.items()})
            if one.metric != "kube_namespace_labels"
            else one
            for one in series
        ],
        tmp_path,
    )
    ((_, _, fix),) = found.lines("labels")
    assert shlex.split(fix.partition("; and ")[0])[:4] == ["kubectl", "label", "namespace", evil]


def test_each_cluster_has_its_own_namespaces(tmp_path: Path) -> None:
    teams = relabelled(series_of(SHORT), "", cluster="eu")
    none = relabelled(series_of(SHORT.but(namespaces={"chat": ALL})), "", cluster="us")
    everywhere = [with_spec(one, clusters=["*"]) for one in (H100, L40S)]
    found = look([*teams, *none], tmp_path, everywhere, COLLECTION_CLUSTER_LABEL="cluster")
    assert found.line("labels", "eu")[:2] == (
        "ok",
        "2 namespaces have team; none has cost-center, environment, project",
    )
    assert found.line("labels", "us")[1].startswith("1 of 2 namespaces has no team (search): ")
    assert "allowlist" not in found.line("labels", "us")[2]


@pytest.mark.parametrize("setting", ["", "team"])
def test_a_source_that_lists_no_labels(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The labels that are wanted are asked for; what else there is, nobody knows."""
    monkeypatch.setattr(DumpCensus, "label_names", lambda *_: None)
    settings = {"FOCUS_SUB_ACCOUNT_LABEL": setting} if setting else {}
    meaning = "SubAccountId is its own name" if setting else "its cost is under its own name"
    assert look_at(tmp_path, {"chat": ALL}, **settings) == [
        (
            "warn",
            f"1 of 2 namespaces has no team (search): {meaning};"
            " 1 has no cost-center (search); 1 has no environment (search);"
            " 1 has no project (search)",
            "kubectl label namespace search team=… cost-center=… environment=… project=…",
        )
    ]
    assert look_at(tmp_path, {}, FOCUS_TAG_ALLOWLIST="app,workload-type") == []
    ((_, detail, _),) = look_at(tmp_path, {}, **settings)
    assert detail.startswith("2 of 2 namespaces have no team (chat, search): ")
    nothing = without(series_of(SHORT), "kube_namespace_labels")
    assert look(nothing, tmp_path, **settings).lines("labels") == []


def test_nothing_is_said_where_nobody_has_cost(tmp_path: Path) -> None:
    kept = without(
        series_of(SHORT.but(dcgm=False, tokens=False)), "kube_pod_container_resource_requests"
    )
    assert look(kept, tmp_path).lines("labels") == []


def test_one_thing_in_two_spellings(tmp_path: Path) -> None:
    """What most of them use stays; with the value that the other one has."""
    some = {
        "chat": {"team": "a", "cost_center": "1", "environment": "prod"},
        "search": {"team": "b", "costcenter": "CC 2", "env": "prod"},
    }
    coverage, spellings = look_at(tmp_path, some)
    assert coverage == (
        "ok",
        "2 namespaces have team, cost-center, environment; none has project",
        "",
    )
    assert spellings == (
        "warn",
        "cost_center on chat, costcenter on search: two tags for one thing;"
        " env on search, environment on chat: two tags for one thing",
        "kubectl label namespace search 'cost-center=CC 2';"
        " kubectl label namespace search environment=prod",
    )


def test_spellings_that_kube_state_metrics_makes_one(tmp_path: Path) -> None:
    """`costCenter`, `cost-center` and `cost_center` all arrive as cost_center: one tag."""
    some = {name: {"team": "a", "cost_center": "1"} for name in TEAMS}
    assert len(look_at(tmp_path, some)) == 1


def test_a_namespace_with_both_spellings_is_complete(tmp_path: Path) -> None:
    both = {"team": "b", "cost_center": "2", "costcenter": "2"}
    some = {"chat": {"team": "a", "cost_center": "1"}, "search": both}
    assert len(look_at(tmp_path, some)) == 1


def test_the_spelling_of_most_is_kept(tmp_path: Path) -> None:
    """Also in the command for namespaces that have none."""
    fleet = SHORT.but(
        namespaces={
            "chat": {"team": "a", "costcenter": "1"},
            "batch": {"team": "a", "costcenter": "1"},
            "search": {"team": "a", "cost_center": "1"},
        }
    ).fleet(NOW)
    fleet.add(KubeState([KubePod("batch", "b", "cpu-01", 1), KubePod("new", "n", "cpu-01", 1)]))
    coverage, spellings = look(fleet.series, tmp_path).lines("labels")
    assert spellings[2] == "kubectl label namespace search costcenter=1"
    assert coverage[2].startswith("kubectl label namespace new team=… costcenter=… ")


def test_two_spellings_on_one_namespace(tmp_path: Path) -> None:
    met = {"team": "a", "cost_center_conflict1": "1", "cost_center_conflict2": "2"}
    _, spellings = look_at(tmp_path, {"chat": met, "search": TEAMS["search"]})
    assert spellings == (
        "warn",
        "cost_center_conflict1 on chat, cost_center_conflict2 on chat: two tags for one thing",
        "kubectl get namespace chat --show-labels, and keep only cost-center",
    )


def test_a_setting_means_one_spelling(tmp_path: Path) -> None:
    some = {name: {"team": "a", "costcenter": "1"} for name in TEAMS}
    coverage, spellings = look_at(tmp_path, some, FOCUS_SUB_ACCOUNT_LABEL="cost-center")
    assert coverage[1].startswith("2 of 2 namespaces have no cost-center (chat, search): ")
    assert spellings == (
        "warn",
        "costcenter on chat, search: settings name cost-center only",
        "kubectl label namespace chat cost-center=1, and the others alike",
    )
