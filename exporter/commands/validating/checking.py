"""Every file read once, its rows given to the rules of its version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from exporter.commands.validating.finding import FoundFile
from exporter.commands.validating.gaps import Seen, Timeline
from exporter.commands.validating.versions import Known, Origin, version_of
from exporter.errors import StoreFailed, UnreadableFile
from exporter.files.reading import Rows, open_rows
from exporter.focus.rules.conformance import Conformance
from exporter.focus.rules.keys import KeyStore
from exporter.focus.rules.rule import Broken, Level, Result, Rule, Status, shown

READABLE = Rule("files/readable", Level.ERROR, "Every file is whole Parquet or CSV.")
CONSISTENT = Rule(
    "files/version", Level.WARNING, "The folder of a file and its footer name the same version."
)
#: Of the rules about files every broken one is named, up to so many.
MOST_FILES = 100
GAPLESS = Rule(
    "periods/gaps",
    Level.WARNING,
    "The objects of a cluster and report follow one another without a gap.",
)


@dataclass(slots=True)
class Dataset:
    """The files of one version below one root; `rows` counts those that could be read."""

    root: str
    version: str
    conformance: Conformance
    origins: set[Origin] = field(default_factory=set)
    files: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of the rules of one dataset."""

    root: str
    version: str
    origins: tuple[Origin, ...]
    files: int
    rows: int
    results: list[Result]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all files: rules about files as such, and those of each dataset."""

    files: int
    rows: int
    bytes: int
    of_files: list[Result]
    datasets: list[Checked]

    @property
    def results(self) -> Iterator[Result]:
        yield from self.of_files
        for dataset in self.datasets:
            yield from dataset.results

    def count(self, status: Status, *levels: Level) -> int:
        """How many rules ended so, of these levels or of all."""
        return sum(
            one.status is status and (not levels or one.rule.level in levels)
            for one in self.results
        )


@dataclass(slots=True)
class Checking:
    """The files of one run. `layout` is the version of all of them, None to find each one's."""

    layout: str | None
    strict: bool
    keys: Callable[[], KeyStore]
    _datasets: dict[tuple[str, str], Dataset] = field(default_factory=dict)
    _timeline: Timeline = field(default_factory=Timeline)
    _files: int = 0
    _bytes: int = 0
    _unreadable: list[Broken] = field(default_factory=list)
    _compared: int = 0
    _contradictions: list[Broken] = field(default_factory=list)

    def check(self, files: Iterable[FoundFile]) -> Report:
        """Read everything. Raises UnusableError when the place of the files fails altogether."""
        for file in files:
            self._files += 1
            try:
                self._check_file(file)
            except UnreadableFile as fault:
                found = Broken(file.name, fault.row, fault.column, "", str(fault))
                self._unreadable.append(found)
            except StoreFailed as fault:
                self._unreadable.append(Broken(file.name, None, "", "", str(fault)))
        return self._report()

    def _check_file(self, found: FoundFile) -> None:
        with found.open() as file:
            self._bytes += file.seek(0, 2)
            file.seek(0)
            rows = open_rows(file, found.place)
            known = version_of(found.place, rows.footer, rows.schema.names, self.layout)
            self._compare(found.name, known)
            self._check_rows(found, rows, known)

    def _compare(self, name: str, known: Known) -> None:
        if known.in_footer is None:
            return
        self._compared += 1
        if known.in_footer != known.version:
            what = f"the footer says this version, the folder {known.version}"
            self._contradictions.append(Broken(name, None, "", shown(known.in_footer), what))

    def _check_rows(self, found: FoundFile, rows: Rows, known: Known) -> None:
        dataset = self._dataset(_shown_root(found, known.root), known)
        dataset.files += 1
        dataset.conformance.begin(found.name, rows.schema, text=rows.text)
        seen = Seen()
        for batch in rows.batches:
            dataset.conformance.check(batch)
            dataset.rows += batch.num_rows
            seen.look_at(batch)
        self._timeline.add(found.name, dataset.root, known.version, seen)

    def _dataset(self, root: str, known: Known) -> Dataset:
        key = root, known.version
        if key not in self._datasets:
            conformance = Conformance(known.version, strict=self.strict, keys=self.keys)
            self._datasets[key] = Dataset(root, known.version, conformance)
        self._datasets[key].origins.add(known.origin)
        return self._datasets[key]

    def _report(self) -> Report:
        datasets = [
            Checked(
                one.root,
                one.version,
                tuple(sorted(one.origins)),
                one.files,
                one.rows,
                one.conformance.results(),
            )
            for _, one in sorted(self._datasets.items())
        ]
        rows = sum(one.rows for one in datasets)
        return Report(self._files, rows, self._bytes, self._of_files(), datasets)

    def _of_files(self) -> list[Result]:
        gaps = list(self._timeline.gaps())
        named = self._timeline.objects
        return [
            _result(READABLE, self._files, self._unreadable),
            _result(CONSISTENT, self._compared, self._contradictions, "no file says it twice"),
            _result(GAPLESS, named, gaps, "no file is named as infer-focus names them"),
        ]


def _shown_root(found: FoundFile, root: str) -> str:
    """The root as seen from where the names begin; empty at or above that place."""
    begin = found.place.removesuffix(found.name)
    return root.removeprefix(begin) if root.startswith(begin) else ""


def _result(rule: Rule, count: int, broken: Sequence[Broken], otherwise: str = "") -> Result:
    if not count:
        return Result(rule, Status.NOT_APPLICABLE, reason=otherwise)
    status = Status.FAILED if broken else Status.PASSED
    return Result(rule, status, count, len(broken), list(broken[:MOST_FILES]))
