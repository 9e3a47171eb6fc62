"""Sources that hold a few series, each written as {minute: value}; minute 0 is T0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from exporter.cost.pool_hour import HOURS_PER_YEAR
from exporter.documents.kinds import CostProfile
from exporter.periods import HOUR_SECONDS, HourRange
from exporter.reading.window import ReadingRules, read_window
from exporter.sources.openmetrics import OpenMetricsSource
from exporter.sources.series import HourlyQuery, HourlySeries, RawQuery, RawSeries, Source
from exporter.usage.engines import VLLM
from exporter.usage.identity import ClusterNaming, Pod
from exporter.usage.window import WindowUsage
from tests.fleets.openmetrics import Series, write_text
from tests.unit.usage.readings import T0, Samples

POWER, ENERGY = "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
INPUT, CREATED = "vllm:prompt_tokens_total", "vllm:prompt_tokens_created"
CLUSTER = ClusterNaming("prod")


def series(metric: str, samples: Samples, **labels: str) -> Series:
    pairs = sorted(samples.items())
    times = [round((T0 + minute * 60) * 1000) for minute, _ in pairs]
    return Series(metric, labels, times, [float(value) for _, value in pairs])


def source_of(folder: Path, *held: Series) -> OpenMetricsSource:
    return OpenMetricsSource(write_text(held, folder / "dump.om"))


class Watched:
    """A source that keeps what it is asked."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.hourly: list[HourlyQuery] = []
        self.raw: list[RawQuery] = []

    def read_hourly(self, queries: Sequence[HourlyQuery]) -> list[HourlySeries]:
        self.hourly += queries
        return self._source.read_hourly(queries)

    def read_raw(self, queries: Sequence[RawQuery]) -> list[RawSeries]:
        self.raw += queries
        return self._source.read_raw(queries)

    def give_up(self) -> None:
        self._source.give_up()

    def close(self) -> None:
        self._source.close()


def profile(
    node: str = "node-a",
    *,
    gpus: int = 1,
    tdp: int | None = 700,
    selector: Mapping[str, str] | None = None,
) -> CostProfile:
    """A pool of one node, or of the nodes with some labels."""
    chosen = selector or {"kubernetes.io/hostname": node}
    hardware = {"gpuModel": "H100", "gpuCount": gpus, "purchasePriceUSD": HOURS_PER_YEAR}
    return CostProfile.model_validate(
        {
            "metadata": {"name": node},
            "spec": {
                "hardware": {**hardware, "tdpWatts": tdp},
                "electricity": {"ratePerKWh": 0.1},
                "nodeSelector": dict(chosen),
            },
        }
    )


def rules(*profiles: CostProfile, clusters: ClusterNaming = CLUSTER) -> ReadingRules:
    return ReadingRules(clusters, (VLLM,), profiles, owners=False)


def usage(
    source: Source,
    *profiles: CostProfile,
    hours: int = 1,
    first_hour: int = 0,
    clusters: ClusterNaming = CLUSTER,
) -> WindowUsage:
    """The window of some hours as a run reads it."""
    start = T0 + first_hour * HOUR_SECONDS
    span = HourRange(start, start + hours * HOUR_SECONDS)
    return read_window(source, span, rules(*profiles, clusters=clusters))


def by_holder(
    found: WindowUsage, values: object, uuid: str = "GPU-0"
) -> dict[str | None, list[int]]:
    """A row of GpuUsage for each holder of a GPU, by the pod's name."""
    rows: dict[str | None, list[int]] = {}
    for holding, row in zip(found.gpus.holdings, values.tolist(), strict=True):  # type: ignore[attr-defined]
        if holding.uuid == uuid:
            rows[_name(holding.holder)] = row
    return rows


def _name(pod: Pod | None) -> str | None:
    return None if pod is None else pod.name


def tokens(found: WindowUsage) -> dict[str, list[int]]:
    """Input tokens of each pod, hour by hour."""
    pods = (pod.name for pod in found.tokens.pods)
    return dict(zip(pods, found.tokens.input.tolist(), strict=True))
