"""All rules of one version over the batches of any number of files."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from exporter.focus.extensions import PREFIXES
from exporter.focus.rules.catalogue import catalogue_of
from exporter.focus.rules.dataset_rule import DatasetRule
from exporter.focus.rules.digests import Digests
from exporter.focus.rules.keys import KeyStore, MemoryKeys
from exporter.focus.rules.layout import FileLayout, layout_of
from exporter.focus.rules.row_rule import RowRule
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Result
from exporter.focus.rules.tally import Tally


class Conformance:
    """Looks at files batch by batch, with bounded memory, and then says what came of each rule.

    `version` is a FOCUS version, "1.0" to "1.4", or "infercost-1.0". With `strict`, a custom
    column that starts with `x-` is an error, otherwise a warning. `keys` makes the stores of the
    rules about all rows, one per call; without it everything is kept in memory.
    Raises ValueError for a version that does not exist.
    """

    def __init__(
        self,
        version: str,
        *,
        strict: bool = False,
        keys: Callable[[], KeyStore] = MemoryKeys,
    ) -> None:
        self._version = version
        self._rules = catalogue_of(version, strict=strict, keys=keys)
        self._tallies: dict[str, Tally] = {}
        for rule, nobody in self._rules.nobodies():
            self._tallies.setdefault(rule.id, Tally(rule, nobody))
        self._files: list[str] = []
        self._layout: FileLayout | None = None
        self._first = 0
        self._any_rows = False
        self._of_rows: list[RowRule] = []
        self._of_dataset: list[DatasetRule] = []

    def begin(self, file: str, schema: pa.Schema, *, text: bool) -> None:
        """A new file; the batches that follow are its rows.

        `text` is true for a CSV, whose columns are all strings with null for an unquoted empty
        field. `schema` is that of the file as it is, duplicate column names included.
        """
        self._end_file()
        layout = layout_of(file, len(self._files), self._version, schema, text=text)
        self._files.append(file)
        self._layout, self._first = layout, 0
        for rule in self._rules.of_files:
            if self._applies(layout, rule.needs, rule.rule.id):
                faults = rule.look(layout)
                if faults is not None:
                    self._tallies[rule.rule.id].add_file(file, faults)
        self._of_rows = [
            each for each in self._rules.of_rows if self._applies(layout, each.needs, each.rule.id)
        ]
        self._of_dataset = [
            each
            for each in self._rules.of_datasets
            if self._applies(layout, each.needs, *(rule.id for rule in each.rules))
        ]

    def _applies(self, layout: FileLayout, needs: tuple[str, ...], *rules: str) -> bool:
        lacking = next((name for name in needs if not layout.has(name)), None)
        if lacking is not None and not lacking.startswith(PREFIXES):
            for rule in rules:
                self._tallies[rule].lacking = self._tallies[rule].lacking or lacking
        return lacking is None

    def check(self, batch: pa.RecordBatch) -> None:
        """The next rows of the file begun last; raises ValueError before the first file."""
        if self._layout is None:
            raise ValueError("rows came before the file that they are in")
        if not batch.num_rows:
            return
        rows = Rows(self._layout, batch, self._first)
        self._any_rows = True
        self._first += batch.num_rows
        for rule in self._of_rows:
            tally = self._tallies[rule.rule.id]
            tally.add_rows(rows, rule.look(rows), rule.column, rule.what)
        digests = Digests(rows)
        for each in self._of_dataset:
            each.check(rows, digests, self._tallies)

    def _end_file(self) -> None:
        if self._layout is not None:
            for each in self._rules.of_datasets:
                each.end_file(self._tallies)

    def results(self) -> list[Result]:
        """Every rule of the version, in a stable order; to be asked for once, after all files."""
        self._end_file()
        self._layout = None
        for each in self._rules.of_datasets:
            each.finish(self._files, self._tallies)
        otherwise = "" if self._files else "there are no files"
        of_rows = otherwise or ("" if self._any_rows else "there are no rows")
        about_columns = {each.rule.id for each in self._rules.of_files}
        return [
            tally.result(otherwise if rule in about_columns else of_rows)
            for rule, tally in self._tallies.items()
        ]
