"""Rules evaluated over a time that is past, by a real Prometheus."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from exporter.monitoring.rule import RecordingRule
from tests.servers import RETENTION_FLAG, _running, require_tool

#: A recorded series' name where an expression uses it.
_RECORD = re.compile(r"infer_focus:\w+:\w+")


def stages(rules: Sequence[RecordingRule]) -> list[list[RecordingRule]]:
    """Rules that need only what earlier stages have recorded.

    promtool evaluates each rule by itself against what the server holds.
    """
    left, found = list(rules), list[list[RecordingRule]]()
    while left:
        waiting = {rule.record for rule in left}
        ready = [one for one in left if not waiting & set(_RECORD.findall(one.expression))]
        if not ready:
            raise ValueError(f"rules need each other: {sorted(waiting)}")
        found.append(ready)
        left = [rule for rule in left if rule not in ready]
    return found


def load(files: Sequence[Path], blocks: Path) -> None:
    """OpenMetrics files become blocks."""
    for file in files:
        _promtool("openmetrics", file, blocks)


def record(
    rules: Sequence[RecordingRule], start: int, end: int, blocks: Path, folder: Path
) -> None:
    """What the rules give every minute of [start, end], unix seconds, is added to the blocks."""
    for number, stage in enumerate(stages(rules)):
        path = folder / f"stage-{number}.yaml"
        group = {"name": "stage", "rules": [rule.node() for rule in stage]}
        path.write_text(yaml.safe_dump({"groups": [group]}))
        with serving(blocks, folder) as url:
            flags = (f"--start={start}", f"--end={end}", f"--url={url}", "--eval-interval=60s")
            _promtool("rules", *flags, f"--output-dir={blocks}", path)


@contextmanager
def serving(blocks: Path, folder: Path) -> Iterator[str]:
    """A Prometheus on the blocks; yields its URL."""
    config = folder / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    command = [
        str(require_tool("prometheus")),
        f"--config.file={config}",
        f"--storage.tsdb.path={blocks}",
        "--web.listen-address=127.0.0.1:0",
        f"{RETENTION_FLAG}=10y",
    ]
    log = folder / "prometheus.log"
    with _running(command, log, r'msg="Listening on".* address=(\S+)', "/-/ready") as url:
        yield url


def _promtool(*arguments: str | Path) -> None:
    command = [require_tool("promtool"), "tsdb", "create-blocks-from", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
