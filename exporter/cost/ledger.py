"""Charges of hours added up to those of a report's period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from exporter.cost.amounts import MONEY, Amount, columns_of
from exporter.cost.charges import Charges, Ints, Kind, Meter
from exporter.cost.distinct import Coded, pairs_of
from exporter.cost.groups import added_up, grouped
from exporter.cost.ledger_rows import LedgerRows, Parts
from exporter.cost.row_keys import RowNumbers
from exporter.cost.subjects import Subjects
from exporter.cost.window import WindowCharges
from exporter.errors import PeriodError
from exporter.integers import NANO

Bools = npt.NDArray[np.bool_]
#: The largest cost in 1e-9 of the currency that a column of charges holds.
MOST_NANO = 2**63 - 1
_TEXTS = ("namespace", "workload", "workload_type", "pod", "model")
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
        columns = [*alike, *known, quiet]
        first, group = grouped(columns)
        blocks = np.concatenate([charges.amounts[index], charges.counts[index]], axis=1)
        latest = np.zeros(len(first), np.int64)
        np.maximum.at(latest, group, charges.hour[index])
        codes = [column[first] for column in columns]
        self._add_parts(window, subjects, codes, added_up(blocks, group, len(first)), latest)

    def _add_parts(
        self,
        window: WindowCharges,
        subjects: Subjects,
        codes: Sequence[Ints],
        sums: Ints,
        latest: Ints,
    ) -> None:
        """Add sums of charges that are alike, by their codes: `_ALIKE`, four of subjects, quiet."""
        _, kind, method, source, profile, pod, row, region, zone, *known, quiet = codes
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
        _, group = grouped([charges.hour[index], rows])
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
        rows, order = self._rows, self._numbers.order()
        _check_countable(rows.sums)
        sums = rows.sums[order].astype(np.int64)
        observed, capacity = self._pool_hours(order)
        amounts, counts = sums[:, : len(Amount)], sums[:, len(Amount) :]
        amount_columns: dict[str, Any] = dict(columns_of(amounts))
        texts: dict[str, Any] = {name: self._numbers.texts(name, order) for name in _TEXTS}
        return Charges(
            kind=self._numbers.numbers("kind", order),
            method=rows.method[order],
            meter=np.full(len(order), Meter.ALL, np.int64),
            power_source=rows.power_source[order],
            profile=rows.profiles(order),
            **texts,
            **amount_columns,
            tokens_input=counts[:, 0],
            tokens_output=counts[:, 1],
            tokens_cached=counts[:, 2],
            requests=counts[:, 3],
            observed_nano_hours=observed,
            capacity_nano_hours=capacity,
            namespace_labels=rows.namespace_labels(order),
            pod_labels=rows.pod_labels(order),
            region=rows.place_names(rows.region[order]),
            zone=rows.place_names(rows.zone[order]),
        )

    def _pool_hours(self, rows: Ints) -> tuple[Ints, Ints]:
        """Observed and whole GPU-time of the pool of each row, 0 without one."""
        pools: Coded[tuple[str, str]] = pairs_of(
            self._numbers.texts("profile", rows),
            self._numbers.texts("profile_namespace", rows),
            lambda name, namespace: (name or "", namespace or ""),
        )
        hours = [self._pools.get(pool, (0, 0)) for pool in pools.values]
        found: Ints = np.array(hours, np.int64).reshape(-1, 2)[pools.codes]
        return found[:, 0], found[:, 1]


def _check_countable(sums: npt.NDArray[np.object_] | Ints) -> None:
    cost = int(sums[:, list(MONEY)].astype(object).sum())
    if cost > MOST_NANO:
        raise PeriodError(
            f"the period costs {cost // NANO}, more than the {MOST_NANO // NANO} that can be"
            " counted in 1e-9: export shorter periods, or give all prices in a larger unit"
        )
