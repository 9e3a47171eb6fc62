"""What is shipped is pinned, and the list of it is whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import exporter
from tests.servers import require_tool

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = sorted(REPOSITORY.glob("requirements*.txt"))


def pins(file: Path) -> dict[str, set[str]]:
    """The hashes of each `name==version`."""
    lines = re.sub(r"\\\n", "", file.read_text()).splitlines()
    pinned = [line for line in lines if line and not line.lstrip().startswith("#")]
    return {
        line.split(" ", 1)[0].rstrip(";"): set(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
        for line in pinned
    }


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_every_pin_has_an_exact_version_and_hashes(file: Path) -> None:
    assert len(pins(file)) > 10
    for pin, hashes in pins(file).items():
        assert re.fullmatch(r"[\w.\[\]-]+==[\w.+!]+", pin), pin
        assert hashes, pin


def test_each_group_of_dependencies_has_its_file() -> None:
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["dependency-groups"]
    assert {file.stem for file in REQUIREMENTS} == {
        "requirements",
        *(f"requirements-{group}" for group in groups),
    }


def test_the_bill_of_materials_lists_what_is_pinned_with_its_hashes(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    tools = require_tool("cyclonedx-py").parent
    command = [sys.executable, "-m", "scripts.make_sbom", str(tools), str(file)]
    subprocess.run(command, cwd=REPOSITORY, check=True, stderr=subprocess.DEVNULL)
    document = json.loads(file.read_text())
    assert document["bomFormat"] == "CycloneDX"
    root = document["metadata"]["component"]
    assert (root["name"], root["version"]) == ("infer-focus", exporter.__version__)
    listed = {
        f"{part['name']}=={part['version']}": {
            found["content"]
            for reference in part["externalReferences"]
            for found in reference.get("hashes", ())
        }
        for part in document["components"]
    }
    assert listed == pins(REPOSITORY / "requirements.txt")
