"""Pages that show settings: what they show, and the demo's rows made with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.servers import REPOSITORY, run_command

LABELS = REPOSITORY / "docs" / "labels.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in _BLOCK.findall(page.read_text()) if kind == language]


def environment(page: Path) -> dict[str, str]:
    """The settings that a page tells to make."""
    (text,) = blocks(page, "sh")
    return dict(line.split("=", 1) for line in text.splitlines())


def values(page: Path) -> dict[str, Any]:
    """The same as chart values."""
    (text,) = (b for b in blocks(page, "yaml") if b.startswith("# values of the chart"))
    return dict(yaml.safe_load(text))


def leaves(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Path and value, written as in a variable, of every chart value."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{before}{name}.")
        elif isinstance(value, list):
            yield f"{before}{name}", ",".join(map(str, value))
        else:
            yield f"{before}{name}", str(value).lower() if isinstance(value, bool) else str(value)


def exportable(page: Path) -> dict[str, str]:
    """The settings of a page without the bucket: a folder stands for it."""
    return {name: value for name, value in environment(page).items() if name != "S3_BUCKET"}


def export_demo(folder: Path, settings: Mapping[str, str]) -> None:
    """The rows of the demo's source, made with these settings, below a folder."""
    data = REPOSITORY / "exporter" / "data"
    where = {
        "SOURCE_FILE": str(data / "demo.om.zst"),
        "CONFIG_PATH": str(data / "demo-config.yaml"),
        "CLUSTER_NAME": "demo",
        "OUTPUT_DIR": str(folder),
    }
    days = ["--start", "2026-10-01", "--end", "2026-10-03"]
    done = run_command(["backfill", *days], {**where, **settings})
    assert done.returncode == 0, done.stderr


def database(bucket: Path, page: Path) -> duckdb.DuckDBPyConnection:
    """With the view that `schema` prints for the settings of a page."""
    arguments = ["schema", "--format", "duckdb", "--location", f"{bucket}/focus/"]
    view = run_command(arguments, exportable(page))
    assert view.returncode == 0, view.stderr
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(view.stdout)
    return connection
