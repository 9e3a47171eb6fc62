"""What a fleet really did, as tables that a written dataset is held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.fleets.dcgm import HoldingTruth
from bench.fleets.vllm import PodTruth

_TOKENS, _HOLDINGS = "tokens.parquet", "holdings.parquet"


@dataclass(frozen=True, slots=True)
class Truth:
    """What pods served and what holdings used, one row per exported hour in which they were seen.

    `tokens`: hour (from 0), namespace, pod, model, input, output, cached, requests.
    `holdings`: hour, pool, namespace and pod (null: nobody), millijoules, gpu_hours, active_hours.
    """

    tokens: pa.Table
    holdings: pa.Table

    def save(self, folder: Path) -> None:
        pq.write_table(self.tokens, folder / _TOKENS)
        pq.write_table(self.holdings, folder / _HOLDINGS)


def load_truth(folder: Path) -> Truth:
    """What `save` wrote."""
    return Truth(pq.read_table(folder / _TOKENS), pq.read_table(folder / _HOLDINGS))


def truth_of(pods: Sequence[PodTruth], holdings: Sequence[HoldingTruth]) -> Truth:
    """The tables of everything in a fleet."""
    return Truth(
        pa.concat_tables([_served(one) for one in pods]).combine_chunks(),
        pa.concat_tables([_held(one) for one in holdings]).combine_chunks(),
    )


def _served(one: PodTruth) -> pa.Table:
    hours = np.flatnonzero(one.seen)
    counts = {
        "input": one.input,
        "output": one.output,
        "cached": one.cached,
        "requests": one.requests,
    }
    return pa.table(
        {
            "hour": hours,
            "namespace": _repeated(one.pod.namespace, len(hours)),
            "pod": _repeated(one.pod.name, len(hours)),
            "model": _repeated(one.pod.model, len(hours)),
            **{name: values[hours] for name, values in counts.items()},
        }
    )


def _held(one: HoldingTruth) -> pa.Table:
    hours = np.flatnonzero(one.time)
    return pa.table(
        {
            "hour": hours,
            "pool": _repeated(one.node.kind.pool, len(hours)),
            "namespace": _repeated(None if one.pod is None else one.pod.namespace, len(hours)),
            "pod": _repeated(None if one.pod is None else one.pod.name, len(hours)),
            "millijoules": one.millijoules[hours],
            "gpu_hours": one.time[hours],
            "active_hours": one.active[hours],
        }
    )


def _repeated(text: str | None, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def summed(table: pa.Table, keys: Sequence[str], amounts: Iterable[str]) -> pa.Table:
    """Sums of the amounts by key, under their own names."""
    names = list(amounts)
    found = table.group_by(list(keys)).aggregate([(name, "sum") for name in names])
    return found.rename_columns({f"{name}_sum": name for name in names})
