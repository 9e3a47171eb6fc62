"""Each metric that a run reads: how many series there are, and what rows are like without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.commands.checking.findings import Finding, fail, listed, ok, warn
from exporter.commands.checking.presence import (
    GPU,
    KUBE,
    OWNER,
    OWNERS,
    PHASE,
    POD_START,
    PROCESS_START,
    REPLICASET_OWNER,
    REQUESTS,
    Presence,
    token_metrics,
)
from exporter.commands.checking.remedies import (
    SCRAPE_DCGM,
    SCRAPE_ENGINE,
    SCRAPE_KUBE_STATE,
    count_field,
)
from exporter.reading.kubernetes import POD_INFO
from exporter.usage.energy import ENERGY_METRIC, POWER_METRIC
from exporter.usage.engines import Engine, Quantity

_SHOW = "take it off the --metric-denylist of kube-state-metrics, and do not drop it in the scrape"
#: Metrics of kube-state-metrics but those of labels: what is missing in rows without them.
_KUBE_WITHOUT = {
    POD_INFO: "the node of a pod is not known: no holder by requests or tokens",
    REQUESTS: "a GPU whose holder DCGM does not name has none",
    PHASE: "GPU requests count for nothing, since nobody knows which pods run",
    POD_START: "a new process is known by its own metrics only",
    OWNER: "a pod stands for its own workload",
    REPLICASET_OWNER: "a ReplicaSet stands for its Deployment",
}


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was counted in one cluster."""

    presence: Presence
    cluster: str
    engines: Sequence[Engine]

    @property
    def serving(self) -> bool:
        """Whether there are tokens, now or within a day."""
        names = token_metrics(self.engines)
        return any(self._now(name) or self._before(name) for name in names)

    def findings(self, *, owners: bool) -> Iterator[Finding]:
        """One line per metric, or one for a whole exporter that is not there."""
        for engine in self.engines:
            yield from self._engine(engine)
        yield from self._gpu()
        yield from self._kube(owners)

    def _now(self, metric: str) -> int:
        return self.presence.count(metric, self.cluster)

    def _before(self, metric: str) -> int:
        return self.presence.earlier(metric, self.cluster)

    def _absent(self, *metrics: str) -> str:
        """`none in the last hour`, and what there was before that."""
        before = sum(self._before(metric) for metric in metrics)
        return "none in the last hour" + (f", {before} in the day before" if before else "")

    def _line(self, metric: str, without: str, fix: str) -> Finding:
        if count := self._now(metric):
            return ok(metric, f"{count:,} series")
        return warn(metric, f"{self._absent(metric)}: {without}", fix)

    def _engine(self, engine: Engine) -> Iterator[Finding]:
        main = token_metrics([engine])
        if not any(self._now(counter.name) for counter in engine.counters):
            yield self._silent_engine(engine, main)
            return
        for metric in main:
            without = "cost without tokens, in one row per namespace without a model"
            yield self._line(metric, without, SCRAPE_ENGINE)
        for counter in engine.counters:
            if counter.quantity is Quantity.REQUESTS:
                yield self._line(counter.name, "x-InferRequests is 0", SCRAPE_ENGINE)
        yield self._cached(engine)
        yield self._starts(engine)

    def _silent_engine(self, engine: Engine, main: Sequence[str]) -> Finding:
        what = f"{engine.name} metrics"
        absent = f"{listed(main)}: {self._absent(*main)}"
        if self.serving or self.presence.any_of(GPU, self.cluster):
            without = "cost without tokens, in one row per namespace without a model"
            return warn(what, f"{absent}: {without}", SCRAPE_ENGINE)
        return fail(what, f"{absent}, and no DCGM either: no cost is anybody's", SCRAPE_ENGINE)

    def _cached(self, engine: Engine) -> Finding:
        cached = [c.name for c in engine.counters if c.quantity is Quantity.CACHED]
        found = [name for name in cached if self._now(name)]
        if found:
            return ok(found[0], f"{self._now(found[0]):,} series")
        return warn(
            cached[0],
            f"{self._absent(*cached)}: x-InferTokensCached is 0, and the cloud comparison knows no"
            " cached prices",
            "start vLLM with --enable-prefix-caching, in a release of 2026",
        )

    def _starts(self, engine: Engine) -> Finding:
        names = (engine.counters[0].created, PROCESS_START, POD_START)
        found = [f"{self._now(name):,} series of {name}" for name in names if self._now(name)]
        if found:
            return ok("starts of processes", ", ".join(found))
        return warn(
            "starts of processes",
            f"{listed(names)}: none: the first tokens of every new process are left out",
            SCRAPE_KUBE_STATE,
        )

    def _gpu(self) -> Iterator[Finding]:
        if not self.presence.any_of(GPU, self.cluster):
            absent = f"{listed(GPU)}: {self._absent(*GPU)}"
            without = "energy and holders are estimates"
            if self.serving:
                yield warn("DCGM metrics", f"{absent}: {without}", SCRAPE_DCGM)
            else:
                yield fail("DCGM metrics", f"{absent}, and no tokens either", SCRAPE_DCGM)
            return
        without = "energy is taken from power samples"
        yield self._line(ENERGY_METRIC, without, count_field(ENERGY_METRIC))
        without = "x-InferActiveGpuHours and x-InferUtilizationPercent are 0"
        yield self._line(POWER_METRIC, without, count_field(POWER_METRIC))

    def _kube(self, owners: bool) -> Iterator[Finding]:
        if not self.presence.any_of(KUBE, self.cluster):
            yield warn(
                "kube-state-metrics",
                f"{listed(KUBE)}: {self._absent(*KUBE)}: only profiles that select by"
                " kubernetes.io/hostname have nodes, rows have no Tags from labels and no region",
                SCRAPE_KUBE_STATE,
            )
            return
        for metric, without in _wanted(owners).items():
            if metric == REQUESTS and self.presence.any_of(GPU, self.cluster):
                yield self._requests(without)
            else:
                yield self._line(metric, without, _SHOW)

    def _requests(self, without: str) -> Finding:
        if self._now(REQUESTS) or self._now(POD_INFO) == 0:
            return self._line(REQUESTS, without, _SHOW)
        return ok(REQUESTS, "none of nvidia.com/gpu: no pod requests a GPU")


def _wanted(owners: bool) -> Mapping[str, str]:
    return {m: text for m, text in _KUBE_WITHOUT.items() if owners or m not in OWNERS}
