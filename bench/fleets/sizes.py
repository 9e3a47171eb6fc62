"""The fleets that are measured: how many GPUs and pods, how long, how often scraped."""

from __future__ import annotations

from dataclasses import dataclass

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class FleetSize:
    """One fleet; the same size and seed make the same samples.

    `pods` is how many vLLM pods run at one time. `start_ms` is where the exported hours begin, by
    default 2026-10-01T00:00:00Z; `lead_hours` are there before them. kube-state-metrics is scraped
    every `kube_seconds`, everything else every `scrape_seconds`.
    """

    name: str
    gpus: int
    pods: int
    scrape_seconds: int
    kube_seconds: int
    hours: int = 24
    lead_hours: int = 1
    namespaces: int = 12
    start_ms: int = 1_790_812_800_000
    seed: int = 1

    @property
    def first_ms(self) -> int:
        """Start of the lead-in."""
        return self.start_ms - self.lead_hours * HOUR_MS

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.hours * HOUR_MS

    @property
    def block_hours(self) -> int:
        """Length of its database blocks, one to which Prometheus compacts: 2 h times 3 or 9."""
        return 6 if self.hours <= 48 else 18

    @property
    def days(self) -> float:
        return self.hours / 24


TINY = FleetSize("tiny", gpus=24, pods=12, scrape_seconds=60, kube_seconds=60, hours=3)
SMALL = FleetSize("small", gpus=64, pods=48, scrape_seconds=30, kube_seconds=60)
MEDIUM = FleetSize("medium", gpus=1000, pods=600, scrape_seconds=30, kube_seconds=60)
LARGE = FleetSize("large", gpus=4000, pods=2500, scrape_seconds=60, kube_seconds=120)
#: The series of medium over thirty days; scraped less often, or its text would be 160 GB.
MONTH = FleetSize("month", gpus=1000, pods=600, scrape_seconds=120, kube_seconds=120, hours=720)

SIZES = {size.name: size for size in (TINY, SMALL, MEDIUM, LARGE, MONTH)}
