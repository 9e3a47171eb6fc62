"""Rows under construction, as columns that grow window by window."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter.cost.amounts import Amount
from exporter.cost.charges import Ints
from exporter.cost.distinct import Coded, Texts
from exporter.cost.groups import added_up, grouped
from exporter.cost.parts import NOWHERE, agreed
from exporter.cost.subjects import Subjects
from exporter.cost.window import Names
from exporter.documents.kinds import CostProfile
from exporter.sources.series import Labels

Value = TypeVar("Value")

#: Two numbers up to this add up within 64 bits.
_HALF = 2**62 - 1
_COUNTS = 4
#: Stands for the labels of a row that has no part yet; 0 is the code of no labels.
_ANY = -1


@dataclass(frozen=True, slots=True)
class Parts:
    """What is added to rows, one per entry: codes of a window, and the row each belongs to.

    `hour` is the latest hour of the part, `sums` a block of amounts and counts; together the parts
    of a row are within 64 bits.
    """

    row: Ints
    hour: Ints
    sums: Ints
    method: Ints
    power_source: Ints
    profile: Ints
    pod_labels: Ints
    namespace_labels: Ints


class _Known(Generic[Value]):
    """What stays the same from window to window, with one code for all that have one `key`.

    0 is the code of nothing, which is what code -1 of a window stands for.
    """

    def __init__(self, nothing: Value, key: Callable[[Value], Hashable]) -> None:
        self.values = [nothing]
        self._key = key
        self._codes = {key(nothing): 0}

    def code(self, value: Value) -> int:
        found = self._codes.setdefault(self._key(value), len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found

    def codes(self, codes: Ints, look: Callable[[int], Value]) -> Ints:
        """The codes of what codes of a window stand for, each looked up once."""
        used, places = np.unique(codes, return_inverse=True)
        found = [0 if code < 0 else self.code(look(code)) for code in used.tolist()]
        result: Ints = np.array(found, np.int64)[places.reshape(-1)]
        return result


def _content(labels: Labels) -> Hashable:
    return tuple(labels.items())


class LedgerRows:
    """Labels and places are narrowed to what all parts of a row share.

    `sums` becomes an array of Python integers where a long period may pass 64 bits. `profile` is
    the version, and `namespace_labels` are those, of the latest hour.
    """

    def __init__(self) -> None:
        nothing = np.zeros(0, np.int64)
        self.method = self.power_source = self.region = self.zone = self._hour = nothing
        self.sums: npt.NDArray[np.object_] | Ints = np.zeros((0, len(Amount) + _COUNTS), np.int64)
        self._profile = self._pod_labels = self._namespace_labels = nothing
        self._profiles: _Known[CostProfile | None] = _Known(None, id)
        self._labels: _Known[Labels] = _Known({}, _content)
        self._shared: dict[tuple[int, int], int] = {}
        self._places: dict[str, int] = {}

    def add(
        self, parts: Parts, places: tuple[Ints, Ints], names: Names, subjects: Subjects
    ) -> None:
        """Add parts to the rows they belong to; a new row has the next number."""
        self._grow(int(parts.row.max()) + 1)
        np.maximum.at(self.method, parts.row, parts.method)
        np.maximum.at(self.power_source, parts.row, parts.power_source)
        self._add_sums(parts)
        codes = [self._places.setdefault(name, len(self._places)) for name in names.places]
        region, zone = (_translated(place, codes) for place in places)
        self.region = _agreed(self.region, region, parts.row)
        self.zone = _agreed(self.zone, zone, parts.row)
        self._follow_latest(parts, names, subjects)
        self._narrow_labels(parts, subjects)

    def profiles(self, rows: Ints) -> Coded[CostProfile | None]:
        """The profiles of some rows, None for a row without one."""
        return Coded(self._profile[rows], self._profiles.values)

    def pod_labels(self, rows: Ints) -> Coded[Labels]:
        """What the labels of all pods of a row have in common."""
        return Coded(self._pod_labels[rows], self._labels.values)

    def namespace_labels(self, rows: Ints) -> Coded[Labels]:
        """The labels of the namespace of a row."""
        return Coded(self._namespace_labels[rows], self._labels.values)

    def place_names(self, codes: Ints) -> Texts:
        """The names of places; null where a row has none, or several."""
        names = pa.array([None, *self._places], pa.string())
        return Texts(np.maximum(codes, NOWHERE) + 1, names)

    def _grow(self, count: int) -> None:
        more = max(count - len(self.method), 0)
        nothing, nowhere = np.zeros(more, np.int64), np.full(more, NOWHERE, np.int64)
        self.method = np.concatenate([self.method, nothing])
        self.power_source = np.concatenate([self.power_source, nothing])
        self._hour = np.concatenate([self._hour, nothing])
        self.region = np.concatenate([self.region, nowhere])
        self.zone = np.concatenate([self.zone, nowhere])
        self.sums = np.concatenate([self.sums, np.zeros((more, self.sums.shape[1]), np.int64)])
        self._profile = np.concatenate([self._profile, nothing])
        self._namespace_labels = np.concatenate([self._namespace_labels, nothing])
        self._pod_labels = np.concatenate([self._pod_labels, np.full(more, _ANY, np.int64)])

    def _add_sums(self, parts: Parts) -> None:
        added = added_up(parts.sums, parts.row, len(self.sums))
        if max(self.sums.max(initial=0), added.max(initial=0)) > _HALF:
            self.sums = self.sums.astype(object)
        self.sums = self.sums + added

    def _follow_latest(self, parts: Parts, names: Names, subjects: Subjects) -> None:
        order = np.lexsort((parts.hour, parts.row))
        last = order[np.flatnonzero(np.diff(parts.row[order], append=-1))]
        newer = last[parts.hour[last] >= self._hour[parts.row[last]]]
        self._hour[parts.row[newer]] = parts.hour[newer]
        rows, profiles, labels = (
            each[newer] for each in (parts.row, parts.profile, parts.namespace_labels)
        )
        self._profile[rows] = self._profiles.codes(profiles, names.profiles.__getitem__)
        self._namespace_labels[rows] = self._labels.codes(labels, subjects.namespace_labels)

    def _narrow_labels(self, parts: Parts, subjects: Subjects) -> None:
        """Each different pair of a row and labels is looked at, and only where it says more."""
        codes = self._labels.codes(parts.pod_labels, subjects.pod_labels)
        first, _ = grouped([parts.row, codes])
        rows, codes = parts.row[first], codes[first]
        begins = np.diff(rows, prepend=-1) != 0
        new = begins & (self._pod_labels[rows] == _ANY)
        self._pod_labels[rows[new]] = codes[new]
        others = np.flatnonzero(~new & (self._pod_labels[rows] != codes))
        for row, code in zip(rows[others].tolist(), codes[others].tolist(), strict=True):
            self._pod_labels[row] = self._common(int(self._pod_labels[row]), code)

    def _common(self, one: int, other: int) -> int:
        """The code of what two sets of labels have in common."""
        found = self._shared.get((one, other))
        if found is None:
            labels = self._labels.values
            found = self._shared[one, other] = self._labels.code(
                _common(labels[one], labels[other])
            )
        return found


def _translated(place: Ints, codes: Sequence[int]) -> Ints:
    """A window's codes of places as those of the ledger; those of no one place stay."""
    known = place >= 0
    result = place.copy()
    result[known] = np.array(codes, np.int64)[place[known]]
    return result


def _agreed(known: Ints, added: Ints, row: Ints) -> Ints:
    count = len(known)
    return agreed(np.append(known, added), np.append(np.arange(count), row), count)


def _common(one: Labels, other: Labels) -> Labels:
    return {key: value for key, value in one.items() if other.get(key) == value}
