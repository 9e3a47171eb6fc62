"""The tables of docs/performance.md, out of what `make bench` and `make bench-large` measured.

`make bench BENCH_ARGS="--json bench/measured/days.json"` keeps the figures of one machine; the page
shows those, nothing is typed by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.tables import markdown

MEASURED = Path(__file__).resolve().parent.parent / "bench" / "measured"


def day_tables() -> str:
    """One day of each fleet: every line of the benchmark's table, a column per fleet."""
    columns: dict[str, dict[str, str]] = {}
    for measured in filter(None, map(_measured, ("days", "large"))):
        for number, fleet in enumerate(measured["fleets"]):
            columns[fleet["name"]] = {
                line["name"]: _shown(line["cells"][number]) for line in measured["table"]
            }
    names = list(next(iter(columns.values())))
    rows = [(name, *(cells[name] for cells in columns.values())) for name in names]
    return markdown(("", *columns), rows)


def month_table() -> str:
    """Backfills of growing length, and shards side by side."""
    measured = _measured("month")
    if measured is None:
        return "Not measured yet: `make bench-large` does it."
    table = measured["table"]
    return markdown(("", ""), [(line["name"], _shown(line["cells"][0])) for line in table])


def machine_line() -> str:
    """What it was measured on."""
    machine = json.loads((MEASURED / "days.json").read_text())["machine"]
    libraries = ", ".join(
        f"{name} {machine[name]}" for name in ("pyarrow", "numpy", "httpx", "boto3", "msgspec")
    )
    return f"{machine['cores']} cores, Python {machine['python']}, {libraries}."


def _measured(name: str) -> dict[str, Any] | None:
    file = MEASURED / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def _shown(cell: Mapping[str, Any]) -> str:
    text, target, met = cell["text"], cell["target"], cell["met"]
    if met is None:
        return str(text)
    return f"{text} ({target})" if met else f"**{text}** ({target}: missed)"
