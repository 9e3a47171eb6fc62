"""Which labels cost is told apart by: those of docs/labels.md, or those that settings name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exporter.documents.kinds import CostProfile
from exporter.focus.tags import TAG_PREFIX
from exporter.settings import Settings
from exporter.usage.kubernetes import sanitise
from exporter.usage.pools import HOSTNAME_LABEL

TEAM, ENVIRONMENT = "team", "environment"
_OF_NAMESPACES = (TEAM, "cost-center", ENVIRONMENT, "project")
_OF_PODS = ("app", "project", "workload-type")
_OF_NODES = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
#: A namespace has it without an allow-list: the reader of selectors knows the name.
_NAME_LABEL = "kubernetes.io/metadata.name"
#: A label that Kubernetes gives to every object and nobody lists: who shows it shows all.
_ON_EVERY = {
    "namespaces": sanitise(_NAME_LABEL),
    "pods": "pod_template_hash",
    "nodes": "kubernetes_io_os",
}
_CONFLICT = re.compile(r"_conflict\d+$")
#: Words for one thing, as `thing` writes them.
_SAME = {"env": "environment", "costcentre": "costcenter"}


def thing(key: str) -> str:
    """What a key means, however it is spelled: of `cost-center`, `CostCenter` and `costcenter`.

    kube-state-metrics adds `_conflict1` and so on to keys that meet on one object.
    """
    bare = _CONFLICT.sub("", sanitise(key)).replace("_", "")
    return _SAME.get(bare, bare)


def is_conflict(key: str) -> bool:
    """Whether kube-state-metrics shows by the name that two labels of one object met."""
    return _CONFLICT.search(key) is not None


@dataclass(frozen=True, slots=True)
class LabelKeys:
    """Keys spelled as in Kubernetes.

    `namespaces` are looked for on the namespaces that have cost. `account` is the one whose value
    answers for it, None if settings name labels and that is none of them; `by_setting` says that
    FOCUS_SUB_ACCOUNT_LABEL names it. `tags` are those of FOCUS_TAG_ALLOWLIST, empty without one.
    `allowed` is what kube-state-metrics has to show, by resource.
    """

    namespaces: Sequence[str]
    account: str | None
    by_setting: bool
    tags: Sequence[str]
    allowed: Mapping[str, Sequence[str]]

    def names(self, key: str) -> bool:
        """Whether a setting names it, so that it counts in this spelling only."""
        return key in self.tags or (self.by_setting and key == self.account)

    def flag(self, shown: Mapping[str, Iterable[str] | None]) -> str:
        """The whole allow-list as a flag; `shown` are the sanitised keys seen by resource.

        What seems to show everything goes on doing so.
        """
        entries = [
            f"{resource}=[{'*' if shows_all(resource, shown.get(resource)) else ','.join(keys)}]"
            for resource, keys in self.allowed.items()
            if keys
        ]
        return f"--metric-labels-allowlist={','.join(entries)}"

    def keeps(self, shown: Mapping[str, Iterable[str] | None]) -> bool:
        """Whether the flag still shows every label that is shown without it."""
        return all(
            shows_all(resource, shown.get(resource))
            or {sanitise(key) for key in keys} >= {*(shown.get(resource) or ())}
            for resource, keys in self.allowed.items()
        )


def shows_all(resource: str, keys: Iterable[str] | None) -> bool:
    """Whether the sanitised keys seen of a resource are such as `*` brings."""
    return keys is not None and _ON_EVERY[resource] in keys


def label_keys(settings: Settings, profiles: Sequence[CostProfile]) -> LabelKeys:
    """Settings come before the labels of docs/labels.md; selectors need theirs besides."""
    account = settings.focus_sub_account_label
    tags = [key for key in settings.focus_tag_allowlist or () if not key.startswith(TAG_PREFIX)]
    wanted = _once([*([account] if account else ()), *tags]) if tags else _strategy(account)
    specs = [profile.spec for profile in profiles]
    selected = [key for spec in specs for key in spec.namespace_selector or ()]
    of_nodes = [key for spec in specs for key in spec.node_selector if key != HOSTNAME_LABEL]
    only_pods = [key for key in _OF_PODS if key not in _OF_NAMESPACES and key != account]
    only_namespaces = [key for key in _OF_NAMESPACES if key not in _OF_PODS]
    of_pods = [key for key in tags if key not in only_namespaces] if tags else _OF_PODS
    of_namespaces = [key for key in wanted if key not in only_pods]
    return LabelKeys(
        of_namespaces,
        account or (TEAM if TEAM in wanted else None),
        account is not None,
        tags,
        {
            "namespaces": _once([*of_namespaces, *(key for key in selected if key != _NAME_LABEL)]),
            "pods": _once([_OF_PODS[0], *of_pods]),
            "nodes": _once([*of_nodes, *_OF_NODES]),
        },
    )


def _strategy(account: str | None) -> Sequence[str]:
    """A setting's spelling in place of the same key, or before all others."""
    if account is None:
        return _OF_NAMESPACES
    spelled = [account if thing(key) == thing(account) else key for key in _OF_NAMESPACES]
    return _once(spelled if account in spelled else [account, *spelled])


def _once(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))
