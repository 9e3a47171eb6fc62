"""Whether each CostProfile finds its nodes and its GPUs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from exporter.commands.checking.findings import Finding, counted, fail, listed, ok, warn
from exporter.commands.checking.kube_facts import KubeFacts
from exporter.commands.checking.pools import ClusterView, ProfileView
from exporter.commands.checking.remedies import NAME_NODES, SCRAPE_KUBE_STATE
from exporter.reading.kubernetes import NODE_LABELS
from exporter.usage.kubernetes import sanitise
from exporter.usage.pools import HOSTNAME_LABEL, model_fits

#: The part of a GPU's name that tells the model: `h100`, `l40s`, `gh200`; not its memory or socket.
_MODEL = re.compile(r"\b(?!sxm|hbm|pcie)[a-z]{1,2}\d+[a-z]*\b")


def profile_findings(view: ClusterView, kube: KubeFacts, allow: str) -> Iterator[Finding]:
    """Per profile its nodes and GPUs, then the GPUs that are nobody's or two profiles'.

    `allow` is how kube-state-metrics comes to show all labels that are wanted.
    """
    for profile in view.profiles:
        if profile.selected:
            yield from _found(profile)
        else:
            yield _nodeless(profile, view, kube, allow)
    for conflict in view.conflicts:
        what, _, fix = conflict.rpartition(": ")
        yield fail("two profiles on one node", what, fix)
    if view.unmatched and not any(profile.needs_labels for profile in view.profiles):
        yield _unmatched(view)


def homeless_findings(homeless: Mapping[str, str], absent: Mapping[str, str]) -> Iterator[Finding]:
    """Profiles that belong to no cluster: messages of a run, and clusters that are not there."""
    for name, message in homeless.items():
        what, _, fix = message.rpartition(": ")
        yield fail(f"CostProfile {name}", what, fix)
    for name, why in absent.items():
        yield warn(f"CostProfile {name}", f"{why}: it costs nothing", "correct it, if it should")


def _name(profile: ProfileView) -> str:
    return f"CostProfile {profile.profile.name}"


def _found(view: ProfileView) -> Iterator[Finding]:
    hardware = view.profile.spec.hardware
    seen, declared = view.gpus.total(), hardware.gpu_count
    nodes = counted(len(view.selected), "node")
    size = f"{nodes} ({listed(view.selected)}), {seen:,} of {counted(declared, 'GPU')}"
    if seen == declared or not seen:
        yield ok(_name(view), size)
    elif seen > declared:
        yield warn(
            _name(view),
            f"{size}: all that are seen share the cost of those that are declared",
            f"spec.hardware.gpuCount: {seen}, and the purchasePriceUSD of so many",
        )
    else:
        yield warn(
            _name(view),
            f"{size}: the cost of the others is written as __unobserved__",
            f"spec.hardware.gpuCount: {seen} and the purchasePriceUSD of so many, if there are no"
            " more; else see why dcgm-exporter does not show them",
        )
    others = [name for name in view.models if name and not _same_model(hardware.gpu_model, name)]
    if others:
        yield warn(
            _name(view),
            f"spec.hardware.gpuModel is {hardware.gpu_model}, DCGM calls the GPUs of its nodes"
            f" {listed(others)}",
            f"spec.hardware.gpuModel: {others[0]}, or narrow spec.nodeSelector",
        )


def _same_model(declared: str, shown: str) -> bool:
    """Whether DCGM may call so what a person calls otherwise: `H100 SXM5`, `H100 80GB HBM3`."""
    names = [{*_MODEL.findall(text.lower())} for text in (declared, shown)]
    return model_fits(declared, shown) or bool(names[0] & names[1])


def _nodeless(view: ProfileView, cluster: ClusterView, kube: KubeFacts, allow: str) -> Finding:
    """No node is the profile's: the first reason that holds."""
    selector = view.profile.spec.node_selector
    said = f"no node matches nodeSelector {{{_written(selector)}}}"
    if not cluster.known:
        return fail(
            _name(view),
            f"{said}: neither DCGM nor kube-state-metrics names any node",
            "see the lines about DCGM and kube_pod_info",
        )
    keys = [key for key in selector if key != HOSTNAME_LABEL]
    shown = _shown_keys(kube, cluster.cluster, keys)
    if keys and not shown:
        scraped = bool(kube.nodes.get(cluster.cluster))
        return fail(
            _name(view),
            f"{said}: {NODE_LABELS} shows no label of any node, so every period fails",
            allow if scraped else f"{SCRAPE_KUBE_STATE}; {allow}",
        )
    hidden = sorted(key for key in keys if sanitise(key) not in shown)
    if hidden:
        return fail(
            _name(view),
            f"{said}: {NODE_LABELS} shows no {listed(hidden)}, but {listed(shown)}",
            f"{allow}; or correct spec.nodeSelector",
        )
    return _other_values(view, cluster, kube, said)


def _shown_keys(kube: KubeFacts, cluster: str, keys: list[str]) -> set[str]:
    """The node label keys that are shown, of those asked for if the source lists no keys."""
    listed_keys = kube.keys_of(NODE_LABELS, cluster)
    if listed_keys is not None:
        return set(listed_keys)
    return {sanitise(key) for key in keys if _values(kube, cluster, key)}


def _values(kube: KubeFacts, cluster: str, key: str) -> dict[str, int]:
    """The values of a node label, and how many nodes have each."""
    table = kube.tables.node_labels
    found: dict[str, int] = {}
    for subject in table.rows:
        labels = table.at(subject, 0) or {}
        value = labels.get(sanitise(key))
        if value and subject[0] == cluster:  # type: ignore[index]
            found[value] = found.get(value, 0) + 1
    return found


def _other_values(view: ProfileView, cluster: ClusterView, kube: KubeFacts, said: str) -> Finding:
    """The selector's keys are there, their values are not."""
    there, fixes = [], []
    for key, value in view.profile.spec.node_selector.items():
        if key == HOSTNAME_LABEL:
            values = dict.fromkeys(cluster.known, 1)
            there.append(f"nodes are {listed(values)}")
        else:
            values = _values(kube, cluster.cluster, key)
            named = [f"{each} on {counted(count, 'node')}" for each, count in values.items()]
            there.append(f"{key} is {listed(named)}")
        if value not in values:
            near = get_close_matches(value, values, n=1, cutoff=0) or [next(iter(values))]
            fixes.append(f"spec.nodeSelector: {{{key}: {near[0]}}}, if that is what is meant")
    fix = "; ".join(fixes) or "no node has all of these labels at once: take one away"
    return fail(_name(view), f"{said}: {'; '.join(there)}", fix)


def _written(selector: dict[str, str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in selector.items())


def _unmatched(view: ClusterView) -> Finding:
    gpus = counted(view.unmatched.total(), "GPU")
    nodes = f"{gpus} on {listed(view.unmatched)}"
    strange = [name for name in view.unmatched if view.strange[name]]
    if strange:
        return warn(
            "GPUs of no profile",
            f"{nodes} are not billed; kube-state-metrics knows no node called {listed(strange)}",
            NAME_NODES,
        )
    example = min(view.unmatched)
    return warn(
        "GPUs of no profile",
        f"{nodes} are not billed: no nodeSelector matches",
        f"add a CostProfile with spec.nodeSelector: {{{HOSTNAME_LABEL}: {example}}}, or widen one",
    )
