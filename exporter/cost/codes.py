"""Numbers for the pods, nodes and places of a window, so that its hours are columns of integers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from exporter.cost.charges import Ints
from exporter.cost.parts import NOWHERE, SEVERAL
from exporter.usage.identity import Pod
from exporter.usage.kubernetes import Latest, sanitise
from exporter.usage.pools import Node
from exporter.usage.window import WindowUsage

REGION_LABEL = sanitise("topology.kubernetes.io/region")
ZONE_LABEL = sanitise("topology.kubernetes.io/zone")


class Codes:
    """Codes of everything a window names; those of pods sort as pods do, in every window.

    `holder`, `node` and `gpu` are per holding: its pod (-1 for nobody), its node, and an index into
    `gpu_nodes`, the nodes by the model of their GPUs. `token_pod` is per row of the token usage,
    `token_node[row, column]` the node of its pod in an hour, NOWHERE when it is not known.
    """

    def __init__(self, usage: WindowUsage) -> None:
        self.usage = usage
        self.pods: dict[Pod, int] = {pod: i for i, pod in enumerate(sorted(_pods(usage)))}
        self.nodes: dict[tuple[str, str], int] = {}
        self.places: dict[str, int] = {}
        holdings = usage.gpus.holdings
        self.token_pod = np.array([self.pods[p] for p in usage.tokens.pods], np.int64)
        self.holder = np.array(
            [-1 if h.holder is None else self.pods[h.holder] for h in holdings], np.int64
        )
        self.node = np.array([self.node_code(h.cluster, h.node) for h in holdings], np.int64)
        gpu_nodes: dict[Node, int] = {}
        models = usage.gpus.models
        kinds = (Node(h.cluster, h.node, models.get(h.uuid, "")) for h in holdings)
        self.gpu = np.array([gpu_nodes.setdefault(n, len(gpu_nodes)) for n in kinds], np.int64)
        self.gpu_nodes = list(gpu_nodes)
        for request in usage.requests:
            self.node_code(request.pod.cluster, request.node)
        self.token_node = self._token_nodes()
        self._labelled = _codes_by_hour(usage.kube.node_labels, list(self.nodes))
        self._place_of = {label: self._places(label) for label in (REGION_LABEL, ZONE_LABEL)}

    def node_code(self, cluster: str, node: str) -> int:
        return self.nodes.setdefault((cluster, node), len(self.nodes))

    def place_of_nodes(self, label: str, column: int) -> Ints:
        """Per node code the code of its region or zone, SEVERAL where it has no such label.

        One more entry at the end stands for NOWHERE, so that index -1 finds it.
        """
        places = self._place_of[label][self._labelled[:, column]]
        return np.append(places, NOWHERE)

    def _places(self, label: str) -> Ints:
        """Per set of node labels the code of a place, SEVERAL for none; so for index -1."""
        names = [labels.get(label) for labels in self.usage.kube.node_labels.labels]
        codes = [
            SEVERAL if name is None else self.places.setdefault(name, len(self.places))
            for name in names
        ]
        return np.array([*codes, SEVERAL], np.int64)

    def _token_nodes(self) -> Ints:
        """The node codes of all token rows and hours; nodes that only they name get one here."""
        pods, info = self.usage.tokens.pods, self.usage.kube.pod_info
        described = _codes_by_hour(info, pods)
        result = np.full(described.shape, NOWHERE, np.int64)
        for row, pod in enumerate(pods):
            for code in dict.fromkeys(described[row].tolist()):
                name = info.labels[code].get("node") if code >= 0 else None
                if name:
                    result[row, described[row] == code] = self.node_code(pod.cluster, name)
        return result


def _codes_by_hour(table: Latest, subjects: Sequence[Hashable]) -> Ints:
    """Subjects × hours: which labels of a table describe each, -1 where none is known."""
    rows = np.array([table.rows.get(subject, -1) for subject in subjects], np.int64)
    nothing = np.full((1, table.choice.shape[1]), -1, np.int64)
    codes: Ints = np.vstack([table.choice, nothing])[rows]
    return codes


def _pods(usage: WindowUsage) -> set[Pod]:
    """Every pod that served tokens, held a GPU or asked for one."""
    holders = {h.holder for h in usage.gpus.holdings if h.holder is not None}
    return holders | set(usage.tokens.pods) | {request.pod for request in usage.requests}
