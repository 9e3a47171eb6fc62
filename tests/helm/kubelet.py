"""A container as the kubelet would start it, but in a folder: its files, variables and arguments.

Only paths differ: what would be mounted at /x is at `folder`/x, in the variables too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.job import Ended, ended
from tests.helm.rendering import Manifest, container_of, pod_of, variables
from tests.servers import run_command

#: Files by name.
Files = Mapping[str, str]
#: The data of ConfigMaps and Secrets that are in the cluster already, by name.
Existing = Mapping[str, Files]


@dataclass(frozen=True, slots=True)
class Container:
    """What the program is started with."""

    arguments: list[str]
    env: dict[str, str]
    folder: Path

    def run(self, **more: str) -> Ended:
        """Run it to its end, with further variables such as JOB_COMPLETION_INDEX."""
        return ended(run_command(self.arguments, {**self.env, **more}))


def started(
    workload: Manifest, manifests: Sequence[Manifest], folder: Path, existing: Existing
) -> Container:
    """The container of a workload, its mounts made below the folder.

    KeyError for a ConfigMap, Secret or key that is nowhere: such a pod would never start.
    """
    known = {**existing, **dict(_made(manifests))}
    container = container_of(workload)
    volumes = {volume["name"]: volume for volume in pod_of(workload)["volumes"]}
    env = variables(workload)
    for mount in container["volumeMounts"]:
        place = folder / mount["mountPath"].lstrip("/")
        _mount(place, _files(volumes[mount["name"]], known))
        env = {name: _moved(value, mount["mountPath"], place) for name, value in env.items()}
    return Container(container["args"], env, folder)


def _made(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Files]]:
    for one in manifests:
        if one["kind"] == "ConfigMap":
            yield one["metadata"]["name"], one["data"]
        elif one["kind"] == "Secret":
            decoded = {k: base64.b64decode(v).decode() for k, v in one["data"].items()}
            yield one["metadata"]["name"], decoded


def _files(volume: Manifest, known: Existing) -> Files:
    """What a volume shows at first; the token of a service account is a text of ours."""
    if "configMap" in volume:
        return known[volume["configMap"]["name"]]
    found = {}
    for source in volume.get("projected", {"sources": []})["sources"]:
        if token := source.get("serviceAccountToken"):
            found[token["path"]] = f"token for {token.get('audience', 'the API')}"
        else:
            (object_,) = source.values()
            for item in object_["items"]:
                found[item["path"]] = known[object_["name"]][item["key"]]
    return found


def _mount(place: Path, files: Files) -> None:
    """A folder as the kubelet makes it: each file is a link through a link, `..data`."""
    data = place / "..2026_10_01"
    data.mkdir(parents=True)
    (place / "..data").symlink_to(data.name)
    for name, text in files.items():
        (data / name).write_text(text, "utf-8")
        (place / name).symlink_to(f"..data/{name}")


def _moved(value: str, mount_path: str, place: Path) -> str:
    """A variable's value with the path at its beginning where it is here."""
    inside = value == mount_path or value.startswith(f"{mount_path}/")
    return f"{place}{value[len(mount_path) :]}" if inside else value
