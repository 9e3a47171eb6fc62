"""Charges of hours added up to those of a report's period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from exporter.cost.amounts import MONEY, Amount, columns_of
from exporter.cost.charges import Charges, Ints, Kind, Meter
from exporter.cost.ledger_rows import LedgerRows, Parts
from exporter.cost.row_keys import RowNumbers
from exporter.cost.subjects import Subjects
from exporter.cost.window import WindowCharges
from exporter.errors import PeriodError
from exporter.integers import NANO

Bools = npt.NDArray[np.bool_]
#: The largest cost in 1e-9 of the currency that a column of charges holds.
MOST_NANO = 2**63 - 1
#: Charges that agree in these are added up before anything else is looked at.
_ALIKE = ("cluster", "kind", "method", "power_source", "profile", "pod", "row", "region", "zone")


class Ledger:
    """The rows of one (cluster, report, period), filled window by window.

    `grain` is model, workload or pod. With `by_the_hour` the hours in which a model had no tokens
    make a row of their own, as they would if rows were hourly.
    """

    def __init__(self, cluster: str, grain: str, *, by_the_hour: bool = False) -> None:
        self.cluster, self.grain, self.by_the_hour = cluster, grain, by_the_hour
        self._numbers = RowNumbers(grain)
        self._rows = LedgerRows()
        self._pools: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, window: WindowCharges, chosen: Bools, subjects: Subjects) -> None:
        """Add the chosen charges of a window."""
        index = np.flatnonzero(chosen)
        if not len(index):
            return
        charges = window.charges
        known = subjects.codes(charges.pod[index], charges.hour[index])
        quiet = self._quiet(window, index, subjects, known)
        alike = [getattr(charges, name)[index] for name in _ALIKE]
        table = np.stack([*alike, *known, quiet], axis=1)
        unique, group = np.unique(table, axis=0, return_inverse=True)
        group = group.reshape(-1)
        blocks = np.concatenate([charges.amounts[index], charges.counts[index]], axis=1)
        sums = np.zeros((len(unique), blocks.shape[1]), np.int64)
        np.add.at(sums, group, blocks)
        latest = np.zeros(len(unique), np.int64)
        np.maximum.at(latest, group, charges.hour[index])
        self._add_parts(window, subjects, unique, sums, latest)

    def _add_parts(
        self, window: WindowCharges, subjects: Subjects, codes: Ints, sums: Ints, latest: Ints
    ) -> None:
        """Add sums of charges that are alike, by their codes: `_ALIKE`, four of subjects, quiet."""
        _, kind, method, source, profile, pod, row, region, zone, *known, quiet = codes.T
        pod_labels, namespace_labels, owner, above = known
        number = self._numbers.of(
            window.names, subjects, [kind, profile, pod, row, owner, above, quiet]
        )
        self._rows.add(
            Parts(number, latest, sums, method, source, profile, pod_labels, namespace_labels),
            (region, zone),
            window.names,
            subjects,
        )

    def _quiet(
        self, window: WindowCharges, index: Ints, subjects: Subjects, known: Sequence[Ints]
    ) -> Ints:
        """Which charges belong to a row that would have no tokens if it were of its hour alone."""
        charges = window.charges
        nothing = np.zeros(len(index), np.int64)
        of_model = (charges.kind[index] == Kind.MODEL) & self.by_the_hour
        if not of_model.any():
            return nothing
        _, _, owner, above = known
        codes = [each[index] for each in (charges.kind, charges.profile, charges.pod, charges.row)]
        rows = RowNumbers(self.grain).of(window.names, subjects, [*codes, owner, above, nothing])
        table = np.stack([charges.hour[index], rows], axis=1)
        _, group = np.unique(table, axis=0, return_inverse=True)
        group = group.reshape(-1)
        tokens = np.zeros(len(index), np.int64)
        np.add.at(tokens, group, charges.counts[index, :2].sum(axis=1))
        quiet: Ints = (of_model & (tokens[group] == 0)).astype(np.int64)
        return quiet

    def add_pools(self, window: WindowCharges, hours: slice) -> None:
        """Remember how much of each pool was observed in some hours of the period."""
        for (cluster, *profile), pool in window.pools.items():
            if cluster == self.cluster:
                name, namespace = profile
                seen, whole = self._pools.get((name, namespace), (0, 0))
                seen += int(pool.observed[hours].sum())
                self._pools[name, namespace] = seen, whole + int(pool.capacity[hours].sum())

    def charges(self) -> Charges:
        """All rows, sorted. Raises PeriodError when they cost more than 64 bits can count."""
        keys = sorted(self._numbers.keys)
        rows, order = self._rows, _ints(self._numbers.keys[key] for key in keys)
        _check_countable(rows.sums)
        sums = rows.sums[order].astype(np.int64)
        pools = [self._pools.get((key.profile, key.profile_namespace), (0, 0)) for key in keys]
        amounts, counts = sums[:, : len(Amount)], sums[:, len(Amount) :]
        return Charges(
            kind=_ints(key.kind for key in keys),
            method=rows.method[order],
            meter=np.full(len(keys), Meter.ALL, np.int64),
            power_source=rows.power_source[order],
            profile=[rows.profile[row] for row in order.tolist()],
            namespace=[key.namespace or None for key in keys],
            workload=[key.workload or None for key in keys],
            workload_type=[key.workload_type or None for key in keys],
            pod=[key.pod or None for key in keys],
            model=[key.model or None for key in keys],
            **columns_of(amounts),
            tokens_input=counts[:, 0],
            tokens_output=counts[:, 1],
            tokens_cached=counts[:, 2],
            requests=counts[:, 3],
            observed_nano_hours=_ints(seen for seen, _ in pools),
            capacity_nano_hours=_ints(whole for _, whole in pools),
            namespace_labels=[rows.namespace_labels[row] for row in order.tolist()],
            pod_labels=[rows.pod_labels[row] for row in order.tolist()],
            region=rows.place_names(rows.region[order]),
            zone=rows.place_names(rows.zone[order]),
        )


def _check_countable(sums: npt.NDArray[np.object_] | Ints) -> None:
    cost = int(sums[:, list(MONEY)].astype(object).sum())
    if cost > MOST_NANO:
        raise PeriodError(
            f"the period costs {cost // NANO}, more than the {MOST_NANO // NANO} that can be"
            " counted in 1e-9: export shorter periods, or give all prices in a larger unit"
        )


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)
