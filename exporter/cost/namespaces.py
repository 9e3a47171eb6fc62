"""Which pods a profile's namespaceSelector lets hold GPUs of its pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exporter.cost.charges import Ints
from exporter.cost.parts import Bools
from exporter.documents.kinds import CostProfile
from exporter.usage.identity import Pod
from exporter.usage.kubernetes import Latest, sanitise

_NAME_LABEL = sanitise("kubernetes.io/metadata.name")


class Admission:
    """The namespaceSelectors of an hour's pools; pods outside them count as idle."""

    def __init__(
        self,
        profiles: Sequence[CostProfile],
        pods: Sequence[Pod],
        namespace_labels: Latest,
        column: int,
    ) -> None:
        self._selectors = [profile.spec.namespace_selector for profile in profiles]
        self._selective = np.array([each is not None for each in self._selectors], bool)
        self._pods, self._labels, self._column = pods, namespace_labels, column

    def admits(self, pool: int, pod: int) -> bool:
        """Whether a pod may hold GPUs of a pool, both by code."""
        selector = self._selectors[pool]
        if selector is None:
            return True
        cluster, namespace = self._pods[pod].cluster, self._pods[pod].namespace
        known = self._labels.at((cluster, namespace), self._column) or {}
        return _matches(selector, {_NAME_LABEL: namespace, **known})

    def admitted(self, pools: Ints, pods: Ints) -> Bools:
        """Which pods their pools admit, entry by entry."""
        found = np.ones(len(pools), bool)
        for i in np.flatnonzero(self._selective[pools]).tolist():
            found[i] = self.admits(int(pools[i]), int(pods[i]))
        return found


def _matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(sanitise(key)) == value for key, value in selector.items())
