"""Charges of hours added up to those of a report's period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from exporter.cost.amounts import MONEY, Amount, columns_of
from exporter.cost.charges import Charges, Ints, Kind, Meter
from exporter.cost.parts import NOWHERE
from exporter.cost.subjects import Subjects
from exporter.cost.window import WindowCharges
from exporter.documents.kinds import CostProfile
from exporter.errors import PeriodError
from exporter.integers import NANO
from exporter.sources.series import Labels

Bools = npt.NDArray[np.bool_]
#: The largest cost in 1e-9 of the currency that a column of charges holds.
MOST_NANO = 2**63 - 1
#: Charges that agree in these are added up before anything is looked at one by one.
_ALIKE = ("cluster", "kind", "method", "power_source", "profile", "pod", "row", "region", "zone")


@dataclass(frozen=True, slots=True, order=True)
class RowKey:
    """What makes a row of its own; texts are empty where the row has none, so that keys sort.

    `quiet` marks the hours of a model without tokens, where they make a row of their own.
    """

    profile: str
    profile_namespace: str
    kind: int
    namespace: str
    workload: str
    workload_type: str
    pod: str
    model: str
    quiet: bool


@dataclass(slots=True)
class _Row:
    """A row under construction; labels and places are narrowed to what all its parts share.

    `profile_hour` is the latest hour in which the profile's version applied. `sums` are Python
    integers, since a long period may pass 64 bits.
    """

    profile: CostProfile | None
    profile_hour: int
    sums: npt.NDArray[np.object_]
    method: int
    power_source: int
    pod_labels: Labels
    namespace_labels: Labels
    regions: set[str | None]
    zones: set[str | None]


class Ledger:
    """The rows of one (cluster, report, period), filled window by window.

    `grain` is model, workload or pod. With `by_the_hour` the hours in which a model had no tokens
    make a row of their own, as they would if rows were hourly.
    """

    def __init__(self, cluster: str, grain: str, *, by_the_hour: bool = False) -> None:
        self.cluster, self.grain, self.by_the_hour = cluster, grain, by_the_hour
        self._rows: dict[RowKey, _Row] = {}
        self._pools: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, window: WindowCharges, chosen: Bools, subjects: Subjects) -> None:
        """Add the chosen charges of a window."""
        index = np.flatnonzero(chosen)
        charges = window.charges
        codes = [getattr(charges, name)[index] for name in _ALIKE]
        known = subjects.codes(charges.pod[index], charges.hour[index])
        quiet = self._quiet(window, index, subjects, known)
        table = np.stack([*codes, *known, quiet], axis=1)
        unique, first, group = np.unique(table, axis=0, return_index=True, return_inverse=True)
        blocks = np.concatenate([charges.amounts[index], charges.counts[index]], axis=1)
        sums = np.zeros((len(unique), blocks.shape[1]), np.int64)
        np.add.at(sums, group.reshape(-1), blocks)
        latest = np.zeros(len(unique), np.int64)
        np.maximum.at(latest, group.reshape(-1), charges.hour[index])
        for i, sample in enumerate(index[first].tolist()):
            of_subject, is_quiet = unique[i, len(codes) : -1], bool(unique[i, -1])
            self._add_row(window, sample, sums[i], int(latest[i]), subjects, of_subject, is_quiet)

    def _quiet(
        self, window: WindowCharges, index: Ints, subjects: Subjects, known: Sequence[Ints]
    ) -> Ints:
        """Which charges belong to a row that would have no tokens if it were of its hour alone."""
        charges = window.charges
        of_model = (charges.kind[index] == Kind.MODEL) & self.by_the_hour
        if not of_model.any():
            return np.zeros(len(index), np.int64)
        rows = self._row_codes(window, index, subjects, known)
        table = np.stack([charges.hour[index], rows], axis=1)
        _, group = np.unique(table, axis=0, return_inverse=True)
        group = group.reshape(-1)
        tokens = np.zeros(len(index), np.int64)
        np.add.at(tokens, group, charges.counts[index, :2].sum(axis=1))
        quiet: Ints = (of_model & (tokens[group] == 0)).astype(np.int64)
        return quiet

    def _row_codes(
        self, window: WindowCharges, index: Ints, subjects: Subjects, known: Sequence[Ints]
    ) -> Ints:
        """A number for each charge's row; equal ones are of one row."""
        charges, (_, _, owner, above) = window.charges, known
        columns = [charges.kind, charges.profile, charges.pod, charges.row]
        table = np.stack([*(column[index] for column in columns), owner, above], axis=1)
        unique, group = np.unique(table, axis=0, return_inverse=True)
        numbers: dict[RowKey, int] = {}
        codes = [
            numbers.setdefault(self._key_of(window, subjects, each), len(numbers))
            for each in unique.tolist()
        ]
        result: Ints = np.array(codes, np.int64)[group.reshape(-1)]
        return result

    def add_pools(self, window: WindowCharges, hours: slice) -> None:
        """Remember how much of each pool was observed in some hours of the period."""
        for (cluster, *profile), pool in window.pools.items():
            if cluster == self.cluster:
                name, namespace = profile
                seen, whole = self._pools.get((name, namespace), (0, 0))
                seen += int(pool.observed[hours].sum())
                self._pools[name, namespace] = seen, whole + int(pool.capacity[hours].sum())

    def _add_row(
        self,
        window: WindowCharges,
        sample: int,
        sums: Ints,
        hour: int,
        subjects: Subjects,
        known: Ints,
        quiet: bool,
    ) -> None:
        charges, names = window.charges, window.names
        code = int(charges.profile[sample])
        profile = names.profiles[code] if code >= 0 else None
        pod_labels, namespace_labels, owner, above = known.tolist()
        named = (charges.kind, charges.profile, charges.pod, charges.row)
        codes = [*(int(each[sample]) for each in named), owner, above]
        key = self._key_of(window, subjects, codes)
        key = replace(key, quiet=quiet)
        part = _Row(
            profile,
            hour,
            sums.astype(object),
            int(charges.method[sample]),
            int(charges.power_source[sample]),
            subjects.pod_labels(pod_labels),
            subjects.namespace_labels(namespace_labels),
            _place(charges.region[sample], names.places),
            _place(charges.zone[sample], names.places),
        )
        row = self._rows.get(key)
        if row is None:
            self._rows[key] = part
        else:
            _join(row, part)

    def _key_of(self, window: WindowCharges, subjects: Subjects, codes: Sequence[int]) -> RowKey:
        """The row of codes of kind, profile, pod, token row, owner and the owner above."""
        kind, profile_code, pod_code, row, owner, above = codes
        names = window.names
        profile = names.profiles[profile_code] if profile_code >= 0 else None
        namespace = workload = kind_of_workload = pod_name = ""
        if pod_code >= 0:
            pod = names.pods[pod_code]
            namespace = pod.namespace
            if self.grain != "model":
                workload, kind_of_workload = subjects.workload(pod, owner, above)
            if self.grain == "pod":
                pod_name = pod.name
        return RowKey(
            "" if profile is None else profile.name,
            "" if profile is None else profile.namespace or "",
            kind,
            namespace,
            workload,
            kind_of_workload,
            pod_name,
            names.models[row] if row >= 0 else "",
            quiet=False,
        )

    def charges(self) -> Charges:
        """All rows, sorted. Raises PeriodError when they cost more than 64 bits can count."""
        order = sorted(self._rows)
        rows = [self._rows[key] for key in order]
        _check_countable(rows)
        width = len(Amount) + 4
        sums = np.array([row.sums for row in rows], np.int64).reshape(len(rows), width)
        pools = [self._pools.get((key.profile, key.profile_namespace), (0, 0)) for key in order]
        amounts, counts = sums[:, : len(Amount)], sums[:, len(Amount) :]
        return Charges(
            kind=_ints(key.kind for key in order),
            method=_ints(row.method for row in rows),
            meter=np.full(len(rows), Meter.ALL, np.int64),
            power_source=_ints(row.power_source for row in rows),
            profile=[row.profile for row in rows],
            namespace=[key.namespace or None for key in order],
            workload=[key.workload or None for key in order],
            workload_type=[key.workload_type or None for key in order],
            pod=[key.pod or None for key in order],
            model=[key.model or None for key in order],
            **columns_of(amounts),
            tokens_input=counts[:, 0],
            tokens_output=counts[:, 1],
            tokens_cached=counts[:, 2],
            requests=counts[:, 3],
            observed_nano_hours=_ints(seen for seen, _ in pools),
            capacity_nano_hours=_ints(whole for _, whole in pools),
            namespace_labels=[row.namespace_labels for row in rows],
            pod_labels=[row.pod_labels for row in rows],
            region=[_only(row.regions) for row in rows],
            zone=[_only(row.zones) for row in rows],
        )


def _check_countable(rows: Sequence[_Row]) -> None:
    cost = sum(int(row.sums[list(MONEY)].sum()) for row in rows)
    if cost > MOST_NANO:
        raise PeriodError(
            f"the period costs {cost // NANO}, more than the {MOST_NANO // NANO} that can be"
            " counted in 1e-9: export shorter periods, or give all prices in a larger unit"
        )


def _join(row: _Row, part: _Row) -> None:
    row.sums = row.sums + part.sums
    row.method = max(row.method, part.method)
    row.power_source = max(row.power_source, part.power_source)
    row.pod_labels = _common(row.pod_labels, part.pod_labels)
    if part.profile_hour >= row.profile_hour:
        row.profile, row.profile_hour = part.profile, part.profile_hour
        row.namespace_labels = part.namespace_labels
    row.regions |= part.regions
    row.zones |= part.zones


def _common(one: Labels, other: Labels) -> Labels:
    if one is other:
        return one
    return {key: value for key, value in one.items() if other.get(key) == value}


def _place(code: int, places: Sequence[str]) -> set[str | None]:
    """A place as a set of one; nothing known adds nothing, disagreement adds None."""
    if code == NOWHERE:
        return set()
    return {places[code] if code >= 0 else None}


def _only(places: set[str | None]) -> str | None:
    return next(iter(places)) if len(places) == 1 else None


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)
