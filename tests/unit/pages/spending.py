"""What a made-up fleet spent in October: cells of team, model and pool, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from exporter.chargeback.figures import GroupLine, ModelLine, Nobodys, PoolLine, Sums

MISSING_DAY, PARTLY_MISSING_DAY = date(2026, 10, 13), date(2026, 10, 21)
_WEEK = (100, 104, 108, 103, 97, 61, 55)  # percent of a cell's base, Monday first
NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one team spent with one model on one pool; `base` is the cost of a usual weekday."""

    team: str
    model: str | None
    pool: tuple[str, str]  # cluster and profile
    base: str
    tokens: int = 0  # in a usual weekday
    busy: int = 0  # percent of the GPU-time
    unpriced: bool = False


H100, L40S, H200 = ("prod-eu", "h100-pool"), ("prod-eu", "l40s-pool"), ("prod-us", "h200-pool")
CELLS = (
    Cell("research", "meta-llama/Llama-3.1-70B-Instruct", H100, "412.35", 612_000_000, 71),
    Cell("research", "deepseek-ai/DeepSeek-R1", H200, "238.1", 96_400_000, 44),
    Cell("assistants", "meta-llama/Llama-3.1-70B-Instruct", H100, "205.2", 318_500_000, 66),
    Cell("assistants", "Qwen/Qwen2.5-32B-Instruct", H200, "141.77", 402_000_000, 52),
    Cell("search", "BAAI/bge-m3", L40S, "61.4", 1_912_000_000, 38),
    Cell("search", "Qwen/Qwen2.5-32B-Instruct", H200, "38.05", 88_300_000, 49),
    Cell("platform", "openai/whisper-large-v3", L40S, "22.9", 9_120_000, 12),
    Cell("platform", None, H100, "14.6", 0, 9),
    Cell("platform", "BAAI/bge-m3", L40S, "0", 3_400_000, 0, unpriced=True),
    Cell("__idle__", None, H100, "96.12"),
    Cell("__idle__", None, H200, "121.9"),
    Cell("__idle__", None, L40S, "33.5"),
    Cell("__unobserved__", None, H200, "11.3"),
)


def days_of(start: date, count: int) -> tuple[date, ...]:
    """Consecutive days."""
    return tuple(start + timedelta(days=number) for number in range(count))


OCTOBER = days_of(date(2026, 10, 1), 31)


def cost_on(cell: Cell, day: date, percent: int = 100) -> Decimal:
    """A cell's cost of a day: none on the missing day, else with all of its nine digits."""
    if day == MISSING_DAY or cell.base == "0":
        return NONE
    jagged = Decimal(day.toordinal() * 7919 * len(cell.team) % 999_983).scaleb(-9)
    return Decimal(cell.base) * _WEEK[day.weekday()] * percent / 10_000 + jagged


def _tokens_on(cell: Cell, day: date) -> int:
    """More week by week, and at weekends not quite as much less as the cost."""
    percent = 60 + _WEEK[day.weekday()] // 2 + day.day * 3 % 41
    return 0 if day == MISSING_DAY else cell.tokens * percent // 120


def add_up(cells: Iterable[Cell], days: Sequence[date], percent: int = 100) -> Sums:
    """What the rows of some cells over some days sum to."""
    chosen = list(cells)
    served = [cell for cell in chosen if cell.tokens]
    waste = [cell for cell in chosen if cell.team.startswith("__")]
    cost = total(chosen, days, percent)
    tokens = sum(_tokens_on(cell, day) for cell in chosen for day in days)
    unpriced = sum(_tokens_on(cell, day) for cell in chosen if cell.unpriced for day in days)
    hours = cost * Decimal("0.52")
    active = sum(
        (
            cost_on(c, day, percent) * c.busy * (80 + day.day * 7 % 23)
            for c in chosen
            for day in days
        ),
        NONE,
    ) * Decimal("0.000052")
    cloud = total(served, days, percent) * Decimal("1.31") if served else None
    return Sums(
        cost=cost,
        served_cost=total(served, days, percent),
        amortization=cost * Decimal("0.71"),
        maintenance=cost * Decimal("0.08"),
        electricity=cost * Decimal("0.21"),
        marginal=total(served, days, percent) * Decimal("0.16"),
        idle=total(waste, days, percent),
        gpu_hours=hours,
        unobserved_gpu_hours=total(
            [cell for cell in chosen if cell.team == "__unobserved__"], days, percent
        )
        * Decimal("0.52"),
        active_gpu_hours=active,
        energy_kwh=cost * Decimal("0.93"),
        tokens_input=tokens * 3 // 4,
        tokens_output=tokens - tokens * 3 // 4,
        tokens_cached=tokens // 5,
        requests=tokens // 1450,
        unpriced_tokens=unpriced,
        unpriced_requests=unpriced // 1450,
        cloud_usd=cloud,
        savings_usd=None if cloud is None else cloud - cost,
    )


def total(cells: Iterable[Cell], days: Sequence[date], percent: int = 100) -> Decimal:
    """The cost of cells over days."""
    return sum((cost_on(cell, day, percent) for cell in cells for day in days), NONE)


_KEYS: dict[str, Callable[[Cell], str | None]] = {
    "sub-account": lambda cell: cell.team,
    "namespace": lambda cell: cell.team,
    "model": lambda cell: cell.model,
    "cluster": lambda cell: cell.pool[0],
    "cost-profile": lambda cell: cell.pool[1],
    "tag:team": lambda cell: None if cell.team == "platform" else cell.team,
}


def groups(
    keys: Sequence[str], cells: Sequence[Cell], days: Sequence[date]
) -> tuple[GroupLine, ...]:
    """The cells by keys, dearest first; the period before was 8 % cheaper, and had no platform."""
    by_values: dict[tuple[str | None, ...], list[Cell]] = {}
    for cell in cells:
        by_values.setdefault(tuple(_KEYS[key](cell) for key in keys), []).append(cell)
    nobodys = {"__idle__": Nobodys.IDLE, "__unobserved__": Nobodys.UNOBSERVED}
    lines = [
        GroupLine(
            values=values,
            nobodys=next((nobodys[value] for value in values if value in nobodys), None),
            sums=add_up(chosen, days),
            before=None if "platform" in values else add_up(chosen, days, 92),
            days=tuple(total(chosen, [day]) for day in days),
        )
        for values, chosen in by_values.items()
    ]
    return tuple(sorted(lines, key=lambda line: -line.sums.cost))


def models(cells: Sequence[Cell], days: Sequence[date]) -> tuple[ModelLine, ...]:
    """The cells by model, dearest first."""
    names = {cell.model for cell in cells if cell.model is not None}
    lines = []
    for name in names:
        chosen = [cell for cell in cells if cell.model == name]
        sums = add_up(chosen, days)
        daily = tuple(add_up(chosen, [day]).cost_per_million_tokens for day in days)
        profiles = tuple(sorted({cell.pool[1] for cell in chosen}))
        before = add_up(chosen, days, 92)
        lines.append(ModelLine(name, sums, before, daily, sums.utilization, profiles))
    return tuple(sorted(lines, key=lambda line: (-line.sums.cost, line.model)))


def pools(cells: Sequence[Cell], days: Sequence[date]) -> tuple[PoolLine, ...]:
    """The three pools, by cluster and profile."""
    hardware = {
        H100: ("NVIDIA H100 SXM5", 32),
        L40S: ("NVIDIA L40S", 16),
        H200: ("NVIDIA H200 SXM", 16),
    }
    return tuple(
        _pool(pool, *hardware[pool], [cell for cell in cells if cell.pool == pool], days)
        for pool in sorted({cell.pool for cell in cells})
    )


def _pool(
    pool: tuple[str, str], gpu: str, count: int, cells: list[Cell], days: Sequence[date]
) -> PoolLine:
    sums = add_up(cells, days)
    idle = add_up([cell for cell in cells if cell.team == "__idle__"], days)
    unobserved = add_up([cell for cell in cells if cell.team == "__unobserved__"], days)
    hours = [add_up(cells, [day]) for day in days]
    assert sums.gpu_hours is not None
    assert sums.active_gpu_hours is not None
    assert sums.energy_kwh is not None
    return PoolLine(
        cluster=pool[0],
        cost_profile=pool[1],
        gpu_model=gpu,
        gpu_count=count,
        cost=sums.cost,
        idle_cost=idle.cost,
        unobserved_cost=unobserved.cost,
        observed_gpu_hours=sums.gpu_hours - (unobserved.gpu_hours or NONE),
        unobserved_gpu_hours=unobserved.gpu_hours or NONE,
        idle_gpu_hours=idle.gpu_hours or NONE,
        active_gpu_hours=sums.active_gpu_hours,
        energy_kwh=sums.energy_kwh,
        undetailed_cost=NONE,
        days_utilization=tuple(of_day.utilization for of_day in hours),
    )
