"""What DCGM says of each profile's nodes, and whether its series can be relied on."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from exporter.commands.checking.findings import Finding, counted, fail, listed, ok, skip, warn
from exporter.commands.checking.gpu_facts import GpuFacts, Target
from exporter.commands.checking.kube_facts import KubeFacts
from exporter.commands.checking.pools import ClusterView, ProfileView
from exporter.commands.checking.presence import GPU, Presence
from exporter.commands.checking.remedies import NAME_HOLDERS, SCRAPE_DCGM, count_field
from exporter.reading.nodes import node_finder
from exporter.usage.energy import POWER_METRIC
from exporter.usage.identity import ClusterNaming, Pod, gpu_of

SEE_TARGETS = (
    "look at its error on the Targets page of Prometheus, and at the pod:"
    " kubectl get pods --all-namespaces -o wide | grep dcgm-exporter"
)


class State(StrEnum):
    """How DCGM stands for one profile."""

    NOT_CONFIGURED = "NotConfigured"
    SCRAPE_ERROR = "ScrapeError"
    NO_READINGS = "NoReadings"
    HEALTHY = "Healthy"


class Dcgm:
    """DCGM in one cluster, beside what else is known there."""

    def __init__(
        self,
        view: ClusterView,
        gpus: GpuFacts,
        kube: KubeFacts,
        presence: Presence,
        naming: ClusterNaming,
        *,
        serving: bool,
    ) -> None:
        self._view, self._gpus, self._kube = view, gpus, kube
        self._presence, self._naming, self._serving = presence, naming, serving
        self._targets = [t for t in gpus.targets if naming.of(t.labels) == view.cluster]

    def findings(self) -> Iterator[Finding]:
        """The targets, a state per profile, then holders and copies.

        A profile without a node has a failure of its own; DCGM has nothing to say of it.
        """
        if self._targets or self._shown:
            yield self._targets_finding()
        for profile in self._view.profiles:
            yield self._state_finding(profile)
        if self._shown:
            yield self._holders()
            yield from self._copies()

    @property
    def _shown(self) -> bool:
        return self._presence.any_of(GPU, self._view.cluster)

    @property
    def _shown_before(self) -> bool:
        return any(self._presence.earlier(metric, self._view.cluster) for metric in GPU)

    def _targets_finding(self) -> Finding:
        down = [target for target in self._targets if not target.up]
        if not self._targets:
            return skip("DCGM targets", "the source holds no `up` of them, they may be down or not")
        jobs = listed({target.labels.get("job", "?") for target in self._targets})
        all_of_them = f"{counted(len(self._targets), 'target')} of job {jobs}"
        if down:
            return warn(
                "DCGM targets",
                f"{len(down)} of {all_of_them} down: {listed([target.name for target in down])}",
                SEE_TARGETS,
            )
        if not self._shown:
            return warn(
                "DCGM targets",
                f"{all_of_them} up, but without {POWER_METRIC}",
                count_field(POWER_METRIC),
            )
        return ok("DCGM targets", f"{all_of_them} up")

    def _state_finding(self, profile: ProfileView) -> Finding:
        what = f"DCGM for {profile.profile.name}"
        state, why, fix = self._state(profile)
        if state is State.HEALTHY:
            return ok(what, f"{state}: {why}")
        if state is State.NO_READINGS and not profile.selected:
            return skip(what, f"{state}: {why}")
        if profile.gpus:
            seen = counted(profile.gpus.total(), "GPU is", "GPUs are")
            return warn(what, f"{state}: {why}: {seen} seen, the others are __unobserved__", fix)
        if not self._serving:
            without = "and no tokens either: everything counts as idle"
            return fail(what, f"{state}: {why}, {without}", fix)
        return warn(what, f"{state}: {why}: {_estimate(profile)}, holders by tokens", fix)

    def _state(self, profile: ProfileView) -> tuple[State, str, str]:
        down = [
            target for target in self._targets if not target.up and self._is_of(target, profile)
        ]
        if down:
            names = listed([target.name for target in down])
            return State.SCRAPE_ERROR, f"its scrape target is down ({names})", SEE_TARGETS
        if profile.gpus:
            nodes = f"{counted(profile.gpus.total(), 'GPU')} on {listed(profile.gpus)}"
            models = listed([name for name in profile.models if name])
            return State.HEALTHY, f"{nodes}, {models}" if models else nodes, ""
        if not (self._shown or self._shown_before or self._targets):
            return State.NOT_CONFIGURED, "no DCGM series at all", SCRAPE_DCGM
        if not profile.selected:
            return State.NO_READINGS, "the profile has no node", ""
        fix = (
            "see that dcgm-exporter runs there: kubectl get pods --all-namespaces -o wide"
            " | grep dcgm-exporter"
        )
        nodes = listed(profile.selected)
        return State.NO_READINGS, f"no reading in the last hour on {nodes}", fix

    def _is_of(self, target: Target, profile: ProfileView) -> bool:
        """Whether a target reports a profile's GPUs; one of no known node may, if some lack."""
        node = self._node_of(target)
        if node is None:
            return profile.gpus.total() < profile.profile.spec.hardware.gpu_count
        return node in profile.selected

    def _node_of(self, target: Target) -> str | None:
        """By the hosts of the GPUs it showed, by its own labels, by its pod, by its address."""
        cluster, labels = self._view.cluster, target.labels
        hosts = {**target.hosts, "UUID": "any"}
        gpu = gpu_of(hosts, self._naming)
        named = gpu and node_finder(self._kube.tables, 0)(hosts, gpu, None)
        pod = Pod(cluster, labels.get("namespace", ""), labels.get("pod", ""))
        by_pod = self._kube.tables.node_of_pod(pod, 0)
        address = labels.get("instance", "").rpartition(":")[0]
        found = (named, labels.get("node"), by_pod, address)
        return next((name for name in found if name in self._view.known), None)

    def _holders(self) -> Finding:
        what, cluster = "pod labels of DCGM", self._view.cluster
        holders = self._gpus.holders.get(cluster)
        if holders:
            series = counted(holders.total(), "GPU series name", "GPU series name")
            return ok(what, f"{series} their holder, in {listed(holders)}")
        asking = self._kube.requesting(cluster)
        if asking:
            pods = f"the GPU requests of pods in {listed(asking)} (allocation method `requests`)"
            return warn(
                what, f"no GPU series names a pod: holders are known by {pods}", NAME_HOLDERS
            )
        how = "by tokens (allocation method `tokens`)" if self._serving else "not at all"
        return warn(
            what,
            f"no GPU series names a pod, and no pod requests a GPU: holders are known {how}",
            NAME_HOLDERS,
        )

    def _copies(self) -> Iterator[Finding]:
        for (cluster, label), values in sorted(self._gpus.replicas.items()):
            if cluster == self._view.cluster and len(values) > 1:
                yield warn(
                    "copies of series",
                    f"the label {label} has the values {listed(values)}: copies count once, and"
                    " are read each",
                    f"have the store merge them: --query.replica-label={label} of Thanos Query,"
                    " HA deduplication of Mimir, -dedup.minScrapeInterval of VictoriaMetrics",
                )


def _estimate(profile: ProfileView) -> str:
    """Where the energy of a pool without DCGM comes from."""
    watts = profile.profile.spec.hardware.tdp_watts
    return (
        "energy 0 without spec.hardware.tdpWatts"
        if watts is None
        else f"energy by tdpWatts {watts}"
    )
