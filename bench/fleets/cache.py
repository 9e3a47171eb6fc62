"""Fleets on disk, made once: blocks, truth and configuration of every size."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from bench.fleets.blocks import write_blocks
from bench.fleets.dcgm import HoldingTruth, node_series
from bench.fleets.documents import write_documents
from bench.fleets.kube import kube_series
from bench.fleets.plan import make_plan
from bench.fleets.samples import Series
from bench.fleets.sizes import FleetSize
from bench.fleets.truth import Truth, load_truth, truth_of
from bench.fleets.vllm import PodTruth, pod_series

_FACTS, _CONFIG = "facts.json", "config.yaml"
#: What is not part of a fleet, or said by its size.
_NO_GENERATOR = ("__init__.py", "cache.py", "sizes.py")


@dataclass(frozen=True, slots=True)
class MadeFleet:
    """A fleet on disk. `pools` is how many GPUs each has; series and samples are those loaded."""

    size: FleetSize
    folder: Path
    truth: Truth
    pools: dict[str, int]
    series: int
    samples: int

    @property
    def blocks(self) -> Path:
        """The database; a server gets links to it, so that it stays as it is."""
        return self.folder / "blocks"

    @property
    def config(self) -> Path:
        """What CONFIG_PATH names."""
        return self.folder / _CONFIG


def fleet_of(
    size: FleetSize, cache: Path, promtool: Path, tell: Callable[[str], None]
) -> MadeFleet:
    """The fleet of a size, from the cache if this generator has made it before."""
    folder = cache / f"{size.name}-{_fingerprint(size)}"
    if not (folder / _FACTS).exists():
        for old in cache.glob(f"{size.name}-*"):
            shutil.rmtree(old)
        folder.mkdir(parents=True)
        _make(size, folder, promtool, tell)
    return _loaded(size, folder)


def _fingerprint(size: FleetSize) -> str:
    """Changes with the size and with the text of the generator."""
    text = json.dumps(asdict(size), sort_keys=True).encode()
    here = Path(__file__).parent
    sources = sorted(path for path in here.glob("*.py") if path.name not in _NO_GENERATOR)
    return sha256(b"".join([text, *(path.read_bytes() for path in sources)])).hexdigest()[:10]


def _make(size: FleetSize, folder: Path, promtool: Path, tell: Callable[[str], None]) -> None:
    """The facts are written last: a folder without them is not complete."""
    plan = make_plan(size)
    series: list[Series] = []
    pods: list[PodTruth] = []
    holdings: list[HoldingTruth] = []
    for pod in plan.pods:
        found, served = pod_series(size, pod)
        series.extend(found)
        pods.append(served)
    for node in plan.nodes:
        found, held = node_series(plan, node)
        series.extend(found)
        holdings.extend(held)
    series.extend(kube_series(plan))
    truth_of(pods, holdings).save(folder)
    pools = write_documents(plan.nodes, folder / _CONFIG)
    total = sum(len(one.times_ms) for one in series)
    loaded = 0
    for count in write_blocks(size, series, folder, promtool):
        loaded += count
        tell(f"making {size.name}: {loaded / 1e6:.1f} of {total / 1e6:.1f} million samples")
    facts = {"pools": pools, "series": len(series), "samples": loaded}
    (folder / _FACTS).write_text(json.dumps(facts), "utf-8")


def _loaded(size: FleetSize, folder: Path) -> MadeFleet:
    facts = json.loads((folder / _FACTS).read_text("utf-8"))
    return MadeFleet(size, folder, load_truth(folder), **facts)
