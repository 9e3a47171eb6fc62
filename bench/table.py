"""One table of everything that was measured, with the targets beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table

from bench.results import MIB, Backfill, FleetResult, Measured, MonthResult

RATIO = 1.3
#: MiB by fleet; the ratio has a target where Prometheus is most of the floor.
PEAK_MIB = {"medium": 250, "large": 400}
PEAK_RATIO, LINEARITY = 1.1, 0.1
#: Three times the rows per second of LiteLLM's exporter, from records to Parquet, on 2 cores.
POD_ROWS_PER_SECOND, SHARE_OF_BARE = 261_000, 0.5
_PLAIN_WIDTH = 160


@dataclass(frozen=True, slots=True)
class Cell:
    """A measured value as text; `met` tells whether it reaches the target, None without one."""

    text: str
    target: str = ""
    met: bool | None = None

    @property
    def shown(self) -> str:
        if self.met is None:
            return self.text
        return f"{self.text} ({self.target}: {'met' if self.met else 'MISSED'})"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; several fleets, one cell each."""

    name: str
    cells: Sequence[Cell]


def at_most(value: float, bound: float, form: str = "{:.2f}") -> Cell:
    """A value that shall not be above a bound."""
    return Cell(form.format(value), f"≤ {form.format(bound)}", value <= bound)


def at_least(value: float, bound: float, form: str = "{:.2f}") -> Cell:
    """A value that shall not be below a bound."""
    return Cell(form.format(value), f"≥ {form.format(bound)}", value >= bound)


def fleet_lines(results: Sequence[FleetResult]) -> list[Line]:
    """What was measured of each fleet, the targets at the lines they are about."""

    def line(name: str, cell: Callable[[FleetResult], Cell]) -> Line:
        return Line(name, [cell(result) for result in results])

    return [
        line("fleet", _fleet),
        line("series, samples", lambda r: Cell(f"{r.series:,}, {r.samples / 1e6:.1f} M")),
        line("curl of the same requests", lambda r: _seconds(r.floor.curl)),
        line("bare imports and clients", lambda r: _seconds(r.floor.start)),
        line("bare pyarrow write", lambda r: _seconds(r.floor.write)),
        line("bare puts", lambda r: _seconds(r.floor.put)),
        line("floor: the four together", lambda r: _seconds(r.floor.seconds)),
        line("exporter, cold start to end", _whole),
        line("ratio to the floor", _ratio),
        line("exporter CPU, user + system", lambda r: _seconds(median(r.exports.cpu_seconds))),
        line("Prometheus CPU", lambda r: _seconds(median(r.exports.prometheus_cpu_seconds))),
        line("peak memory, MiB", _peak),
        line("requests, hourly + raw", lambda r: Cell(f"{r.asking.hourly} + {r.asking.raw}")),
        line("answers", lambda r: Cell(f"{r.asking.answer_bytes / 1e6:.1f} MB")),
        line("objects, bytes", lambda r: Cell(f"{r.objects}, {r.bytes / 1e6:.2f} MB")),
        line("rows, rows per second", lambda r: Cell(f"{r.rows:,}, {r.rows / r.seconds:,.0f}")),
        line("rows at pod grain", lambda r: Cell(f"{r.transform.rows:,}")),
        line("pod rows/s, usage to charges", _priced_rows),
        line("pod rows/s, charges to Parquet", _pod_rows),
        line("pod rows/s, bare pyarrow", _bare_pod_rows),
        line("part of bare pyarrow", _share),
        line("cells found right", lambda r: Cell(f"{r.cells:,}")),
    ]


def _fleet(result: FleetResult) -> Cell:
    return Cell(f"{result.gpus:,} GPUs, {result.pods:,} pods, {result.scrape_seconds} s")


def _seconds(value: float) -> Cell:
    return Cell(f"{value:.2f} s")


def _whole(result: FleetResult) -> Cell:
    taken = result.exports.seconds
    return Cell(f"{result.seconds:.2f} s ({min(taken):.2f} to {max(taken):.2f})")


def _has_targets(result: FleetResult) -> bool:
    """A small fleet takes no longer than Python's start: a ratio says nothing there."""
    return result.name in PEAK_MIB


def _ratio(result: FleetResult) -> Cell:
    return at_most(result.ratio, RATIO) if _has_targets(result) else Cell(f"{result.ratio:.2f}")


def _peak(result: FleetResult) -> Cell:
    if not _has_targets(result):
        return Cell(f"{result.peak_mib:.0f}")
    return at_most(result.peak_mib, PEAK_MIB[result.name], "{:.0f}")


def _priced_rows(result: FleetResult) -> Cell:
    return Cell(f"{result.transform.priced_rows_per_second:,.0f}")


def _pod_rows(result: FleetResult) -> Cell:
    value = result.transform.rows_per_second
    if not _has_targets(result):
        return Cell(f"{value:,.0f}")
    return at_least(value, POD_ROWS_PER_SECOND, "{:,.0f}")


def _bare_pod_rows(result: FleetResult) -> Cell:
    return Cell(f"{result.transform.bare_rows_per_second:,.0f}")


def _share(result: FleetResult) -> Cell:
    value = result.transform.share_of_bare
    return at_least(value, SHARE_OF_BARE) if _has_targets(result) else Cell(f"{value:.2f}")


def month_lines(result: MonthResult) -> list[Line]:
    """The backfills of a month, one line each, and what they show together."""
    fleet = f"{result.gpus:,} GPUs, {result.pods:,} pods, {result.scrape_seconds} s"
    one_process = result.shards[0].seconds
    longest = result.lengths[-1].days
    return [
        Line("month", [Cell(fleet)]),
        *(Line(_shard_name(one), [_backfill(one)]) for one in result.lengths),
        Line(
            f"memory of {longest} days to one day",
            [at_most(result.peak_ratio, PEAK_RATIO)],
        ),
        Line("seconds a day, late to early", [_linear(result.linearity)]),
        *(Line(_shard_name(one), [_shard(one, one_process)]) for one in result.shards),
        Line("cells found right in the month", [Cell(f"{result.cells:,}")]),
    ]


def _backfill(one: Backfill) -> Cell:
    return Cell(f"{one.seconds:.1f} s, {one.peak_bytes / MIB:.0f} MiB, {one.rows:,} rows")


def _linear(value: float) -> Cell:
    met = abs(value - 1) <= LINEARITY
    return Cell(f"{value:.2f}", f"1 ± {LINEARITY:.1f}", met)


def _shard_name(one: Backfill) -> str:
    days = "1 day" if one.days == 1 else f"{one.days} days"
    return f"{days} by {one.processes}" if one.processes > 1 else f"{days} by one process"


def _shard(one: Backfill, alone: float) -> Cell:
    """Where Prometheus has all cores, more processes cannot help."""
    cores = os.cpu_count() or 1
    busy = one.prometheus_cpu_seconds / one.seconds / cores
    faster = f"{alone / one.seconds:.2f} times as fast"
    return Cell(f"{one.seconds:.1f} s, {faster}, Prometheus on {busy:.0%} of {cores} cores")


def lines_of(measured: Measured) -> list[Line]:
    """All lines: the fleets side by side, then the month."""
    fleets = fleet_lines(measured.fleets) if measured.fleets else []
    return [*fleets, *(month_lines(measured.month) if measured.month else [])]


def missed(lines: Sequence[Line]) -> list[str]:
    """One sentence for each target that is not reached."""
    return [f"{line.name}: {c.shown}" for line in lines for c in line.cells if c.met is False]


def show(measured: Measured) -> None:
    """Print the one table: in colours on a terminal, plain text where it is piped."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH, color_system=None)
    table = Table(box=box.SIMPLE_HEAD, title="24 hours into S3, medians", title_justify="left")
    table.add_column("")
    for name in [one.name for one in measured.fleets] or [""]:
        table.add_column(name, justify="right")
    for line in lines_of(measured):
        table.add_row(line.name, *(_styled(cell) for cell in line.cells))
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _styled(cell: Cell) -> str:
    if cell.met is None:
        return cell.shown
    return f"[{'green' if cell.met else 'red'}]{cell.shown}[/]"
