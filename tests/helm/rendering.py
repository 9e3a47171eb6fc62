"""The chart as helm renders it: manifests by kind, and what Kubernetes' own schemas say of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from importlib import resources
from operator import getitem
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.helm import prometheus_rule
from tests.servers import REPOSITORY, require_tool

Manifest = dict[str, Any]
Values = Mapping[str, Any]

CHART = REPOSITORY / "helm" / "infer-focus"
CI_FILES = tuple(sorted((CHART / "ci").glob("*-values.yaml")))
MINIMAL = CHART / "ci" / "minimal-values.yaml"
BACKFILL = CHART / "ci" / "backfill-values.yaml"
#: Those of which the tests have schemas; the chart is for the oldest of them and later ones.
_SCHEMAS = resources.files("kubernetes_validate") / "kubernetes-json-schema"
KUBERNETES = tuple(
    sorted(
        (
            folder.name.removeprefix("v").removesuffix(".0-local-strict")
            for folder in _SCHEMAS.iterdir()
            if folder.name.endswith("-strict")
        ),
        key=lambda version: int(version.partition(".")[2]),
    )
)
NEWEST = KUBERNETES[-1]


def helm(
    *arguments: str | Path, values: Values | None = None, folder: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    """Run helm in a folder; `values` come after those of all files."""
    given = () if values is None else ("--values", "-")
    return subprocess.run(
        [require_tool("helm"), *arguments, *given],
        cwd=folder,
        input=None if values is None else json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
    )


def text_of(
    file: Path | None = MINIMAL,
    values: Values | None = None,
    *,
    release: str = "costs",
    kubernetes: str = NEWEST,
    chart: Path = CHART,
) -> str:
    """What `helm template` prints; it must succeed, and without a warning."""
    files = () if file is None else ("--values", file)
    where = ("--namespace", "finops", "--kube-version", f"{kubernetes}.0")
    done = helm("template", release, chart, *where, *files, values=values)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def render(
    file: Path | None = MINIMAL,
    values: Values | None = None,
    *,
    release: str = "costs",
    kubernetes: str = NEWEST,
) -> list[Manifest]:
    """The manifests of a values file, of further values, or of both."""
    return _rendered(file, json.dumps(values), release, kubernetes)


@cache
def _rendered(file: Path | None, values: str, release: str, kubernetes: str) -> list[Manifest]:
    text = text_of(file, json.loads(values), release=release, kubernetes=kubernetes)
    return list(yaml.safe_load_all(text))


def only(manifests: Sequence[Manifest], kind: str) -> Manifest:
    """The one manifest of a kind."""
    (found,) = (one for one in manifests if one["kind"] == kind)
    return found


def pod_templates(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Metadata and spec of each pod that the manifests lead to."""
    where = {
        "CronJob": ("spec", "jobTemplate", "spec", "template"),
        "Job": ("spec", "template"),
        "Pod": (),
    }
    return [reduce(getitem, where[one["kind"]], one) for one in manifests if one["kind"] in where]


def pod_of(manifest: Manifest) -> Manifest:
    """The spec of the pods of one workload."""
    (template,) = pod_templates([manifest])
    spec: Manifest = template["spec"]
    return spec


def container_of(manifest: Manifest) -> Manifest:
    (container,) = pod_of(manifest)["containers"]
    assert isinstance(container, dict)
    return container


def variables(manifest: Manifest) -> dict[str, str]:
    """The container's variables that have a text; each must be there once."""
    entries = container_of(manifest)["env"]
    names = [entry["name"] for entry in entries]
    assert len(set(names)) == len(names)
    return {e["name"]: e["value"].replace("$$(", "$(") for e in entries if "value" in e}


def schema_faults(manifest: Manifest, kubernetes: str) -> list[str]:
    """What a version of Kubernetes, or an operator, would not accept; unknown fields too."""
    errors = _schema_of(manifest, kubernetes).iter_errors(manifest)
    return [f"{error.json_path}: {error.message}" for error in errors]


def _schema_of(manifest: Manifest, kubernetes: str) -> Draft202012Validator:
    if manifest["kind"] == "PrometheusRule":
        return Draft202012Validator(prometheus_rule.SCHEMA)
    group = manifest["apiVersion"].split("/")
    name = "-".join([manifest["kind"].lower(), *group[:-1], group[-1]]).replace(".k8s.io", "")
    return _validator(kubernetes, name)


@cache
def _validator(kubernetes: str, name: str) -> Draft202012Validator:
    schema = json.loads((_folder(kubernetes) / f"{name}.json").read_text())
    return Draft202012Validator(schema, registry=_definitions(kubernetes))


@cache
def _definitions(kubernetes: str) -> Registry[Any]:
    content = json.loads((_folder(kubernetes) / "_definitions.json").read_text())
    return Resource.from_contents(content) @ Registry()


def _folder(kubernetes: str) -> Any:
    return _SCHEMAS / f"v{kubernetes}.0-local-strict"


def name_of(path: Path) -> str:
    return path.stem.removesuffix("-values")
