"""Tables for people on a terminal, from written rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
from rich import box
from rich.console import Console
from rich.table import Table

from exporter.commands.terminal import terminal_width

_KEYS = ("SubAccountName", "ResourceName")
_SUMS = ("x-InferTokensInput", "x-InferTokensOutput", "x-InferGpuHours", "EffectiveCost")
_MILLION = 1_000_000
#: How wide the whole table is; a terminal with less gets it without the last column.
_WIDTH = 100


def cost_table(folder: Path, currency: str) -> None:
    """Print what each namespace and model cost, with a total, from the Parquet files below."""
    table = _table(folder, currency)
    width = min(terminal_width() or _WIDTH, _WIDTH)
    if width < _WIDTH:
        table.columns.pop()
    console = Console(width=width, color_system=None)
    with console.capture() as lines:
        console.print(table)
    print("\n".join(line.rstrip() for line in lines.get().splitlines()))


def _table(folder: Path, currency: str) -> Table:
    """Every number whole; the model is cut where there is no room."""
    rows = _sums(folder)
    total = Decimal(sum(row["EffectiveCost"] for row in rows))
    hours = Decimal(sum(row["x-InferGpuHours"] for row in rows))
    tokens = sum(_tokens(row) for row in rows)
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, title="Cost by namespace and model")
    table.add_column("namespace", footer="total")
    table.add_column("model")
    sums = {"tokens": f"{tokens:,}", "GPU-hours": f"{hours:.1f}", currency: f"{total:.2f}"}
    for name, footer in sums.items():
        table.add_column(name, footer=footer, justify="right", no_wrap=True)
    table.add_column(f"{currency} per 1M tokens", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _sums(folder: Path) -> list[dict[str, Decimal]]:
    """One entry per namespace and model with its sums, dearest first."""
    files = sorted(str(path) for path in folder.rglob("*.parquet"))
    found = pyarrow.dataset.dataset(files, format="parquet").to_table(columns=[*_KEYS, *_SUMS])
    grouped = found.group_by(_KEYS).aggregate([(name, "sum") for name in _SUMS])
    named: pa.Table = grouped.rename_columns([*_KEYS, *_SUMS])
    rows: list[dict[str, Decimal]] = named.to_pylist()
    return sorted(rows, key=lambda row: row["EffectiveCost"], reverse=True)


def _tokens(row: dict[str, Decimal]) -> int:
    return int(row["x-InferTokensInput"] or 0) + int(row["x-InferTokensOutput"] or 0)


def _cells(row: dict[str, Decimal]) -> list[str]:
    cost, tokens = row["EffectiveCost"], _tokens(row)
    namespace, model = str(row["SubAccountName"]), str(row["ResourceName"])
    per_million = f"{cost / tokens * _MILLION:.2f}" if tokens else "-"
    hours = row["x-InferGpuHours"] or Decimal(0)
    return [
        namespace,
        model,
        f"{tokens:,}" if tokens else "-",
        f"{hours:.1f}",
        f"{cost:.2f}",
        per_million,
    ]
