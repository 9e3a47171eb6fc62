"""The usage of a fleet several times over, under other names: as many rows as a test wants."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from exporter.usage.gpus import Holding
from exporter.usage.identity import Pod
from exporter.usage.kubernetes import Latest
from exporter.usage.tokens import TokenUsage
from exporter.usage.window import GpuRequest, GpuUsage, KubeTables, WindowUsage


def tiled(usage: WindowUsage, times: int) -> WindowUsage:
    """Every pod, GPU and node `times` over; namespaces and models stay the same."""
    copies = range(times)
    return replace(
        usage,
        tokens=_tokens(usage.tokens, copies),
        gpus=_gpus(usage.gpus, copies),
        requests=[_request(one, n) for n in copies for one in usage.requests],
        kube=_kube(usage.kube, copies),
    )


def _tokens(usage: TokenUsage, copies: range) -> TokenUsage:
    times = (len(copies), 1)
    return replace(
        usage,
        pods=[_pod(pod, n) for n in copies for pod in usage.pods],
        models=[*usage.models] * len(copies),
        input=np.tile(usage.input, times),
        output=np.tile(usage.output, times),
        cached=np.tile(usage.cached, times),
        requests=np.tile(usage.requests, times),
        seen=np.tile(usage.seen, times),
    )


def _gpus(usage: GpuUsage, copies: range) -> GpuUsage:
    times = (len(copies), 1)
    return GpuUsage(
        [_holding(one, n) for n in copies for one in usage.holdings],
        {_name(uuid, n): model for n in copies for uuid, model in usage.models.items()},
        np.tile(usage.nano_hours, times),
        {watts: np.tile(active, times) for watts, active in usage.active_nano_hours.items()},
        np.tile(usage.millijoules, times),
        np.tile(usage.power_source, times),
    )


def _kube(known: KubeTables, copies: range) -> KubeTables:
    """What is known of the first of each kind holds for its copies; a pod's node stays."""
    named = ("node_labels", "pod_labels", "pod_info", "pod_owner")
    return replace(known, **{name: _table(getattr(known, name), copies) for name in named})


def _table(table: Latest, copies: range) -> Latest:
    rows = {_subject(one, n): row for n in copies for one, row in table.rows.items()}
    return replace(table, rows=rows)


def _subject(subject: Hashable, number: int) -> Hashable:
    """A pod, or a node as (cluster, name)."""
    if isinstance(subject, Pod):
        return _pod(subject, number)
    if isinstance(subject, tuple):
        return *subject[:-1], _name(subject[-1], number)
    raise TypeError(f"{subject!r} is neither a pod nor a node")


def _holding(one: Holding, number: int) -> Holding:
    return Holding(
        one.cluster,
        _name(one.uuid, number),
        _name(one.node, number),
        None if one.holder is None else _pod(one.holder, number),
    )


def _request(one: GpuRequest, number: int) -> GpuRequest:
    return replace(one, pod=_pod(one.pod, number), node=_name(one.node, number))


def _pod(pod: Pod, number: int) -> Pod:
    return replace(pod, name=_name(pod.name, number))


def _name(name: str, number: int) -> str:
    """The first copy keeps its name."""
    return f"{name}-{number}" if number else name
