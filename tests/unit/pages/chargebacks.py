"""Chargebacks for tests of pages: a rich month whose parts add up exactly, and an empty one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from exporter.chargeback.cloud_figures import BreakEven, CloudComparison, CloudLine
from exporter.chargeback.completeness_figures import Completeness, Estimate, Gap
from exporter.chargeback.figures import BudgetLine, Chargeback, Scope, Sums
from tests.unit.pages.spending import (
    CELLS,
    NONE,
    OCTOBER,
    Cell,
    add_up,
    groups,
    models,
    pools,
    total,
)

DAY = 86_400


def unix(*parts: int) -> int:
    """Unix seconds of a moment in UTC."""
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


BUDGETS = (
    BudgetLine(
        name="research-monthly",
        namespace="research",
        month="2026-10",
        spend=Decimal("17011.482913377"),
        limit=Decimal(16000),
        forecast=Decimal("17011.482913377"),
        reached_percent=100,
        reached_severity="critical",
    ),
    BudgetLine(
        name="assistants-monthly",
        namespace="assistants",
        month="2026-10",
        spend=Decimal("9071.200000001"),
        limit=Decimal(11000),
        forecast=Decimal("11240.75"),
        reached_percent=80,
        reached_severity="warning",
    ),
    BudgetLine(
        name="search-monthly",
        namespace="search",
        month="2026-10",
        spend=Decimal("2570.4455"),
        limit=Decimal(6000),
        forecast=None,
        reached_percent=None,
        reached_severity=None,
    ),
)


def cloud() -> CloudComparison:
    """One model that the cloud serves for more, one for less, below and above break-even."""

    def line(
        model: str, entry: tuple[str, str, str | None], usd: tuple[str, str], more: int | None
    ) -> CloudLine:
        return CloudLine(
            model=model,
            provider=entry[0],
            cloud_model=entry[1],
            tier=entry[2],
            like=entry[2] == "open-weights",
            upper_bound=False,
            tokens_per_day=Decimal("760412903.225806452"),
            utilization=Decimal("0.69"),
            cloud_usd=Decimal(usd[0]),
            own_usd=Decimal(usd[1]),
            marginal_usd=Decimal(usd[1]) * Decimal("0.16"),
            cloud_per_million_usd=Decimal(usd[0]) / 23_572,
            own_per_million_usd=Decimal(usd[1]) / 23_572,
            marginal_per_million_usd=Decimal(usd[1]) * Decimal("0.16") / 23_572,
            break_even=BreakEven.NEVER if more is None else BreakEven.KNOWN,
            break_even_tokens_per_day=more,
        )

    llama, bge = "meta-llama/Llama-3.1-70B-Instruct", "BAAI/bge-m3"
    return CloudComparison(
        lines=(
            line(
                llama,
                ("OpenAI", "gpt-5.4", "frontier"),
                ("61288.4", "17011.482913377"),
                190_300_000,
            ),
            line(
                llama,
                ("DeepInfra", "Llama-3.1-70B-Instruct", "open-weights"),
                ("14143.211", "17011.482913377"),
                918_000_000,
            ),
            line(bge, ("Together AI", "bge-large-en", None), ("377.15", "1688.5"), None),
        ),
        every_entry=False,
        last_verified=date(2026, 10, 7),
        sources=(
            "OpenAI: https://developers.openai.com/api/docs/pricing",
            "DeepInfra: https://deepinfra.com/pricing",
        ),
        usd_rate=Decimal("1.08"),
    )


def _completeness(sums: Sums) -> Completeness:
    return Completeness(
        gaps=(
            Gap("prod-eu", "default", unix(2026, 10, 13), unix(2026, 10, 14)),
            Gap("prod-us", "default", unix(2026, 10, 13), unix(2026, 10, 14)),
            Gap("prod-us", "research-daily", unix(2026, 10, 21, 6), unix(2026, 10, 21, 14)),
        ),
        estimates=(
            Estimate("power source", "energy-counter", Decimal("14211.5"), Decimal("30122.25")),
            Estimate("power source", "tdp", Decimal("512.25"), Decimal("911.125")),
            Estimate("allocation", "gpu-time", Decimal("14400.75"), Decimal("30800.5")),
            Estimate("allocation", "requests", None, Decimal("232.875")),
        ),
        unobserved_gpu_hours=Decimal("158.234"),
        unobserved_cost=Decimal("304.297"),
        unpooled_cost=NONE,
        unpriced_tokens=sums.unpriced_tokens,
        straddling=(
            "focus/version=focus-1.3/year=2026/month=09/day=28/infer-focus-prod-eu--weekly.parquet",
        ),
    )


def rich(
    keys: tuple[str, ...] = ("sub-account",),
    *,
    days: tuple[date, ...] = OCTOBER,
    cells: tuple[Cell, ...] = CELLS,
) -> Chargeback:
    """A month of two clusters: 4 teams, 5 models, 3 pools, 3 budgets, a day missing."""
    start = unix(days[0].year, days[0].month, days[0].day)
    sums = add_up(cells, days)
    return Chargeback(
        scope=Scope(
            name="2026-10",
            start=start,
            end=start + len(days) * DAY,
            until=start + len(days) * DAY,
            clusters=("prod-eu", "prod-us"),
            currency="EUR",
            layouts=("focus-1.3",),
            contracted=False,
            spread=True,
            objects=1462,
            rows=48_211,
        ),
        keys=keys,
        days=days,
        total=sums,
        total_before=add_up(cells, days, 92),
        daily_cost=tuple(total(cells, [day]) for day in days),
        groups=groups(keys, cells, days),
        models=models(cells, days),
        pools=pools(cells, days),
        budgets=BUDGETS,
        cloud=cloud(),
        completeness=_completeness(sums),
    )


NOTHING = Sums(
    cost=NONE,
    served_cost=NONE,
    amortization=None,
    maintenance=None,
    electricity=None,
    marginal=None,
    idle=None,
    gpu_hours=None,
    unobserved_gpu_hours=None,
    active_gpu_hours=None,
    energy_kwh=None,
    tokens_input=0,
    tokens_output=0,
    tokens_cached=None,
    requests=None,
    unpriced_tokens=0,
    unpriced_requests=0,
    cloud_usd=None,
    savings_usd=None,
)


def empty() -> Chargeback:
    """A day of which objects were read, but no row."""
    start = unix(2026, 10, 12)
    return Chargeback(
        scope=Scope(
            name="2026-10-12",
            start=start,
            end=start + DAY,
            until=None,
            clusters=(),
            currency="USD",
            layouts=(),
            contracted=True,
            spread=False,
            objects=0,
            rows=0,
        ),
        keys=("tag:team",),
        days=(),
        total=NOTHING,
        total_before=None,
        daily_cost=(),
        groups=(),
        models=(),
        pools=(),
        budgets=(),
        cloud=None,
        completeness=Completeness((), (), None, NONE, NONE, 0, ()),
    )
