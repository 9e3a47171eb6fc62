"""Configuration, dumps and settings that nobody should write: a clear line, or a right result."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.e2e.job import Ended, backfill, succeeded
from tests.e2e.scene import Scene, make_scene
from tests.e2e.small_fleets import team_fleet
from tests.e2e.written import Objects, data, in_folder
from tests.faults.fault import Fault
from tests.faults.input_faults import DOCUMENTS, DUMPS, FAULTS, NAMES, ODD_DOCUMENTS, SETTINGS
from tests.fleets.token_scenarios import T0

#: Seconds and bytes that a refusal may take, in a container as small as the chart asks for.
LONGEST_SECONDS = 60
MOST_BYTES = 1 << 30
HIDDEN = "s3cr3t-0f-the-test"
BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
PROFILE = """\
kind: CostProfile
metadata: {name: other}
spec:
  hardware: {gpuModel: H100, gpuCount: 8, purchasePriceUSD: 1}
  electricity: {ratePerKWh: 0.1}
  nodeSelector: {kubernetes.io/hostname: elsewhere}
"""

#: What stands in a file beside the right documents.
BROKEN: Mapping[str, str | bytes] = {
    "yaml-bomb": BOMB,
    "yaml-loop": "a: &a [*a]\n",
    "yaml-values": "- a\n" * 2_000_000,
    "large-document": "# nothing\n" * 5_000_000,
    "deep-document": "[" * 1_000_000,
    "same-key-twice": PROFILE.replace("gpuCount: 8", "gpuCount: 8, gpuCount: 9"),
    "tab": PROFILE.replace("  electricity", "\telectricity"),
    "latin-1": PROFILE.replace("other", "größe").encode("latin-1"),
    "python-tag": "a: !!python/object/apply:os.system [exit 7]\n",
    "wrong-type": PROFILE.replace("gpuCount: 8", 'gpuCount: "8"'),
    "infinite": PROFILE.replace("purchasePriceUSD: 1", "purchasePriceUSD: .inf"),
    "exponent": PROFILE.replace("purchasePriceUSD: 1", "purchasePriceUSD: 1e999"),
    "date": PROFILE.replace("gpuModel: H100", "gpuModel: 2026-03-10"),
    "line-end-in-a-file-name": "a\n",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A small fleet, and the folder with its first hours as an undisturbed run left it."""

    scene: Scene
    config: Path
    place: Path
    objects: Objects

    def run(self, **settings: str) -> Ended:
        known = self.scene.settings(OUTPUT_DIR=str(self.place), CONFIG_PATH=str(self.config))
        return backfill(T0, T0 + 7200, env={**known, **settings})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("input")
    fleet = team_fleet(T0, 2)
    scene = make_scene(fleet, folder, fleet.configuration)
    place = folder / "out"
    made = Written(scene, scene.config, place, {})
    succeeded(made.run())
    return Written(scene, scene.config, place, in_folder(place))


def assert_refused(fault: Fault, run: Ended, written: Written) -> None:
    """In lines that anybody can read, and the destination is as it was."""
    assert (run.code, run.stdout) == (fault.code, "")
    assert fault.message in run.stderr
    assert "Traceback" not in run.stderr
    told = [line for line in run.stderr.splitlines() if not line.startswith("{")]
    assert told
    assert all(line.startswith("infer-focus: ") and line.isprintable() for line in told)
    assert in_folder(written.place) == written.objects


@pytest.mark.parametrize("fault", DOCUMENTS, ids=lambda fault: fault.name)
def test_a_document(fault: Fault, written: Written, tmp_path: Path) -> None:
    name = "a\n\x1b[31m.yaml" if fault.name == "line-end-in-a-file-name" else "broken.yaml"
    content = BROKEN[fault.name]
    (tmp_path / "good.yaml").write_bytes(written.config.read_bytes())
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    run = written.run(CONFIG_PATH=str(tmp_path))
    assert_refused(fault, run, written)
    assert str(tmp_path) in run.stderr


def _bom(folder: Path, content: bytes) -> None:
    (folder / "config.yaml").write_bytes(b"\xef\xbb\xbf" + content)


def _anchors(folder: Path, content: bytes) -> None:
    (document,) = yaml.safe_load_all(content)
    hardware = document["spec"].pop("hardware")
    count = hardware.pop("gpuCount")
    base = yaml.safe_dump(hardware, default_flow_style=True, width=1000).strip()
    text = yaml.safe_dump(document).replace("spec:\n", "spec:\n  hardware: *h\n", 1)
    merged = f"status: {{a: &b {base}, c: &h {{<<: *b, gpuCount: {count}}}}}\n"
    (folder / "config.yaml").write_text(merged + text)


def _json(folder: Path, content: bytes) -> None:
    (document,) = yaml.safe_load_all(content)
    (folder / "config.json").write_text(json.dumps(document))


WRITERS: Mapping[str, Callable[[Path, bytes], None]] = {
    "bom": _bom,
    "anchors": _anchors,
    "json": _json,
}


@pytest.mark.parametrize("fault", ODD_DOCUMENTS, ids=lambda fault: fault.name)
def test_an_odd_document(fault: Fault, written: Written, tmp_path: Path) -> None:
    WRITERS[fault.name](tmp_path, written.config.read_bytes())
    place = tmp_path / "out"
    run = written.run(CONFIG_PATH=str(tmp_path), OUTPUT_DIR=str(place))
    assert (run.code, fault.message in run.stderr) == (fault.code, True), run.stderr
    assert data(in_folder(place)) == data(written.objects)


HEAD = b"# TYPE up gauge\n"
BROKEN_DUMPS = {
    "dump-of-something-else": HEAD + b"up 1 1790812800\nDROP TABLE\n# EOF\n",
    "dump-cut": HEAD + b"up 1 1790812800\nup 1 17908",
    "dump-not-utf-8": HEAD + b'up{a="x\xff"} 1 1790812800\n# EOF\n',
    "dump-broken-gzip": HEAD,
}


@pytest.mark.parametrize("fault", DUMPS, ids=lambda fault: fault.name)
def test_a_dump(fault: Fault, written: Written, tmp_path: Path) -> None:
    dump = tmp_path / ("dump.om.gz" if "gzip" in fault.name else "dump.om")
    dump.write_bytes(BROKEN_DUMPS[fault.name])
    assert_refused(fault, written.run(SOURCE_FILE=str(dump)), written)


REMOTE = {"SOURCE_FILE": "", "PROMETHEUS_URL": "http://prometheus.example:9090"}
ODD_SETTINGS: Mapping[str, list[dict[str, str]]] = {
    "token-over-http": [
        REMOTE | {"PROMETHEUS_BEARER_TOKEN": HIDDEN},
        REMOTE | {"PROMETHEUS_USERNAME": "user", "PROMETHEUS_PASSWORD": HIDDEN},
        REMOTE | {"PROMETHEUS_HEADERS": json.dumps({"Authorization": HIDDEN})},
        REMOTE | {"PROMETHEUS_HEADERS": json.dumps({"X-Api-Key": HIDDEN})},
        REMOTE | {"PROMETHEUS_HEADERS": json.dumps({"Cookie": HIDDEN})},
    ],
    "user-in-address": [REMOTE | {"PROMETHEUS_URL": f"https://user:{HIDDEN}@prometheus.example"}],
    "number-too-large": [REMOTE | {"PROMETHEUS_TIMEOUT_SECONDS": "1e999"}],
}


@pytest.mark.parametrize("fault", SETTINGS, ids=lambda fault: fault.name)
def test_a_setting(fault: Fault, written: Written) -> None:
    for settings in ODD_SETTINGS[fault.name]:
        run = written.run(**settings)
        assert_refused(fault, run, written)
        assert HIDDEN not in run.stderr


def test_the_run_after_a_refusal_finds_nothing_to_do(written: Written, tmp_path: Path) -> None:
    place = str(shutil.copytree(written.place, tmp_path / "out"))
    assert written.run(CONFIG_PATH=str(tmp_path / "nothing"), OUTPUT_DIR=place).code == 2
    assert succeeded(written.run(OUTPUT_DIR=place)).counts == (0, 2, 0, 0)
    assert data(in_folder(tmp_path / "out")) == data(written.objects)


@pytest.mark.parametrize("name", ["yaml-bomb", "yaml-values", "large-document", "deep-document"])
def test_a_refusal_takes_little_time_and_memory(name: str, tmp_path: Path) -> None:
    """The command has a limit of its address space and of its processor time."""
    (tmp_path / "broken.yaml").write_text(str(BROKEN[name]))
    limited = (
        "import resource, sys; from pathlib import Path;"
        f"resource.setrlimit(resource.RLIMIT_AS, ({MOST_BYTES}, {MOST_BYTES}));"
        f"resource.setrlimit(resource.RLIMIT_CPU, ({LONGEST_SECONDS}, {LONGEST_SECONDS}));"
        "from exporter.documents.load import load_documents;"
        "from exporter.errors import ConfigurationError\n"
        "try: load_documents(Path(sys.argv[1]))\n"
        "except ConfigurationError as error: sys.exit(error.exit_code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr


def test_every_fault_has_a_name_of_its_own_and_a_test() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    assert {fault.name for fault in DOCUMENTS} == BROKEN.keys()
    assert {fault.name for fault in ODD_DOCUMENTS} == WRITERS.keys()
    assert {fault.name for fault in DUMPS} == BROKEN_DUMPS.keys()
    assert {fault.name for fault in SETTINGS} == ODD_SETTINGS.keys()
    assert len(NAMES) == 3  # see test_hostile_names.py
