"""Development on the hardware of production: a fact about pools, not a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.commands.checking.findings import Finding, listed, ok
from exporter.commands.checking.kube_facts import KubeFacts
from exporter.commands.checking.label_keys import ENVIRONMENT, thing
from exporter.commands.checking.pools import ProfileView

_DEVELOPMENT = frozenset({"dev", "development", "test", "testing", "stage", "staging"})
_PRODUCTION = frozenset({"prod", "production", "live"})
_MOST = 3


def environment_findings(
    kube: KubeFacts, profiles: Sequence[ProfileView], cluster: str
) -> Iterator[Finding]:
    """One line about the pools whose GPUs both hold at the moment."""
    shared = []
    for view in profiles:
        production = {name for name in view.namespaces if _of(kube, cluster, name) & _PRODUCTION}
        development = {
            f"{name} ({min(found)})"
            for name in view.namespaces
            if (found := _of(kube, cluster, name) & _DEVELOPMENT)
        }
        if production and development:
            name = view.profile.name
            shared.append(
                f"{name} is held by production ({listed(production)}) and by {listed(development)}"
            )
    if shared:
        more = f"; and {len(shared) - _MOST} more" if len(shared) > _MOST else ""
        yield ok(ENVIRONMENT, "; ".join(shared[:_MOST]) + more)


def _of(kube: KubeFacts, cluster: str, namespace: str) -> set[str]:
    """The values of the label, however its key is spelled; more than one while it changes."""
    labels = kube.labels.get((cluster, namespace), {})
    found = (labels[key] for key in labels if thing(key) == thing(ENVIRONMENT))
    return {value.lower() for values in found for value in values}
