"""Rows under construction, as columns that grow window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exporter.cost.amounts import Amount
from exporter.cost.charges import Ints
from exporter.cost.parts import NOWHERE, agreed
from exporter.cost.subjects import Subjects
from exporter.cost.window import Names
from exporter.documents.kinds import CostProfile
from exporter.sources.series import Labels

#: Two numbers up to this add up within 64 bits.
_HALF = 2**62 - 1
_COUNTS = 4
#: Stands for the labels of a row that has no part yet.
_ANY: Labels = {}


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


class LedgerRows:
    """Labels and places are narrowed to what all parts of a row share.

    `sums` becomes an array of Python integers where a long period may pass 64 bits. `profile` is
    the version, and `namespace_labels` are those, of the latest hour.
    """

    def __init__(self) -> None:
        nothing = np.zeros(0, np.int64)
        self.method = self.power_source = self.region = self.zone = self._hour = nothing
        self.sums: npt.NDArray[np.object_] | Ints = np.zeros((0, len(Amount) + _COUNTS), np.int64)
        self.profile: list[CostProfile | None] = []
        self.pod_labels: list[Labels] = []
        self.namespace_labels: list[Labels] = []
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

    def place_names(self, codes: Ints) -> list[str | None]:
        """The names of places; None where a row has none, or several."""
        names = list(self._places)
        return [names[code] if code >= 0 else None for code in codes.tolist()]

    def _grow(self, count: int) -> None:
        more = max(count - len(self.profile), 0)
        nothing, nowhere = np.zeros(more, np.int64), np.full(more, NOWHERE, np.int64)
        self.method = np.concatenate([self.method, nothing])
        self.power_source = np.concatenate([self.power_source, nothing])
        self._hour = np.concatenate([self._hour, nothing])
        self.region = np.concatenate([self.region, nowhere])
        self.zone = np.concatenate([self.zone, nowhere])
        self.sums = np.concatenate([self.sums, np.zeros((more, self.sums.shape[1]), np.int64)])
        self.profile += [None] * more
        self.pod_labels += [_ANY] * more
        self.namespace_labels += [{}] * more

    def _add_sums(self, parts: Parts) -> None:
        added = np.zeros(self.sums.shape, np.int64)
        np.add.at(added, parts.row, parts.sums)
        if max(self.sums.max(initial=0), added.max(initial=0)) > _HALF:
            self.sums = self.sums.astype(object)
        self.sums = self.sums + added

    def _follow_latest(self, parts: Parts, names: Names, subjects: Subjects) -> None:
        order = np.lexsort((parts.hour, parts.row))
        last = order[np.flatnonzero(np.diff(parts.row[order], append=-1))]
        newer = last[parts.hour[last] >= self._hour[parts.row[last]]]
        self._hour[parts.row[newer]] = parts.hour[newer]
        columns = (parts.row, parts.profile, parts.namespace_labels)
        for row, profile, labels in zip(*(each[newer].tolist() for each in columns), strict=True):
            self.profile[row] = names.profiles[profile] if profile >= 0 else None
            self.namespace_labels[row] = subjects.namespace_labels(labels)

    def _narrow_labels(self, parts: Parts, subjects: Subjects) -> None:
        for row, code in zip(parts.row.tolist(), parts.pod_labels.tolist(), strict=True):
            known, labels = self.pod_labels[row], subjects.pod_labels(code)
            self.pod_labels[row] = labels if known is _ANY else _common(known, labels)


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
    if one is other:
        return one
    return {key: value for key, value in one.items() if other.get(key) == value}
