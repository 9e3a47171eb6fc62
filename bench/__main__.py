"""`python -m bench small medium`: measure fleets, print one table; `--json FILE` keeps it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.exactness import WrongNumbers
from bench.fleets.blocks import LoadFailed
from bench.fleets.cache import fleet_of
from bench.fleets.sizes import MONTH, SIZES
from bench.month import measure_month
from bench.processes import RunFailed
from bench.replay import ReplayFailed
from bench.results import Measured
from bench.rounds import measure_fleet
from bench.table import lines_of, missed, show
from tests.servers import REPOSITORY, ServerFailed

_CACHE = REPOSITORY / ".bench"
_TOOLS = REPOSITORY / ".tools" / "usr" / "bin"
_FAILURES = (LoadFailed, ReplayFailed, RunFailed, ServerFailed, WrongNumbers)


class ToolMissing(Exception):
    """A program that the benchmark starts is not there."""


def main() -> int:
    """0 whatever the speed, 1 when something could not be measured or a number is wrong."""
    arguments = _arguments()
    try:
        measured = measure(arguments.fleets, arguments.rounds, arguments.cache)
    except (*_FAILURES, ToolMissing) as error:
        _tell(f"bench: {error}")
        return 1
    _tell("")
    show(measured)
    for sentence in missed(lines_of(measured)):
        print(f"missed: {sentence}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(_document(measured), indent=2) + "\n", "utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "fleets",
        nargs="+",
        choices=sorted(SIZES),
        metavar="FLEET",
        help=f"what to measure: {', '.join(SIZES)}",
    )
    parser.add_argument("--rounds", type=int, default=5, help="runs of each measure, in turn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    parser.add_argument(
        "--cache",
        type=Path,
        default=_CACHE,
        metavar="FOLDER",
        help="where fleets are kept, made once",
    )
    return parser.parse_args()


def measure(names: list[str], rounds: int, cache: Path) -> Measured:
    """Measure the named fleets one after another; the month in its own way."""
    promtool = _promtool()
    sizes = [SIZES[name] for name in names]
    days = [size for size in sizes if size is not MONTH]
    fleets = [measure_fleet(fleet_of(s, cache, promtool, _tell), rounds, _tell) for s in days]
    month = None
    if MONTH in sizes:
        month = measure_month(fleet_of(MONTH, cache, promtool, _tell), _tell)
    return Measured(fleets, month)


def _promtool() -> Path:
    found = shutil.which("promtool", path=os.pathsep.join([str(_TOOLS), os.environ["PATH"]]))
    if found is None:
        raise ToolMissing("promtool is missing: `make bench` fetches it")
    return Path(found)


def _tell(text: str) -> None:
    """Where the measuring is, on stderr; a line takes the place of the one before on a terminal."""
    end = "\r" if sys.stderr.isatty() and text else "\n"
    print(f"\x1b[2K{text}" if sys.stderr.isatty() else text, end=end, file=sys.stderr, flush=True)


def _document(measured: Measured) -> dict[str, Any]:
    lines = lines_of(measured)
    return {
        "machine": _machine(),
        "table": [
            {"name": line.name, "cells": [asdict(cell) for cell in line.cells]} for line in lines
        ],
        **asdict(measured),
    }


def _machine() -> dict[str, object]:
    libraries = {name: version(name) for name in ("pyarrow", "numpy", "httpx", "boto3", "msgspec")}
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **libraries,
    }


if __name__ == "__main__":
    sys.exit(main())
