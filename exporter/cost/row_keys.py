"""What makes a row of a report its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Ints
from exporter.cost.distinct import Texts
from exporter.cost.groups import grouped
from exporter.cost.subjects import Subjects
from exporter.cost.window import Names
from exporter.usage.identity import Pod

#: The columns of keys in the order in which rows are sorted; all but these two are texts.
_KEY = (
    *("profile", "profile_namespace", "kind", "namespace", "workload", "workload_type"),
    *("pod", "model", "quiet"),
)
_NUMBERS = ("kind", "quiet")
_NOBODY = Pod("", "", "")
_ITSELF = -1  #: code of the workload of a pod that nothing is known to have made


class RowNumbers:
    """A number for each row key; `grain` is model, workload or pod.

    Keys are columns of codes of texts, empty where the row has none. `quiet` marks the hours of a
    model without tokens, where they make a row of their own.
    """

    def __init__(self, grain: str) -> None:
        self.grain = grain
        self._keys = np.zeros((len(_KEY), 0), np.int64)
        self._codes: dict[str, int] = {"": 0}

    def __len__(self) -> int:
        return self._keys.shape[1]

    def of(self, names: Names, subjects: Subjects, codes: Sequence[Ints]) -> Ints:
        """The row of each charge, by its codes of what makes a row: one column each.

        Those are kind, profile, pod, token row, owner, the owner above it, and quiet or not.
        """
        first, group = grouped(codes)
        kind, profile, pod, row, owner, above, quiet = (each[first] for each in codes)
        models = self._texts_at(row, lambda code: names.models[code])
        profiles = (
            self._texts_at(profile, lambda code: names.profiles[code].name),
            self._texts_at(profile, lambda code: names.profiles[code].namespace or ""),
        )
        holders = self._holders(names, subjects, pod, owner, above)
        return self._numbers(np.stack([*profiles, kind, *holders, models, quiet]))[group]

    def order(self) -> Ints:
        """The numbers of the rows, sorted by their keys."""
        texts = list(self._codes)
        ranks = np.zeros(len(texts), np.int64)
        ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
        columns = [
            column if name in _NUMBERS else ranks[column]
            for name, column in zip(_KEY, self._keys, strict=True)
        ]
        return grouped(columns)[0]

    def numbers(self, name: str, rows: Ints) -> Ints:
        """A column of keys that are numbers, for some rows."""
        column: Ints = self._keys[_KEY.index(name), rows]
        return column

    def texts(self, name: str, rows: Ints) -> Texts:
        """A column of texts for some rows, null where a row has none."""
        coded = pa.array(self.numbers(name, rows)).dictionary_encode()
        texts = list(self._codes)
        words = [texts[code] or None for code in coded.dictionary.to_pylist()]
        return Texts(coded.indices.to_numpy(), pa.array(words, pa.string()))

    def _numbers(self, keys: Ints) -> Ints:
        """The numbers of keys, new ones for new keys."""
        known = len(self)
        together = np.concatenate([self._keys, keys], axis=1)
        first, group = grouped(list(together))
        new = np.flatnonzero(first >= known)
        numbers = first.copy()
        numbers[new] = known + np.arange(len(new))
        self._keys = np.concatenate([self._keys, together[:, first[new]]], axis=1)
        result: Ints = numbers[group[known:]]
        return result

    def _holders(
        self, names: Names, subjects: Subjects, pod: Ints, owner: Ints, above: Ints
    ) -> list[Ints]:
        """Namespace, workload, its kind and pod, as far as the grain tells them."""
        namespace = self._texts_at(pod, lambda code: names.pods[code].namespace)
        nothing = np.zeros(len(pod), np.int64)
        if self.grain == "model":
            return [namespace, nothing, nothing, nothing]
        name = self._texts_at(pod, lambda code: names.pods[code].name)
        workloads = self._workloads(subjects, owner, above)
        workload, kind = (np.where(pod < 0, 0, each) for each in workloads)
        workload = np.where(workload == _ITSELF, name, workload)
        return [
            namespace,
            workload,
            kind,
            name if self.grain == "pod" else nothing,
        ]

    def _workloads(self, subjects: Subjects, owner: Ints, above: Ints) -> list[Ints]:
        """Codes of the names and kinds of what made pods, found once for each pair of owners."""
        first, group = grouped([owner, above])
        pairs = zip(owner[first].tolist(), above[first].tolist(), strict=True)
        found = [subjects.workload(_NOBODY, *pair) for pair in pairs]
        named = [_ITSELF if not name else self._code(name) for name, _ in found]
        kinds = [self._code(kind) for _, kind in found]
        return [np.array(codes, np.int64)[group] for codes in (named, kinds)]

    def _texts_at(self, codes: Ints, text: Callable[[int], str]) -> Ints:
        """What codes of a window stand for, each looked up once; no text for -1."""
        used, places = np.unique(codes, return_inverse=True)
        found = [0 if code < 0 else self._code(text(code)) for code in used.tolist()]
        result: Ints = np.array(found, np.int64)[places.reshape(-1)]
        return result

    def _code(self, text: str) -> int:
        return self._codes.setdefault(text, len(self._codes))
