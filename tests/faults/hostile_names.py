"""Names that break what does not expect them, and a small fleet made of nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.e2e.job import Ended
from tests.fleets.fleet import HOUR, Fleet
from tests.fleets.gpus import Gpu, Holding
from tests.fleets.kube import KubePod, KubeState
from tests.fleets.pools import Pool
from tests.fleets.scrapes import ScrapeJob, Scrapes
from tests.fleets.vllm import VllmProcess, every_minute

#: What a program would run that takes a name for its own language.
CODE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "<script>document.title='run'</script>",
    "</title></svg><img src=x onerror=\"document.title='run'\">",
    '"}) or vector(1) # ',
    "'; DROP TABLE rows; --",
    "{{ 7 * 7 }}{% raw %}$(id)${IFS}`id`",
    '=HYPERLINK("http://127.0.0.1:9/","\'")',
)
#: What is hard to write, to cut or to show.
TEXTS = (
    'quotes "\' and \\ and \\" and \\n',
    "two\nlines\r\nand\u2028more\x85",
    "../../../../etc/passwd",
    "/",
    "..",
    "100%2F%00",
    "a,b;c|d",
    "tab\there",
    "bell\x07 escape\x1b[31m delete\x7f",
    "emoji 😀 👩\u200d🔬 e\u0301",
    "\u202egnirts\u202c שלום \u200f!",
    "\ufeffmark",
    " blank ",
    "x" * 10_000,
    "é" * 5_000,
)
#: Different names that careless keys, file systems or people take for one.
LOOK_ALIKES = (
    "a-b",
    "a_b",
    "a--b",
    "a b",
    "A-B",
    "a-b.",
    "a.b",
    "a-b ",
    "а-b",
    "a\u200b-b",
    "a／b",
)
#: Names of which each means something in the rows, or in a file.
RESERVED = ("__idle__", "__unobserved__", "default", "null", "None", "NaN", "true", "2026-10-01")
NUL = "null\0byte"

HOSTILE = (*CODE, *TEXTS, *LOOK_ALIKES, *RESERVED, NUL)
START = 1_790_812_800  # 2026-10-01T00:00:00Z
LONG = 60 * 24 * HOUR
SCRAPES = Scrapes(interval=300)


def hostile_fleet(names: Sequence[str] = HOSTILE, *, hours: int = 2) -> Fleet:
    """One pool; each name is that of a namespace, a pod and a model, and the value of labels.

    Each pod holds a GPU of its own and serves so many tokens that no two have as many.
    """
    pool = Pool("pool", ("node-a",), gpu_count=len(names) + 2)
    fleet = Fleet(START, hours, pools=(pool,))
    for number, name in enumerate(names):
        served = every_minute(fleet.first, fleet.end, input=1000 + number, output=200 + number)
        process = VllmProcess(
            *(name, name, name, served),
            restarts=(START + 1000,),  # raw samples are asked for by the names
            instance=f"10.0.0.{number}:8000",
            jobs=(ScrapeJob(scrapes=SCRAPES),),
            created=False,
        )
        held = [Holding(START - LONG, START + LONG, name, name, 300 + number)]
        gpu = Gpu(f"GPU-{number}", "node-a", held, index=number, scrapes=SCRAPES)
        fleet.add(process, gpu)
    fleet.add(Gpu("GPU-idle", "node-a", index=len(names), idle_watts=91, scrapes=SCRAPES))
    labels = [{f"label_{n % 3}": name} for n, name in enumerate(names)]
    pods = [KubePod(name, name, "node-a", 1, own) for name, own in zip(names, labels, strict=True)]
    namespaces = {name: {"team": name} for name in names}
    nodes = {"node-a": {"topology_kubernetes_io_region": names[0]}}  # it is a cell of every row
    return fleet.add(KubeState(pods, nodes, namespaces, SCRAPES))


def in_a_document(name: str) -> bool:
    """Whether the name of a profile, budget or report may be so."""
    return name.isprintable() and name.strip() != ""


def told_in_lines(run: Ended) -> Ended:
    """The run, whose every line is one JSON object or one line of the command itself."""
    for line in run.stderr.splitlines():
        assert line.isprintable(), line
        assert line.startswith("infer-focus: ") or isinstance(json.loads(line), dict)
    return run


SHOWABLE = tuple(name for name in HOSTILE if in_a_document(name))
