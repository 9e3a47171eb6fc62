"""The values of the metrics of a run, and what each of them says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from exporter.monitoring.run_metrics import (
    BUDGET_FORECAST,
    BUDGET_LIMIT,
    BUDGET_SPEND,
    BUDGET_UTILIZATION,
    GPU_HOURS_UNMATCHED,
    LAST_RUN,
    LAST_SUCCESS,
    PERIODS,
    ROWS,
    TOKENS_WITHOUT_GPU,
)

_OF_BUDGET = ("budget", "namespace")
_OF_AMOUNT = (*_OF_BUDGET, "currency")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric, a gauge: its name, its labels beside those of the grouping key, its meaning."""

    name: str
    labels: tuple[str, ...]
    meaning: str


FAMILIES = (
    Family(LAST_RUN, (), "When the last run began, unix seconds."),
    Family(LAST_SUCCESS, (), "When the last run that ended with exit code 0 began, unix seconds."),
    Family(PERIODS, ("ending",), "Periods of the last run by how they ended."),
    Family(ROWS, (), "Rows of the periods that the last run wrote or found unchanged."),
    Family(TOKENS_WITHOUT_GPU, (), "Tokens of pods on no known GPU, which have no cost."),
    Family(GPU_HOURS_UNMATCHED, (), "Hours of GPUs on nodes that no CostProfile matches."),
    Family(BUDGET_UTILIZATION, _OF_BUDGET, "Spend of the month over the limit, 1 is all of it."),
    Family(BUDGET_SPEND, _OF_AMOUNT, "Spend of the month as exported, in the currency."),
    Family(BUDGET_LIMIT, _OF_AMOUNT, "Monthly limit, in the currency."),
    Family(BUDGET_FORECAST, _OF_AMOUNT, "Spend at the end of the month as forecast."),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The value of one metric; `labels` are all those of its family."""

    name: str
    labels: Mapping[str, str]
    value: float


def moment_samples(began: int, *, succeeded: bool) -> Iterator[Sample]:
    """When a run began, unix seconds; one that did not succeed does not move the last success."""
    yield Sample(LAST_RUN, {}, began)
    if succeeded:
        yield Sample(LAST_SUCCESS, {}, began)


def export_samples(
    periods: Mapping[str, int], *, rows: int, tokens_without_gpu: int, gpu_hours_unmatched: int
) -> Iterator[Sample]:
    """What a run made; `periods` are counted by every ending there is."""
    for ending, count in periods.items():
        yield Sample(PERIODS, {"ending": ending}, count)
    yield Sample(ROWS, {}, rows)
    yield Sample(TOKENS_WITHOUT_GPU, {}, tokens_without_gpu)
    yield Sample(GPU_HOURS_UNMATCHED, {}, gpu_hours_unmatched)


def budget_samples(
    budget: str,
    namespace: str,
    currency: str,
    *,
    spend: Decimal,
    limit: Decimal,
    forecast: Decimal | None,
) -> Iterator[Sample]:
    """One budget. Of a limit of 0 any spend is infinitely much; no forecast is no number."""
    labels = {"budget": budget, "namespace": namespace}
    amount = {**labels, "currency": currency}
    yield Sample(BUDGET_UTILIZATION, labels, _ratio(spend, limit))
    yield Sample(BUDGET_SPEND, amount, float(spend))
    yield Sample(BUDGET_LIMIT, amount, float(limit))
    yield Sample(BUDGET_FORECAST, amount, math.nan if forecast is None else float(forecast))


def _ratio(spend: Decimal, limit: Decimal) -> float:
    if limit:
        return float(spend / limit)
    return math.inf if spend > 0 else 0.0
