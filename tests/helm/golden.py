"""Renderings that are kept, so that a change of a template shows as a difference to read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.helm.rendering import BACKFILL, CHART, MINIMAL, text_of
from tests.servers import REPOSITORY

FOLDER = REPOSITORY / "tests" / "golden" / "helm"
VARIANTS: Mapping[str, Path] = {
    "minimal": MINIMAL,
    "backfill": BACKFILL,
    "full": CHART / "ci" / "full-values.yaml",
    "report": CHART / "ci" / "report-values.yaml",
    "monitoring": CHART / "ci" / "monitoring-values.yaml",
    "network-policy": CHART / "ci" / "network-policy-values.yaml",
}
#: Of the cluster that the renderings are for; it decides how a backfill counts its retries.
KUBERNETES = "1.34"


def path(name: str) -> Path:
    return FOLDER / f"{name}.yaml"


def rendering(name: str) -> str:
    """The manifests of a variant as helm prints them now, without the dashboard's file."""
    return text_of(VARIANTS[name], {"dashboard": {"enabled": False}}, kubernetes=KUBERNETES)


def remake() -> list[Path]:
    """Writes what has changed, and says which files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    changed = []
    for name in VARIANTS:
        made = rendering(name)
        if not path(name).exists() or path(name).read_text() != made:
            path(name).write_text(made)
            changed.append(path(name))
    return changed
