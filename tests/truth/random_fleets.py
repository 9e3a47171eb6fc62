"""Small fleets in which things happen at random; the same seed gives the same fleet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from tests.fleets.fleet import HOUR, Fleet
from tests.fleets.gpus import Gpu, Holding, exporter_pod
from tests.fleets.kube import KubePod, KubeState
from tests.fleets.pools import Pool
from tests.fleets.scrapes import LabelForm, ScrapeJob, Scrapes, Span
from tests.fleets.token_scenarios import FOREVER, T0
from tests.fleets.vllm import Served, VllmProcess

Item = TypeVar("Item")
SECOND_JOBS = (
    {"job": "podmonitor", "endpoint": "http"},
    {"job": "vllm", "prometheus_replica": "b"},
)


def random_fleet(seed: int) -> Fleet:
    """Some pods and GPUs over 3 to 8 hours, every tenth time over 27 to 32.

    Processes are born, die, restart and share names; scrapes have gaps; GPUs change hands and are
    reset; one counter may be scraped twice.
    """
    return Dice(seed).fleet()


class Dice:
    """Draws the parts of a fleet."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.long = seed % 10 == 9
        self.hours = self.whole(27, 32) if self.long else self.whole(3, 8)
        self.start = T0 + HOUR * self.whole(0, 23)
        self.lead = self.whole(1, 3)
        self.first = self.settled = self.start - self.lead * HOUR
        self.end = self.start + self.hours * HOUR
        self.transfers = self.chance(0.3)
        self.interval = 300 if self.long else self.one_of((30, 60, 60, 120))

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high, endpoint=True))

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.whole(0, len(items) - 1)]

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def moments(self, most: int) -> list[int]:
        """Up to that many seconds inside the fleet's time; every third falls on a full hour."""
        found = [self.whole(self.first + 1, self.end - 1) for _ in range(self.whole(0, most))]
        return sorted({one - one % HOUR if self.chance(0.3) else one for one in found})

    def gaps(self, most: int) -> tuple[Span, ...]:
        longest = 26 * HOUR if self.long else 3 * HOUR
        return tuple((one, one + self.whole(60, longest)) for one in self.moments(most))

    def fleet(self) -> Fleet:
        pool = Pool("alpha", ("node-a",), gpu_count=2, tdp_watts=self.one_of((None, 700)))
        fleet = Fleet(self.start, self.hours, self.lead, pools=(pool,))
        outage = self.gaps(1) if self.chance(0.2) else ()
        pods = [("chat", "a"), ("chat", "b"), ("code", "a"), ("chat", "c")][: self.whole(1, 4)]
        processes = [
            one
            for number, (namespace, pod) in enumerate(pods)
            for one in self.processes(namespace, pod, number, outage)
        ]
        fleet.add(*processes)
        for index in range(self.whole(0, 3)):
            fleet.add(self.gpu(index, pods, outage))
        if self.chance(0.5):
            told = [
                KubePod(one.namespace, one.pod, "node-a", 1, start=one.born, end=one.dies)
                for one in processes
            ]
            fleet.add(KubeState(told, scrapes=Scrapes(self.interval, gaps=outage)))
        return fleet

    def processes(
        self, namespace: str, pod: str, number: int, outage: tuple[Span, ...]
    ) -> list[VllmProcess]:
        """The process of a pod, or two one after another at different addresses."""
        change = self.whole(self.settled, self.end) if self.chance(0.3) else None
        spans = [(None, change), (change + self.whole(0, 900), None)] if change else [(None, None)]
        return [
            self.process(namespace, pod, f"10.0.{number}.{life}:8000", born, dies, outage)
            for life, (born, dies) in enumerate(spans)
            if born is None or born < self.end
        ]

    def process(
        self,
        namespace: str,
        pod: str,
        instance: str,
        born: int | None,
        dies: int | None,
        outage: tuple[Span, ...],
    ) -> VllmProcess:
        if born is None and self.chance(0.4):
            born = self.whole(self.first - 2 * HOUR, (dies or self.end) - 1)
        latest = min(dies or self.end, self.end)
        restarts = [one for one in self.moments(3) if (born or 0) + 60 < one < latest - 60]
        apart = [b for a, b in pairwise([0, *restarts]) if b - a > 120]
        return VllmProcess(
            *(namespace, pod, self.one_of(("llama-8b", "qwen-32b"))),
            self.served(transferred=self.transfers),
            born=born,
            dies=dies,
            restarts=tuple(apart),
            engines=("0", "1") if self.chance(0.2) else ("0",),
            instance=instance,
            jobs=self.jobs(outage),
            by_source=self.transfers,
            created=self.chance(0.5),
            process_start=self.chance(0.5),
            reasons=("stop",),
        )

    def served(self, *, transferred: bool) -> list[Served]:
        found = []
        for second in range(self.first - HOUR, self.end, self.one_of((60, 210, 1500))):
            if self.chance(0.7):
                prompt = self.whole(0, 5000)
                cached = self.whole(0, prompt // 2)
                taken = self.whole(0, prompt // 2) if transferred else 0
                moment = second + self.whole(0, 59)
                found.append(Served(moment, prompt, self.whole(0, 900), cached, taken))
        return found

    def jobs(self, outage: tuple[Span, ...]) -> tuple[ScrapeJob, ...]:
        """One job, or two that scrape the same target at different times."""
        offset = self.whole(0, self.interval * 1000 - 1)
        jobs = [ScrapeJob(scrapes=Scrapes(self.interval, offset, (*outage, *self.gaps(2))))]
        if self.chance(0.2):
            moved = self.whole(self.first, self.end)
            until, since = ((moved, self.end + 60),), ((self.first - 60, moved),)
            return (
                ScrapeJob(scrapes=Scrapes(self.interval, offset, (*outage, *until))),
                ScrapeJob(SECOND_JOBS[0], Scrapes(self.interval, offset, (*outage, *since))),
            )
        if self.chance(0.3):
            later = (offset + self.whole(1, 50) * 1000) % (self.interval * 1000)
            labels = self.one_of(SECOND_JOBS)
            jobs.append(ScrapeJob(labels, Scrapes(self.interval, later, (*outage, *self.gaps(1)))))
        return tuple(jobs)

    def gpu(self, index: int, pods: Sequence[tuple[str, str]], outage: tuple[Span, ...]) -> Gpu:
        power = self.chance(0.9)
        form: LabelForm = self.one_of(("plain", "honored", "exported"))
        changes = [self.first - FOREVER, *self.moments(6), self.end + FOREVER]
        holdings = [
            Holding(start, end, *self.one_of(pods), self.whole(100, 700))
            for start, end in pairwise(changes)
            if self.chance(0.8)
        ]
        return Gpu(
            *(f"GPU-{index}", "node-a", holdings, index),
            idle_watts=self.whole(0, 100),
            form=form,
            target={} if form == "plain" else exporter_pod("node-a"),
            host_label=self.one_of(("Hostname", "hostname")),
            jobs=("dcgm-exporter", "gpu-metrics") if self.chance(0.3) else ("dcgm-exporter",),
            power=power,
            counter_gaps=self.gaps(1) if power and self.chance(0.3) else (),
            driver_resets=tuple(self.moments(2)),
            history_mj=self.whole(0, 10**13),
            scrapes=Scrapes(self.interval, self.whole(0, 29_000), (*outage, *self.gaps(2))),
        )
