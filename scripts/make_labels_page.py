"""Re-makes the outputs in docs/labels.md: `.venv/bin/python -m scripts.make_labels_page`.

An output stands between `<!-- labels: NAME -->` and `<!-- end -->`. Each is what the command really
prints, of the demo's rows or of two namespaces that are labelled in different ways.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from scripts.make_docs import REPOSITORY
from tests.fleets import openmetrics
from tests.fleets.setups import Setup, profile
from tests.servers import run_command
from tests.shown_settings import LABELS, export_demo, exportable

#: 2026-10-08T06:00:00Z.
_NOW = 1_791_439_200
_DAY = "2026-10-07"
#: As kube-state-metrics shows them: one namespace is as the page wants it.
_SETUP = Setup(
    namespaces={
        "chat": {"team": "assistants", "cost_center": "CC-2100", "environment": "production"},
        "search": {"costcenter": "CC-3400", "environment": "development"},
    },
    documents=(profile("shared-pool", "NVIDIA H100 SXM5", 6, {}),),
)
_PART = re.compile(r"(?<=<!-- labels: )([a-z ]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def main() -> int:
    """Writes the page if its outputs have changed, and names it."""
    text = LABELS.read_text()
    with tempfile.TemporaryDirectory() as folder:
        printed = outputs(Path(folder))
    made = _PART.sub(lambda found: f"{found[1]}{found[2]}{printed[found[1]]}\n", text)
    if made != text:
        LABELS.write_text(made)
        print(LABELS.relative_to(REPOSITORY))
    return 0


def outputs(folder: Path) -> dict[str, str]:
    """What the page shows of each command, by the name of its part; `folder` is a fresh one."""
    export_demo(folder / "demo", exportable(LABELS))
    settings = _settings(folder)
    _run(f"backfill --start {_DAY} --end 2026-10-08", settings)
    demo = {"OUTPUT_DIR": str(folder / "demo")}
    by_team = "report --period 2026-10 --by tag:team"
    by_environment = f"report --period {_DAY} --by tag:environment,cost-profile"
    return {
        "check": _shown("check", "/  labels: /,/  environment: /p", settings),
        "by team": _shown(by_team, "/^Cost by/,/^  total/p", demo),
        "by environment": _shown(by_environment, "/^Cost by/,/^  total/p", settings),
    }


def _settings(folder: Path) -> Mapping[str, str]:
    dump = openmetrics.write_text(_SETUP.fleet(_NOW).series, folder / "dump.om")
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump_all([*_SETUP.documents], sort_keys=False), "utf-8")
    return {
        "SOURCE_FILE": str(dump),
        "CONFIG_PATH": str(config),
        "CLUSTER_NAME": "prod",
        "OUTPUT_DIR": str(folder / "fleet"),
        "COLLECTION_LOOKBACK_HOURS": "2",
    }


def _run(arguments: str, settings: Mapping[str, str]) -> str:
    done = run_command(arguments.split(), {"LOG_LEVEL": "error", **settings})
    if done.returncode:
        raise RuntimeError(f"infer-focus {arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def _shown(arguments: str, lines: str, settings: Mapping[str, str]) -> str:
    """A command and the lines of its output that sed keeps."""
    printed = _run(arguments, settings)
    kept = subprocess.run(
        ["sed", "-n", lines], input=printed, capture_output=True, text=True, check=True
    ).stdout
    command = f"$ infer-focus {arguments} | sed -n '{lines}'"
    return "\n".join(["```console", command, *map(str.rstrip, kept.splitlines()), "```"])


if __name__ == "__main__":
    sys.exit(main())
