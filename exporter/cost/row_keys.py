"""What makes a row of a report its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from exporter.cost.charges import Ints
from exporter.cost.subjects import Subjects
from exporter.cost.window import Names


class RowKey(NamedTuple):
    """Texts are empty where the row has none, so that keys sort.

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


class RowNumbers:
    """A number for each row key; `grain` is model, workload or pod."""

    def __init__(self, grain: str) -> None:
        self.grain = grain
        self.keys: dict[RowKey, int] = {}

    def of(self, names: Names, subjects: Subjects, codes: Sequence[Ints]) -> Ints:
        """The row of each charge, by its codes of what makes a row: one column each.

        Those are kind, profile, pod, token row, owner, the owner above it, and quiet or not.
        """
        unique, group = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
        keys = (self._key(names, subjects, *each) for each in unique.tolist())
        numbers = [self.keys.setdefault(key, len(self.keys)) for key in keys]
        result: Ints = np.array(numbers, np.int64)[group.reshape(-1)]
        return result

    def _key(
        self,
        names: Names,
        subjects: Subjects,
        kind: int,
        profile: int,
        pod: int,
        row: int,
        owner: int,
        above: int,
        quiet: int,
    ) -> RowKey:
        priced_by = names.profiles[profile] if profile >= 0 else None
        return RowKey(
            "" if priced_by is None else priced_by.name,
            "" if priced_by is None else priced_by.namespace or "",
            kind,
            *self._holder(names, subjects, pod, owner, above),
            names.models[row] if row >= 0 else "",
            bool(quiet),
        )

    def _holder(
        self, names: Names, subjects: Subjects, code: int, owner: int, above: int
    ) -> tuple[str, str, str, str]:
        """Namespace, workload, its kind and pod, as far as the grain tells them."""
        if code < 0:
            return "", "", "", ""
        pod = names.pods[code]
        if self.grain == "model":
            return pod.namespace, "", "", ""
        workload = subjects.workload(pod, owner, above)
        return pod.namespace, *workload, pod.name if self.grain == "pod" else ""
