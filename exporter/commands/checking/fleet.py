"""What the source shows of the fleet: each cluster by itself, then what concerns them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from exporter.commands.building import Configuration, reading_rules
from exporter.commands.checking.asking import Asker
from exporter.commands.checking.dcgm import Dcgm
from exporter.commands.checking.documents import namespace_names, price_findings
from exporter.commands.checking.environments import environment_findings
from exporter.commands.checking.findings import Finding, fail, listed, ok, warn
from exporter.commands.checking.label_keys import LabelKeys, label_keys
from exporter.commands.checking.labelling import Labelling
from exporter.commands.checking.labels import label_findings, namespace_findings
from exporter.commands.checking.metrics import Metrics
from exporter.commands.checking.profiles import homeless_findings, profile_findings
from exporter.commands.checking.remedies import allow_labels
from exporter.commands.checking.retention import need_of, retention_findings
from exporter.commands.checking.survey import Survey, survey
from exporter.documents.kinds import CostProfile
from exporter.periods import HOUR_SECONDS, rfc3339
from exporter.reading.window import ReadingRules

_BAD_FILTER = 2


def fleet_findings(asker: Asker, configuration: Configuration) -> Iterator[Finding]:
    """Raises UnreadablePeriod and UnusableError as the census does."""
    rules = reading_rules(configuration)
    keys = label_keys(configuration.settings, rules.profiles)
    found = survey(asker, rules, keys)
    if asker.naming.label is not None:
        yield from _cluster_findings(asker, found, rules)
    for cluster in found.clusters:
        for finding in _of_cluster(asker, found, configuration, keys, cluster):
            yield replace(finding, cluster="" if asker.naming.label is None else cluster)
    absent = _absent(rules.profiles, found, asker.end)
    yield from homeless_findings(found.pools.homeless, absent)
    need = need_of(configuration.settings, configuration.plans, asker.end)
    kept = asker.census.retention()
    yield from retention_findings(asker, found.presence, rules.engines, need, kept)
    if found.namespaces:
        yield from namespace_names(configuration, found.namespaces)
    yield from price_findings(configuration, found.models)


def _cluster_findings(asker: Asker, found: Survey, rules: ReadingRules) -> Iterator[Finding]:
    """Which clusters the label tells apart."""
    what, label = "COLLECTION_CLUSTER_LABEL", asker.naming.label
    if not found.known:
        others = asker.census.label_names("up", asker.end, HOUR_SECONDS) or frozenset()
        yield fail(
            what,
            f"no series that is read has the label {label}",
            f"name a label that each series has; those of `up` are {listed(others) or 'unknown'}",
        )
    elif not found.clusters:
        yield fail(
            "COLLECTION_INCLUDE_CLUSTERS, COLLECTION_EXCLUDE_CLUSTERS",
            f"none of the clusters {listed(found.known)} is left",
            "set them so that one is left",
            _BAD_FILTER,
        )
    else:
        yield ok(what, f"{label} names {listed(found.known)}")
    if found.presence.nameless and found.known:
        yield warn(
            what,
            f"some series have no label {label} and make no row: {listed(found.presence.nameless)}",
            f"give every Prometheus that sends them external_labels: {{{label}: NAME}}",
        )


def _of_cluster(
    asker: Asker, found: Survey, configuration: Configuration, keys: LabelKeys, cluster: str
) -> Iterator[Finding]:
    rules = reading_rules(configuration)
    metrics = Metrics(found.presence, cluster, rules.engines)
    view, kube, users = found.pools.clusters[cluster], found.kube, found.users(cluster)
    allow = allow_labels(keys, kube.shown(cluster))
    yield from metrics.findings(owners=rules.owners)
    settings = configuration.settings
    yield from label_findings(kube, found.presence, cluster, settings, keys, allow)
    yield from Labelling(kube, cluster, users, keys, allow).findings()
    yield from environment_findings(kube, view.profiles, cluster)
    yield from profile_findings(view, kube, allow)
    dcgm = Dcgm(view, found.gpus, kube, found.presence, asker.naming, serving=metrics.serving)
    yield from dcgm.findings()
    profiles = [each.profile for each in view.profiles]
    yield from namespace_findings(kube, profiles, cluster, users, allow)


def _absent(profiles: Sequence[CostProfile], found: Survey, end: int) -> dict[str, str]:
    """Profiles that stand for nothing anywhere, and why."""
    known = found.profile_names()
    return {
        profile.name: _why(profile, end)
        for profile in profiles
        if profile.name not in known and found.known
    }


def _why(profile: CostProfile, end: int) -> str:
    start = profile.spec.valid_from
    if start is not None and start > end:
        return f"spec.validFrom is {rfc3339(start)}"
    return f"spec.clusters {listed(profile.spec.clusters)} fits none of the clusters"
