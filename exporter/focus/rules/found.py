"""The rows that rules about all files name: few of them, and always the same ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exporter.focus.rules.keys import KEY, Records
from exporter.focus.rules.periods import CHARGE
from exporter.focus.rules.rule import MOST_EXAMPLES, Broken
from exporter.focus.rules.tally import Tally


class FirstFound:
    """Counts broken rows and keeps the first few by file and row, whatever order they come in."""

    def __init__(self, tally: Tally, files: Sequence[str]) -> None:
        self._tally = tally
        self._files = files
        self._pairs = np.zeros((0, 2), KEY)

    def add(self, broken: Records, others: Records) -> None:
        """Records of broken rows, and for each that of the row which makes it so."""
        self._tally.broken += len(broken)
        pairs = np.concatenate([self._pairs, np.stack([broken, others], axis=1)])
        order = np.lexsort([pairs[:, 0]["row"], pairs[:, 0]["file"]])
        self._pairs = pairs[order[:MOST_EXAMPLES]]

    def tell(self, column: str, what: str) -> None:
        """Makes examples of them; `{}` in `what` is the place of the other row."""
        for record, other in self._pairs:
            value = f"{np.datetime64(int(record['start']), 's')}Z" if column == CHARGE[0] else ""
            place = f"row {other['row']} of {self._file(other)}"
            told = Broken(self._file(record), int(record["row"]), column, value, what.format(place))
            self._tally.examples.append(told)

    def _file(self, record: Records) -> str:
        return self._files[int(record["file"])]
